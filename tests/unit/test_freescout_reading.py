"""What agents write in FreeScout's editor, and paste into it, is read as they see it."""

import pytest

from adapters.freescout.markup import mark
from adapters.freescout.reading import InlineImage, last_fragment, read_body
from bot.domain.ids import delivery_id
from bot.domain.richtext import (
    Block,
    Code,
    CodeBlock,
    Heading,
    Link,
    Listing,
    Paragraph,
    Quote,
    RichText,
    Style,
    Styled,
    Text,
    paragraph,
    plain,
)

HOME = "https://help.example.org"
FILE = "/storage/attachment/1/2/3/shot%20one.png?id=7&token=abc"
OWN = InlineImage(url=HOME + FILE, name="shot one.png")


def blocks(html: str) -> tuple[Block, ...]:
    return read_body(html, own_url=HOME).text.blocks


def styled(style: Style, words: str) -> Styled:
    return Styled(style=style, children=(Text(text=words),))


def link(url: str, label: str) -> Link:
    return Link(url=url, children=(Text(text=label),))


@pytest.mark.parametrize(
    "html",
    [
        "<div>one</div><div>two</div><div><br></div><div>three</div>",
        "one<br>two<br><br>three<br>",
        "<p>one<br>two</p><p>three</p>",
        "<p>one<br>two</p><p><br></p><p>three</p>",
        "<div>one</div><div>two</div><div>&nbsp;</div><div>three</div>",
        "<div>one</div><div>two</div><div>&nbsp; </div><div> three &nbsp;</div>",
        "<div><div><div>one</div></div><div>two<br></div></div><div><br></div><div><span>three</span></div>",
        "<section>one</section>two<br>\n<br>\nthree",
        "one<div>two</div><div><br></div><div><br></div><div><br></div>three",
    ],
)
def test_lines_and_empty_lines_are_read_however_the_editor_makes_them(html: str) -> None:
    assert blocks(html) == (paragraph("one\ntwo"), paragraph("three"))


def test_every_button_of_the_editor_has_its_meaning() -> None:
    assert blocks(
        "<div><b>a</b> <i>b</i> <u>c</u> <strike>d</strike> <strong>e</strong> <em>f</em> <s>g</s></div>"
        '<h2>Title</h2><ul><li>one</li><li>two</li></ul><ol start="3"><li>three</li></ol>'
        '<blockquote>said</blockquote><pre>x = 1\n  y</pre><div>see <a href="https://x.org/?a=1&amp;b=2">this</a></div>'
        "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></tbody></table>"
        '<font color="red">red</font> <span style="font-size: 9px">small</span> <code>z</code>'
    ) == (
        Paragraph(
            children=(
                *(styled(Style.BOLD, "a"), Text(text=" "), styled(Style.ITALIC, "b"), Text(text=" ")),
                *(styled(Style.UNDERLINE, "c"), Text(text=" "), styled(Style.STRIKE, "d"), Text(text=" ")),
                *(styled(Style.BOLD, "e"), Text(text=" "), styled(Style.ITALIC, "f"), Text(text=" ")),
                styled(Style.STRIKE, "g"),
            )
        ),
        Heading(level=2, children=(Text(text="Title"),)),
        Listing(items=((paragraph("one"),), (paragraph("two"),))),
        Listing(items=((paragraph("three"),),), ordered=True, start=3),
        Quote(blocks=(paragraph("said"),)),
        CodeBlock(text="x = 1\n  y"),
        paragraph("see ", link("https://x.org/?a=1&b=2", "this")),
        paragraph("a | b\nc | d"),
        paragraph("red small ", Code(text="z")),
    )


def test_what_comes_from_word_or_outlook_leaves_its_words() -> None:
    html = (
        "<!--[if gte mso 9]><xml><o:OfficeDocumentSettings>x</o:OfficeDocumentSettings></xml><![endif]-->"
        "<style>p.MsoNormal {margin: 0}</style><meta charset='utf-8'><title>Mail</title>"
        "<p class='MsoNormal'><span lang='EN' style='mso-x: y'>Hello<o:p></o:p></span></p>"
        "<p class='MsoNormal'><o:p>&nbsp;</o:p></p>"
        "<p class='MsoListParagraph'><![if !supportLists]>·&nbsp;<![endif]>one</p>"
    )
    assert blocks(html) == (paragraph("Hello"), paragraph("· one"))


