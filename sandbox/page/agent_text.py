"""What an agent types on the page, as the HTML that FreeScout's editor would have made of it."""

import html
import re

_FENCE = re.compile(r"^```\w*\n(.*?)\n?^```\s*$", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"\s*(?:[-*•]|\d+[.)])\s+(.*)")
_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")


def to_html(text: str) -> str:
    """Lines, lists (`- ` or `1. `), code between back ticks, **bold**, and links; everything else as it stands."""
    parts = _FENCE.split(text)
    made = []
    for place, part in enumerate(parts):
        if place % 2:
            made.append(f"<pre><code>{html.escape(part)}</code></pre>")
        elif part.strip():
            made.append(_lines(part.strip("\n")))
    return "".join(made)


def _lines(text: str) -> str:
    made: list[str] = []
    open_list = ""
    for line in text.split("\n"):
        item = _ITEM.fullmatch(line)
        kind = "" if item is None else "ol" if line.lstrip()[0].isdigit() else "ul"
        if kind != open_list:
            made += [f"</{open_list}>"] * bool(open_list) + [f"<{kind}>"] * bool(kind)
            open_list = kind
        made.append(f"<div>{_inline(line) or '<br>'}</div>" if item is None else f"<li>{_inline(item[1])}</li>")
    return "".join(made) + (f"</{open_list}>" if open_list else "")


def _inline(line: str) -> str:
    return "".join(
        f"<code>{html.escape(part)}</code>" if place % 2 else _styled(part)
        for place, part in enumerate(_CODE.split(line))
    )


def _styled(text: str) -> str:
    linked = _LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', html.escape(text, quote=False))
    return _BOLD.sub(r"<strong>\1</strong>", linked)
