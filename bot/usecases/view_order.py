"""Tells views of the help desk that come too late: a newer one of the same conversation was taken in before them."""

from datetime import datetime

from bot.domain.helpdesk import ConversationView
from bot.domain.ids import ConversationId
from bot.ports.clock import Clock


class ViewOrder:
    """Remembers in memory when the newest view of each conversation was read, of ``most`` conversations."""

    def __init__(self, *, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._newest: dict[ConversationId, datetime] = {}

    def is_late(self, view: ConversationView) -> bool:
        """Whether a newer view was noted: this one lacks what has happened since."""
        return view.read_at < self._known(view)

    def note(self, view: ConversationView) -> None:
        """It was taken in."""
        newest = max(view.read_at, self._known(view))
        if len(self._newest) >= self._most:
            self._newest.clear()
        self._newest[view.conversation_id] = newest

    def _known(self, view: ConversationView) -> datetime:
        known = self._newest.get(view.conversation_id, view.read_at)
        # What is ahead of our clock was read before the clock was put back: it would hide everything until then.
        return known if known <= self._clock.now() else view.read_at
