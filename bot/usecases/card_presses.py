"""Buttons and menus of cards: each is a command, run for whoever used it."""

from bot.domain.chat import Pressed
from bot.domain.commands import CommandReply, Invocation, Permission
from bot.domain.ids import TicketNumber
from bot.domain.permissions import Team
from bot.domain.sla_ticket import SlaTicket
from bot.domain.wording import Wording
from bot.ports.inbound import CommandRunner
from bot.ports.store import Records, Store
from bot.usecases.cards import LABEL, NOISE, PRIORITY, TAKE, Cards, read_card
from bot.usecases.timekeeping import Timekeeping
from bot.usecases.tracking import Tracking


class CardPresses:
    """A triage needs both menus: what was chosen first is remembered, nothing is taken from a guess."""

    def __init__(
        self,
        *,
        store: Store,
        wording: Wording,
        team: Team,
        runner: CommandRunner,
        tracking: Tracking,
        time: Timekeeping,
        cards: Cards,
    ) -> None:
        self._store = store
        self._wording = wording
        self._team = team
        self._runner = runner
        self._tracking = tracking
        self._time = time
        self._cards = cards

    async def pressed(self, pressed: Pressed) -> CommandReply:
        """Carry it out; the card is shown as it is now."""
        read = read_card(pressed.choice)
        if read is None:
            return CommandReply(text=self._wording.say("unknown_button"))
        act, number = read[0], TicketNumber(read[1])
        if act in {LABEL, PRIORITY} and self._team.may(pressed.author, Permission.TRIAGER):
            reply = await self._pick(pressed, act, number)
        else:
            reply = await self._run(pressed, number, *_COMMANDS[act])
        return await self._with_card(pressed, number, reply)

    async def _pick(self, pressed: Pressed, act: str, number: TicketNumber) -> CommandReply:
        key = f"picked:{pressed.author.platform}:{pressed.press_id}"

        async def work(records: Records) -> SlaTicket | None:
            ticket = await records.sla.numbered(number)
            if ticket is None:
                return None
            return await self._tracking.picked(records, ticket, key, **{act: pressed.value})

        ticket = await self._store.write(work)
        if ticket is None:
            return CommandReply(text=self._wording.say("card_unknown", number=str(number)))
        if not ticket.picked_label or not ticket.picked_priority:
            other = "priority" if act == LABEL else "label"
            return CommandReply(text=self._wording.say("card_half", other=other, number=str(number)), done=True)
        options = {"label": ticket.picked_label, "priority": ticket.picked_priority}
        return await self._run(pressed, number, "triage", options)

    async def _run(self, pressed: Pressed, number: TicketNumber, command: str, options: dict[str, str]) -> CommandReply:
        invocation = Invocation(
            invocation_id=f"press:{pressed.press_id}",
            command=command,
            author=pressed.author,
            address=pressed.address,
            options={**options, "ticket": str(number)},
        )
        return await self._runner.run(invocation)

    async def _with_card(self, pressed: Pressed, number: TicketNumber, reply: CommandReply) -> CommandReply:
        ticket = await self._store.read(lambda records: records.sla.numbered(number))
        if ticket is None or not reply.done:
            return reply
        card = self._cards.card(ticket, self._time.states(ticket), pressed.address)
        return CommandReply(text=reply.text, done=reply.done, card=card)


_COMMANDS: dict[str, tuple[str, dict[str, str]]] = {
    LABEL: ("triage", {}),
    PRIORITY: ("triage", {}),
    TAKE: ("take", {}),
    NOISE: ("close", {"reason": "not-a-request"}),
}
