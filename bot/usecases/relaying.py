"""Shows an agent's reply in chat: read once more right before, said once, with its files."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.domain.chat import FileContent, OutgoingMessage, SentMessage, Voice
from bot.domain.delivery import Delivery, System
from bot.domain.effects import RelayReply, Ticket, WriteNote
from bot.domain.errors import FilesRefusedError, PermanentError, TransientError
from bot.domain.helpdesk import DeskFile, DeskThread
from bot.domain.ids import ConversationId
from bot.domain.relay import Fate, is_reply
from bot.domain.richtext import RichText, bold, join, paragraph
from bot.domain.sizes import readable_size
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records, Store
from bot.usecases.handling import Made
from bot.usecases.places import desk_lane, promise
from bot.usecases.saying import Saying
from bot.usecases.tracking import Tracking

log = structlog.get_logger(__name__)

SETTLES = timedelta(seconds=30)
"""A request to a chat platform that was given up may still be carried out for this long: until then a look that finds
nothing is not believed, or a changed reply would be said beside its first text.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """What goes along, and what is only named."""

    taken: tuple[FileContent, ...] = ()
    named: tuple[str, ...] = ()


class Relaying:
    """The handler of replies on their way to the chat."""

    def __init__(
        self,
        *,
        store: Store,
        desk: HelpDesk,
        clock: Clock,
        wording: Wording,
        saying: Saying,
        tracking: Tracking,
        notify_author: bool,
        wake: Callable[[ConversationId], None],
    ) -> None:
        """``wake``: have a conversation read again, since a reply of it is not what it was."""
        self._store = store
        self._desk = desk
        self._clock = clock
        self._wording = wording
        self._saying = saying
        self._tracking = tracking
        self._notify_author = notify_author
        self._wake = wake

    async def relay(self, delivery: Delivery) -> Made:
        """Say it if it is still published; a reply that was changed before anything of it was said waits anew."""
        effect = delivery.effect
        assert isinstance(effect, RelayReply)
        thread = await self._fresh(effect)
        if thread is None:
            return self._not_now(effect)
        link = await self._store.read(lambda records: records.links.get(effect.link_id))
        if link is None:
            raise PermanentError("its ticket is not known here any more")
        chat = self._saying.chat(link.address)
        message = OutgoingMessage(
            delivery_id=delivery.delivery_id,
            address=link.address,
            text=RichText(),
            mention=link.author_id if self._notify_author and not link.address.is_private else None,
            voice=Voice.AGENT,
        )
        files = await self._collect(effect, await chat.file_limit())
        if thread.version != effect.digest and not await self._is_begun(delivery, effect, message, files):
            return self._not_now(effect)
        sent, files = await self._say(delivery, effect, message, files)
        log.info("reply relayed", ticket=link.number, platform=link.address.platform, files=len(effect.files))
        return Made(records=self._recorded(delivery, effect, sent, files))

    def _not_now(self, effect: RelayReply) -> Made:
        log.info("reply taken back or changed before it was shown", conversation=effect.conversation_id)
        return Made(records=self._wait_anew(effect), afterwards=self._read_again(effect))

    async def _is_begun(self, delivery: Delivery, effect: RelayReply, message: OutgoingMessage, files: _Files) -> bool:
        """Whether the reply as it was promised is or may be in chat already, here or in another place: then all of it
        is said as it was, since halves of two texts, or two texts in two places, are worse.
        """
        links = await self._store.read(lambda records: records.links.of_conversation(effect.conversation_id))
        if len(links) > 1:
            return True
        if not delivery.attempts and not delivery.outcome_unknown:
            return False
        said = replace(message, text=self._text(effect, files), files=files.taken)
        if await self._saying.find(delivery, said) is not None:
            return True
        settled_at = (delivery.tried_at or delivery.created_at) + SETTLES
        if delivery.outcome_unknown and self._clock.now() < settled_at:
            raise TransientError("an earlier try may still arrive", retry_after=settled_at - self._clock.now())
        return False

    async def _fresh(self, effect: RelayReply) -> DeskThread | None:
        """The reply as it is now, wherever a merge took it; None when it is none (any more)."""
        view = await self._desk.read(effect.conversation_id)
        if view is not None and view.merged_away:
            view = await self._desk.survivor(view, [effect.thread_id])
        thread = view.thread(effect.thread_id) if view is not None else None
        return thread if thread is not None and is_reply(thread) else None

    async def _say(
        self, delivery: Delivery, effect: RelayReply, message: OutgoingMessage, files: _Files
    ) -> tuple[SentMessage, _Files]:
        try:
            said = replace(message, text=self._text(effect, files), files=files.taken)
            return await self._saying.say(delivery, said, link_id=effect.link_id), files
        except FilesRefusedError:
            named = _Files(named=(*files.named, *(_line(file.name, len(file.content)) for file in files.taken)))
            said = replace(message, text=self._text(effect, named))
            return await self._saying.say(delivery, said, link_id=effect.link_id), named

    def _text(self, effect: RelayReply, files: _Files) -> RichText:
        text = join(RichText(blocks=(paragraph(bold(effect.speaker), ":"),)), effect.text)
        if files.named:
            text = join(text, self._wording.say("files_named", names=", ".join(files.named)))
        return text

    async def _collect(self, effect: RelayReply, limit_bytes: int) -> _Files:
        taken: list[FileContent] = []
        named: list[str] = []
        for file in effect.files:
            content = await self._content(file, limit_bytes)
            if content is None:
                named.append(_line(file.name, file.size_bytes))
            else:
                taken.append(FileContent(name=file.name, mime_type=file.mime_type, content=content))
        return _Files(taken=tuple(taken), named=tuple(named))

    async def _content(self, file: DeskFile, limit_bytes: int) -> bytes | None:
        """The file's bytes; None when it is too large for the chat, or not to be had."""
        if file.size_bytes is not None and file.size_bytes > limit_bytes:
            return None
        try:
            return await self._desk.download(file, limit_bytes=limit_bytes)
        except PermanentError as error:
            log.warning("file of a reply not relayed", reason=error.reason, size_bytes=file.size_bytes)
            return None

    def _recorded(
        self, delivery: Delivery, effect: RelayReply, sent: SentMessage, files: _Files
    ) -> Callable[[Records], Awaitable[None]]:
        async def conclude(records: Records) -> None:
            await self._saying.record(records, sent, effect.link_id)
            known = await records.threads.known([effect.thread_id])
            await records.threads.save(*(replace(one, fate=Fate.RELAYED, due_at=None) for one in known.values()))
            link = await records.links.get(effect.link_id)
            if link is not None and link.answered_at is None:
                await records.links.save(replace(link, answered_at=sent.sent_at))
            await self._tracking.answered(records, effect.link_id, sent.sent_at)
            if files.named:
                await records.outbox.add(self._tell_agent(delivery, effect, files.named))

        return conclude

    def _tell_agent(self, delivery: Delivery, effect: RelayReply, names: Sequence[str]) -> Delivery:
        note = WriteNote(
            ticket=Ticket(link_id=effect.link_id),
            text=self._wording.say("files_too_large_note", names=", ".join(names)),
        )
        key, now = desk_lane(effect.link_id), self._clock.now()
        return promise("too large", delivery.delivery_id, effect=note, key=key, now=now, system=System.FREESCOUT)

    def _wait_anew(self, effect: RelayReply) -> Callable[[Records], Awaitable[None]]:
        """It waits as if it were seen for the first time, at the next look, which is due at once."""

        async def conclude(records: Records) -> None:
            known = await records.threads.known([effect.thread_id])
            promised = (one for one in known.values() if one.fate is Fate.PROMISED)
            now = self._clock.now()
            await records.threads.save(*(replace(one, fate=Fate.WAITING, digest="", due_at=now) for one in promised))

        return conclude

    def _read_again(self, effect: RelayReply) -> Callable[[], Awaitable[None]]:
        async def afterwards() -> None:
            self._wake(effect.conversation_id)

        return afterwards


def _line(name: str, size_bytes: int | None) -> str:
    return f"{name} ({readable_size(size_bytes)})"
