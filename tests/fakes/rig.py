"""The whole core on fakes and a manual clock: what comes in from chat, what reaches the help desk and the chat."""

import asyncio
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Literal

from bot.core import Core, CoreRules
from bot.domain.chat import (
    Attachment,
    Author,
    ChatAddress,
    ChatEvent,
    ChatMessage,
    MessageEdited,
    MessageKind,
    Platform,
    Pressed,
    RoomRole,
)
from bot.domain.commands import CommandReply, Invocation
from bot.domain.ids import ConversationId
from bot.domain.permissions import Team, TeamMember
from bot.domain.richtext import from_plain, plain
from bot.domain.wording import Wording
from bot.ports.inbound import Arrival, IntakeResult
from bot.ports.plots import Plots
from bot.usecases.commands import Commands, TicketSuggestions
from bot.usecases.delivery import Pump
from bot.usecases.events import ChatIncidents
from bot.usecases.intake import Intake, IntakeRules
from bot.usecases.parking import Reassurance
from bot.usecases.places import StaffPlaces
from bot.usecases.speaking import SpeakingRules
from bot.usecases.timekeeping import SlaRules
from tests.fakes.chat import FakeChat
from tests.fakes.clock import FixedDice, ManualClock, settle
from tests.fakes.helpdesk import FakeHelpDesk, FiledConversation
from tests.fakes.store import FakeSpool, FakeStore

SUPPORT = ChatAddress(platform=Platform.DISCORD, room="support")
MATRIX_SUPPORT = ChatAddress(platform=Platform.MATRIX, room="!support")
STAFF = ChatAddress(platform=Platform.DISCORD, room="staff")
MATRIX_STAFF = ChatAddress(platform=Platform.MATRIX, room="!staff")
MIA = Author(platform=Platform.DISCORD, user_id="mia", name="Mia")
LENA = Author(platform=Platform.DISCORD, user_id="lena", name="Lena")
JONAS = Author(platform=Platform.MATRIX, user_id="@jonas:x", name="Jonas")
ALEXANDER = Author(platform=Platform.DISCORD, user_id="alexander", name="Alexander", roles=frozenset({"triager"}))
MATRIX_ALEXANDER = Author(platform=Platform.MATRIX, user_id="@alexander:x", name="Alexander")
TEAM = Team(
    triager_roles=frozenset({"triager"}),
    staff_roles=frozenset({"staff"}),
    matrix_triagers=frozenset({"@alexander:x"}),
    members=(TeamMember(name="Alexander", agent_id=3, discord_id="alexander", matrix_id="@alexander:x"),),
)
MAX_BYTES = 1000


def english() -> Wording:
    """The bot's real sentences."""
    texts = Path(__file__).parents[2] / "bot" / "texts" / "en.toml"
    return Wording(texts=tomllib.loads(texts.read_text(encoding="utf-8")))