def test_a_quoted_history_is_kept() -> None:
    text = read_body("<div>Yes.</div><div>On Monday Mia wrote:</div><blockquote>no?</blockquote>", own_url=HOME).text
    assert plain(text) == "Yes.\nOn Monday Mia wrote:\n> no?"


@pytest.mark.parametrize(
    "html",
    [
        "<div>so:</div><div>```py</div><div>if x:</div><div>&nbsp; &nbsp; y()<br><br></div>z<div>```</div>done",
        "so:<br>```py<br>if x:<br>&nbsp;&nbsp;&nbsp;&nbsp;y()<br><br>z<br>```<br>done",
        "<p>so:</p><p>```py<br>if x:<br>&nbsp; &nbsp; y()</p><p>z```</p><p>done</p>",
        "<div>so:</div><div>```py</div><div>if x:</div>&nbsp;&nbsp; &nbsp;y()<div>&nbsp;</div><div>z</div>``` done",
    ],
)
def test_typed_fences_become_a_code_block_with_its_indentation(html: str) -> None:
    assert blocks(html) == (
        paragraph("so:"),
        CodeBlock(text="if x:\n    y()\n\nz", language="py"),
        paragraph("done"),
    )


def test_fences_may_begin_and_end_anywhere_in_their_lines() -> None:
    assert blocks("```one line```") == (CodeBlock(text="one line"),)
    assert blocks("```SELECT 1;<br>SELECT 2;```") == (CodeBlock(text="SELECT 1;\nSELECT 2;"),)
    assert blocks("```Traceback<br>line 2```") == (CodeBlock(text="Traceback\nline 2"),)
    assert blocks("```<br>a<br>```<br>```<br>b<br>```") == (CodeBlock(text="a"), CodeBlock(text="b"))
    assert blocks("<blockquote>```<br>a<br>```</blockquote>") == (Quote(blocks=(CodeBlock(text="a"),)),)


@pytest.mark.parametrize("words", ["``` alone", "a ``` b", "x `` y", "`", "` a `", "it`s", "````", "```\nnever closed"])
def test_backticks_that_open_nothing_stay_as_they_are(words: str) -> None:
    assert blocks(words.replace("\n", "<br>")) == (paragraph(words),)


def test_typed_backticks_become_inline_code() -> None:
    assert blocks("run `make&nbsp;x` or <b>``a`b``</b>, not <a href='https://x.org'>`y`</a>") == (
        paragraph(
            "run ",
            Code(text="make x"),
            " or ",
            Styled(style=Style.BOLD, children=(Code(text="a`b"),)),
            ", not ",
            link("https://x.org", "`y`"),
        ),
    )


@pytest.mark.parametrize(
    "source",
    [
        HOME + FILE,
        FILE,
        f"//help.example.org{FILE}",
        f"http://help.example.org{FILE}",
        f"HTTPS://HELP.example.org{FILE}",
    ],
)
def test_an_image_of_the_help_desk_is_kept_aside_and_never_linked(source: str) -> None:
    body = read_body(f'<div>see</div><div><img src="{source.replace("&", "&amp;")}"></div><div>it</div>', own_url=HOME)
    assert body.images == (OWN,)
    assert body.text == RichText(blocks=(paragraph("see\nit"),))


def test_a_help_desk_below_a_path_knows_its_images() -> None:
    body = read_body(f"<img src='{FILE}'><img src='/desk{FILE}'><img src='{HOME}/desk{FILE}'>", own_url=f"{HOME}/desk/")
    assert [image.url for image in body.images] == [f"{HOME}/desk{FILE}"] * 3


def test_images_are_in_order_and_a_text_of_nothing_else_is_empty() -> None:
    body = read_body(
        f"<p><a href='{HOME}{FILE}'><img src='/storage/attachment/2.png' alt='two'></a></p><img src='{FILE}'>",
        own_url=HOME,
    )
    assert not body.text
    assert body.images == (InlineImage(url=f"{HOME}/storage/attachment/2.png", name="2.png", alt="two"), OWN)


