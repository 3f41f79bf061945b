"""Cards: one message per new ticket where the team works, with everything needed to triage it there."""

from collections.abc import Callable

from bot.domain.chat import Card, ChatAddress, ChatChoice, ChatLink, ChatMenu, MenuOption, Platform
from bot.domain.clock_state import States
from bot.domain.commands import TRIAGE
from bot.domain.effects import Say
from bot.domain.ids import ConversationId
from bot.domain.richtext import Link, Paragraph, Quote, RichText, Text, from_plain, join, lines
from bot.domain.sla_policy import ClockKind
from bot.domain.sla_ticket import ORIGIN_NAMES, SlaTicket
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records
from bot.usecases.clock_lines import ClockLines
from bot.usecases.paging import Paging
from bot.usecases.places import StaffPlaces, promise
from bot.usecases.timekeeping import Timekeeping

LABEL, PRIORITY, TAKE, NOISE = "label", "priority", "take", "noise"
PREFIX = "card:"
LONGEST_NUMBER = 12
"""Digits of a ticket's number, more than any help desk will count: a longer one does not fit the store."""


class Cards:
    """Makes them. What is promised here is part of somebody else's transaction."""

    def __init__(
        self,
        *,
        clock: Clock,
        time: Timekeeping,
        wording: Wording,
        lines: ClockLines,
        paging: Paging,
        staff: StaffPlaces,
        desk_address: Callable[[ConversationId], str],
    ) -> None:
        self._clock = clock
        self._time = time
        self._wording = wording
        self._lines = lines
        self._paging = paging
        self._staff = staff
        self._desk_address = desk_address

    async def show(self, records: Records, ticket: SlaTicket, states: States) -> None:
        """Promise a ticket's card, once."""
        place = self._staff.choose()
        if place is None or ticket.number is None:
            return
        card = self.card(ticket, states, place)
        say = Say(address=place, text=card.text, menus=card.menus, choices=card.choices, links=card.links)
        key = f"staff:{place.platform}"
        await records.outbox.add(promise("card", ticket.ticket_id, effect=say, key=key, now=self._clock.now()))

    async def alarm(self, records: Records, ticket: SlaTicket, states: States) -> None:
        """Page at once: it looks critical, and triage may come later than the first response is due."""
        due_at = states[ClockKind.FIRST_RESPONSE].due_at
        text = self._wording.say(
            "alarm",
            author=ticket.author,
            origin=ORIGIN_NAMES[ticket.origin],
            word=ticket.suggestion,
            due=self._time.moment(due_at) if due_at is not None else "",
        )
        text = join(text, _quoted(ticket), self._source(ticket))
        await self._paging.tell(records, text, "alarm", ticket.ticket_id, page=True)

    def card(self, ticket: SlaTicket, states: States, place: ChatAddress) -> Card:
        """The card as it looks now."""
        text = join(
            self._wording.say(
                "card_head",
                number=str(ticket.number),
                subject=ticket.subject,
                author=ticket.author,
                origin=ORIGIN_NAMES[ticket.origin],
            ),
            _quoted(ticket) if " ".join(ticket.excerpt.split()) != ticket.subject else RichText(),
            lines(self._judgement(ticket), self._taken(ticket)),
            self._lines.after_triage(states) if ticket.triaged_by else self._lines.deadlines(states),
        )
        links = self._links(ticket)
        if place.platform is not Platform.DISCORD:
            return Card(text=join(text, self._wording.say("card_typed", number=str(ticket.number))), links=links)
        if not states[ClockKind.RESOLUTION].is_open:
            return Card(text=text, links=links)
        return Card(text=text, menus=self._menus(ticket), choices=self._choices(ticket), links=links)

    def _taken(self, ticket: SlaTicket) -> RichText:
        return self._wording.say("card_taken", name=ticket.assignee) if ticket.assignee else RichText()

    def _judgement(self, ticket: SlaTicket) -> RichText:
        if ticket.triaged_by:
            return self._wording.say(
                "card_triaged", label=ticket.label, priority=ticket.priority, name=ticket.triaged_by
            )
        sentence = "card_suspected" if ticket.suggestion else "card_suggested"
        return self._wording.say(
            sentence, label=ticket.suggested_label, priority=ticket.priority, word=ticket.suggestion
        )

    def _menus(self, ticket: SlaTicket) -> tuple[ChatMenu, ...]:
        suggested = {LABEL: ticket.suggested_label, PRIORITY: ticket.priority.value}
        chosen = {LABEL: ticket.picked_label, PRIORITY: ticket.picked_priority}
        menus = []
        for name in (LABEL, PRIORITY):
            option = TRIAGE.option(name)
            menus.append(
                ChatMenu(
                    choice=f"{PREFIX}{name}:{ticket.number}",
                    placeholder=self._wording.line(f"card_{name}", suggested=suggested[name]),
                    options=tuple(MenuOption(value=one.value, label=one.label) for one in option.choices),
                    chosen=chosen[name],
                )
            )
        return tuple(menus)

    def _choices(self, ticket: SlaTicket) -> tuple[ChatChoice, ...]:
        return (
            ChatChoice(choice=f"{PREFIX}{TAKE}:{ticket.number}", label=self._wording.line("card_take"), emoji="🙋"),
            ChatChoice(choice=f"{PREFIX}{NOISE}:{ticket.number}", label=self._wording.line("card_noise"), emoji="🚫"),
        )

    def _links(self, ticket: SlaTicket) -> tuple[ChatLink, ...]:
        links = []
        if ticket.conversation_id is not None:
            url = self._desk_address(ticket.conversation_id)
            links.append(ChatLink(label=self._wording.line("card_open"), url=url))
        if ticket.source_link:
            links.append(ChatLink(label=self._wording.line("card_message"), url=ticket.source_link))
        return tuple(links)

    def _source(self, ticket: SlaTicket) -> RichText:
        if not ticket.source_link:
            return RichText()
        link = Link(url=ticket.source_link, children=(Text(text=self._wording.line("alarm_source")),))
        return RichText(blocks=(Paragraph(children=(link,)),))


def read_card(choice: str) -> tuple[str, int] | None:
    """What a button or menu of a card stands for: the act and the ticket's number; None for any other button."""
    act, _, number = choice.removeprefix(PREFIX).partition(":")
    if not choice.startswith(PREFIX) or act not in {LABEL, PRIORITY, TAKE, NOISE}:
        return None
    if not (number.isascii() and number.isdigit()) or len(number) > LONGEST_NUMBER:
        return None
    return act, int(number)


def _quoted(ticket: SlaTicket) -> RichText:
    return RichText(blocks=(Quote(blocks=from_plain(ticket.excerpt).blocks),)) if ticket.excerpt else RichText()
