"""Answers in words to the question whether a ticket is solved.

Whether words answer it shows only once it is known when the question could be read, so that is decided when they are
filed: a "yes" to something that was asked before must not close a ticket.
"""

from collections.abc import Collection
from datetime import timedelta

from bot.domain.chat import ChatMessage
from bot.domain.confirmation import is_thanks, read_words
from bot.domain.errors import TransientError
from bot.domain.helpdesk import ThreadKind
from bot.domain.links import ConversationLink
from bot.domain.richtext import plain
from bot.domain.routing import Continues
from bot.ports.clock import Clock
from bot.ports.store import Records
from bot.usecases.confirming import Confirming

PATIENCE = timedelta(minutes=2)
"""How long words wait for a question that is on its way: it can be read before it is on record."""

LOOK_AGAIN = timedelta(seconds=1)
SKEW = timedelta(seconds=2)
"""How far the clocks of platform and bot may be apart in telling which was said first."""


class SpokenAnswers:
    """Recognises them among the messages of a ticket. ``thanks`` are phrases that ask nothing."""

    def __init__(self, *, clock: Clock, confirming: Confirming, thanks: Collection[str]) -> None:
        self._clock = clock
        self._confirming = confirming
        self._thanks = thanks

    async def may_answer(self, records: Records, message: ChatMessage, decision: Continues) -> bool:
        """Whether these words of the member's may answer a question; other words of theirs withdraw one they read."""
        link = await records.links.get(decision.link_id)
        if link is None or link.author_id != message.author.user_id or decision.thread_kind is not ThreadKind.CUSTOMER:
            return False
        words = plain(message.text)
        if link.asked_at is not None and read_words(words, self._thanks) is not None:
            return True
        if _is_after_question(link, message) and not is_thanks(words, self._thanks):
            await self._confirming.withdraw(records, link)
        return False

    def is_answer(self, link: ConversationLink, message: ChatMessage) -> bool:
        """Whether they do: they were said when the question could be read. One that was answered meanwhile counts too.

        Raises ``TransientError`` while the question is on its way.
        """
        if link.asked_at is not None and link.question_at is None and self._clock.now() < message.sent_at + PATIENCE:
            raise TransientError("the question it may answer is on its way", retry_after=LOOK_AGAIN)
        return link.asked_at is None or _is_after_question(link, message)

    async def take(self, records: Records, link: ConversationLink, message: ChatMessage) -> None:
        """Take the answer, if the question is still open."""
        answer = read_words(plain(message.text), self._thanks)
        if answer is not None:
            await self._confirming.answer(records, link.link_id, answer, message.author, message.dedup_key)


def _is_after_question(link: ConversationLink, message: ChatMessage) -> bool:
    return link.question_at is not None and message.sent_at >= link.question_at - SKEW
