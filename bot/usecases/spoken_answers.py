"""Answers in words to the question whether a ticket is solved."""

from collections.abc import Collection

from bot.domain.chat import ChatMessage
from bot.domain.confirmation import is_thanks, read_words
from bot.domain.helpdesk import ThreadKind
from bot.domain.richtext import plain
from bot.domain.routing import Continues
from bot.ports.store import Records
from bot.usecases.confirming import Confirming


class SpokenAnswers:
    """Recognises them among the messages of a ticket. ``thanks`` are phrases that ask nothing."""

    def __init__(self, *, confirming: Confirming, thanks: Collection[str]) -> None:
        self._confirming = confirming
        self._thanks = thanks

    async def is_answer(self, records: Records, message: ChatMessage, decision: Continues) -> bool:
        """Whether these words of the member's answer the question that is open; other words of theirs withdraw it."""
        link = await records.links.get(decision.link_id)
        if link is None or link.author_id != message.author.user_id or decision.thread_kind is not ThreadKind.CUSTOMER:
            return False
        if link.question_at is None or message.sent_at < link.question_at:
            return False  # it answers something else
        words = plain(message.text)
        if read_words(words, self._thanks) is not None:
            return True
        if not is_thanks(words, self._thanks):
            await self._confirming.withdraw(records, link)
        return False

    async def take(self, records: Records, message: ChatMessage, decision: Continues) -> None:
        answer = read_words(plain(message.text), self._thanks)
        assert answer is not None
        await self._confirming.answer(records, decision.link_id, answer, message.author, message.dedup_key)
