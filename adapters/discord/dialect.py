"""The inline part of Discord's markdown, as rules for markdown-it.

Emphasis and strikethrough are CommonMark's, with ``__`` meaning underline. Spoilers, ``<...>`` references, bare
addresses and Discord's narrower backslash are rules of our own (Discord's help page "Markdown Text 101"; API reference,
"Message Formatting").
"""

import re
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

REFERENCE = "discord_reference"
ADDRESS = "discord_address"
SPOILER_OPEN = "discord_spoiler_open"
SPOILER_CLOSE = "discord_spoiler_close"

_REFERENCE = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})"
    r"|@&(?P<role>\d{1,20})"
    r"|\#(?P<channel>\d{1,20})"
    r"|t:(?P<time>-?\d{1,15})(?::[tTdDfFRsS])?"
    r"|/(?P<command>[\w\- ]{1,100}):\d{1,20}"
    r"|a?:(?P<emoji>\w{1,64}):\d{1,20}"
    r"|(?P<address>https?://[^\s<>]{1,2000}))>"
)
_ADDRESS = re.compile(r"https?://[^\s<>]{1,2000}")
_AFTER_ADDRESS = ".,:;!?\"'*_~|`"
_OPENING = {")": "(", "]": "["}
_PLAIN = re.compile(r"[^\n\\*_~|`\[\]<!h]+")
_ESCAPABLE = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def make_parser() -> MarkdownIt:
    """A parser for inline text; use ``parseInline``."""
    parser = MarkdownIt("zero", {"maxNesting": 20}).enable(
        ["emphasis", "strikethrough", "backticks", "link", "newline"]
    )
    parser.inline.ruler.before("backticks", "discord_escape", _escape)
    parser.inline.ruler.before("emphasis", "discord_spoiler", _spoiler)
    parser.inline.ruler.before("link", "discord_reference", _reference)
    parser.inline.ruler.before("link", "discord_address", _address)
    parser.inline.ruler.at("text", _text)
    parser.validateLink = _is_web_address  # type: ignore[method-assign]
    return parser


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.netloc)


def _text(state: StateInline, silent: bool) -> bool:
    """Run of characters without a meaning; unlike the library's own, it stops before ``|`` and ``h``."""
    found = _PLAIN.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.pending += found.group()
    state.pos = found.end()
    return True


def _escape(state: StateInline, silent: bool) -> bool:
    """A backslash takes the meaning from punctuation and stays visible before anything else."""
    following = state.src[state.pos + 1 : state.pos + 2]
    if state.src[state.pos] != "\\" or state.pos + 1 >= state.posMax:
        return False
    escaped = following in _ESCAPABLE
    if not silent:
        state.pending += following if escaped else "\\"
    state.pos += 2 if escaped else 1
    return True


def _spoiler(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if not state.src.startswith("||", start):
        return False
    end = state.src.find("||", start + 2, state.posMax)
    if end <= start + 2:
        return False
    if not silent:
        limit = state.posMax
        state.push(SPOILER_OPEN, "span", 1)
        state.pos, state.posMax = start + 2, end
        state.md.inline.tokenize(state)
        state.push(SPOILER_CLOSE, "span", -1)
        state.posMax = limit
    state.pos = end + 2
    return True


def _reference(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "<":
        return False
    found = _REFERENCE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        kind = str(found.lastgroup)
        token = state.push(ADDRESS if kind == "address" else REFERENCE, "", 0)
        token.content, token.info, token.markup = found.group(kind), kind, found.group()
    state.pos = found.end()
    return True


def _address(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "h" or state.linkLevel:
        return False
    found = _ADDRESS.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    address = _without_tail(found.group())
    if not _is_web_address(address):
        return False
    if not silent:
        state.push(ADDRESS, "", 0).content = address
    state.pos += len(address)
    return True


def _without_tail(address: str) -> str:
    """The address without the sentence's own punctuation and without a bracket that was opened before it."""
    while address:
        last = address[-1]
        unopened = last in _OPENING and address.count(last) > address.count(_OPENING[last])
        if last not in _AFTER_ADDRESS and not unopened:
            break
        address = address[:-1]
    return address
