"""However deep somebody nests their markup, what the adapters read of it can be stored and read back."""

import itertools
from datetime import UTC, datetime

import pytest

from adapters.discord.markup import parse
from adapters.matrix.formatted import from_html
from adapters.store.codec import JsonCodec
from bot.domain.chat import Author, ChatAddress, ChatMessage, Platform
from bot.domain.effects import Effect, OpenConversation
from bot.domain.ids import link_id
from bot.domain.richtext import RichText, plain

LEVELS = 400


def stored(text: RichText) -> RichText:
    message = ChatMessage(
        address=ChatAddress(platform=Platform.MATRIX, room="!r"),
        message_id="$m",
        author=Author(platform=Platform.MATRIX, user_id="@m:x", name="Mia"),
        sent_at=datetime(2026, 3, 2, tzinfo=UTC),
        text=text,
        link="https://x",
    )
    codec = JsonCodec[Effect](Effect)
    effect = codec.decode(codec.encode(OpenConversation(link_id=link_id("a"), message=message)), "the test")
    assert isinstance(effect, OpenConversation)
    return effect.message.text


@pytest.mark.parametrize(
    "tags",
    [
        tags
        for count in (1, 2, 3)
        for tags in itertools.permutations(["blockquote", "ul><li", "b", "i", "del", "p"], count)
    ],
)
def test_deep_html_can_be_stored(tags: tuple[str, ...]) -> None:
    opening = "".join(f"<{tag}>" for _ in range(LEVELS // len(tags)) for tag in tags)
    text = from_html(f"{opening}deep")
    assert "deep" in plain(stored(text))


@pytest.mark.parametrize(
    "mark", ["> ", ">>> ", "- ", "**", "__", "~~", "||", "*", "_", "**__", "~~||", "**~~__||", "> - ", "1. "]
)
def test_deep_markdown_can_be_stored(mark: str) -> None:
    text = parse(mark * LEVELS + "deep" + mark[::-1] * LEVELS)
    assert "deep" in plain(stored(text))
    staircase = "\n".join(" " * (2 * level) + "- deep" for level in range(80))
    assert "deep" in plain(stored(parse(staircase)))
