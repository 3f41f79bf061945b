"""HTML to portable text, for every source of HTML.

A list of tags is enforced first (nh3), so the parser below sees well-formed, harmless HTML only. Unknown elements leave
their text.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from typing_extensions import override

from adapters.html_boxes import Boxes
from adapters.html_tags import HEADINGS, NESTING, PARTING, STYLES, Dialect, Wrap, cleaned, styled
from bot.domain.richtext import Break, Code, CodeBlock, Heading, Inline, Paragraph, RichText, Text

_LONGEST_LANGUAGE = 40


def read(html: str, dialect: Dialect) -> RichText:
    """What the HTML says."""
    reader = _Reader(dialect)
    reader.feed(cleaned(html, dialect))
    return reader.result()


@dataclass(slots=True)
class _Run:
    """Inlines under way inside one styled element (`tag`), or, without `wrap`, inside the paragraph itself."""

    tag: str = ""
    wrap: Wrap | None = None
    children: list[Inline] = field(default_factory=list)


class _Reader(HTMLParser):
    """`_said`: something stands in this paragraph (in this line, where lines count). `_blank`: it ends in a blank."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(convert_charrefs=True)
        self._dialect = dialect
        self._boxes = Boxes(dialect.deepest)
        self._runs = [_Run()]
        self._said, self._blank = False, True
        self._heading = 0
        self._code: list[str] | None = None
        self._pre = False
        self._language = ""

    def result(self) -> RichText:
        self.close()
        if self._code is not None:
            self._end_code()
        self._part()
        return RichText(blocks=self._boxes.result())

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "pre":
            self._begin_block()
        elif tag == "code":
            self._begin_code(values.get("class", ""))
        elif tag == "br":
            self.handle_data("\n") if self._code is not None else self._break()
        elif tag == "hr":
            self._part()
            self._boxes.add(Paragraph(children=(Text(text="―――"),)))
        elif tag == "img":
            self._image(self._dialect.image(values))
        elif tag in {"td", "th"}:
            if self._said:
                self._literal(" | ")
        elif tag in self._dialect.lines:
            self._end_line()
        elif tag in PARTING or tag in HEADINGS:
            self._part()
            self._heading = HEADINGS.get(tag, 0)
        elif tag in NESTING:
            self._part()
            self._boxes.open(tag, values.get("start", ""))
        else:
            self._open_run(tag, values)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "pre" or (tag == "code" and not self._pre):
            self._end_code()
        elif tag in self._dialect.lines:
            self._end_line()
        elif tag in PARTING or tag in HEADINGS:
            self._part()
            self._heading = 0
        elif tag in NESTING:
            self._part()
            self._boxes.close(tag)
        elif any(run.tag == tag for run in self._runs):
            while self._runs[-1].tag != tag:
                self._close_run()
            self._close_run()

    @override
    def handle_data(self, data: str) -> None:
        if self._code is not None:
            self._code.append(data)
            return
        self._literal(self._dialect.blanks.sub(" ", data))

    def _literal(self, text: str) -> None:
        """Blanks collapse across elements, and go at the beginning of a line."""
        text = text.replace("\n", " ")
        text = text.lstrip(" ") if self._blank else text
        if text:
            self._add(Text(text=text))
            self._said = self._said or not text.isspace()
            self._blank = self._said and text.endswith(" ")

    def _image(self, image: Inline | str) -> None:
        if isinstance(image, str):
            self._literal(image)
        else:
            self._add(image)
            self._said, self._blank = True, False

    def _add(self, inline: Inline) -> None:
        self._runs[-1].children.append(inline)

    # Lines and paragraphs

    def _break(self) -> None:
        if self._dialect.lines and not self._said:
            self._part()
            return
        self._add(Break())
        self._blank = True
        self._said = self._said and not self._dialect.lines

    def _end_line(self) -> None:
        """End the line unless it has just begun; a line of hard blanks is an empty one."""
        if self._code is not None:
            if self._code and not self._code[-1].endswith("\n"):
                self._code.append("\n")
        elif self._said or not self._blank:
            self._break()

    def _part(self) -> None:
        """End the paragraph; styles that are still open go on in the next one."""
        still_open = [(run.tag, run.wrap) for run in self._runs[1:]]
        while len(self._runs) > 1:
            self._close_run()
        children = _trimmed(self._runs[0].children)
        self._runs = [_Run(), *(_Run(tag=tag, wrap=wrap) for tag, wrap in still_open)]
        self._said, self._blank = False, True
        if children:
            heading = Heading(level=self._heading, children=children) if self._heading else None
            self._boxes.add(heading or Paragraph(children=children))

    # Runs of text

    def _open_run(self, tag: str, values: dict[str, str]) -> None:
        if len(self._runs) >= self._dialect.deepest:
            return
        if tag in STYLES:
            self._runs.append(_Run(tag=tag, wrap=styled(STYLES[tag])))
        elif tag in {"a", "span"}:
            self._runs.append(_Run(tag=tag, wrap=self._dialect.wrap(tag, values)))

    def _close_run(self) -> None:
        run = self._runs.pop()
        if not run.children:
            return
        if run.wrap is None:
            self._runs[-1].children.extend(run.children)
        else:
            self._add(run.wrap(tuple(run.children)))

    # Code

    def _begin_block(self) -> None:
        if self._code is not None:
            self._end_code()
        self._part()
        self._pre, self._code, self._language = True, [], ""

    def _begin_code(self, css_class: str) -> None:
        if self._pre:
            named = (word.removeprefix("language-") for word in css_class.split() if word.startswith("language-"))
            self._language = next(named, "")[:_LONGEST_LANGUAGE]
        elif self._code is None:
            self._code = []

    def _end_code(self) -> None:
        if self._code is None:
            self._pre = False
            return
        text, self._code = "".join(self._code), None
        if self._pre:
            self._boxes.add(CodeBlock(text=text.removesuffix("\n"), language=self._language))
        elif text:
            self._add(Code(text=self._dialect.blanks.sub(" ", text)))
            self._said, self._blank = True, False
        self._pre = False


def _trimmed(children: list[Inline]) -> tuple[Inline, ...]:
    """Without breaks around it and blanks at its end."""
    begin, end = 0, len(children)
    while begin < end and isinstance(children[begin], Break):
        begin += 1
    while begin < end and (isinstance(last := children[end - 1], Break) or _is_blank(last)):
        end -= 1
    if begin < end and isinstance(last := children[end - 1], Text):
        children[end - 1] = Text(text=last.text.rstrip())
    return tuple(child for child in children[begin:end] if not (isinstance(child, Text) and not child.text))


def _is_blank(child: Inline) -> bool:
    return isinstance(child, Text) and not child.text.strip()
