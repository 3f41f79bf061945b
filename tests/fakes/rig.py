"""The whole core on fakes and a manual clock: what comes in from chat, what reaches the help desk and the chat again.
The whole core on fakes and a manual clock: what comes in from chat, what reaches the help desk and the chat again.
"""

import asyncio
import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

from bot.domain.chat import Attachment, Author, ChatAddress, ChatMessage, MessageKind, Platform, RoomRole
from bot.domain.commands import CommandReply, Invocation
from bot.domain.permissions import Team, TeamMember
from bot.domain.richtext import from_plain
from bot.domain.wording import Wording
from bot.ports.inbound import Arrival, IntakeResult
from bot.usecases.closing import Closing
from bot.usecases.commands import Commands, TicketSuggestions
from bot.usecases.delivery import Pump
from bot.usecases.events import ChatIncidents
from bot.usecases.files import Files
from bot.usecases.filing import Filing
from bot.usecases.intake import Intake, IntakeRules
from bot.usecases.parking import Parking, Reassurance
from bot.usecases.places import StaffPlaces
from bot.usecases.speaking import Speaking, SpeakingRules, TypedCommands
from bot.usecases.tickets import Tickets
from bot.usecases.triage import Triage
from tests.fakes.chat import FakeChat
from tests.fakes.clock import FixedDice, ManualClock, settle
from tests.fakes.helpdesk import FakeHelpDesk
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

    def __init__(self, *, group_seconds: int = 120, staff: Sequence[ChatAddress] = (STAFF, MATRIX_STAFF)) -> None:
        self.clock = ManualClock()
        self.store = FakeStore(clock=self.clock, rehearse=True)
        self.spool = FakeSpool()
        self.desk = FakeHelpDesk(self.clock)
        self.discord = FakeChat(self.clock, Platform.DISCORD)
        self.matrix = FakeChat(self.clock, Platform.MATRIX)
        self.chats = {Platform.DISCORD: self.discord, Platform.MATRIX: self.matrix}
        self.words = english()
        self.staff = StaffPlaces(places=tuple(staff))
        self.privacy_url = ""
        rules = IntakeRules(group=timedelta(seconds=group_seconds))
        self.intake = Intake(store=self.store, clock=self.clock, team=TEAM, rules=rules)
        self.incidents = ChatIncidents(store=self.store, clock=self.clock, wording=self.words, staff=self.staff)
        self.suggestions = TicketSuggestions(store=self.store, team=TEAM)
        self.reassurance = Reassurance(store=self.store, clock=self.clock, wording=self.words)
        tickets = Tickets(store=self.store, desk=self.desk, wording=self.words)
        triage = Triage(store=self.store, clock=self.clock, wording=self.words, tickets=tickets)
        closing = Closing(store=self.store, clock=self.clock, wording=self.words, tickets=tickets)
        self.commands = Commands(
            team=TEAM,
            wording=self.words,
            acts={"triage": triage.run, "close": closing.run},
            desk_reachable=lambda: not self.desk.down,
        )
        self._ids = count(100)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Pump]:
        """A pump at work; leaving the block ends it as a kill would, whatever is under way."""
        pump = self.make_pump()
        await pump.load()
        task = asyncio.create_task(pump.run())
        await settle()
        try:
            yield pump
        finally:
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
        return Arrival(platform=messages[0].address.platform, messages=messages)

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

    def make_pump(self) -> Pump:
        """A pump that is not running yet."""
        files = Files(
            store=self.store,
            spool=self.spool,
            clock=self.clock,
            wording=self.words,
            chats=self.chats,
            max_bytes=MAX_BYTES,
        )
        filing = Filing(
            store=self.store,
            desk=self.desk,
            clock=self.clock,
            files=files,
            wording=self.words,
            chats=self.chats,
            staff=self.staff,
        )
        rules = SpeakingRules(privacy_url=self.privacy_url)
        speaking = Speaking(
            store=self.store, clock=self.clock, wording=self.words, chats=self.chats, staff=self.staff, rules=rules
        )
        typed = TypedCommands(runner=self.commands, clock=self.clock, staff=self.staff)
        return Pump(
            store=self.store,
            clock=self.clock,
            dice=FixedDice(0.0),
            handlers={
                "fetch_files": files.fetch,
                "open_conversation": filing.open,
                "file_message": filing.file,
                "file_late_files": filing.late_files,
                "write_note": filing.note,
                "set_triage": filing.set_triage,
                "set_status": filing.set_status,
                "react": speaking.react,
                "announce_number": speaking.announce,
                "say": speaking.say,
                "run_command": typed.run,
            },
            on_parked=Parking(clock=self.clock, wording=self.words, staff=self.staff),
        )
