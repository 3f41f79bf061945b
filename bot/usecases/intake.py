"""Where chat messages enter: stored, decided and promised in one transaction, before anything else happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.chat import ChatAddress, ChatEvent, ChatMessage, MessageEdited, Platform, message_key
from bot.domain.command_line import parse
from bot.domain.delivery import Delivery, System
from bot.domain.effects import FetchFiles, FileMessage, OpenConversation, React
from bot.domain.helpdesk import ThreadKind
from bot.domain.ids import DeliveryId, delivery_id, link_id
from bot.domain.links import ConversationLink
from bot.domain.permissions import Standing, Team
from bot.domain.richtext import plain
from bot.domain.routing import (
    Continues,
    Ignores,
    Opens,
    Reason,
    Route,
    Surroundings,
    ignored_at_sight,
    may_group,
    route,
)
from bot.domain.subject import subject_of
from bot.ports.clock import Clock
from bot.ports.inbound import Accepted, Arrival, Duplicate, Ignored, IntakeResult, MessageIntake
from bot.ports.store import Records, Store
from bot.usecases.changes import ChatChanges
from bot.usecases.command_intake import promise_command
from bot.usecases.places import SYSTEM_OF, StaffPlaces, desk_lane, later, promise
from bot.usecases.spoken_answers import SpokenAnswers
from bot.usecases.tracking import Tracking

OPENED, CONTINUED = "opened", "continued"
SEEN = "seen with its message"
STANDING = 100
"""So many messages of a place are compared with its history after a downtime: one page of Discord's."""

