"""Forms for commands that are run on a message: what is filled in already, and for which ticket."""

from bot.domain.commands import Command, CommandForm, CommandReply, Invocation
from bot.domain.effects import Ticket
from bot.domain.errors import CommandError
from bot.domain.wording import Wording
from bot.ports.store import Store
from bot.usecases.tickets import Tickets
from bot.usecases.tracking import Tracking


class Forms:
    """Makes them from the store alone: Discord waits three seconds for a form."""

    def __init__(self, *, store: Store, wording: Wording, tickets: Tickets, tracking: Tracking) -> None:
        self._store = store
        self._wording = wording
        self._tickets = tickets
        self._tracking = tracking

    async def of(self, command: Command, invocation: Invocation) -> CommandForm | CommandReply:
        """The form, or why there is none."""
        try:
            found = await self._tickets.find(None, invocation.address, invocation.message_id)
        except CommandError:
            return CommandReply(text=self._wording.say("form_no_ticket"))
        if found.number is None:
            return CommandReply(text=self._wording.say("form_unnumbered"))
        return CommandForm(
            command=command,
            title=self._wording.line("form_title", number=str(found.number)),
            ticket=str(found.number),
            options=tuple(option for option in command.options if option.name != "ticket"),
            presets=await self._presets(found.ticket),
        )

    async def _presets(self, found: Ticket) -> dict[str, str]:
        """What a person chose before; a guess of the bot's is not filled in, it would be confirmed unread."""
        ticket = await self._store.read(lambda records: self._tracking.of(records, found))
        if ticket is None:
            return {}
        presets = {"label": ticket.picked_label, "priority": ticket.picked_priority}
        return {name: value for name, value in presets.items() if value}