class Rig:
    """Members post, Alexander commands, time passes; ``desk`` and the chats show what came of it."""

    def __init__(
        self,
        *,
        group_seconds: int = 120,
        staff: Sequence[ChatAddress] = (STAFF, MATRIX_STAFF),
        sla: SlaRules | None = None,
        mailbox_id: int | None = None,
        has_clocks_field: bool = False,
        plots: Plots | None = None,
    ) -> None:
        """``sla`` and ``plots`` count from the next process on."""
        self.clock = ManualClock()
        self.store = FakeStore(clock=self.clock, rehearse=True)
        self.spool = FakeSpool()
        self.desk = FakeHelpDesk(self.clock, has_clocks_field=has_clocks_field)
        self.sla = sla or SlaRules()
        self.mailbox_id = mailbox_id
        self.plots = plots
        self.discord = FakeChat(self.clock, Platform.DISCORD)
        self.matrix = FakeChat(self.clock, Platform.MATRIX)
        self.chats = {Platform.DISCORD: self.discord, Platform.MATRIX: self.matrix}
        self.words = english()
        self.staff = StaffPlaces(places=tuple(staff))
        self.privacy_url = ""
        self.group = timedelta(seconds=group_seconds)
        self.agent_name: Literal["first", "full", "team"] = "first"
        self.undo = CoreRules().undo
        self.core = self._make_core()
        self._ids = count(100)

    @property
    def intake(self) -> Intake:
        """Where messages enter."""
        return self.core.intake

    @property
    def incidents(self) -> ChatIncidents:
        """Where everything else enters."""
        return self.core.incidents

    @property
    def commands(self) -> Commands:
        """Where commands enter."""
        return self.core.commands

    @property
    def suggestions(self) -> TicketSuggestions:
        """What is offered while somebody types."""
        return self.core.suggestions

    @property
    def reassurance(self) -> Reassurance:
        """Who tells members that they wait."""
        return self.core.reassurance

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Pump]:
        """Pump and reader at work; leaving the block ends them as a kill would, whatever is under way."""
        pump = self.make_pump()
        await pump.load()
        tasks = [asyncio.create_task(leg) for leg in (pump.run(), self.core.reader.run())]
        await settle()
        try:
            yield pump
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def post(
        self,
        text: str = "The export fails.",
        *,
        author: Author = MIA,
        address: ChatAddress | None = None,
        message_id: str | None = None,
        files: Sequence[Attachment] = (),
        reply_to: str | None = None,
        title: str | None = None,
        kind: MessageKind = MessageKind.PERSON,
        room_role: RoomRole = RoomRole.SUPPORT,
    ) -> IntakeResult:
        """A message arrives; whatever follows from it at once has happened on return."""
        results = await self.accept(
            self.message(
                text,
                author=author,
                address=address,
                message_id=message_id,
                files=files,
                reply_to=reply_to,
                title=title,
                kind=kind,
                room_role=room_role,
            )
        )
        return results[0]

    async def ticket(
        self, text: str = "The export fails.", *, author: Author = MIA, address: ChatAddress | None = None
    ) -> FiledConversation:
        """A member's request that became a ticket; its chat thread hangs on ``m1``, unless it is a place of its own."""
        name = "m1" if address is None else None
        await self.post(text, author=author, address=address, message_id=name)
        return self.desk.conversations[-1]

    async def look(self) -> None:
        """A sweep, and all that waits until agents can take nothing back."""
        await self.sweep()
        await self.pass_time(self.undo)

    def message(
        self,
        text: str = "The export fails.",
        *,
        author: Author = MIA,
        address: ChatAddress | None = None,
        message_id: str | None = None,
        files: Sequence[Attachment] = (),
        reply_to: str | None = None,
        title: str | None = None,
        kind: MessageKind = MessageKind.PERSON,
        room_role: RoomRole = RoomRole.SUPPORT,
    ) -> ChatMessage:
        """A message as an adapter makes it."""
        name = message_id or f"m{next(self._ids)}"
        here = address or (SUPPORT if author.platform is Platform.DISCORD else MATRIX_SUPPORT)
        return ChatMessage(
            address=here,
            message_id=name,
            author=author,
            sent_at=self.clock.now(),
            text=from_plain(text),
            link=f"https://chat.example/{here.room}/{name}",
            kind=kind,
            room_role=room_role,
            title=title,
            reply_to=reply_to,
            attachments=tuple(files),
        )

    async def accept(self, *messages: ChatMessage) -> Sequence[IntakeResult]:
        """Messages arrive together."""
        results = await self.intake.accept(self.arrival(*messages))
        await self.rest()
        return results

    def arrival(self, *messages: ChatMessage) -> Arrival:
        """What an adapter hands in."""
        return Arrival(platform=messages[0].address.platform, events=messages)

    async def rest(self) -> None:
        """Let everything happen that needs no time: an effect and its record take some turns of the loop each."""
        for _ in range(20):
            await settle()

    async def run(
        self,
        command: str,
        *,
        author: Author = ALEXANDER,
        address: ChatAddress | None = None,
        act: str | None = None,
        **options: str,
    ) -> CommandReply:
        """Somebody runs a command in Discord."""
        reply = await self.commands.run(
            Invocation(
                invocation_id=act or f"act{next(self._ids)}",
                command=command,
                author=author,
                address=address or SUPPORT,
                options=options,
            )
        )
        await self.rest()
        return reply

    async def event(self, event: ChatEvent) -> IntakeResult:
        """Something becomes of a message."""
        address = event.message.address if isinstance(event, MessageEdited) else event.address
        results = await self.intake.accept(Arrival(platform=address.platform, events=(event,)))
        await self.rest()
        return results[0]

    async def press_card(
        self, choice: str, value: str = "", *, author: Author = ALEXANDER, act: str | None = None
    ) -> CommandReply:
        """Somebody uses a button or menu of a card; ``choice`` is that of the card's part."""
        name = act or f"press{next(self._ids)}"
        reply = await self.incidents.pressed(
            Pressed(press_id=name, choice=choice, author=author, address=STAFF, value=value)
        )
        await self.rest()
        return reply

    async def watch(self) -> None:
        """The watch over the clocks looks once; the first look of a process comes after what its start brings."""
        await self.keep_time()
        await self.core.clockwork.watch.look()
        await self.rest()

    @asynccontextmanager
    async def leg(self, run: Callable[[Core], Awaitable[None]]) -> AsyncIterator[None]:
        """A further leg of the process at work; leaving the block ends it."""
        task = asyncio.create_task(_leg(run, self.core))
        await settle()
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def keep_time(self) -> None:
        """What the start of a process does about clocks, once for each."""
        time, watch = self.core.clockwork.time, self.core.clockwork.watch
        if time.since is None:
            await time.load(self.store)
            if time.was_changed:
                await watch.recompute()

    async def press(self, choice: str, *, author: Author = MIA, act: str | None = None) -> str:
        """Somebody presses a button; returns what they are told."""
        name = act or f"press{next(self._ids)}"
        reply = await self.incidents.pressed(Pressed(press_id=name, choice=choice, author=author, address=SUPPORT))
        await self.rest()
        return plain(reply.text)

    async def webhook(self, conversation_id: ConversationId, *, replied: bool = True) -> None:
        """The help desk says that something happened."""
        self.core.reader.changed(conversation_id, replied=replied)
        await self.rest()

    async def sweep(self) -> None:
        """The sweep looks for what webhooks missed."""
        await self.core.reconciliation.sweep()
        await self.rest()

    async def pass_time(self, span: timedelta) -> None:
        """Time passes, and what it brings happens."""
        await self.clock.advance(span)
        await self.rest()

    def make_pump(self) -> Pump:
        """The pump of a new process, not running yet."""
        self.core = self._make_core()
        return self.core.pump

    def _make_core(self) -> Core:
        return Core(
            store=self.store,
            spool=self.spool,
            desk=self.desk,
            chats=self.chats,
            clock=self.clock,
            dice=FixedDice(0.0),
            wording=self.words,
            team=TEAM,
            staff=self.staff,
            rules=CoreRules(
                intake=IntakeRules(group=self.group),
                speaking=SpeakingRules(privacy_url=self.privacy_url),
                agent_name=self.agent_name,
                max_attachment_bytes=MAX_BYTES,
                mailbox_id=self.mailbox_id,
                sla=self.sla,
            ),
            plots=self.plots,
            desk_reachable=lambda: not self.desk.down,
        )


async def _leg(run: Callable[[Core], Awaitable[None]], core: Core) -> None:
    await run(core)
