"""Saying something in Discord: once, whatever happens to the answers, and pinging nobody by accident."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import structlog

from adapters.discord.faults import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, DeniedError
from adapters.discord.rendering import render
from adapters.discord.rest import DiscordRest
from adapters.discord.rooms import Rooms
from adapters.discord.translate import sent_at
from bot.domain.chat import ChatAddress, OutgoingMessage, SentMessage

_log = structlog.get_logger(__name__)

Json = Mapping[str, Any]
NOBODY: Final[Json] = {"parse": [], "replied_user": False}
"""``allowed_mentions`` that lets nothing through (API reference, "Allowed Mentions Object")."""

_PAGE = 100
_PAGES_LOOKED_THROUGH = 3
_REMEMBERED_SENDS = 2000


class Sending:
    """Sends, finds what was sent, and reacts."""

    def __init__(self, rest: DiscordRest, rooms: Rooms) -> None:
        self._rest = rest
        self._rooms = rooms
        self._sent: OrderedDict[str, str] = OrderedDict()

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Say it in its chat thread, or in the room. The delivery id is the nonce: Discord swallows an early repeat.

        Raises as ``DiscordRest.call``.
        """
        answer = await self._rest.call(
            "POST",
            "/channels/{channel_id}/messages",
            json={
                "content": content_of(message),
                "nonce": message.delivery_id,
                "enforce_nonce": True,
                "allowed_mentions": allowed_mentions(message.mention),
            },
            creates=True,
            needs="Send Messages in Threads" if message.address.chat_thread else "Send Messages",
            cause=f"send {message.delivery_id}",
            channel_id=_spoken_in(message.address),
        )
        return self._remember(answer, message.delivery_id)

    async def find_sent(self, message: OutgoingMessage) -> SentMessage | None:
        """The message among the last 300 there that is this delivery: by its nonce, else by author and content.

        History does not promise the nonce; then the same words of ours count, unless this process knows them to be
        another delivery's.
        """
        own_id = await self._rest.own_id()
        content = content_of(message)
        before: str | None = None
        for _ in range(_PAGES_LOOKED_THROUGH):
            page = await self._page(_spoken_in(message.address), before)
            for found in page:
                if self._is_it(found, message.delivery_id, content, own_id):
                    return self._remember(found, message.delivery_id)
            if len(page) < _PAGE:
                return None
            before = str(page[-1]["id"])
        return None

    async def react(self, address: ChatAddress, message_id: str, emoji: str) -> None:
        """Put the bot's reaction there. A message that was deleted needs none any more."""
        try:
            await self._rest.call(
                "PUT",
                "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me",
                needs="Add Reactions and Read Message History",
                cause=f"react {message_id} {emoji}",
                channel_id=await self._rooms.standing_place(address, message_id),
                message_id=message_id,
                emoji=emoji,
            )
        except DeniedError as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            _log.info("discord_reaction_skipped", reason="message deleted", message=message_id)

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

    def _is_it(self, found: Json, delivery_id: str, content: str, own_id: str) -> bool:
        if str(found.get("author", {}).get("id")) != own_id:
            return False
        nonce = found.get("nonce")
        if nonce is not None:
            return str(nonce) == delivery_id
        known_as = self._sent.get(str(found["id"]), delivery_id)
        return known_as == delivery_id and found.get("content") == content

    def _remember(self, made: Json, delivery_id: str) -> SentMessage:
        message_id = str(made["id"])
        self._sent[message_id] = delivery_id
        if len(self._sent) > _REMEMBERED_SENDS:
            self._sent.popitem(last=False)
        return SentMessage(message_ids=(message_id,), sent_at=sent_at(made))


def content_of(message: OutgoingMessage) -> str:
    """What is sent, to the character."""
    return render(message.text, mention=message.mention) or "…"


def allowed_mentions(mention: str | None) -> Json:
    """Whom the message may ping: this one person, or nobody."""
    return {**NOBODY, "users": [mention]} if mention else NOBODY


def _spoken_in(address: ChatAddress) -> str:
    return address.chat_thread or address.room
