"""How FreeScout's core cleans text before it stores it: tags off customer fields, previews, names of files."""

import html
import re

SUBJECT_LIMIT = 998
PREVIEW_LIMIT = 255
FILE_NAME_LIMIT = 255

_BLOCKS = re.compile(r"<(script|style)\b.*?</\1>", re.IGNORECASE | re.DOTALL)
# PHP's strip_tags: "<" before white space is text, any other "<" opens a tag, which runs to ">" or to the end.
_TAGS = re.compile(r"<(?!\s)[^>]*(>|$)")
_RESTRICTED = re.compile(r"\.(php.*|pht|phtm|phps|sh|pl|phtml|phar|shtml|cgi|asp|aspx|jsp|config)$", re.IGNORECASE)


def strip_tags(text: str) -> str:
    """Text without tags, with single blanks. Core does it to every customer field, so notes lose their line breaks."""
    return " ".join(_TAGS.sub("", _BLOCKS.sub("", text)).split())


def preview(body: str) -> str:
    """The short text of a conversation list, HTML-escaped."""
    return html.escape(html.unescape(strip_tags(body))[:PREVIEW_LIMIT])


def subject(text: str) -> str:
    """A subject cut to its column."""
    return text[:SUBJECT_LIMIT]


def file_name(name: str) -> str:
    """A stored file's name: no blanks, slashes or #, and an underscore behind endings a web server might run."""
    plain = re.sub(r"[ #/]", "_", name)
    if _RESTRICTED.search(plain):
        plain += "_"
    if len(plain.encode()) <= FILE_NAME_LIMIT:
        return plain
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[: 124 - len(ending)]}{dot}{ending}" if dot else plain[:125]
