"""What stands for the wordless parts of a message: stickers, polls, voice messages, embeds, files."""

from collections.abc import Mapping
from typing import Any

from bot.domain.richtext import RichText, from_plain

Json = Mapping[str, Any]

_VOICE_MESSAGE = 1 << 13
"""Message flag IS_VOICE_MESSAGE (API reference, "Message Flags")."""


def wordless(payload: Json, *, beside_words: bool = False) -> RichText:
    """A placeholder for each wordless part; ``beside_words``: only for those that the words do not tell of anyway.

    Never empty unless ``beside_words``.
    """
    lines = [f"(sticker: {sticker.get('name') or 'unnamed'})" for sticker in _list(payload, "sticker_items")]
    if isinstance(poll := payload.get("poll"), Mapping):
        lines.append(_poll(poll))
    if not beside_words:
        lines += _unless_told(payload) or ([] if lines else ["(empty message)"])
    return from_plain("\n".join(lines))


def _unless_told(payload: Json) -> list[str]:
    """Files and embeds: beside words they are seen as such (an embed mostly unfolds a link in the text)."""
    files = [str(file.get("filename") or "file") for file in _list(payload, "attachments")]
    flags = payload.get("flags")
    if isinstance(flags, int) and flags & _VOICE_MESSAGE:
        return ["(voice message)"]
    lines = [f"(file: {name})" for name in files]
    return lines + [_embed(embed) for embed in _list(payload, "embeds")]


def _poll(poll: Json) -> str:
    answers = [_media_text(answer.get("poll_media")) for answer in _list(poll, "answers")]
    listed = "".join(f"\n- {answer}" for answer in answers if answer)
    return f"(poll: {_media_text(poll.get('question')) or 'no question'}){listed}"


def _media_text(media: object) -> str:
    return str(media.get("text") or "") if isinstance(media, Mapping) else ""


def _embed(embed: Json) -> str:
    told = [str(embed[part]) for part in ("title", "description", "url") if embed.get(part)]
    return "\n".join(["(embed)", *told])


def _list(payload: Json, key: str) -> list[Json]:
    parts = payload.get(key)
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []
