"""Portable text as the HTML agents read, and the mark that closes every thread the bot writes.

FreeScout stores a body as it came and cleans it only on display (facts/freescout.md 1.5), so everything that somebody
typed is escaped here. Line feeds collapse there, hence `<br>`.
"""

import re
from collections.abc import Iterable
from html import escape
from html.parser import HTMLParser
from typing import assert_never

from typing_extensions import override

from bot.domain.chat import QuotedMessage
from bot.domain.helpdesk import Entry
from bot.domain.richtext import (
    Block,
    Break,
    Code,
    CodeBlock,
    Heading,
    Inline,
    Link,
    Listing,
    Mention,
    Moment,
    Paragraph,
    Quote,
    RichText,
    Style,
    Styled,
    Text,
)

_LINK = re.compile(r"(?:https?://[^\s/]|mailto:[^\s])[^\s]*", re.IGNORECASE)
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What JSON or the database of the help desk refuses: PHP reads a body with a lone surrogate as no body at all."""

_TAGS = {Style.BOLD: "b", Style.ITALIC: "i", Style.STRIKE: "s", Style.UNDERLINE: "u"}
_LABELS = (("https://discord.com/", "Open in Discord"), ("https://matrix.to/", "Open in Matrix"))


def sendable(text: str) -> str:
    """The text without characters that make the help desk refuse the whole request."""
    return _UNSENDABLE.sub("\ufffd", text)


def html_of(text: RichText) -> str:
    """A text as HTML; nothing somebody typed is markup in it."""
    return "".join(_block(block) for block in text.blocks)


def entry_html(entry: Entry, *, home: str, further: Iterable[str] = ()) -> str:
    """A whole entry: speaker, quotation, text, one line per missing file, and last the mark.

    ``home`` is where the mark leads when there is no chat message: the conversation, or the help desk for a new one.
    ``further`` are missing-file lines beyond the entry's own.
    """
    parts = []
    if entry.speaker is not None:
        parts.append(f"<p><b>{escaped(entry.speaker)}</b>:</p>")
    if entry.quote is not None:
        parts.append(_quotation(entry.quote))
    parts.append(html_of(entry.text))
    parts += [f"<p><i>{escaped(line)}</i></p>" for line in (*entry.missing, *further)]
    parts.append(mark(entry.delivery_id, source_link=entry.source_link, home=home))
    return "".join(parts)


def mark(delivery_id: str, *, source_link: str, home: str) -> str:
    """The anchor that closes a thread; its URL's fragment is the delivery id (behaviour.md, "The mark")."""
    in_chat = _LINK.fullmatch(source_link) is not None
    link = source_link if in_chat else home
    label = next((label for start, label in _LABELS if link.startswith(start)), "Open in chat") if in_chat else "Ticket"
    return f'<p><a href="{escaped(marked(link, delivery_id))}">{label}</a></p>'


def marked(link: str, delivery_id: str) -> str:
    """The link with the delivery id behind its last ``#``.

    A matrix.to link has all its meaning behind a ``#`` already, written like a path with a query. A second ``#`` right
    behind it would become part of the event id or of the last ``via`` server; as the value of a parameter of its own,
    which matrix.to does not know and leaves alone, it still ends the URL.
    """
    if "#" not in link:
        return f"{link}#{delivery_id}"
    return f"{link}{'&' if '?' in link.partition('#')[2] else '?'}mark=#{delivery_id}"


def carries_mark(body: str, delivery_id: str) -> bool:
    """Whether the last anchor of a thread's HTML is the mark of this delivery.

    Only the last one: members can type links, and so anybody's mark, but never behind the bot's own anchor.
    """
    return delivery_id in body and last_anchor(body).rpartition("#")[2] == delivery_id


def last_anchor(body: str) -> str:
    """The address of the last anchor in a thread's HTML, empty without one."""
    anchors = _Anchors()
    anchors.feed(body)
    anchors.close()
    return anchors.last


class _Anchors(HTMLParser):
    """Remembers the address of the last anchor."""

    last = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.last = dict(attrs).get("href") or ""


def _quotation(quote: QuotedMessage) -> str:
    name = escaped(quote.author_name)
    if _LINK.fullmatch(quote.link):
        name = _anchor(quote.link, name)
    return f"<blockquote><p><b>{name}</b>:</p>{html_of(quote.text)}</blockquote>"


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{_inlines(block.children)}</p>"
        case Heading():
            # Agents read this below the subject: a member's largest heading must not shout over the page's own.
            level = min(max(block.level, 1) + 2, 6)
            return f"<h{level}>{_inlines(block.children)}</h{level}>"
        case CodeBlock():
            return f"<pre><code>{escaped(block.text)}</code></pre>"
        case Quote():
            return f"<blockquote>{''.join(_block(inner) for inner in block.blocks)}</blockquote>"
        case Listing():
            return _listing(block)
        case _:
            assert_never(block)


def _listing(listing: Listing) -> str:
    items = "".join(f"<li>{''.join(_block(inner) for inner in item)}</li>" for item in listing.items)
    if not listing.ordered:
        return f"<ul>{items}</ul>"
    start = f' start="{listing.start}"' if listing.start != 1 else ""
    return f"<ol{start}>{items}</ol>"


def _inlines(children: Iterable[Inline], *, linked: bool = False) -> str:
    return "".join(_inline(child, linked=linked) for child in children)


def _inline(child: Inline, *, linked: bool) -> str:
    """``linked``: inside an anchor, where HTML allows no second one."""
    match child:
        case Text() | Moment():
            return escaped(child.text)
        case Code():
            return f"<code>{escaped(child.text)}</code>"
        case Break():
            return "<br>"
        case Mention():
            return f"<b>{escaped(child.name)}</b>"
        case Styled(style=Style.SPOILER):
            return f"(spoiler) {_inlines(child.children, linked=linked)}"
        case Styled():
            tag = _TAGS[child.style]
            return f"<{tag}>{_inlines(child.children, linked=linked)}</{tag}>"
        case Link():
            if linked or not _LINK.fullmatch(child.url):
                return _inlines(child.children, linked=linked)
            return _anchor(child.url, _inlines(child.children, linked=True) or escaped(child.url))
        case _:
            assert_never(child)


def _anchor(url: str, label: str) -> str:
    return f'<a href="{escaped(url)}" rel="noopener noreferrer nofollow" target="_blank">{label}</a>'


def escaped(text: str) -> str:
    """Literal characters as HTML; line feeds become breaks, since FreeScout shows them as blanks."""
    return escape(sendable(text)).replace("\n", "<br>")
