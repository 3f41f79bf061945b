"""Is it solved? What the bot asks with, and what counts as an answer."""

import re
from collections.abc import Collection
from enum import StrEnum

from bot.domain.chat import ChatChoice
from bot.domain.ids import LinkId

_PREFIX = "solved"
_YES_EMOJI, _NO_EMOJI = "✅", "❌"
_YES_REACTIONS = frozenset({_YES_EMOJI, "✔", "☑", "👍", "🎉"})
_NO_REACTIONS = frozenset({_NO_EMOJI, "✖", "👎"})
_YES = frozenset({"yes", "y", "yep", "yeah", "yup", "ja", "solved", "fixed", "works", "si", "oui", _YES_EMOJI, "👍"})
_NO = frozenset({"no", "n", "nope", "nah", "nein", "non", _NO_EMOJI, "👎"})
_FILLERS = frozenset(
    {"it", "is", "its", "it's", "all", "good", "great", "perfect", "works", "working", "solved", "fixed", "now", "fine"}
)
_SKIN_OR_STYLE = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
_WORD = re.compile(r"[\w'✅❌👍👎]+")

_COURTESIES = _FILLERS | {
    *("a", "lot", "for", "the", "your", "help", "helping", "that", "this", "helped", "me", "us", "you", "so", "very"),
    *("much", "many", "and", "to", "everyone", "team", "again", "quick", "fast", "reply", "answer", "response", "i"),
    *("support", "have", "nice", "day", "ok", "okay", "cool", "awesome", "wonderful", "really", "appreciated", "we"),
    *("done", "hi", "hello"),
}
_OBJECTION = re.compile(
    r"(not|no|but|still|however|yet|doesn|isn|didn|can't|cannot|won't|crash|fail|error|broke|wrong|"
    r"another|aber|nicht|noch|immer|leider|kein)"
)
_MOST_OTHER_WORDS = 1
"""A name. More than that may be a complaint, and one that is taken for thanks would be seen by nobody."""

LONGEST_THANKS = 60
"""Characters; whoever writes more says more than thanks (behaviour.md, "In chat")."""


class Answer(StrEnum):
    """What was answered."""

    YES = "yes"
    NO = "no"


def choices(link_id: LinkId) -> tuple[ChatChoice, ...]:
    """The two answers to offer. They hold the ticket, so that they work after any restart."""
    return (
        ChatChoice(choice=f"{_PREFIX}:{Answer.YES}:{link_id}", label="Yes, solved", emoji=_YES_EMOJI),
        ChatChoice(choice=f"{_PREFIX}:{Answer.NO}:{link_id}", label="No, not yet", emoji=_NO_EMOJI),
    )


def read_choice(choice: str) -> tuple[Answer, LinkId] | None:
    """The answer and the ticket in what a button sent; None when it is none of these."""
    prefix, _, rest = choice.partition(":")
    answer, _, link_id = rest.partition(":")
    if prefix != _PREFIX or answer not in tuple(Answer) or not link_id:
        return None
    return Answer(answer), LinkId(link_id)


def read_reaction(emoji: str) -> Answer | None:
    """The answer a reaction gives."""
    plain = _SKIN_OR_STYLE.sub("", emoji)
    if plain in _YES_REACTIONS:
        return Answer.YES
    return Answer.NO if plain in _NO_REACTIONS else None


def read_words(text: str, thanks: Collection[str]) -> Answer | None:
    """The answer in words: "yes", "Yes, thanks!", "no". Anything that says more is a message, not an answer."""
    words = _words(text)
    if not words:
        return None
    polite = _FILLERS | {word for phrase in thanks for word in _words(phrase)} | {"you", "so", "much", "very"}
    if any(word not in polite for word in words[1:]):
        return None
    if words[0] in _NO:
        return Answer.NO if len(words) == 1 else None
    return Answer.YES if words[0] in _YES else None


def is_thanks(text: str, thanks: Collection[str]) -> bool:
    """Whether this says thank you and nothing that needs anybody's attention."""
    line = text.strip()
    if not line or len(line) > LONGEST_THANKS or "?" in line:
        return False
    spoken = _words(line)
    phrases = [words for phrase in thanks if (words := _words(phrase))]
    if not any(f" {' '.join(words)} " in f" {' '.join(spoken)} " for words in phrases):
        return False
    known = _COURTESIES.union(*phrases)
    others = [word for word in spoken if word not in known]
    return len(others) <= _MOST_OTHER_WORDS and not any(_OBJECTION.match(word) for word in spoken)


def _words(text: str) -> list[str]:
    return _WORD.findall(_SKIN_OR_STYLE.sub("", text).casefold().replace("’", "'"))
