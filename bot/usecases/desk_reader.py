"""Reads conversations when there is a reason to: a webhook, a reply whose wait is over, a change of our own."""

import asyncio
from datetime import datetime, timedelta

import structlog
from typing_extensions import override

from bot.domain.errors import DeliveryError, PermanentError, TransientError
from bot.domain.helpdesk import ConversationView
from bot.domain.ids import ConversationId, LinkId
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.inbound import HelpDeskEvents
from bot.ports.store import Store
from bot.usecases.desk_tracking import DeskTracking
from bot.usecases.replies import Replies
from bot.usecases.view_order import ViewOrder
from bot.usecases.whereabouts import Whereabouts

log = structlog.get_logger(__name__)

SIDE_BY_SIDE = 4
"""Readings at once: the outbox has the same help desk to itself otherwise."""

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)
_REMEMBERED_VIEWS = 10_000


class DeskReader(HelpDeskEvents):
    """Remembers in memory what to read and when; what a restart forgets, the store's waiting threads and the sweep
    bring back.
    """

    def __init__(
        self,
        *,
        store: Store,
        desk: HelpDesk,
        clock: Clock,
        replies: Replies,
        whereabouts: Whereabouts,
        tracking: DeskTracking,
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._replies = replies
        self._whereabouts = whereabouts
        self._tracking = tracking
        self._due: dict[ConversationId, datetime] = {}
        self._replied: set[ConversationId] = set()
        self._reading: set[ConversationId] = set()
        self._woken = asyncio.Event()
        self._pauses: dict[ConversationId, timedelta] = {}
        self._timed = ViewOrder(clock=clock, most=_REMEMBERED_VIEWS)

    @override
    def changed(self, conversation_id: ConversationId, *, replied: bool) -> None:
        if replied:
            self._replied.add(conversation_id)
        self._read_at(conversation_id, self._clock.now())

    def wake(self, conversation_id: ConversationId) -> None:
        """Read it again soon."""
        self.changed(conversation_id, replied=False)

    async def run(self) -> None:
        """Until cancelled."""
        for thread in await self._store.read(lambda records: records.threads.waiting()):
            self._read_at(thread.conversation_id, thread.due_at or self._clock.now())
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                for conversation_id in self._next():
                    self._reading.add(conversation_id)
                    group.create_task(self._read(conversation_id))
                await self._wait()

    async def take(self, view: ConversationView, *, replied: bool = False) -> None:
        """Judge a view, and have it read again when something of it waits."""
        again_at = await self._replies.take(view, replied=replied) if await self._replies.concerns(view) else None
        if view.merged_away:
            await self._follow_mail(view)
        mail_waits = await self._mark_time(view)
        if mail_waits is not None:
            again_at = min(again_at or self._clock.now() + mail_waits, self._clock.now() + mail_waits)
        if again_at is not None:
            self._read_at(view.conversation_id, again_at)

    async def _mark_time(self, view: ConversationView) -> timedelta | None:
        """Tell the clocks, unless they were told of a newer view: an older one lacks what has happened since."""
        if self._timed.is_late(view):
            return None
        self._timed.note(view)
        if not await self._store.read(lambda records: self._tracking.is_news(records, view)):
            return None
        return await self._store.write(lambda records: self._tracking.seen(records, view))

    def _read_at(self, conversation_id: ConversationId, at: datetime) -> None:
        known = self._due.get(conversation_id)
        self._due[conversation_id] = at if known is None else min(at, known)
        self._woken.set()

    def _next(self) -> list[ConversationId]:
        now = self._clock.now()
        free = SIDE_BY_SIDE - len(self._reading)
        due = sorted((at, one) for one, at in self._due.items() if at <= now and one not in self._reading)
        chosen = [one for _, one in due[: max(free, 0)]]
        for one in chosen:
            del self._due[one]
        return chosen

    async def _wait(self) -> None:
        until = self._clock.now() + LONGEST_PAUSE
        if len(self._reading) < SIDE_BY_SIDE:
            until = min([at for one, at in self._due.items() if one not in self._reading] + [until])
        timer = asyncio.ensure_future(self._clock.sleep_until(until))
        waking = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait({timer, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            waking.cancel()

    async def _read(self, conversation_id: ConversationId) -> None:
        replied = conversation_id in self._replied
        self._replied.discard(conversation_id)
        try:
            await self._look(conversation_id, replied=replied)
            self._pauses.pop(conversation_id, None)
        except DeliveryError as error:
            if replied:
                self._replied.add(conversation_id)
            self._try_again(conversation_id, error)
        finally:
            self._reading.discard(conversation_id)
            self._woken.set()

    async def _look(self, conversation_id: ConversationId, *, replied: bool) -> None:
        view = await self._desk.read(conversation_id)
        if view is None:
            await self._replies.gone(conversation_id)  # the next message opens a new one and says so
            await self._store.write(lambda records: self._tracking.gone(records, conversation_id))
            return
        await self.take(view, replied=replied)
        if view.merged_away:
            await self._follow_merge(view, replied=replied)

    async def _follow_merge(self, view: ConversationView, *, replied: bool) -> None:
        for link_id in await self._links_of(view.conversation_id):
            survivor = await self._whereabouts.survivor(view, link_id)
            if survivor is not None:
                await self.take(survivor, replied=replied)

    async def _follow_mail(self, view: ConversationView) -> None:
        """A mail was merged into another conversation, which takes over what was promised for it."""
        thread = await self._store.read(lambda records: self._tracking.mail_of(records, view))
        survivor = await self._desk.survivor(view, [thread]) if thread is not None else None
        if survivor is not None:
            into = survivor
            await self._store.write(lambda records: self._tracking.merged(records, view.conversation_id, into))

    async def _links_of(self, conversation_id: ConversationId) -> list[LinkId]:
        links = await self._store.read(lambda records: records.links.of_conversation(conversation_id))
        return [link.link_id for link in links if link.conversation_id == conversation_id]

    def _try_again(self, conversation_id: ConversationId, error: DeliveryError) -> None:
        if isinstance(error, PermanentError):
            log.warning("conversation cannot be read", conversation=conversation_id, reason=str(error))
        asked = error.retry_after if isinstance(error, TransientError) else None
        pause = self._pauses.get(conversation_id, FIRST_PAUSE)
        self._pauses[conversation_id] = min(pause * 2, LONGEST_PAUSE)
        self._read_at(conversation_id, self._clock.now() + (asked or pause))
