"""Attachments on their way: copied to the spool at intake (platform links expire), filed from there, then forgotten."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.domain.chat import Attachment, ChatMessage, FileContent, Platform
from bot.domain.delivery import Delivery, DeliveryState, System
from bot.domain.effects import (
    Effect,
    FetchedFile,
    FetchFiles,
    FetchResult,
    FileLateFiles,
    FileMessage,
    OpenConversation,
    Ticket,
    WriteNote,
)
from bot.domain.errors import DeliveryError, PermanentError
from bot.domain.helpdesk import ThreadKind
from bot.domain.ids import DeliveryId
from bot.domain.richtext import RichText, join, paragraph
from bot.domain.sizes import readable_size
from bot.domain.wording import Wording
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock
from bot.ports.store import Records, Spool, Store
from bot.usecases.handling import Made
from bot.usecases.places import desk_lane, later, promise

log = structlog.get_logger(__name__)


GIVE_UP_AFTER = timedelta(hours=1)
"""How long a file that cannot be fetched holds back the others of its message; by then chat links may have expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedFile:
    """One attachment at filing time: its content, or the problem, or neither yet (it is still being copied)."""

    index: int
    name: str
    mime_type: str
    size_bytes: int | None
    problem: str = ""
    content: FileContent | None = None

    @property
    def pending(self) -> bool:
        """Whether it may still come."""
        return self.content is None and not self.problem


class Files:
    """Fetches attachments and hands them to filing."""

    def __init__(
        self,
        *,
        store: Store,
        spool: Spool,
        clock: Clock,
        wording: Wording,
        chats: Mapping[Platform, ChatPlatform],
        max_bytes: int,
    ) -> None:
        self._store = store
        self._spool = spool
        self._clock = clock
        self._wording = wording
        self._chats = chats
        self._max_bytes = max_bytes

    async def fetch(self, delivery: Delivery) -> Made:
        """Copy a message's attachments; the filing that waits for them is set free."""
        effect = delivery.effect
        assert isinstance(effect, FetchFiles)
        files = tuple([await self._copy(delivery, effect, index, file) for index, file in enumerate(effect.files)])

        async def conclude(records: Records) -> None:
            await records.outbox.record_fetched(delivery.delivery_id, FetchResult(files=files))
            filing = await records.outbox.get(effect.filing_id)
            if filing is None:
                return
            if filing.state is DeliveryState.DONE:
                indexes = tuple(file.index for file in files)
                await promise_late_files(records, filing, delivery.delivery_id, indexes, self._clock.now())
            elif filing.state is DeliveryState.PENDING and not filing.attempts:
                await records.outbox.save(later(filing, self._clock.now()))

        return Made(records=conclude)

    async def collect(self, fetch_id: DeliveryId | None, message: ChatMessage) -> Sequence[CollectedFile]:
        """The message's attachments as far as they are here."""
        if fetch_id is None:
            return ()
        result = await self._store.read(lambda records: records.outbox.fetched(fetch_id))
        if result is None:
            return [
                CollectedFile(index=index, name=file.name, mime_type=file.mime_type, size_bytes=file.size_bytes)
                for index, file in enumerate(message.attachments)
            ]
        return [await self._from_spool(fetch_id, file) for file in result.files]

    def missing_line(self, file: CollectedFile) -> str:
        """What agents read in place of a file that is not there."""
        size = readable_size(file.size_bytes)
        if file.pending:
            return self._wording.line("file_pending", name=file.name, size=size)
        return self._wording.line("file_problem", name=file.name, size=size, problem=file.problem)

    async def conclude(
        self,
        records: Records,
        delivery: Delivery,
        fetch_id: DeliveryId | None,
        files: Sequence[CollectedFile],
        skipped: Sequence[str],
        *,
        found: bool,
    ) -> None:
        """Promise what the files still need: those not copied in time follow, those the help desk dropped are named.

        ``found``: an earlier try has written it, perhaps before the files were copied: those it lacks follow too.
        """
        missed = _missed(files, skipped) if found else ()
        pending = tuple(file.index for file in files if file.pending or file.index in missed)
        if fetch_id is not None and pending:
            await promise_late_files(records, delivery, fetch_id, pending, self._clock.now())
        if skipped and not (fetch_id is not None and missed):
            effect = delivery.effect
            assert isinstance(effect, OpenConversation | FileMessage | FileLateFiles)
            note = WriteNote(
                ticket=Ticket(link_id=effect.link_id),
                text=self._skipped_text(skipped, effect.message),
            )
            lane = desk_lane(effect.link_id)
            await records.outbox.add(
                promise(
                    "skipped",
                    delivery.delivery_id,
                    effect=note,
                    key=lane,
                    now=self._clock.now(),
                    system=System.FREESCOUT,
                )
            )

    def forget(
        self,
        fetch_id: DeliveryId | None,
        files: Sequence[CollectedFile],
        skipped: Sequence[str] = (),
        *,
        found: bool = False,
    ) -> Callable[[], Awaitable[None]]:
        """What to do once the filing is recorded: drop the copies, unless some file is still to come or to follow."""
        needed = any(file.pending for file in files) or (found and bool(_missed(files, skipped)))

        async def afterwards() -> None:
            if fetch_id is not None and not needed:
                await self._spool.drop(fetch_id)

        return afterwards

    def _skipped_text(self, names: Sequence[str], message: ChatMessage) -> RichText:
        where = RichText(blocks=(paragraph(message.link),))
        return join(self._wording.say("skipped_files", names=", ".join(names)), where)

    async def _copy(self, delivery: Delivery, effect: FetchFiles, index: int, file: Attachment) -> FetchedFile:
        entry = FetchedFile(index=index, name=file.name, mime_type=file.mime_type, size_bytes=file.size_bytes)
        if file.size_bytes is not None and file.size_bytes > self._max_bytes:
            return replace(entry, problem=f"larger than the limit of {readable_size(self._max_bytes)}")
        if await self._spool.get(delivery.delivery_id, index) is not None:
            return entry  # copied by an earlier try
        chat = self._chats.get(effect.address.platform)
        if chat is None:
            return replace(entry, problem=f"{effect.address.platform} is switched off in the settings")
        try:
            content = await chat.fetch(
                file, address=effect.address, message_id=effect.message_id, limit_bytes=self._max_bytes
            )
        except PermanentError as error:
            log.warning("attachment could not be copied", size_bytes=file.size_bytes)
            return replace(entry, problem=error.reason)
        except DeliveryError as error:
            if self._clock.now() < delivery.created_at + GIVE_UP_AFTER:
                raise
            log.warning("attachment was given up", size_bytes=file.size_bytes)
            return replace(entry, problem=f"could not be copied ({error})")
        await self._spool.put(delivery.delivery_id, index, content)
        return replace(entry, size_bytes=len(content))

    async def _from_spool(self, fetch_id: DeliveryId, file: FetchedFile) -> CollectedFile:
        problem = file.problem
        content = None if problem else await self._spool.get(fetch_id, file.index)
        if content is None and not problem:
            problem = "its copy was lost"
        kept = None if content is None else FileContent(name=file.name, mime_type=file.mime_type, content=content)
        return CollectedFile(
            index=file.index,
            name=file.name,
            mime_type=file.mime_type,
            size_bytes=file.size_bytes,
            problem=problem,
            content=kept,
        )