FILES_WAIT = timedelta(seconds=60)
"""How long filing waits for a message's attachments to be copied (behaviour.md, "Attachments")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRules:
    """The settings of intake. ``group`` zero: no grouping; ``ack_reaction`` is put on what is taken in."""

    group: timedelta = timedelta(seconds=120)
    ack_reaction: str = "👀"


class Intake(MessageIntake):
    """Decides about every message once, however often it comes."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        team: Team,
        rules: IntakeRules,
        changes: ChatChanges,
        answers: SpokenAnswers,
        tracking: Tracking,
        staff: StaffPlaces,
    ) -> None:
        self._store = store
        self._clock = clock
        self._team = team
        self._rules = rules
        self._changes = changes
        self._answers = answers
        self._tracking = tracking
        self._staff = staff

    @override
    async def accept(self, arrival: Arrival) -> Sequence[IntakeResult]:
        async def work(records: Records) -> Sequence[IntakeResult]:
            known = await records.inbox.known([message.dedup_key for message in arrival.events])
            results: list[IntakeResult] = []
            for message in arrival.events:
                fresh = message.dedup_key not in known
                known.add(message.dedup_key)
                results.append(await self._event(records, message) if fresh else await self._again(records, message))
            if arrival.remember:
                await records.memory.remember(arrival.platform, arrival.remember)
            return results

        return await self._store.write(work)

    @override
    async def recall(self, platform: Platform, prefix: str = "") -> Mapping[str, str]:
        async def work(records: Records) -> Mapping[str, str]:
            return await records.memory.recall(platform, prefix)

        return await self._store.read(work)

    @override
    async def standing_in(self, address: ChatAddress) -> Sequence[str]:
        prefix = message_key(address.platform, address.room, "")
        keys = await self._store.read(lambda records: records.inbox.standing_in(address, (OPENED, CONTINUED), STANDING))
        return [key.removeprefix(prefix) for key in keys]

    async def _event(self, records: Records, event: ChatEvent) -> IntakeResult:
        if not isinstance(event, ChatMessage):
            return await self._changes.take(records, event, self._clock.now())
        if event.version:
            # It came edited already: that version is no news.
            key = MessageEdited(message=event).dedup_key
            await records.inbox.admit(key, decision=SEEN, link_id=None, at=self._clock.now())
        return await self._take(records, event)

    async def _again(self, records: Records, event: ChatEvent) -> IntakeResult:
        """A message that was read before and reads otherwise now was edited meanwhile."""
        if isinstance(event, ChatMessage) and event.version:
            edit = MessageEdited(message=event)
            if not await records.inbox.known([edit.dedup_key]):
                return await self._changes.take(records, edit, self._clock.now())
        return Duplicate()

    async def _take(self, records: Records, message: ChatMessage) -> IntakeResult:
        now = self._clock.now()
        standing = self._team.standing(message.author)
        typed = parse(plain(message.text))
        seen = ignored_at_sight(message, standing, is_command=typed is not None)
        if seen is not None:
            await records.inbox.admit(message.dedup_key, decision=seen.reason, link_id=None, at=now)
            if typed is not None and seen.reason is Reason.COMMAND:
                await promise_command(records, message, typed, now)
            return Ignored(reason=seen.reason)
        around = await self._look_around(records, message)
        return await self._carry_out(
            records, message, standing, route(message, standing, around, group=self._rules.group)
        )

    async def _look_around(self, records: Records, message: ChatMessage) -> Surroundings:
        address = message.address
        # Of a thread whose first message lay in a gap, the answers may have come, and opened the ticket, before it.
        in_thread = await records.links.at(replace(address, chat_thread=address.chat_thread or message.message_id))
        if in_thread is None and address.chat_thread is not None:
            in_thread = await self._ticket_of(records, address, address.chat_thread)
        answered = None
        if in_thread is None and message.reply_to is not None:
            answered = await records.inbox.link_of(message_key(address.platform, address.room, message.reply_to))
        latest = None
        if in_thread is None and answered is None and may_group(message, self._rules.group):
            latest = await records.links.latest_by(address.platform, address.room, message.author.user_id)
        return Surroundings(in_thread=in_thread, answered=answered, latest=latest)

    @staticmethod
    async def _ticket_of(records: Records, address: ChatAddress, root: str) -> ConversationLink | None:
        """The ticket of the message a chat thread hangs on, where that message joined one rather than opening it."""
        found = await records.inbox.link_of(message_key(address.platform, address.room, root))
        return await records.links.get(found) if found is not None else None

    async def _carry_out(
        self, records: Records, message: ChatMessage, standing: Standing, decision: Route
    ) -> IntakeResult:
        now = self._clock.now()
        match decision:
            case Ignores():
                await records.inbox.admit(message.dedup_key, decision=decision.reason, link_id=None, at=now)
                return Ignored(reason=decision.reason)
            case Opens():
                return await self.open(records, message)
            case Continues():
                if decision.thread_kind is ThreadKind.MESSAGE and self._staff.holds(message.address):
                    # A ticket that was made in the team's own channel: what is said there is for no member.
                    decision = replace(decision, thread_kind=ThreadKind.NOTE)
                key = message.dedup_key
                await records.inbox.admit(key, decision=CONTINUED, link_id=decision.link_id, at=now, message=message)
                may_answer = await self._answers.may_answer(records, message, decision)
                await records.outbox.add(*self._continuing(message, decision, standing, now, may_answer=may_answer))
                await self._mark_time(records, message, decision)
                return Accepted(link_id=decision.link_id, opened=False)

    async def open(self, records: Records, message: ChatMessage, *, asked_at: datetime | None = None) -> Accepted:
        """Open a ticket with this message: its link, its clocks, and the promise to file it. ``asked_at``: when it was
        found to be a request, where that was not when it was sent.
        """
        now = self._clock.now()
        link = _new_link(message)
        await records.links.add(link)
        await records.inbox.adopt(message, decision=OPENED, link_id=link.link_id, at=now)
        await records.outbox.add(*self._opening(message, link, now))
        await self._tracking.opened(records, link, message, asked_at or message.sent_at)
        return Accepted(link_id=link.link_id, opened=True)

    async def _mark_time(self, records: Records, message: ChatMessage, decision: Continues) -> None:
        """The clocks go by when it was said: what staff says in the ticket's place has been read there. Nobody answers
        their own request.
        """
        link = await records.links.get(decision.link_id)
        is_theirs = link is not None and link.author_id == message.author.user_id
        if is_theirs or decision.thread_kind is ThreadKind.CUSTOMER:
            await self._tracking.customer_wrote(records, decision.link_id, message.sent_at, plain(message.text))
        elif decision.thread_kind is ThreadKind.MESSAGE:
            await self._tracking.answered(records, decision.link_id, message.sent_at)

    def _opening(self, message: ChatMessage, link: ConversationLink, now: datetime) -> list[Delivery]:
        key = message.dedup_key
        fetch_id = delivery_id("fetch", key) if message.attachments else None
        effect = OpenConversation(link_id=link.link_id, message=message, fetch_id=fetch_id)
        filing = promise("open", key, effect=effect, key=desk_lane(link.link_id), now=now, system=System.FREESCOUT)
        return [self._acknowledge(message, now), *_with_files(replace(filing, holds=True), message, fetch_id, now)]

    def _continuing(
        self, message: ChatMessage, decision: Continues, standing: Standing, now: datetime, *, may_answer: bool
    ) -> list[Delivery]:
        key = message.dedup_key
        fetch_id = delivery_id("fetch", key) if message.attachments else None
        member = self._team.member(message.author) if standing > Standing.PUBLIC else None
        effect = FileMessage(
            link_id=decision.link_id,
            message=message,
            thread_kind=decision.thread_kind,
            agent_id=member.agent_id if member else None,
            fetch_id=fetch_id,
            may_answer=may_answer,
        )
        lane = desk_lane(decision.link_id)
        filing = promise("file", key, effect=effect, key=lane, now=now, system=System.FREESCOUT)
        shown = decision.outside and decision.thread_kind is ThreadKind.CUSTOMER
        return [*([self._acknowledge(message, now)] if shown else []), *_with_files(filing, message, fetch_id, now)]

    def _acknowledge(self, message: ChatMessage, now: datetime) -> Delivery:
        effect = React(address=message.address, message_id=message.message_id, emoji=self._rules.ack_reaction)
        return promise("ack", message.dedup_key, effect=effect, key=f"ack:{message.dedup_key}", now=now)


def _new_link(message: ChatMessage) -> ConversationLink:
    address = message.address
    return ConversationLink(
        link_id=link_id(message.dedup_key),
        address=replace(address, chat_thread=address.chat_thread or message.message_id),
        opening_message_id=message.message_id,
        author_id=message.author.user_id,
        author_name=message.author.name,
        opened_at=message.sent_at,
        subject=subject_of(message),
        followed=True,
    )


def _with_files(
    filing: Delivery, message: ChatMessage, fetch_id: DeliveryId | None, now: datetime
) -> tuple[Delivery, ...]:
    if fetch_id is None:
        return (filing,)
    fetch = Delivery(
        delivery_id=fetch_id,
        ordering_key=f"fetch:{message.dedup_key}",
        system=SYSTEM_OF[message.address.platform],
        effect=FetchFiles(
            filing_id=filing.delivery_id,
            files=message.attachments,
            address=message.address,
            message_id=message.message_id,
        ),
        created_at=now,
        next_attempt_at=now,
    )
    return (fetch, later(filing, now + FILES_WAIT))
