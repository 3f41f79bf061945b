"""What a look into the help desk tells about a ticket's clocks; the same look always tells the same."""

from datetime import datetime, timedelta

from bot.domain.helpdesk import ConversationView, DeskThread, Status, ThreadKind
from bot.domain.ids import AgentId
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_stages import DELETED


def desk_events(
    view: ConversationView, *, by_mail: bool, bot_user_id: AgentId, undo: timedelta
) -> tuple[TicketEvent, ...]:
    """Everything in the conversation that starts, stops or pauses a clock, in its order.

    ``by_mail``: answers leave by mail when they are written, and count once they cannot be taken back (``undo``); in a
    chat ticket they count when they appeared in chat, which the help desk does not know, and so do the customer's words
    that the bot filed: that may have been long after, behind the answer to them.
    """
    events: list[TicketEvent] = []
    status = Status.ACTIVE
    threads = sorted((one for one in view.threads if one.published), key=lambda one: (one.created_at, one.thread_id))
    for thread in threads:
        if thread.kind is ThreadKind.CUSTOMER and (by_mail or not thread.mark):
            events.append(TicketEvent(kind=EventKind.CUSTOMER_WROTE, at=thread.created_at))
        elif by_mail and _is_answer(thread) and view.as_of - thread.created_at >= undo:
            assert thread.author is not None
            by_person = thread.author.agent_id != bot_user_id
            events.append(TicketEvent(kind=EventKind.ANSWERED, at=thread.created_at, by_person=by_person))
        if thread.status is not None and thread.status is not status:
            status = thread.status
            events.append(TicketEvent(kind=EventKind.STATUS, at=thread.created_at, status=status))
    if view.status is not status:
        events.append(TicketEvent(kind=EventKind.STATUS, at=_changed_at(view, events), status=view.status))
    if view.deleted and view.status is not Status.SPAM:
        reason = "merged" if view.merged_away else DELETED
        events.append(TicketEvent(kind=EventKind.CANCELLED, at=_changed_at(view, events), reason=reason))
    return tuple(events)


def takes_back_until(view: ConversationView, *, undo: timedelta) -> timedelta | None:
    """How long until the youngest answer cannot be taken back; None when none can."""
    young = [undo - (view.as_of - one.created_at) for one in view.threads if one.published and _is_answer(one)]
    return max((one for one in young if one > timedelta()), default=None)


def received_at(view: ConversationView) -> datetime:
    """When the request came: of merged conversations, the older one's time."""
    asked = (one.created_at for one in view.threads if one.published and one.kind is ThreadKind.CUSTOMER)
    return min([*asked, view.created_at or view.as_of])


def opening_of(view: ConversationView) -> DeskThread | None:
    """The words that opened it; None where the team began the conversation, which is no request."""
    spoken = (one for one in view.threads if one.published and one.kind in {ThreadKind.CUSTOMER, ThreadKind.MESSAGE})
    first = min(spoken, key=lambda one: (one.created_at, one.thread_id), default=None)
    return first if first is not None and first.kind is ThreadKind.CUSTOMER else None


def _is_answer(thread: DeskThread) -> bool:
    return thread.kind is ThreadKind.MESSAGE and thread.author is not None


def _changed_at(view: ConversationView, events: list[TicketEvent]) -> datetime:
    """When the status changed that no entry tells of."""
    closed_at = view.closed_at if view.status is Status.CLOSED else None
    at = closed_at or view.user_updated_at or view.updated_at or view.as_of
    return max([at, *(event.at for event in events[-1:])])
