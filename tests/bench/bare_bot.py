"""The bare script: the same visible job as the bot, with nothing that makes it safe.

A message in a watched Discord channel or Matrix room is acknowledged with a reaction, becomes a FreeScout conversation
of its writer's customer, and the ticket number comes back in a thread on the message. No store, no retries, no
look-ups, no grouping: whoever kills it loses what is under way. It is written with care for speed all the same (a task
per message, requests bounded as the bot bounds them), so that the comparison is with a good script.

`python -m tests.bench.bare_bot CONFIG` reads the bot's own settings file and prints `ready` once both chats are open.
"""

import asyncio
import html
import sys
import tomllib
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import discord
import httpx
import nio
from yarl import URL

# As many requests side by side as the bot makes.
FREESCOUT_AT_ONCE, DISCORD_AT_ONCE, MATRIX_AT_ONCE = 8, 8, 6
ACKNOWLEDGEMENT = "👀"
# nio's own filter would keep the last ten messages of a burst and drop the others (facts/matrix.md, section 4).
SYNC_FILTER = {"room": {"timeline": {"limit": 100}}}
SYNC_TIMEOUT_MS = 30_000
# The library waits this long for further guilds before it says "ready"; there is one.
GUILD_READY_SECONDS = 0.1
ANSWER = "Your request is ticket #{number}. Our team answers right here; please write what else belongs to it here."


class Tasks:
    """Work under way, kept from being collected; a failure is printed and that is all."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin it and do not wait."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            print(f"failed: {error!r}", file=sys.stderr, flush=True)  # noqa: T201 - a script's log


class Desk:
    """FreeScout, as far as the job needs it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{settings['url']}/api", headers={"X-FreeScout-API-Key": settings["api_key"]}, timeout=30
        )
        self._mailbox_id = settings["mailbox_id"]
        self._customers: dict[str, asyncio.Future[int]] = {}
        self._free = asyncio.Semaphore(FREESCOUT_AT_ONCE)

    async def open_ticket(self, *, platform: str, user_id: str, name: str, text: str, link: str) -> int:
        """One conversation; returns the number people see."""
        async with self._free:
            customer_id = await self._customer(platform, user_id, name)
            body = html.escape(text).replace("\n", "<br>")
            thread = {
                "type": "customer",
                "text": f'{body}<br><a href="{html.escape(link)}">{platform}</a>',
                "customer": {"id": customer_id},
            }
            created = await self._post(
                "/conversations",
                {
                    "type": "chat",
                    "mailboxId": self._mailbox_id,
                    "subject": text.partition("\n")[0][:80],
                    "customer": {"id": customer_id},
                    "threads": [thread],
                },
            )
            if created.content:
                return int(created.json()["number"])
            shown = await self._http.get(f"/conversations/{created.headers['Resource-ID']}")
            return int(shown.raise_for_status().json()["number"])

    async def _customer(self, platform: str, user_id: str, name: str) -> int:
        known = self._customers.get(user_id)
        if known is None:
            known = self._customers[user_id] = asyncio.get_running_loop().create_future()
            made = await self._post("/customers", {"firstName": name, "lastName": f"({platform})", "notes": user_id})
            known.set_result(int(made.headers["Resource-ID"]))
        return await known

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return (await self._http.post(path, json=body)).raise_for_status()


class DiscordSide(discord.Client):
    """Discord in, number back in a thread."""

    def __init__(self, desk: Desk, tasks: Tasks, settings: dict[str, Any], *, notify_author: bool) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=GUILD_READY_SECONDS,
        )
        self.opened = asyncio.Event()
        self._desk = desk
        self._tasks = tasks
        self._channels = set(settings["support_channels"])
        self._notify_author = notify_author
        self._free = asyncio.Semaphore(DISCORD_AT_ONCE)

    async def on_ready(self) -> None:
        """The gateway is open."""
        self.opened.set()

    async def on_message(self, message: discord.Message) -> None:
        """A request, unless it stands elsewhere or a bot wrote it."""
        if message.channel.id in self._channels and not message.author.bot and not message.is_system():
            self._tasks.start(self._acknowledge(message))
            self._tasks.start(self._file(message))

    async def _acknowledge(self, message: discord.Message) -> None:
        async with self._free:
            await message.add_reaction(ACKNOWLEDGEMENT)

    async def _file(self, message: discord.Message) -> None:
        number = await self._desk.open_ticket(
            platform="Discord",
            user_id=str(message.author.id),
            name=message.author.display_name,
            text=message.content,
            link=message.jump_url,
        )
        async with self._free:
            thread = await message.create_thread(name=f"#{number} {message.content.partition(chr(10))[0]}"[:100])
            mention = f"{message.author.mention} " if self._notify_author else ""
            pings = discord.AllowedMentions(users=[message.author])
            await thread.send(mention + ANSWER.format(number=number), allowed_mentions=pings)