@pytest.mark.parametrize(
    "source",
    [
        f"https://evil.example{FILE}",
        f"https://help.example.org@evil.example{FILE}",
        f"https://help.example.org:444{FILE}",
        f"https://help.example.org.evil.example{FILE}",
        f"{HOME}/storage/attachment/../../conversation/1",
        f"{HOME}/storage/attachment/%2e%2e/%2E%2E/conversation/1",
        f"{HOME}/storage/attachment/..%5c..%5cx",
        f"{HOME}/other/storage/attachment/1.png",
    ],
)
def test_no_other_address_passes_for_the_help_desks_own(source: str) -> None:
    assert read_body(f'<img src="{source}">', own_url=HOME).images == ()


def test_other_images_become_links_and_embedded_ones_their_description() -> None:
    assert blocks('<img src="https://x.org/a.png" alt="a chart"> <img src="https://x.org/b.png">') == (
        paragraph(link("https://x.org/a.png", "a chart"), " ", link("https://x.org/b.png", "image")),
    )
    assert blocks('<img src="data:image/png;base64,AAAA" alt="logo"> <img src="data:x"> <img src="cid:1">') == (
        paragraph("logo (image) (image)"),
    )
    assert blocks('a<img src="https://x.org/pixel.gif" width="1" height="1">b') == (paragraph("ab"),)


def test_an_image_that_links_elsewhere_is_the_label_of_that_link() -> None:
    html = '<a href="https://x.org"><b><img src="https://x.org/a.png" alt="shop"></b></a><a href="https://y.org"></a>'
    label = Styled(style=Style.BOLD, children=(Text(text="shop"),))
    assert blocks(html) == (paragraph(Link(url="https://x.org", children=(label,))),)


def test_a_link_to_a_file_of_the_help_desk_never_leaves_it() -> None:
    html = f"<a href='{FILE}'>the log</a>, <a href='{HOME}{FILE}'>{HOME}{FILE}</a>"
    assert blocks(html) == (paragraph("the log, shot one.png"),)


def test_links_that_lead_nowhere_are_their_label() -> None:
    html = '<a href="javascript:x">a</a> <a name="y">b</a> <a href="#z">c</a> <a href="ftp://x.org">d</a> <a>e</a>'
    assert blocks(html) == (paragraph("a b c d e"),)
    assert blocks('<a href="/conversation/5">f</a>') == (paragraph(link(f"{HOME}/conversation/5", "f")),)


def test_a_link_whose_label_is_its_address_and_a_mail_address_stay_links() -> None:
    html = '<a href="https://x.org">https://x.org</a> <a href="mailto:a@b.org">a@b.org</a>'
    assert blocks(html) == (paragraph(link("https://x.org", "https://x.org"), " ", link("mailto:a@b.org", "a@b.org")),)


def test_large_embedded_images_cost_no_text_and_an_endless_body_says_that_it_goes_on() -> None:
    assert blocks(f'<img src="data:image/png;base64,{"A" * 3_000_000}"> <div>behind</div>') == (
        paragraph("(image)\nbehind"),
    )
    assert blocks("<div>word</div>" * 30_000)[-1] == paragraph("…")


def test_nothing_at_all_is_an_empty_text() -> None:
    for html in ("", " ", "<div><br></div>", "<p>&nbsp;</p>", "<!-- x -->", "<style>p {}</style>"):
        assert read_body(html, own_url=HOME).text == RichText()


def test_the_last_anchor_tells_the_delivery() -> None:
    ours = delivery_id("ours")
    written = mark(ours, source_link="https://discord.com/channels/1/2/3", home=HOME)
    assert last_fragment(f"<p>x</p>{written}") == ours
    assert last_fragment(f'{written}<a href="https://x.org">y</a>') == ""
    assert last_fragment('<a href="https://x.org/#section">y</a>') == ""
    assert last_fragment(f'<a href="https://x.org/#{ours}x">y</a>') == ""
    assert last_fragment("") == ""
