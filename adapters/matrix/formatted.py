"""What a `formatted_body` of Matrix may contain, and what is particular to it; `adapters.html_reader` reads it."""

from urllib.parse import unquote, urlsplit

from adapters.html_reader import read
from adapters.html_tags import TAGS, Dialect, Values, Wrap, linked, styled
from bot.domain.richtext import Inline, Mention, RichText, Style, Text, inline_plain


def from_html(html: str) -> RichText:
    """The text of a `formatted_body`. A reply's quoted original is dropped with its text."""
    return read(html, _DIALECT)


def _wrap(tag: str, values: Values) -> Wrap | None:
    if tag == "span":
        return styled(Style.SPOILER) if "data-mx-spoiler" in values else None
    return _anchor(values.get("href", ""))


def _anchor(url: str) -> Wrap:
    """A link to a person or a room is a mention by name; what cannot be followed is its label alone."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _label
    if parts.netloc == "matrix.to" and unquote(parts.fragment).lstrip("/")[:1] in {"@", "#"}:
        return lambda children: Mention(name=inline_plain(children).replace("\n", " "))
    return linked(url) if url else _label


def _label(children: tuple[Inline, ...]) -> Inline:
    return children[0] if len(children) == 1 else Text(text=inline_plain(children).replace("\n", " "))


def _image(values: Values) -> str:
    return values.get("alt") or values.get("title") or ""


_DIALECT = Dialect(
    wrap=_wrap,
    image=_image,
    tags=TAGS | {"sup", "sub"},
    attributes={
        "a": {"href"},
        "img": {"alt", "title"},
        "code": {"class"},
        "span": {"data-mx-spoiler"},
        "ol": {"start"},
    },
    gone=frozenset({"mx-reply", "script", "style"}),
)
"""What the specification allows (facts/matrix.md 3.1)."""
