"""Finding what an earlier try has said already, in the history of the place.

History does not promise nonces; then the same words and files of ours count, unless they are known to be another
delivery's. A card that somebody used meanwhile reads otherwise: it is told by its menus, buttons and links.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.discord.components import marks_of
from adapters.discord.faults import UNKNOWN_CHANNEL, DeniedError
from adapters.discord.parts import Part, parts_of
from adapters.discord.rest import DiscordRest
from adapters.discord.said import Said
from adapters.discord.sending import spoken_in
from adapters.discord.snowflakes import instant_of
from bot.domain.chat import FileContent, OutgoingMessage, SentMessage

Json = Mapping[str, Any]

_PAGE = 100
_PAGES_LOOKED_THROUGH = 3


class Retracing:
    """Looks through the last 300 messages. Raises as ``DiscordRest.call``."""

    def __init__(self, rest: DiscordRest, said: Said) -> None:
        self._rest = rest
        self._said = said

    async def find(self, message: OutgoingMessage, taken: frozenset[str]) -> SentMessage | None:
        """The parts that stand there from the first one on; None without it.

        Also within two minutes: a part that was found and not said again is no longer covered by its nonce.
        """
        parts = parts_of(message)
        own_id = await self._rest.own_id()
        ours = [found for found in await self._history(spoken_in(message.address)) if _author(found) == own_id]
        free = [found for found in ours if not self._is_anothers(found, message.delivery_id, taken)]
        ids = [str(found["id"]) for found in _longest_run(free, parts)]
        if not ids:
            return None
        self._said.remember(message.delivery_id, parts, ids)
        return SentMessage(message_ids=tuple(ids), sent_at=instant_of(ids[0]), complete=len(ids) == len(parts))

    def _is_anothers(self, found: Json, delivery_id: str, taken: frozenset[str]) -> bool:
        return str(found["id"]) in taken or self._said.is_anothers(str(found["id"]), delivery_id)

    async def _history(self, channel_id: str) -> list[Json]:
        """Oldest first."""
        messages: list[Json] = []
        for _ in range(_PAGES_LOOKED_THROUGH):
            page = await self._page(channel_id, str(messages[-1]["id"]) if messages else None)
            messages += page
            if len(page) < _PAGE:
                break
        return messages[::-1]

    async def _page(self, channel_id: str, before: str | None) -> list[Json]:
        """Up to 100 messages, newest first. A place that is gone holds nothing of ours; an unreadable one might."""
        params = {"limit": _PAGE} if before is None else {"limit": _PAGE, "before": before}
        try:
            page: list[Json] = await self._rest.call(
                "GET", "/channels/{channel_id}/messages", params=params, channel_id=channel_id
            )
        except DeniedError as error:
            if error.code != UNKNOWN_CHANNEL:
                raise
            return []
        return page


def _longest_run(messages: Sequence[Json], parts: Sequence[Part]) -> list[Json]:
    """The most parts in order; of several such runs the latest."""
    best: list[Json] = []
    for start, found in enumerate(messages):
        if _is_it(found, parts[0]):
            run = _run(messages[start:], parts)
            best = run if len(run) >= len(best) else best
    return best


def _run(messages: Sequence[Json], parts: Sequence[Part]) -> list[Json]:
    run: list[Json] = []
    for found in messages:
        if len(run) < len(parts) and _is_it(found, parts[len(run)]):
            run.append(found)
    return run


def _is_it(found: Json, part: Part) -> bool:
    nonce = found.get("nonce")
    if nonce is not None:
        return str(nonce) == part.nonce
    if found.get("edited_timestamp") and marks_of(part.components) & marks_of(found.get("components") or ()):
        return True
    files = found.get("attachments") or []
    return (
        found.get("content") == part.content
        and len(files) == len(part.files)
        and all(_is_file(each, file) for each, file in zip(files, part.files, strict=True))
    )


def _is_file(found: Json, file: FileContent) -> bool:
    """By size or by name: Discord writes special characters in names otherwise and may take an image's place data."""
    return found.get("size") == len(file.content) or found.get("filename") == file.name


def _author(found: Json) -> str:
    return str(found.get("author", {}).get("id"))
