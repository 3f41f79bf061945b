"""Literal text for Discord: nothing in it can ping, link, format or become an emoji.

Markup is taken away with backslashes, mentions with a zero-width space as well, since Discord looks for them in the raw
text (API reference, "Message Formatting"). ``allowed_mentions`` on every send is the second lock.
"""

import re

_ZERO_WIDTH = "\u200b"
_ADDRESS = re.compile(r"https?://[^\s<>]+")
_MARKUP = re.compile(r"([\\*_~|`\[\]])")
_REFERENCE = re.compile(r"<(?=[@#:at/]|https?:|id:)")
_EVERYBODY = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_LINE_START = re.compile(r"^(\s*)(?:(#{1,3}|-#|>{1,3}|[-+])(?=\s|$)|(\d{1,9})(\.)(?=\s|$))")
_EMOJI = re.compile(r":(?=\w+:)")
_BACKTICKS = re.compile(r"`(?=`)")
_UNSAFE_IN_ADDRESS = str.maketrans({"\n": "", **{mark: f"%{ord(mark):02X}" for mark in "()<> @\\"}})


def literal(text: str) -> str:
    """``text`` such that Discord shows just these characters. Web addresses stay clickable."""
    parts: list[str] = []
    position = 0
    for found in _ADDRESS.finditer(text):
        parts.append(_escaped(text[position : found.start()]))
        parts.append(found.group().replace("@", "%40").replace("`", "%60").replace("|", "%7C"))
        position = found.end()
    parts.append(_escaped(text[position:]))
    return "".join(parts)


def line_start(line: str) -> str:
    """A rendered line that does not begin a heading, quote or list unless it was meant to."""
    return _LINE_START.sub(_without_meaning, line)


def inline_code(text: str) -> str:
    """Text as inline code, whatever backticks it contains."""
    defused = _without_mentions(text.replace("\n", " "))
    if "`" not in defused:
        return f"`{defused}`" if defused.strip() else defused
    return f"`` {_BACKTICKS.sub('`' + _ZERO_WIDTH, defused)} ``"


def code_block(text: str, language: str) -> str:
    """Text as a code block that ends where it should."""
    lines = _without_mentions(text).replace("```", f"`{_ZERO_WIDTH}`{_ZERO_WIDTH}`")
    return f"```{language if language.replace('+', '').isalnum() else ''}\n{lines}\n```"


def address(url: str) -> str:
    """A URL that may stand in a masked link."""
    return url.translate(_UNSAFE_IN_ADDRESS)


def _escaped(text: str) -> str:
    return _without_mentions(_EMOJI.sub(r"\\:", _MARKUP.sub(r"\\\1", text)))


def _without_mentions(text: str) -> str:
    return _EVERYBODY.sub("@" + _ZERO_WIDTH, _REFERENCE.sub("<" + _ZERO_WIDTH, text))


def _without_meaning(found: re.Match[str]) -> str:
    indent, mark, number, dot = found.groups()
    return f"{indent}\\{mark}" if mark else f"{indent}{number}\\{dot}"
