"""Small programs in place of the core, for tests of the Discord adapter: an intake that keeps rows, and recorders."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from bot.domain.chat import Author, ChatAddress, ChatMessage, MessageKind, Platform
from bot.domain.commands import CommandReply, Invocation, TicketSuggestion
from bot.domain.errors import StoreError
from bot.domain.ids import link_id
from bot.domain.richtext import from_plain, plain
from bot.ports.clock import Clock
from bot.ports.inbound import (
    Accepted,
    Arrival,
    ChatEvents,
    CommandRunner,
    Duplicate,
    HealthReports,
    Ignored,
    IntakeResult,
    MessageIntake,
    PartState,
    Suggestions,
)


class HurriedClock(Clock):
    """Real time in which waiting takes a fiftieth."""

    def __init__(self) -> None:
        self.ahead_by = timedelta()

    @override
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead_by

    @override
    async def sleep_until(self, at: datetime) -> None:
        await asyncio.sleep(max(0.0, (at - self.now()).total_seconds()) / 50)


class FakeIntake(MessageIntake):
    """Keeps people's messages once each, and rows; both survive the adapter, as the store does."""

    def __init__(self) -> None:
        self.messages: list[ChatMessage] = []
        self.notices: list[ChatMessage] = []
        self.arrivals: list[Arrival] = []
        self.rows: dict[str, str] = {}
        self.broken = False
        self._seen: set[str] = set()
        self._changed = asyncio.Condition()

    @override
    async def accept(self, arrival: Arrival) -> Sequence[IntakeResult]:
        await asyncio.sleep(0)
        if self.broken:
            raise StoreError("the store is broken")
        self.arrivals.append(arrival)
        for name, value in arrival.remember.items():
            if value is None:
                self.rows.pop(name, None)
            else:
                self.rows[name] = value
        results = [self._admit(message) for message in arrival.messages]
        async with self._changed:
            self._changed.notify_all()
        return results

    @override
    async def recall(self, platform: Platform, prefix: str = "") -> Mapping[str, str]:
        return {name: value for name, value in self.rows.items() if name.startswith(prefix)}

    @property
    def texts(self) -> list[str]:
        """What was said, in the order in which it was taken in."""
        return [plain(message.text) for message in self.messages]

    async def until(self, count: int, *, seconds: float = 10.0) -> list[str]:
        """The texts, once there are so many."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: len(self.messages) >= count)
        return self.texts

    async def until_row(self, name: str, value: str | None = None, *, seconds: float = 10.0) -> str:
        """A row's value, once it is there (and is ``value``)."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: name in self.rows and value in (None, self.rows[name]))
        return self.rows[name]

    async def until_no_row(self, name: str, *, seconds: float = 10.0) -> None:
        """Returns once the row is gone."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: name not in self.rows)

    def _admit(self, message: ChatMessage) -> IntakeResult:
        if message.dedup_key in self._seen:
            return Duplicate()
        self._seen.add(message.dedup_key)
        if message.kind is not MessageKind.PERSON:
            self.notices.append(message)
            return Ignored(reason=message.kind)
        self.messages.append(message)
        return Accepted(link_id=link_id(message.dedup_key), opened=True)


class FakeEvents(ChatEvents):
    """Records what staff would be told, once per key."""

    def __init__(self) -> None:
        self.skipped: dict[str, tuple[ChatAddress, str]] = {}
        self.told = asyncio.Event()

    @override
    async def unreadable(self, address: ChatAddress, message_id: str, author: Author, link: str) -> None:
        raise NotImplementedError("nothing is encrypted here")

    @override
    async def left(self, address: ChatAddress, dedup: str) -> None:
        raise NotImplementedError("Discord tells nobody when a bot is removed")

    @override
    async def gap_skipped(self, address: ChatAddress, description: str, dedup: str) -> None:
        self.skipped.setdefault(dedup, (address, description))
        self.told.set()


class FakeRunner(CommandRunner):
    """Records commands and answers all alike; an answer may be held back."""

    def __init__(self) -> None:
        self.invocations: list[Invocation] = []
        self.answer = "Done: @everyone look"
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @override
    async def run(self, invocation: Invocation) -> CommandReply:
        self.invocations.append(invocation)
        self.asked.set()
        await self.may_answer.wait()
        return CommandReply(text=from_plain(self.answer), done=True)


class FakeSuggestions(Suggestions):
    """Suggests one ticket that repeats what was typed; may hang."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Author]] = []
        self.hangs = False

    @override
    async def tickets(self, typed: str, author: Author) -> Sequence[TicketSuggestion]:
        self.asked.append((typed, author))
        if self.hangs:
            await asyncio.Event().wait()
        return [TicketSuggestion(value=typed or "1", label=f"#{typed or 1} printer on fire")]


class FakeHealth(HealthReports):
    """Keeps what was reported last, and how often something moved."""

    def __init__(self) -> None:
        self.states: list[tuple[PartState, str]] = []
        self.progresses = 0

    @override
    def report(self, part: str, state: PartState, detail: str = "") -> None:
        self.states.append((state, detail))

    @override
    def progress(self, part: str) -> None:
        self.progresses += 1

    @property
    def state(self) -> PartState:
        """The last state."""
        return self.states[-1][0]

    @property
    def detail(self) -> str:
        """The last detail."""
        return self.states[-1][1]
