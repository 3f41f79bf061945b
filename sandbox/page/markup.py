"""HTML that others wrote, made safe to show: the page trusts no body it did not write itself."""

import html
import re

import nh3

TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol",
    "p", "pre", "s", "span", "strong", "u", "ul",
}  # fmt: skip
# Between these and their neighbours a person sees a gap; other tags stand within a word.
_BREAK = re.compile(r"<(br|/?(p|div|li|ul|ol|pre|blockquote|h\d|hr))\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_BLANKS = re.compile(r"\s+")


def safe_html(markup: str) -> str:
    """The markup reduced to harmless tags; links keep only http, https and mailto addresses and open elsewhere."""
    return nh3.clean(
        markup,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def plain_text(markup: str) -> str:
    """What a person reads of it, on one line."""
    return _BLANKS.sub(" ", html.unescape(_TAG.sub("", _BREAK.sub(" ", markup)))).strip()
