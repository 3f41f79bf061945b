"""What the bot says to people. The sentences live in ``texts/en.toml``; this turns one into portable text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.richtext import Block, Break, Inline, Paragraph, RichText, Style, Styled, Text

_PIECE = re.compile(r"\{(?P<name>\w+)\}|\*\*(?P<bold>[^*]+)\*\*|(?P<line>\n)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """All sentences by name."""

    texts: Mapping[str, str]

    def line(self, key: str, **values: str) -> str:
        """A sentence as plain text, for places without markup."""
        return self.texts[key].strip().replace("**", "").format_map(values)

    def say(self, key: str, **values: "str | Inline") -> RichText:
        """A sentence as portable text. Values are taken literally: nothing in them is markup or can ping.

        In the sentences ``**word**`` is bold, ``{name}`` a value, and a blank line parts paragraphs. Raises
        ``KeyError`` for an unknown sentence or a missing value.
        """
        blocks: list[Block] = [
            Paragraph(children=tuple(_inlines(chunk, values))) for chunk in self.texts[key].strip().split("\n\n")
        ]
        return RichText(blocks=tuple(blocks))


def _inlines(chunk: str, values: Mapping[str, str | Inline]) -> list[Inline]:
    found: list[Inline] = []
    position = 0
    for match in _PIECE.finditer(chunk):
        _add_text(found, chunk[position : match.start()])
        position = match.end()
        if match["name"]:
            value = values[match["name"]]
            _add_text(found, value) if isinstance(value, str) else found.append(value)
        elif match["bold"]:
            found.append(Styled(style=Style.BOLD, children=tuple(_inlines(match["bold"], values))))
        else:
            found.append(Break())
    _add_text(found, chunk[position:])
    return found


def _add_text(found: list[Inline], text: str) -> None:
    for index, line in enumerate(text.split("\n")):
        if index:
            found.append(Break())
        if line:
            found.append(Text(text=line))
