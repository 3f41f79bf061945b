"""The simulator as tests, the sandbox's story and benchmarks hold it: a server to start, and a world to act in."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.discord.actors import Actors
from sandbox.discord.attachments import AttachmentLinks
from sandbox.discord.backend import Backend
from sandbox.discord.calls import RecordedRequest
from sandbox.discord.checks import Checks
from sandbox.discord.connection import BotConnection
from sandbox.discord.entities import Guild, Message, Role, Thread, User
from sandbox.discord.faults import Faults
from sandbox.discord.gateway import Gateway
from sandbox.discord.interactions import Interactions
from sandbox.discord.invocations import Invocations
from sandbox.discord.message_payload import MessagePayloads
from sandbox.discord.owner import Owner
from sandbox.discord.posting import Posting
from sandbox.discord.rest import PREFIX, Rest
from sandbox.discord.rest_commands import CommandRoutes
from sandbox.discord.rest_guild import GuildRoutes
from sandbox.discord.rest_interactions import InteractionRoutes
from sandbox.discord.rest_messages import MessageRoutes
from sandbox.discord.rest_reactions import ReactionRoutes
from sandbox.discord.rest_threads import ThreadRoutes
from sandbox.discord.thread_life import ThreadLife
from sandbox.discord.world import World

TOKEN = "simulated.bot.token"  # noqa: S105  (opens nothing but this simulator)
REQUEST_LIMIT_BYTES = 26 * 1024 * 1024


class DiscordSimulator(Owner, Actors, Invocations, BotConnection):
    """One guild, one bot. `stop()` and `start()` again keep the world, the sessions and the port."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, guild_name: str = "Community") -> None:
        world = World(guild_name=guild_name)
        checks, links, interactions = Checks(), AttachmentLinks(world.clock), Interactions(world.clock)
        messages = MessagePayloads(world, links)
        gateway = Gateway(world, messages, token=TOKEN, problem=checks.note)
        posting = Posting(world, gateway, links)
        threads = ThreadLife(world, gateway, posting)
        backend = Backend(
            world=world,
            gateway=gateway,
            posting=posting,
            threads=threads,
            messages=messages,
            checks=checks,
            links=links,
        )
        Owner.__init__(self, backend)
        Actors.__init__(self, backend)
        BotConnection.__init__(self, backend)
        Invocations.__init__(self, backend, interactions)
        self._host, self._port = host, port
        self._rest = Rest(world.clock, token=TOKEN, answered=world.touched)
        self._bot_routes = [
            route
            for group in (GuildRoutes, ThreadRoutes, MessageRoutes, ReactionRoutes, CommandRoutes)
            for route in group(backend).routes()
        ]
        self._open_routes = InteractionRoutes(backend, interactions).routes()
        self._runner: web.AppRunner | None = None
        self.faults: Faults = self._rest.faults

    # the server

    async def start(self) -> None:
        """Listen. The port given as 0 is chosen once and kept."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port, reuse_address=True)
        await site.start()
        self._port = int(runner.addresses[0][1])
        self._runner = runner
        self._gateway.url = self.gateway_url
        self._backend.links.base_url = f"http://{self._host}:{self._port}"

    async def stop(self) -> None:
        """Cut all connections and listen no more."""
        if self._runner is None:
            return
        self._gateway.drop()
        runner, self._runner = self._runner, None
        await runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=REQUEST_LIMIT_BYTES)
        for method, path, handler in self._bot_routes:
            self._rest.add(app, method, path, handler)
        for method, path, handler in self._open_routes:
            self._rest.add(app, method, path, handler, open_to_all=True)
        app.router.add_get("/gateway", self._gateway.serve)
        app.router.add_get("/gateway/", self._gateway.serve)
        app.router.add_get("/attachments/{channel_id}/{attachment_id}/{filename}", self._backend.links.download)
        app.router.add_route("*", PREFIX + "/{path:.*}", self._rest.not_found)
        return app

    @property
    def api_url(self) -> str:
        """The REST API's base, for `discord.http.Route.BASE`."""
        return f"http://{self._host}:{self._port}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        """The gateway, for `discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY`."""
        return f"ws://{self._host}:{self._port}/gateway"

    # looking on

    @property
    def token(self) -> str:
        """The bot's token."""
        return TOKEN

    @property
    def bot_user(self) -> User:
        """The bot's account."""
        return self._world.bot_user

    @property
    def bot_role(self) -> Role:
        """The role that came with the bot's invitation."""
        return self._world.bot_role

    @property
    def guild(self) -> Guild:
        """The guild."""
        return self._world.guild

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every REST request so far; may be cleared."""
        return self._rest.requests

    @property
    def problems(self) -> list[str]:
        """What Discord would have refused or not understood; empty while the bot behaves."""
        return self._backend.checks.problems

    def messages(self, channel_id: int) -> list[Message]:
        """The messages of a channel or thread, oldest first."""
        channel = self._world.channel(channel_id)
        return [channel.messages[each] for each in channel.message_ids]

    def threads(self, parent_id: int) -> list[Thread]:
        """The threads of a channel, oldest first."""
        return self._world.threads(parent_id)

    def thread(self, thread_id: int) -> Thread:
        """One thread."""
        return self._thread(thread_id)

    def reactions(self, channel_id: int, message_id: int) -> dict[str, set[int]]:
        """Who reacted with what."""
        return {emoji: set(users) for emoji, users in self._world.message(channel_id, message_id).reactions.items()}

    async def wait_until(
        self, holds: Callable[[], object], *, timeout_seconds: float = 10.0, what: str = "condition"
    ) -> None:
        """Wait for something to be true, looked at after every change of the world and every REST answer."""
        await self._world.wait_until(holds, timeout_seconds=timeout_seconds, what=what)

    async def wait_for_message(
        self,
        channel_id: int,
        fits: Callable[[Message], object],
        *,
        timeout_seconds: float = 10.0,
        what: str = "a message",
    ) -> Message:
        """Wait for a message that fits, there already or still to come."""

        def found() -> list[Message]:
            return [message for message in self.messages(channel_id) if fits(message)]

        await self.wait_until(found, timeout_seconds=timeout_seconds, what=what)
        return found()[0]

    # switches

    def rate_limit(self, path: str, limit: int, per_seconds: float) -> None:
        """Tighten the rate limit of paths below /api/v10 (a regular expression for the whole path), per channel."""
        self._rest.limits.tighten(path, limit, per_seconds)

    @property
    def file_limit_bytes(self) -> int:
        """What the server takes per file; larger ones are refused with 413."""
        return self._backend.checks.file_limit_bytes

    @file_limit_bytes.setter
    def file_limit_bytes(self, limit: int) -> None:
        self._backend.checks.file_limit_bytes = limit

    def expire_attachments(self) -> None:
        """Let every attachment link handed out so far be dead; a message read anew gives a good one."""
        self._backend.links.expire()

    def advance(self, seconds: float) -> None:
        """Move the world's time forward: nonces are forgotten, links and interactions expire, old edits are limited."""
        self._world.clock.advance(seconds)

    def payload(self, message: Message) -> dict[str, Any]:
        """A message as REST would give it, for pages that show it."""
        return self._backend.messages.rest(message)
