"""Taking a ticket, and saying that it waits for somebody outside."""

from bot.domain.commands import CommandReply, Invocation
from bot.domain.delivery import System
from bot.domain.effects import Assign, WriteNote
from bot.domain.errors import CommandError
from bot.domain.ids import AgentId, delivery_id
from bot.domain.permissions import Team
from bot.domain.triage import Checked
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.acts import actor_of, place_of
from bot.usecases.places import promise
from bot.usecases.tickets import FoundTicket, Tickets
from bot.usecases.tracking import Tracking


class Taking:
    """Carries out ``/take`` and ``/waiting``."""

    def __init__(
        self, *, store: Store, clock: Clock, wording: Wording, tickets: Tickets, team: Team, tracking: Tracking
    ) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._tickets = tickets
        self._team = team
        self._tracking = tracking

    async def take(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """Promise to assign it. Raises ``CommandError`` for whom FreeScout does not know, or without a ticket."""
        member = self._team.member(invocation.author)
        if member is None:
            raise CommandError(self._wording.line("take_unmapped", account=invocation.author.user_id))
        found = await self._tickets.find(checked.ticket, invocation.address, invocation.message_id)
        assign = Assign(ticket=found.ticket, agent_id=AgentId(member.agent_id))

        async def work(records: Records) -> None:
            now, act = self._clock.now(), invocation.invocation_id
            if await records.outbox.get(delivery_id("take", act)) is not None:
                return
            await records.outbox.add(
                promise("take", act, effect=assign, key=found.lane, now=now, system=System.FREESCOUT)
            )
            await self._tracking.taken(records, found.ticket, member.agent_id, member.name)
            await self._record(records, invocation, found, "take")

        await self._store.write(work)
        return self._done("take_done", found)

    async def waiting(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """Note it; whether it pauses the clock of the resolution is a setting. Raises ``CommandError``."""
        found = await self._tickets.find(checked.ticket, invocation.address, invocation.message_id)
        text = self._wording.say("waiting_note", name=invocation.author.name, place=place_of(invocation))
        note = WriteNote(ticket=found.ticket, text=text)

        async def work(records: Records) -> None:
            now, act = self._clock.now(), invocation.invocation_id
            if await records.outbox.get(delivery_id("waiting", act)) is not None:
                return
            await records.outbox.add(
                promise("waiting", act, effect=note, key=found.lane, now=now, system=System.FREESCOUT)
            )
            await self._tracking.waits(records, found.ticket)
            await self._record(records, invocation, found, "waiting")

        await self._store.write(work)
        return self._done("waiting_done", found)

    async def _record(self, records: Records, invocation: Invocation, found: FoundTicket, action: str) -> None:
        await records.audit.record(
            at=self._clock.now(),
            actor=actor_of(invocation.author),
            place=place_of(invocation),
            action=action,
            ticket=str(found.number or found.lane),
            detail="",
        )

    def _done(self, sentence: str, found: FoundTicket) -> CommandReply:
        number = f"#{found.number}" if found.number is not None else self._wording.line("this_ticket")
        return CommandReply(text=self._wording.say(sentence, ticket=number), done=True)
