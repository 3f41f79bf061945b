"""Internal notes from chat: `/note` in Discord, `!note` in the Matrix staff room."""

from bot.domain.chat import Platform, RoomRole
from bot.domain.commands import CommandReply, Invocation
from bot.domain.delivery import System
from bot.domain.effects import WriteNote
from bot.domain.errors import CommandError
from bot.domain.ids import delivery_id
from bot.domain.permissions import Team
from bot.domain.richtext import from_plain, join
from bot.domain.triage import Checked
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.acts import actor_of, place_of
from bot.usecases.places import promise
from bot.usecases.tickets import Tickets


class Notes:
    """Carries out ``/note``."""

    def __init__(self, *, store: Store, clock: Clock, wording: Wording, tickets: Tickets, team: Team) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._tickets = tickets
        self._team = team

    async def run(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """Promise it. Raises ``CommandError`` where it was typed for everybody to read, or without a ticket."""
        in_public = invocation.author.platform is Platform.MATRIX and invocation.room_role is not RoomRole.STAFF
        if in_public:
            raise CommandError(self._wording.line("note_in_public"))
        found = await self._tickets.find(checked.ticket, invocation.address)
        member = self._team.member(invocation.author)
        head = self._wording.say("note_head", name=invocation.author.name, place=place_of(invocation))
        note = WriteNote(
            ticket=found.ticket,
            text=join(head, from_plain(checked.values["text"])),
            agent_id=member.agent_id if member is not None else None,
        )

        async def work(records: Records) -> None:
            now, act = self._clock.now(), invocation.invocation_id
            if await records.outbox.get(delivery_id("note", act)) is not None:
                return
            await records.outbox.add(
                promise("note", act, effect=note, key=found.lane, now=now, system=System.FREESCOUT)
            )
            await records.audit.record(
                at=now,
                actor=actor_of(invocation.author),
                place=place_of(invocation),
                action="note",
                ticket=str(found.number or found.lane),
                detail="",
            )

        await self._store.write(work)
        if found.number is None:
            return CommandReply(text=self._wording.say("note_done_unnumbered"), done=True)
        return CommandReply(text=self._wording.say("note_done", number=str(found.number)), done=True)
