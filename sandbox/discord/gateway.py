"""The gateway, version 10: HELLO, IDENTIFY, heartbeats, RESUME, events by intents and visibility, and its faults.

Frames are plain text also where the client offers compression; discord.py accepts both (facts sheet, section 3).
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox.discord import payloads
from sandbox.discord.entities import DIRECT, Channel, Message, Thread
from sandbox.discord.intents import GUILDS, MESSAGE_CONTENT, intent_of
from sandbox.discord.message_payload import MessagePayloads, without_content
from sandbox.discord.sessions import Connection, Session
from sandbox.discord.world import World

Json = dict[str, Any]

HEARTBEAT_INTERVAL_MS = 41_250


class Gateway:
    """Serves /gateway and sends events to every session, connected or waiting to be resumed."""

    def __init__(self, world: World, messages: MessagePayloads, *, token: str, problem: Callable[[str], None]) -> None:
        self._world = world
        self._messages = messages
        self._token = token
        self._problem = problem
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self.url = ""
        self.refusals: list[str] = []
        """Handshakes still to be refused, each `502` or `close`."""
        self.close_code_on_identify: int | None = None
        self.message_content_enabled = True
        self.intents_required = 0
        self.handshakes = self.identifies = self.resumes = 0

    # what happens on a socket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One websocket from handshake to close."""
        self.handshakes += 1
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal == "502":
            return web.Response(status=502, text="bad gateway")
        socket = web.WebSocketResponse(compress=False, timeout=1.0, max_msg_size=0)
        await socket.prepare(request)
        if refusal is not None:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return socket
        connection = Connection(socket, request.transport)
        self._connections.add(connection)
        pump = asyncio.create_task(connection.pump())
        connection.send_op(10, {"heartbeat_interval": HEARTBEAT_INTERVAL_MS})
        finished = False
        try:
            while (frame := await socket.receive()).type is WSMsgType.TEXT:
                self._receive(connection, frame.data)
            # Closing with 1000 or 1001 ends the session (Gateway documentation, "Disconnecting"). Only a frame counts:
            # aiohttp's own close code is 1000 also when the other side has just vanished.
            finished = frame.type is WSMsgType.CLOSE and frame.data in (1000, 1001)
        finally:
            pump.cancel()
            self._disconnected(connection, finished=finished)
        return socket

    def _receive(self, connection: Connection, text: str) -> None:
        try:
            frame = json.loads(text)
            op, body = frame["op"], frame.get("d")
        except (ValueError, KeyError, TypeError):
            self._problem(f"gateway: unreadable frame {text[:80]!r}")
            connection.close(4002)
            return
        match op:
            case 1:
                connection.send_op(11)
            case 2:
                self._identify(connection, body)
            case 6:
                self._resume(connection, body)
            case 8:
                self._send_members(connection, body)
            case 3 | 4:
                pass
            case _:
                self._problem(f"gateway: unknown opcode {op}")
                connection.close(4001)

    def _identify(self, connection: Connection, body: Json) -> None:
        self.identifies += 1
        intents = body.get("intents", 0)
        if body.get("token") != self._token:
            connection.close(4004)
        elif self.close_code_on_identify is not None:
            connection.close(self.close_code_on_identify)
        elif intents & MESSAGE_CONTENT and not self.message_content_enabled:
            connection.close(4014)
        else:
            if missing := self.intents_required & ~intents:
                self._problem(f"gateway: IDENTIFY lacks intents {missing:#x}")
            self._open_session(connection, intents, body.get("shard"))

    def _open_session(self, connection: Connection, intents: int, shard: Any) -> None:
        # A client that identifies anew never comes back for its old session.
        self._sessions = {key: each for key, each in self._sessions.items() if each.connection is not None}
        session = Session(secrets.token_hex(16), intents=intents, connection=connection)
        self._sessions[session.id] = session
        flags = payloads.MESSAGE_CONTENT_FLAG if self.message_content_enabled else 0
        ready: Json = {
            "v": 10,
            "user": payloads.account(self._world.bot_user),
            "guilds": [{"id": str(self._world.guild.id), "unavailable": True}],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "private_channels": [],
            "application": {"id": str(self._world.application_id), "flags": flags},
        }
        if shard is not None:
            ready["shard"] = shard
        session.dispatch("READY", json.dumps(ready))
        if intents & GUILDS:
            session.dispatch("GUILD_CREATE", json.dumps(self._guild_create()))
        self._world.touched()

    def _guild_create(self) -> Json:
        world = self._world
        seen = [each for each in world.channels.values() if each.type != DIRECT and world.bot_bits(each)]
        channels = [each for each in seen if not isinstance(each, Thread)]
        threads = [each for each in seen if isinstance(each, Thread) and not each.archived]
        return payloads.guild_create(world.guild, me=world.bot_member, channels=channels, threads=threads)

    def _resume(self, connection: Connection, body: Json) -> None:
        self.resumes += 1
        session = self._sessions.get(body.get("session_id", ""))
        if body.get("token") != self._token:
            connection.close(4004)
        elif session is None or not session.can_replay(body.get("seq") or 0):
            connection.send_op(9, False)
        else:
            session.replay(connection, body.get("seq") or 0)
            self._world.touched()

    def _send_members(self, connection: Connection, body: Json) -> None:
        asked = body.get("user_ids") or []
        wanted = {int(each) for each in (asked if isinstance(asked, list) else [asked])}
        query = str(body.get("query") or "")
        members = [
            payloads.member(each)
            for each in self._world.guild.members.values()
            if each.id in wanted or (query and each.user.name.startswith(query))
        ]
        chunk = {"guild_id": str(self._world.guild.id), "members": members, "chunk_index": 0, "chunk_count": 1}
        for session in self._sessions.values():
            if session.connection is connection:
                session.dispatch("GUILD_MEMBERS_CHUNK", json.dumps({**chunk, "nonce": body.get("nonce")}))

    def _disconnected(self, connection: Connection, *, finished: bool) -> None:
        self._connections.discard(connection)
        connection.gone.set()
        for session in tuple(self._sessions.values()):
            if session.connection is connection:
                session.connection = None
                if finished:
                    del self._sessions[session.id]
        self._world.touched()

    # what the world sends

    @property
    def connected(self) -> bool:
        """Whether some client has a live, identified connection."""
        return any(session.connection is not None for session in self._sessions.values())

    def dispatch(self, event: str, body: Json, *, channel: Channel | None = None) -> None:
        """Send an event to the sessions that asked for it and may see its channel."""
        self._send(event, channel, lambda _: json.dumps(body))

    def dispatch_message(self, event: str, message: Message) -> None:
        """Send MESSAGE_CREATE or MESSAGE_UPDATE, without its content to those who may not read it."""
        if not self._sessions:
            return
        payload = self._messages.gateway(message)
        withheld = self._messages.is_withheld(message)

        def text(session: Session) -> str:
            hide = withheld and not session.intents & MESSAGE_CONTENT
            return json.dumps(without_content(payload) if hide else payload)

        self._send(event, self._world.channels[message.channel_id], text)

    def _send(self, event: str, channel: Channel | None, text: Callable[[Session], str]) -> None:
        if not self._sessions or (channel is not None and not self._world.bot_bits(channel)):
            return
        needed = intent_of(event, direct=channel is not None and channel.type == DIRECT)
        for session in self._sessions.values():
            if needed & session.intents == needed:
                session.dispatch(event, text(session))

    # faults

    async def reconnect(self) -> None:
        """Op 7; returns when the clients have let go of their sockets."""
        await self._tell_all(7, None)

    async def invalidate(self, *, resumable: bool) -> None:
        """Op 9; a session that is not resumable is forgotten."""
        if not resumable:
            for session in self._sessions.values():
                session.connection = None
            self._sessions.clear()
        await self._tell_all(9, resumable)

    def drop(self) -> None:
        """Cut every socket; sessions stay resumable."""
        for session in self._sessions.values():
            session.connection = None
        for connection in tuple(self._connections):
            connection.cut()

    def forget_sessions(self) -> None:
        """Let no session be resumed: RESUME answers op 9 (false). Connected ones stay connected until they drop."""
        connected = [session for session in self._sessions.values() if session.connection is not None]
        for session in connected:
            session.id = secrets.token_hex(16)
        self._sessions = {session.id: session for session in connected}

    def malformed(self) -> None:
        """A MESSAGE_CREATE without its author, which ends discord.py's start() (facts sheet, section 0)."""
        guild_id = str(self._world.guild.id)
        body = {"id": "1", "channel_id": guild_id, "guild_id": guild_id, "content": "?"}
        for session in self._sessions.values():
            session.dispatch("MESSAGE_CREATE", json.dumps(body), keep=False)

    async def _tell_all(self, op: int, body: Any) -> None:
        told: Iterable[Connection] = tuple(self._connections)
        for connection in told:
            connection.send_op(op, body)
        async with asyncio.timeout(10):
            for connection in told:
                await connection.gone.wait()
