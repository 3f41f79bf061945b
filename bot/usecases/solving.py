"""Saying that a ticket is solved: the team or the member themself; the member is asked to confirm it."""

from bot.domain.commands import CommandReply, Invocation
from bot.domain.errors import CommandError
from bot.domain.permissions import Standing, Team
from bot.domain.triage import Checked
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.acts import actor_of, place_of
from bot.usecases.confirming import Confirming
from bot.usecases.tickets import Tickets


class Solving:
    """Carries out ``/solved``."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        wording: Wording,
        tickets: Tickets,
        team: Team,
        confirming: Confirming,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._tickets = tickets
        self._team = team
        self._confirming = confirming

    async def run(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """Ask the member. Raises ``CommandError`` for tickets of others, of other ways in, and closed ones."""
        author = invocation.author
        is_staff = self._team.standing(author) > Standing.PUBLIC
        if is_staff:
            link = (await self._tickets.find(checked.ticket, invocation.address)).link
        else:
            link = await self._tickets.own(checked.ticket, invocation.address, author)
        if link is None:
            raise CommandError(self._wording.line("solved_elsewhere"))
        link_id, key = link.link_id, f"solved:{invocation.invocation_id}"
        done = "solved_done" if is_staff else "solved_own"

        async def work(records: Records) -> str:
            current = await records.links.get(link_id)
            if await records.inbox.known([key]):
                return done
            if current is None or current.is_closed:
                return "solved_already"
            if current.number is None:
                return "solved_too_early"
            if current.asked_at is not None:
                return "solved_asked"
            await records.inbox.admit(key, decision="solved", link_id=link_id, at=self._clock.now())
            await self._confirming.ask(records, current, invocation.invocation_id, author)
            await records.audit.record(
                at=self._clock.now(),
                actor=actor_of(author),
                place=place_of(invocation),
                action="solved",
                ticket=str(current.number),
                detail="the member is asked to confirm",
            )
            return done

        sentence = await self._store.write(work)
        text = self._wording.say(sentence, number=str(link.number or ""))
        return CommandReply(text=text, done=sentence == done)
