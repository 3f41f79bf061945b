"""The board's filters: read from the address, and shown as links with how many tickets each would show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from adapters.web.board_words import cut
from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import ORIGIN_NAMES, BoardFilter, OpenCounts, Origin

BOARD = "/board"
EVENTS = "/board/events"

ORIGINS = {origin: name[0].upper() + name[1:] for origin, name in ORIGIN_NAMES.items()}

LONGEST_LABEL = 100
MOST_CHOICES = 24
"""Labels may be anything in the help desk; a filter of hundreds helps nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value: where it leads ("" for one that cannot be chosen), and whether it is chosen now."""

    text: str
    count: int
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One filter with its choices, "all" first."""

    name: str
    choices: tuple[Choice, ...]


def filter_of(query: Mapping[str, str]) -> BoardFilter:
    """What was asked for. Platforms and priorities that do not exist are ignored; a label may be any text."""
    return BoardFilter(
        origin=_known(query.get("origin", ""), Origin),
        label=query.get("label", "")[:LONGEST_LABEL].strip(),
        priority=_known(query.get("priority", ""), Priority),
    )


def address(chosen: BoardFilter, path: str = BOARD) -> str:
    """The address that shows these tickets."""
    pairs = [(name, value) for name, value in _pairs(chosen).items() if value]
    query = urlencode(pairs, errors="replace")
    return f"{path}?{query}" if query else path


def facets(chosen: BoardFilter, counts: OpenCounts) -> tuple[Facet, ...]:
    """The three filters."""
    labels = sorted(filter(None, counts.by_label), key=lambda label: (-counts.by_label[label], label))
    return (
        _facet("From", "origin", chosen, counts.by_origin, {str(one): name for one, name in ORIGINS.items()}),
        _facet("Label", "label", chosen, counts.by_label, {label: cut(label, 40) for label in labels[:MOST_CHOICES]}),
        _facet("Priority", "priority", chosen, counts.by_priority, {str(one): str(one) for one in Priority}),
    )


def is_filtered(chosen: BoardFilter) -> bool:
    """Whether anything is left out."""
    return any(_pairs(chosen).values())


def _facet(name: str, key: str, chosen: BoardFilter, counts: Mapping[str, int], texts: Mapping[str, str]) -> Facet:
    """Values that no open ticket has are left out, unless chosen: there must be a way back."""
    now = _pairs(chosen)[key]
    values = [value for value in texts if counts.get(value, 0) or value == now]
    if now and now not in values:
        values.append(now)
    choices = [_choice("all", sum(counts.values()), key, "", chosen)]
    choices += [_choice(texts.get(value, cut(value, 40)), counts.get(value, 0), key, value, chosen) for value in values]
    if counts.get("", 0):
        choices.append(Choice(text="none yet", count=counts[""], href="", is_chosen=False))
    return Facet(name=name, choices=tuple(choices))


def _choice(text: str, count: int, key: str, value: str, chosen: BoardFilter) -> Choice:
    pairs = _pairs(chosen)
    return Choice(
        text=text, count=count, href=address(BoardFilter(**{**pairs, key: value})), is_chosen=pairs[key] == value
    )


def _pairs(chosen: BoardFilter) -> dict[str, str]:
    return {"origin": chosen.origin, "label": chosen.label, "priority": chosen.priority}


def _known(text: str, values: Iterable[str]) -> str:
    return next((str(value) for value in values if value.lower() == text.strip().lower()), "")
