"""What an agent types on the sandbox's page, as FreeScout's editor would have written it."""

import pytest

from sandbox.page.agent_text import to_html


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("one\n\ntwo", "<div>one</div><div><br></div><div>two</div>"),
        ("- a\n- b\nc", "<ul><li>a</li><li>b</li></ul><div>c</div>"),
        ("1. a\n2) b\n- c", "<ol><li>a</li><li>b</li></ol><ul><li>c</li></ul>"),
        ("**so** `x < y`", "<div><strong>so</strong> <code>x &lt; y</code></div>"),
        ("a\n```py\na < b:\n\n    c\n```\nd", "<div>a</div><pre><code>a &lt; b:\n\n    c</code></pre><div>d</div>"),
        ("at https://a.example/?c&d.", '<div>at <a href="https://a.example/?c&amp;d">https://a.example/?c&amp;d</a>.</div>'),
        ("<script>alert(1)</script>", "<div>&lt;script&gt;alert(1)&lt;/script&gt;</div>"),
        ("a * b * c and 2 ** 3", "<div>a * b * c and 2 ** 3</div>"),
        ("", ""),
    ],
)  # fmt: skip
def test_typed_text_becomes_the_html_of_the_editor(typed: str, html: str) -> None:
    assert to_html(typed) == html
