"""Small programs in place of the core, for tests of the Discord adapter: recorders, and a clock that hurries."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from bot.domain.chat import Author, Card, ChatAddress, ChatMessage, Pressed
from bot.domain.commands import TRIAGE, CommandForm, CommandReply, Invocation, TicketSuggestion
from bot.domain.errors import StoreError
from bot.domain.richtext import from_plain
from bot.ports.clock import Clock
from bot.ports.inbound import ChatEvents, CommandRunner, HealthReports, PartState, Suggestions


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


class FakeEvents(ChatEvents):
    """Records what staff would be told, once per key, and pressed buttons, all of which it answers alike."""

    def __init__(self) -> None:
        self.presses: list[Pressed] = []
        self.answer = "Noted."
        self.card: Card | None = None
        self.broken = False
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

    @override
    async def pressed(self, pressed: Pressed) -> CommandReply:
        self.presses.append(pressed)
        if self.broken:
            raise StoreError("the store is broken")
        return CommandReply(text=from_plain(self.answer), done=True, card=self.card)


class FakeRunner(CommandRunner):
    """Records commands, forms asked for and tickets made, and answers all alike; an answer may be held back.

    With ``formless`` set there is no form, and that is why.
    """

    def __init__(self) -> None:
        self.invocations: list[Invocation] = []
        self.answer = "Done: @everyone look"
        self.done = True
        self.broken = False
        self.formless = ""
        self.title = "Triage #7"
        self.presets = {"label": "bug"}
        self.forms: list[Invocation] = []
        self.made: list[tuple[ChatMessage, Author]] = []
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @override
    async def run(self, invocation: Invocation) -> CommandReply:
        self.invocations.append(invocation)
        self.asked.set()
        await self.may_answer.wait()
        return CommandReply(text=from_plain(self.answer), done=True)

    @override
    async def form(self, invocation: Invocation) -> CommandForm | CommandReply:
        self.forms.append(invocation)
        self._fail_if_broken()
        if self.formless:
            return CommandReply(text=from_plain(self.formless))
        options = tuple(option for option in TRIAGE.options if option.name != "ticket")
        return CommandForm(command=TRIAGE, title=self.title, ticket="7", options=options, presets=self.presets)

    @override
    async def make_ticket(self, message: ChatMessage, by: Author) -> CommandReply:
        self.made.append((message, by))
        self.asked.set()
        await self.may_answer.wait()
        self._fail_if_broken()
        return CommandReply(text=from_plain(self.answer), done=self.done)

    def _fail_if_broken(self) -> None:
        if self.broken:
            raise StoreError("the store is broken")


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
