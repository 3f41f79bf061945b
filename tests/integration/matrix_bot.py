"""The Matrix adapter run by itself: real homeserver, small recording ports around it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from adapters.matrix.client import MatrixClient
from bot.domain.chat import (
    Author,
    ChatAddress,
    ChatEvent,
    ChatMessage,
    MessageDeleted,
    MessageEdited,
    OutgoingMessage,
    Platform,
    Pressed,
    Reacted,
)
from bot.domain.commands import CommandReply
from bot.domain.errors import BotError
from bot.domain.ids import link_id
from bot.domain.richtext import from_plain, plain
from bot.ports.clock import Clock, Dice
from bot.ports.inbound import (
    Accepted,
    Arrival,
    ChatEvents,
    Duplicate,
    HealthReports,
    IntakeResult,
    MessageIntake,
    PartState,
)
from sandbox.matrix.server import PASSWORD


class ShiftedClock(Clock):
    """The real time plus `shift`; sleeping is cut to `longest_sleep`."""

    def __init__(self) -> None:
        self.shift = timedelta()
        self.sleeps: list[timedelta] = []
        self.longest_sleep = timedelta(seconds=60)

    @override
    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    @override
    async def sleep_until(self, at: datetime) -> None:
        wait = max(at - self.now(), timedelta())
        self.sleeps.append(wait)
        await asyncio.sleep(min(wait, self.longest_sleep).total_seconds())


class Loaded(Dice):
    """Always rolls the same."""

    @override
    def roll(self) -> float:
        return 0.5


class StoreFailsError(BotError):
    """The process ends right before a commit."""


@dataclass
class Journal(MessageIntake, ChatEvents, HealthReports):
    """What a store would hold, and survives the bot. `fail_next` lets that many commits fail."""

    happened: list[ChatEvent] = field(default_factory=list)
    duplicates: int = 0
    memory: dict[str, str] = field(default_factory=dict)
    unreadable_ids: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    rooms_left: list[str] = field(default_factory=list)
    states: list[tuple[PartState, str]] = field(default_factory=list)
    syncs: int = 0
    fail_next: int = 0
    largest_arrival: int = 0

    @override
    async def accept(self, arrival: Arrival) -> Sequence[IntakeResult]:
        await asyncio.sleep(0)
        if self.fail_next and arrival.events:
            self.fail_next -= 1
            raise StoreFailsError
        known = {event.dedup_key for event in self.happened}
        results: list[IntakeResult] = []
        self.largest_arrival = max(self.largest_arrival, len(arrival.events))
        for event in arrival.events:
            if event.dedup_key in known:
                self.duplicates += 1
                results.append(Duplicate())
                continue
            known.add(event.dedup_key)
            self.happened.append(event)
            results.append(Accepted(link_id=link_id(event.dedup_key), opened=True))
        for name, text in arrival.remember.items():
            if text is None:
                self.memory.pop(name, None)
            else:
                self.memory[name] = text
        return results

    @override
    async def standing_in(self, address: ChatAddress) -> Sequence[str]:
        return ()

    @override
    async def recall(self, platform: Platform, prefix: str = "") -> Mapping[str, str]:
        return {name: text for name, text in self.memory.items() if name.startswith(prefix)}

    @override
    async def unreadable(self, address: ChatAddress, message_id: str, author: Author, link: str) -> None:
        self.unreadable_ids.append(message_id)

    @override
    async def left(self, address: ChatAddress, dedup: str) -> None:
        self.rooms_left.append(address.room)

    @override
    async def gap_skipped(self, address: ChatAddress, description: str, dedup: str) -> None:
        self.skipped.append(description)

    @override
    async def pressed(self, pressed: Pressed) -> CommandReply:
        raise AssertionError("Matrix has no buttons")

    @override
    def report(self, part: str, state: PartState, detail: str = "") -> None:
        self.states.append((state, detail))

    @override
    def progress(self, part: str) -> None:
        self.syncs += 1

    def now(self) -> tuple[str, str]:
        """State and detail as last reported."""
        state, detail = self.states[-1]
        return str(state), detail

    @property
    def gaps(self) -> list[str]:
        return [name for name in self.memory if name.startswith("gap:")]

    @property
    def messages(self) -> list[ChatMessage]:
        return [event for event in self.happened if isinstance(event, ChatMessage)]

    @property
    def texts(self) -> list[str]:
        return [plain(message.text) for message in self.messages]

    @property
    def told(self) -> list[str]:
        return [_word(event) for event in self.happened]


def _word(event: ChatEvent) -> str:
    match event:
        case ChatMessage():
            return plain(event.text)
        case MessageEdited():
            return f"edited: {plain(event.message.text)}"
        case MessageDeleted():
            return "deleted"
        case Reacted():
            return f"reacted: {event.emoji}"


class MatrixBot:
    """`async with MatrixBot(...)` runs the leg; leaving it cancels the leg as abruptly as a task can be."""

    def __init__(
        self,
        homeserver: str,
        user_id: str,
        folder: Path,
        rooms: Sequence[str],
        *,
        journal: Journal | None = None,
        clock: ShiftedClock | None = None,
        **settings: Any,
    ) -> None:
        self.journal = journal or Journal()
        self.clock = clock or ShiftedClock()
        self.user_id = user_id
        settings.setdefault("password", PASSWORD)
        self.client = MatrixClient(
            homeserver=homeserver,
            user_id=user_id,
            store_path=folder / "matrix-store",
            rooms=rooms,
            intake=self.journal,
            events=self.journal,
            health=self.journal,
            clock=self.clock,
            dice=Loaded(),
            **settings,
        )
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        await self.until(lambda: self.journal.syncs > self._syncs)
        return self

    def start(self) -> None:
        self._syncs = self.journal.syncs
        self.task = asyncio.create_task(self.client.run())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait({self.task})
            self.task = None

    async def until(self, seen: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait until `seen` holds. An end of the leg is raised here."""
        async with asyncio.timeout(seconds):
            while not seen():
                if self.task is not None and self.task.done():
                    self.task.result()
                    raise AssertionError("the leg ended")
                await asyncio.sleep(0.02)


def outgoing(
    key: str, room: str, text: str, *, thread: str | None = None, mention: str | None = None
) -> OutgoingMessage:
    return OutgoingMessage(
        delivery_id=key,
        address=ChatAddress(platform=Platform.MATRIX, room=room, chat_thread=thread),
        text=from_plain(text),
        mention=mention,
    )
