"""What the help desk shows of clocks: changes to known tickets, and requests that come by mail."""

from dataclasses import replace
from datetime import timedelta

import structlog

from bot.domain.effects import Ticket
from bot.domain.helpdesk import ConversationView, Status
from bot.domain.ids import AgentId, ConversationId, ThreadId
from bot.domain.richtext import plain
from bot.domain.sla_merging import MERGED, was_cancelled
from bot.domain.sla_stages import DELETED
from bot.domain.sla_ticket import Origin, SlaTicket, SlaTicketId
from bot.domain.sla_views import desk_events, opening_of, received_at, takes_back_until
from bot.domain.subject import LONGEST, cut
from bot.ports.store import Records
from bot.usecases.cards import Cards
from bot.usecases.timekeeping import Timekeeping
from bot.usecases.tracking import Tracking

log = structlog.get_logger(__name__)


class DeskTracking:
    """Everything here is part of somebody else's transaction; a look that shows nothing new changes nothing."""

    def __init__(
        self,
        *,
        tracking: Tracking,
        time: Timekeeping,
        cards: Cards,
        bot_user_id: int,
        mailbox_id: int | None,
        undo: timedelta,
    ) -> None:
        """``mailbox_id``: whose mails are requests."""
        self._tracking = tracking
        self._time = time
        self._cards = cards
        self._bot_user_id = AgentId(bot_user_id)
        self._mailbox_id = mailbox_id
        self._undo = undo

    async def seen(self, records: Records, view: ConversationView) -> timedelta | None:
        """A look into the help desk: known tickets are brought up to date, new mails begin their clocks.

        Returns after how long an answer by mail that was just written cannot be taken back, None when none waits.
        """
        ticket = await records.sla.of_conversation(view.conversation_id)
        if ticket is None:
            ticket = await self._new_mail(records, view)
            if ticket is None:
                return None
        updated = self._updated(ticket, view)
        if updated != ticket:
            await self._tracking.settle(records, updated)
        return takes_back_until(view, undo=self._undo) if ticket.origin is Origin.EMAIL else None

    async def is_news(self, records: Records, view: ConversationView) -> bool:
        """Whether ``seen`` would change anything, or something of it waits; most looks show what is known."""
        ticket = await records.sla.of_conversation(view.conversation_id)
        if ticket is None:
            return await self._may_begin(records, view)
        waits = ticket.origin is Origin.EMAIL and takes_back_until(view, undo=self._undo) is not None
        return waits or self._updated(ticket, view) != ticket

    async def mail_of(self, records: Records, merged: ConversationView) -> ThreadId | None:
        """The entry by which to find where a mail went that was merged away; None when that is known."""
        ticket = await records.sla.of_conversation(merged.conversation_id)
        return ticket.opening_thread if ticket is not None and not was_cancelled(ticket, MERGED) else None

    async def merged(self, records: Records, former: ConversationId, into: ConversationView) -> None:
        """A mail went into another conversation."""
        await self._tracking.merged(records, former, into)

    async def gone(self, records: Records, conversation_id: ConversationId) -> None:
        """A conversation was deleted for good."""
        ticket = await records.sla.of_conversation(conversation_id)
        if ticket is not None and not was_cancelled(ticket, DELETED):
            await self._tracking.cancelled(records, Ticket(conversation_id=conversation_id), DELETED)

    def _updated(self, ticket: SlaTicket, view: ConversationView) -> SlaTicket:
        by_mail = ticket.origin is Origin.EMAIL
        return replace(
            ticket,
            number=view.number,
            subject=cut(view.subject, LONGEST) or ticket.subject,
            status=Status.CLOSED if view.deleted and view.status is not Status.SPAM else view.status,
            assignee=view.assignee.full_name if view.assignee is not None else "",
            assignee_id=view.assignee.agent_id if view.assignee is not None else None,
            received_at=min(ticket.received_at, received_at(view)) if by_mail else ticket.received_at,
            desk=desk_events(view, by_mail=by_mail, bot_user_id=self._bot_user_id, undo=self._undo),
        )

    async def _new_mail(self, records: Records, view: ConversationView) -> SlaTicket | None:
        """A request that came to the help desk by itself, after the bot began to keep clocks."""
        opening = opening_of(view)
        if opening is None or not await self._may_begin(records, view):
            return None
        ticket = SlaTicket(
            ticket_id=SlaTicketId(f"conversation:{view.conversation_id}"),
            origin=Origin.EMAIL,
            received_at=received_at(view),
            author=view.customer_name,
            subject=cut(view.subject, LONGEST),
            conversation_id=view.conversation_id,
            number=view.number,
            opening_thread=opening.thread_id,
        )
        ticket = await self._tracking.begin(records, ticket, plain(opening.text))
        log.info("mail ticket tracked", ticket=view.number)
        await self._cards.show(records, ticket, self._time.states(ticket))
        return ticket

    async def _may_begin(self, records: Records, view: ConversationView) -> bool:
        """Whether it is a request by mail that came since clocks are kept.

        One that the bot wrote itself is about to be recorded; one with a link is from before clocks were kept.
        """
        opening, since = opening_of(view), self._time.since
        if opening is None or opening.mark or view.deleted or view.status is Status.SPAM:
            return False
        if not self._knows_mailbox(view) or since is None:
            return False
        if received_at(view) < since.replace(microsecond=0):  # the help desk knows whole seconds
            return False
        return not await records.links.of_conversation(view.conversation_id)

    def _knows_mailbox(self, view: ConversationView) -> bool:
        """Whether mails of this conversation's mailbox are requests to this team."""
        return view.mailbox_id is None or self._mailbox_id in {None, view.mailbox_id}
