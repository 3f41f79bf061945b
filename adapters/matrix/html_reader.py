"""Matrix HTML to portable text.

The specification's list of tags is enforced first (nh3), so the parser below sees well-formed, harmless HTML only.
Unknown elements leave their text; a reply's quoted original (`mx-reply`) is dropped with its text.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from typing_extensions import override

from adapters.matrix.html_tags import HEADINGS, NESTING, PARTING, STYLES, Wrap, cleaned, wrap_of
from bot.domain.richtext import (
    Block,
    Break,
    Code,
    CodeBlock,
    Heading,
    Inline,
    Listing,
    Paragraph,
    Quote,
    RichText,
    Text,
    inline_plain,
)

DEEPEST = 24
_SPACE = re.compile(r"\s+")


def from_html(html: str) -> RichText:
    """The text of a `formatted_body`."""
    reader = _Reader()
    reader.feed(cleaned(html))
    return reader.result()


@dataclass(slots=True)
class _Run:
    """Inlines under way inside one styled element (`tag`), or, without `wrap`, inside the paragraph itself."""

    tag: str = ""
    wrap: Wrap | None = None
    children: list[Inline] = field(default_factory=list)


@dataclass(slots=True)
class _Box:
    """Blocks under way inside a quote, a list or a list item."""

    tag: str = ""
    blocks: list[Block] = field(default_factory=list)
    items: list[tuple[Block, ...]] = field(default_factory=list)
    start: int = 1


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._boxes = [_Box()]
        self._runs = [_Run()]
        self._heading = 0
        self._code: list[str] | None = None
        self._pre = False
        self._language = ""

    def result(self) -> RichText:
        self.close()
        if self._code is not None:
            self._end_code()
        self._part()
        while len(self._boxes) > 1:
            self._close_box(self._boxes[-1].tag)
        return RichText(blocks=tuple(self._boxes[0].blocks))

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "pre":
            if self._code is not None:
                self._end_code()
            self._part()
            self._pre, self._code, self._language = True, [], ""
        elif tag == "code":
            self._begin_code(values.get("class", ""))
        elif tag == "br":
            self.handle_data("\n") if self._code is not None else self._add(Break())
        elif tag == "hr":
            self._part()
            self._append(Paragraph(children=(Text(text="―――"),)))
        elif tag == "img":
            self._literal(values.get("alt") or values.get("title") or "")
        elif tag in {"td", "th"}:
            if inline_plain(self._runs[0].children).strip():
                self._literal(" | ")
        elif tag in PARTING or tag in HEADINGS:
            self._part()
            self._heading = HEADINGS.get(tag, 0)
        elif tag in NESTING:
            self._open_box(tag, values)
        else:
            self._open_run(tag, values)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "pre" or (tag == "code" and not self._pre):
            self._end_code()
        elif tag in PARTING or tag in HEADINGS:
            self._part()
            self._heading = 0
        elif tag in NESTING:
            self._part()
            self._close_box(tag)
        elif any(run.tag == tag for run in self._runs):
            while self._runs[-1].tag != tag:
                self._close_run()
            self._close_run()

    @override
    def handle_data(self, data: str) -> None:
        if self._code is not None:
            self._code.append(data)
            return
        self._literal(_SPACE.sub(" ", data))

    def _literal(self, text: str) -> None:
        at_start = all(not run.children for run in self._runs) or isinstance(self._last(), Break)
        text = text.lstrip() if at_start else text
        if text:
            self._add(Text(text=text.replace("\n", " ")))

    def _last(self) -> Inline | None:
        return self._runs[-1].children[-1] if self._runs[-1].children else None

    def _add(self, inline: Inline) -> None:
        self._runs[-1].children.append(inline)

    def _append(self, block: Block) -> None:
        self._boxes[-1].blocks.append(block)

    # Runs of text

    def _open_run(self, tag: str, values: dict[str, str]) -> None:
        if len(self._runs) >= DEEPEST:
            return
        if tag in STYLES or tag in {"a", "span"}:
            self._runs.append(_Run(tag=tag, wrap=wrap_of(tag, values)))

    def _close_run(self) -> None:
        run = self._runs.pop()
        if not run.children:
            return
        if run.wrap is None:
            self._runs[-1].children.extend(run.children)
        else:
            self._add(run.wrap(tuple(run.children)))

    def _part(self) -> None:
        """End the paragraph; styles that are still open go on in the next one."""
        still_open = [(run.tag, run.wrap) for run in self._runs[1:]]
        while len(self._runs) > 1:
            self._close_run()
        children = _trimmed(self._runs[0].children)
        self._runs = [_Run(), *(_Run(tag=tag, wrap=wrap) for tag, wrap in still_open)]
        if not children:
            return
        self._append(Heading(level=self._heading, children=children) if self._heading else Paragraph(children=children))

    # Code

    def _begin_code(self, css_class: str) -> None:
        if self._pre:
            self._language = next(
                (word.removeprefix("language-") for word in css_class.split() if word.startswith("language-")), ""
            )
        elif self._code is None:
            self._code = []

    def _end_code(self) -> None:
        if self._code is None:
            self._pre = False
            return
        text, self._code = "".join(self._code), None
        if self._pre:
            self._append(CodeBlock(text=text.removesuffix("\n"), language=self._language))
        elif text:
            self._add(Code(text=_SPACE.sub(" ", text)))
        self._pre = False

    # Quotes and lists

    def _open_box(self, tag: str, values: dict[str, str]) -> None:
        self._part()
        if len(self._boxes) >= DEEPEST:
            return
        start = values.get("start", "")
        self._boxes.append(_Box(tag=tag, start=int(start) if start.isdecimal() and len(start) < 7 else 1))

    def _close_box(self, tag: str) -> None:
        if self._boxes[-1].tag != tag or len(self._boxes) == 1:
            return
        box = self._boxes.pop()
        outer = self._boxes[-1]
        if tag == "li":
            if box.blocks:
                outer.items.append(tuple(box.blocks)) if outer.tag in {"ul", "ol"} else outer.blocks.extend(box.blocks)
            return
        if tag == "blockquote":
            if box.blocks:
                outer.blocks.append(Quote(blocks=tuple(box.blocks)))
            return
        items = (*box.items, *((block,) for block in box.blocks))
        if items:
            outer.blocks.append(Listing(items=items, ordered=tag == "ol", start=box.start))


def _trimmed(children: list[Inline]) -> tuple[Inline, ...]:
    while children and isinstance(children[-1], Break):
        children.pop()
    while children and isinstance(children[0], Break):
        children.pop(0)
    if children and isinstance(children[-1], Text):
        children[-1] = Text(text=children[-1].text.rstrip())
    return tuple(child for child in children if not (isinstance(child, Text) and not child.text))
