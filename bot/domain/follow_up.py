"""Where a member's further words go: into the conversation, beside it as a note, or into a new one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.confirmation import is_thanks
from bot.domain.helpdesk import ConversationView, Status


class Onward(StrEnum):
    """What to do with them."""

    APPEND = "append"
    REOPEN = "reopen"
    NOTE = "note"
    ANEW_OLD = "a new one: the old one was closed long ago"
    ANEW_GONE = "a new one: the old one was deleted for good"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRules:
    """``reopen``: how long after its closing a message opens a ticket again; ``thanks``: phrases that ask nothing."""

    reopen: timedelta = timedelta(days=14)
    thanks: Collection[str] = ("thanks", "thank you", "thx", "danke")


def onward(view: ConversationView | None, text: str, sent_at: datetime, rules: FollowUpRules) -> Onward:
    """Decide by the conversation as it is now (None: deleted for good). ``text`` is the message without markup.

    FreeScout opens a closed conversation again with every customer's message (facts/freescout.md 1.5), so thanks become
    a note.
    """
    if view is None:
        return Onward.ANEW_GONE
    if view.status is not Status.CLOSED or view.deleted:
        return Onward.APPEND
    if is_thanks(text, rules.thanks):
        return Onward.NOTE
    if view.closed_at is not None and sent_at - view.closed_at > rules.reopen:
        return Onward.ANEW_OLD
    return Onward.REOPEN