def _missed(files: Sequence[CollectedFile], skipped: Sequence[str]) -> tuple[int, ...]:
    return tuple(file.index for file in files if file.content is not None and file.name in skipped)


async def promise_late_files(
    records: Records, filing: Delivery, fetch_id: DeliveryId, indexes: tuple[int, ...], now: datetime
) -> None:
    """Promise the entry that brings the files of a message filed without them, once the fetch is over.

    Called by whichever ends last, the fetch or the filing; the other call finds nothing to do or promises the same
    again.
    """
    result = await records.outbox.fetched(fetch_id)
    effect = filing.effect
    if result is None or not isinstance(effect, OpenConversation | FileMessage):
        return
    arrived = tuple(file.index for file in result.files if file.index in indexes)
    if not arrived:
        return
    late = FileLateFiles(
        link_id=effect.link_id,
        fetch_id=fetch_id,
        message=effect.message,
        indexes=arrived,
        thread_kind=effect.thread_kind if isinstance(effect, FileMessage) else ThreadKind.CUSTOMER,
        agent_id=effect.agent_id if isinstance(effect, FileMessage) else None,
        as_note=isinstance(effect, FileMessage) and effect.as_note,
    )
    lane = desk_lane(effect.link_id)
    cause = ("late files", filing.delivery_id)
    await records.outbox.add(promise(*cause, effect=late, key=lane, now=now, system=System.FREESCOUT))


def spooled(effect: Effect, delivery_id: DeliveryId) -> DeliveryId | None:
    """The fetch whose copies an effect still needs, for the sweep at start."""
    if isinstance(effect, FetchFiles):
        return delivery_id
    if isinstance(effect, OpenConversation | FileMessage | FileLateFiles):
        return effect.fetch_id
    return None
