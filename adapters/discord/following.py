"""Threads of tickets that were made of messages in channels that are not watched: from then on they are received too.

Which they are is remembered like a watermark. What is said in such a thread from the act on counts, so it is read from
there; the channel around it stays unread.
"""

import asyncio

import structlog

from adapters.discord.backfill import Backfill
from adapters.discord.places import Watch
from adapters.discord.queues import Queues
from adapters.discord.surroundings import Surroundings
from adapters.discord.watermarks import Watermarks
from bot.domain.chat import ChatMessage
from bot.ports.inbound import MessageIntake

_log = structlog.get_logger(__name__)


class Following:
    """Begins to follow threads."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        watch: Watch,
        surroundings: Surroundings,
        watermarks: Watermarks,
        queues: Queues,
        backfill: Backfill,
        intake: MessageIntake,
    ) -> None:
        self._tasks = tasks
        self._watch = watch
        self._surroundings = surroundings
        self._watermarks = watermarks
        self._queues = queues
        self._backfill = backfill
        self._intake = intake

    async def follow(self, message: ChatMessage, *, since: int, is_ticket: bool) -> None:
        """Follow the thread of this message's ticket from ``since`` (an id) on, if it is not received anyway.

        Without ``is_ticket`` the core is asked whether the message belongs to one: the process may have ended between
        making it and following it, and whoever got no answer tries again. Raises ``StoreError``.
        """
        address = message.address
        if address.room in self._watch.support_channels or address.is_private:
            return
        thread = address.chat_thread or message.message_id
        if thread in self._watermarks.followed():
            return
        if not is_ticket and message.message_id not in await self._intake.standing_in(address):
            return
        entries = self._watermarks.followed_found(thread, address.room) | self._watermarks.moved(thread, since)
        await self._watermarks.commit(self._intake, entries)
        place = self._surroundings.follow(thread, address.room)
        self._queues.hold(thread)
        self._tasks.create_task(self._backfill.catch_up(self._tasks, place), name=f"discord-follow-{thread}")
        _log.info("discord_thread_followed", room=address.room, chat_thread=thread)
