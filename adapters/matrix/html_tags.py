"""Which HTML Matrix messages may contain, and what its inline elements mean."""

from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

import nh3

from bot.domain.richtext import Inline, Link, Mention, Style, Styled, Text, inline_plain

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
TAGS = {*PARTING, *HEADINGS, *NESTING, *STYLES, "a", "sup", "sub", "code", "hr", "br", "th", "td", "pre", "span", "img"}
"""What the specification allows (facts/matrix.md 3.1)."""
ATTRIBUTES = {
    "a": {"href"},
    "img": {"alt", "title"},
    "code": {"class"},
    "span": {"data-mx-spoiler"},
    "ol": {"start"},
}
SCHEMES = {"https", "http", "mailto"}

Wrap: TypeAlias = Callable[[tuple[Inline, ...]], Inline]
"""Makes one inline of what an element holds."""


def cleaned(html: str) -> str:
    """The HTML with allowed elements only, well-formed; a reply's quoted original is gone with its text."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        clean_content_tags={"mx-reply", "script", "style"},
        link_rel=None,
    )


def wrap_of(tag: str, values: dict[str, str]) -> Wrap | None:
    """What an inline element does to its text; None: nothing."""
    if tag in STYLES:
        return _styled(STYLES[tag])
    if tag == "span" and "data-mx-spoiler" in values:
        return _styled(Style.SPOILER)
    return _linked(values.get("href", "")) if tag == "a" else None


def _styled(style: Style) -> Wrap:
    return lambda children: Styled(style=style, children=children)


def _linked(url: str) -> Wrap:
    """A link to a person or a room is a mention by name; what cannot be followed is its label alone."""
    parts = urlsplit(url)
    if parts.netloc == "matrix.to" and unquote(parts.fragment).lstrip("/")[:1] in {"@", "#"}:
        return lambda children: Mention(name=inline_plain(children).replace("\n", " "))
    if not url:
        return _label
    return lambda children: Link(url=url, children=children)


def _label(children: tuple[Inline, ...]) -> Inline:
    return children[0] if len(children) == 1 else Text(text=inline_plain(children).replace("\n", " "))
