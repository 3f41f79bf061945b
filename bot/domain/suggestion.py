"""What a new request looks like, before a person has triaged it."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.domain.sla_policy import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A provisional label and priority. ``word`` is what made it look critical, "" where nothing did."""

    label: str
    priority: Priority
    word: str = ""

    @property
    def is_critical(self) -> bool:
        """Whether somebody should look at once: a P0's first response may be due before its triage."""
        return self.priority is Priority.P0


READ_CHARACTERS = 100_000
"""So much is looked at: a request says early what it is about, and a log file pasted below must not hold others up."""

_SIGNS = (
    ("bug", ("error", "bug", "crash", "broken", "fails", "failed", "exception", "does not work", "doesn't work")),
    ("feature", ("feature", "would be nice", "could you add", "please add", "wish", "support for", "suggestion")),
)


def suggest(text: str, p0_words: Collection[str]) -> Suggestion:
    """A first guess from the first words (any case, any white space between them): a hint, never a decision.

    P2 without a sign of something critical: a promise must not be made stricter by a guess about the rest.
    """
    words = _plain(text[:READ_CHARACTERS])
    critical = next((word for word in p0_words if word.strip() and _plain(word) in words), "")
    found = (label for label, signs in _SIGNS if any(sign in words for sign in signs))
    label = "bug" if critical else next(found, "question")
    return Suggestion(label=label, priority=Priority.P0 if critical else Priority.P2, word=critical)


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
