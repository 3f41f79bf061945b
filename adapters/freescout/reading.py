"""What agents wrote, as portable text: the HTML of FreeScout's editor, and of what is pasted into it.

The editor makes every line a `div`, and an empty line one with nothing but a break or a hard blank in it. Nothing that
is written can ping anybody: an address of a person is a link like any other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote, urljoin, urlsplit

from adapters.freescout.markup import last_anchor
from adapters.freescout.typed import as_meant
from adapters.html_reader import read
from adapters.html_tags import TAGS, Dialect, Values, Wrap
from bot.domain.richtext import Inline, Link, Paragraph, RichText, Styled, Text, inline_plain, join

_STORAGE = "/storage/attachment/"
_LINES = frozenset({"div", "tr", "thead", "tbody", "tfoot", "caption", "details", "summary", "dt", "dd"})
_MORE = frozenset(
    {"address", "article", "aside", "center", "figcaption", "figure", "footer", "header", "main", "section"}
)
_MARK = re.compile(r"[a-z2-7]{24}")
_FOLLOWED = re.compile(r"(?:https?://[^\s/]|mailto:[^\s])[^\s]*", re.IGNORECASE)
_EMBEDDED = re.compile(r"""(\bsrc\s*=\s*["']?)data:[^"'\s<>]*""", re.IGNORECASE)
_LONGEST = 250_000
"""Characters of HTML, without embedded images; some hundred messages in a chat."""
_LONGEST_URL = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineImage:
    """An image in the text that lies in the help desk; its link opens without login and is shown to nobody."""

    url: str
    name: str
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBody:
    """The text, and the images of the help desk's that stood in it, in order."""

    text: RichText
    images: tuple[InlineImage, ...] = ()


def read_body(html: str, *, own_url: str) -> ReadBody:
    """Read a thread's body. ``own_url``: where this help desk is."""
    html = _EMBEDDED.sub(r"\1", html)
    images = _Images(own_url)
    text = as_meant(read(html[:_LONGEST], _dialect(images)))
    if len(html) > _LONGEST:
        text = join(text, RichText(blocks=(Paragraph(children=(Text(text="…"),)),)))
    return ReadBody(text=text, images=tuple(images.found))


def last_fragment(html: str) -> str:
    """What the last anchor's address ends in behind ``#``, if it is a delivery id; else empty."""
    fragment = last_anchor(html).rpartition("#")[2]
    return fragment if _MARK.fullmatch(fragment) else ""


def _dialect(images: "_Images") -> Dialect:
    return Dialect(
        wrap=images.wrap,
        image=images.image,
        tags=TAGS | _LINES | _MORE,
        attributes={
            "a": {"href"},
            "img": {"src", "alt", "title", "width", "height"},
            "code": {"class"},
            "ol": {"start"},
        },
        gone=frozenset({"script", "style", "title", "xml", "template"}),
        lines=_LINES | _MORE,
        blanks=re.compile(r"[ \t\r\n\f\v]+"),
        deepest=12,
    )


class _Images:
    """Tells the help desk's own files from the rest of the web."""

    def __init__(self, own_url: str) -> None:
        self._home = own_url.rstrip("/")
        self.found: list[InlineImage] = []

    def wrap(self, tag: str, values: Values) -> Wrap | None:
        """An anchor is a link if it leads anywhere; one to a file of the help desk's is its label alone."""
        url = _address(values.get("href", ""), self._home)
        if own := self._own(url):
            return lambda children: Text(text=_label(children) if _STORAGE not in _label(children) else _name(own))
        if tag != "a" or not _FOLLOWED.fullmatch(url):
            return None
        return lambda children: _link(url, children)

    def image(self, values: Values) -> Inline | str:
        """Own images are kept aside; others become links, embedded ones their description."""
        described = " ".join((values.get("alt") or values.get("title") or "").split())
        url = _address(values.get("src", ""), self._home)
        if own := self._own(url):
            self.found.append(InlineImage(url=own, name=_name(own) or described or "image", alt=described))
            return ""
        if {values.get("width"), values.get("height")} & {"0", "1"}:
            return ""
        if not url.startswith(("http://", "https://")) or len(url) > _LONGEST_URL:
            return described or "(image)"
        return Link(url=url, children=(Text(text=described or "image"),))

    def _own(self, url: str) -> str:
        """The address at this help desk, if it is one of its files; else empty."""
        try:
            home, parts = urlsplit(self._home), urlsplit(url)
        except ValueError:
            return ""
        if parts.netloc.lower() != home.netloc.lower() or parts.scheme not in {"http", "https"}:
            return ""
        path = parts.path.removeprefix(home.path)
        if not path.startswith(_STORAGE) or ".." in unquote(path):
            return ""
        return self._home + path + (f"?{parts.query}" if parts.query else "")


def _address(url: str, home: str) -> str:
    """The address in full; empty if it is none."""
    try:
        return urljoin(home + "/", url.strip()) if ":" in url or url.strip().startswith("/") else ""
    except ValueError:
        return ""


def _name(own: str) -> str:
    return unquote(urlsplit(own).path).rpartition("/")[2]


def _label(children: tuple[Inline, ...]) -> str:
    return inline_plain(children).replace("\n", " ")


def _link(url: str, children: tuple[Inline, ...]) -> Inline:
    """A link without a label shows nothing."""
    label = tuple(_unlinked(children))
    return Link(url=url, children=label) if inline_plain(label).strip() else Text(text=" ")


def _unlinked(children: tuple[Inline, ...]) -> Iterator[Inline]:
    """An image that links elsewhere is a label like any other."""
    for child in children:
        if isinstance(child, Link):
            yield from _unlinked(child.children)
        else:
            yield replace(child, children=tuple(_unlinked(child.children))) if isinstance(child, Styled) else child
