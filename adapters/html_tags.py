"""What HTML elements mean in portable text, and what differs between the sources of HTML."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import nh3

from bot.domain.richtext import Inline, Link, Style, Styled

STYLES = {
    "b": Style.BOLD,
    "strong": Style.BOLD,
    "i": Style.ITALIC,
    "em": Style.ITALIC,
    "u": Style.UNDERLINE,
    "del": Style.STRIKE,
    "s": Style.STRIKE,
    "strike": Style.STRIKE,
}
PARTING = frozenset({"p", "div", "tr", "table", "caption", "details", "summary", "thead", "tbody"})
HEADINGS = {f"h{level}": level for level in range(1, 7)}
NESTING = frozenset({"blockquote", "ul", "ol", "li"})
TAGS = frozenset({*PARTING, *HEADINGS, *NESTING, *STYLES, "a", "code", "hr", "br", "th", "td", "pre", "span", "img"})
SCHEMES = {"https", "http", "mailto"}

Values: TypeAlias = Mapping[str, str]
"""The attributes of an element."""
Wrap: TypeAlias = Callable[[tuple[Inline, ...]], Inline]
"""Makes one inline of what an element holds."""

_DEEPEST = 100
"""Cleaning takes the square of this times the length; the reader gives up on nesting long before."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*+)[^<>]*+>")
_NEVER_DEEP = frozenset(
    {"br", "hr", "img", "wbr", "input", "p", "li", "td", "th", "tr", "thead", "tbody", "tfoot", "dd", "dt", "option"}
)
"""Elements without an end, and those whose end goes without saying."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What is particular to one source of HTML.

    ``gone``: elements that go with their text. ``wrap``: what an anchor or a span does to its text (None: nothing).
    ``image``: what stands for an image; a ``str`` is literal text. ``lines``: elements that only end a line; where
    there are any, it takes an empty line to part paragraphs. ``blanks`` collapse to one.
    """

    wrap: Callable[[str, Values], Wrap | None]
    image: Callable[[Values], Inline | str]
    attributes: Mapping[str, set[str]]
    tags: frozenset[str] = TAGS
    gone: frozenset[str] = frozenset({"script", "style"})
    lines: frozenset[str] = frozenset()
    blanks: re.Pattern[str] = re.compile(r"\s+")
    deepest: int = 24


def cleaned(html: str, dialect: Dialect) -> str:
    """The HTML with the dialect's elements only, well-formed."""
    return nh3.clean(
        _shallow(html),
        tags=set(dialect.tags),
        attributes={tag: set(names) for tag, names in dialect.attributes.items()},
        url_schemes=SCHEMES,
        clean_content_tags=set(dialect.gone),
        link_rel=None,
    )


def styled(style: Style) -> Wrap:
    """Sets a run apart."""
    return lambda children: Styled(style=style, children=children)


def linked(url: str) -> Wrap:
    """Makes a run a link."""
    return lambda children: Link(url=url, children=children)


def _shallow(html: str) -> str:
    """Without the tags of elements nested beyond reason; their text stays."""
    depth = 0

    def keep(found: re.Match[str]) -> str:
        nonlocal depth
        if found[2].lower() in _NEVER_DEEP:
            return found[0]
        if not found[1]:
            depth += 1
            return found[0] if depth <= _DEEPEST else ""
        depth = max(depth - 1, 0)
        return found[0] if depth < _DEEPEST else ""

    return _TAG.sub(keep, html)