class MatrixSide:
    """Matrix in, number back in a thread."""

    def __init__(self, desk: Desk, tasks: Tasks, settings: dict[str, Any], *, notify_author: bool) -> None:
        self._client = nio.AsyncClient(settings["homeserver"], settings["user_id"])
        self.opened = asyncio.Event()
        self._desk = desk
        self._tasks = tasks
        self._settings = settings
        self._notify_author = notify_author
        self._rooms: set[str] = set()
        self._free = asyncio.Semaphore(MATRIX_AT_ONCE)

    async def run(self) -> None:
        """Log in, pass over the history, then follow the rooms."""
        await self._client.login(self._settings["password"])
        for alias in self._settings["rooms"]:
            self._rooms.add((await self._client.room_resolve_alias(alias)).room_id)
        await self._client.sync(sync_filter=SYNC_FILTER)
        self._client.add_event_callback(self._on_message, nio.RoomMessageText)
        self.opened.set()
        while True:
            await self._client.sync(timeout=SYNC_TIMEOUT_MS, sync_filter=SYNC_FILTER)

    async def _on_message(self, room: nio.MatrixRoom, event: nio.RoomMessageText) -> None:
        related = "m.relates_to" in event.source["content"]
        if room.room_id in self._rooms and event.sender != self._client.user_id and not related:
            self._tasks.start(self._acknowledge(room.room_id, event))
            self._tasks.start(self._file(room, event))

    async def _acknowledge(self, room_id: str, event: nio.RoomMessageText) -> None:
        relation = {"rel_type": "m.annotation", "event_id": event.event_id, "key": ACKNOWLEDGEMENT}
        async with self._free:
            await self._client.room_send(room_id, "m.reaction", {"m.relates_to": relation})

    async def _file(self, room: nio.MatrixRoom, event: nio.RoomMessageText) -> None:
        name = room.user_name(event.sender) or event.sender
        number = await self._desk.open_ticket(
            platform="Matrix",
            user_id=event.sender,
            name=name,
            text=event.body,
            link=f"https://matrix.to/#/{room.room_id}/{event.event_id}",
        )
        async with self._free:
            await self._client.room_send(room.room_id, "m.room.message", self._answer(event, name, number))

    def _answer(self, event: nio.RoomMessageText, name: str, number: int) -> dict[str, Any]:
        text, mentioned = ANSWER.format(number=number), [event.sender] if self._notify_author else []
        pill = f'<a href="https://matrix.to/#/{event.sender}">{html.escape(name)}</a>: ' if mentioned else ""
        return {
            "msgtype": "m.notice",
            "body": f"{name}: {text}" if mentioned else text,
            "format": "org.matrix.custom.html",
            "formatted_body": pill + text,
            "m.mentions": {"user_ids": mentioned},
            "m.relates_to": {
                "rel_type": "m.thread",
                "event_id": event.event_id,
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": event.event_id},
            },
        }


async def run(settings: dict[str, Any]) -> None:
    """Both sides, until killed."""
    discord.http.Route.BASE = settings["discord"]["api_url"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(settings["discord"]["gateway_url"])
    desk, tasks = Desk(settings["freescout"]), Tasks()
    notify_author = settings.get("replies", {}).get("notify_author", True)
    guild = DiscordSide(desk, tasks, settings["discord"], notify_author=notify_author)
    rooms = MatrixSide(desk, tasks, settings["matrix"], notify_author=notify_author)
    async with asyncio.TaskGroup() as group:
        group.create_task(guild.start(settings["discord"]["token"]))
        group.create_task(rooms.run())
        await asyncio.gather(guild.opened.wait(), rooms.opened.wait())
        print("ready", flush=True)  # noqa: T201 - what its starter waits for


if __name__ == "__main__":
    asyncio.run(run(tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
