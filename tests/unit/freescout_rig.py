"""The real adapter before a simulated FreeScout, for tests of what goes beyond the port's contract."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from adapters.freescout.client import FreeScout
from adapters.system.clock import SystemClock
from bot.domain.chat import FileContent, Platform
from bot.domain.helpdesk import Entry, NewConversation, NewCustomer, OpenedConversation, ThreadKind
from bot.domain.ids import delivery_id
from bot.domain.richtext import from_plain
from bot.ports.inbound import HealthReports, PartState
from sandbox.freescout import Conversation, FreeScoutSimulator

MIA = NewCustomer(platform=Platform.MATRIX, platform_id="@mia:example.org", name="Mia")

WRITTEN = (ThreadKind.CUSTOMER, ThreadKind.MESSAGE, ThreadKind.NOTE)
"""The kinds that people and the bot write."""


class Reports(HealthReports):
    """Every report, in order."""

    def __init__(self) -> None:
        self.reports: list[tuple[PartState, str]] = []
        self.successes = 0

    @override
    def report(self, part: str, state: PartState, detail: str = "") -> None:
        assert part == "freescout"
        self.reports.append((state, detail))

    @override
    def progress(self, part: str) -> None:
        self.successes += 1

    @property
    def states(self) -> list[PartState]:
        """The states alone."""
        return [state for state, _ in self.reports]


@dataclass(slots=True, kw_only=True)
class Rig:
    """Both ends."""

    sim: FreeScoutSimulator
    desk: FreeScout
    health: Reports

    async def open(self, name: str = "opening", **more: Any) -> OpenedConversation:
        """Have a member's message open a conversation."""
        return await self.desk.open_conversation(await self.new(name, **more))

    async def new(self, name: str = "opening", **more: Any) -> NewConversation:
        """A conversation to open, of a customer made for it."""
        asked_after = self.desk_clock_now()
        customer_id = await self.desk.create_customer(MIA)
        return NewConversation(
            subject=f"About {name}", customer_id=customer_id, entry=entry(name, **more), asked_after=asked_after
        )

    @staticmethod
    def desk_clock_now() -> Any:
        """Now, as both ends see it."""
        return SystemClock().now()

    def only(self) -> Conversation:
        """The one conversation there is."""
        (one,) = self.sim.conversations()
        return one


def entry(name: str, *, kind: ThreadKind = ThreadKind.CUSTOMER, files: tuple[FileContent, ...] = ()) -> Entry:
    """An entry whose id and words come from its name."""
    return Entry(
        delivery_id=delivery_id(name),
        kind=kind,
        text=from_plain(f"words of {name}"),
        source_link=f"https://discord.com/channels/1/2/{len(name)}",
        files=files,
    )


@asynccontextmanager
async def freescout(
    tmp_path: Path, *, api_key: str = "", desk: dict[str, Any] | None = None, **sim: Any
) -> AsyncIterator[Rig]:
    """A running pair. ``desk`` are more arguments of the adapter, ``sim`` of the simulator."""
    simulator = FreeScoutSimulator(database=tmp_path / "freescout.db", **sim)
    await simulator.start()
    health = Reports()
    given = {
        "url": simulator.url + "/",
        "api_key": api_key or simulator.api_key,
        "mailbox_id": simulator.mailbox_id,
        "bot_user_id": simulator.bot_user_id,
        **(desk or {}),
    }
    try:
        async with FreeScout(health=health, clock=SystemClock(), **given) as adapter:
            yield Rig(sim=simulator, desk=adapter, health=health)
    finally:
        await simulator.stop()
