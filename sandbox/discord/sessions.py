"""Gateway sessions: what a client has identified as, the events it was sent, and the socket it listens on now."""

import asyncio
import json
from collections import deque
from typing import Any

from aiohttp import web

REPLAYED_EVENTS = 5000
"""How many events a session keeps for RESUME. Discord publishes no number; past it the answer is op 9."""


class Connection:
    """One websocket. Frames are queued, so that a change of the world never waits for a slow reader."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._socket = socket
        self._transport = transport
        self._frames: asyncio.Queue[str | int] = asyncio.Queue()
        self.gone = asyncio.Event()

    def send(self, frame: str) -> None:
        """Queue a text frame."""
        self._frames.put_nowait(frame)

    def send_op(self, op: int, body: Any = None) -> None:
        """Queue a frame that is no event."""
        self.send(json.dumps({"op": op, "d": body, "s": None, "t": None}))

    def close(self, code: int) -> None:
        """Close with a code, after the frames already queued."""
        self._frames.put_nowait(code)

    def cut(self) -> None:
        """Tear the connection down without a word (an RST, as a dying network gives)."""
        if self._transport is not None:
            self._transport.abort()

    async def pump(self) -> None:
        """Send queued frames until closed."""
        while True:
            frame = await self._frames.get()
            if isinstance(frame, int):
                await self._socket.close(code=frame)
                return
            try:
                await self._socket.send_str(frame)
            except ConnectionError:
                return


class Session:
    """What READY opened; outlives its connections until it is forgotten."""

    def __init__(self, session_id: str, *, intents: int, connection: Connection) -> None:
        self.id = session_id
        self.intents = intents
        self.connection: Connection | None = connection
        self.sequence = 0
        self._sent: deque[tuple[int, str]] = deque(maxlen=REPLAYED_EVENTS)

    def dispatch(self, event: str, body: str, *, keep: bool = True) -> None:
        """Send one event (its data already as JSON text) and keep it for RESUME."""
        self.sequence += 1
        frame = f'{{"op":0,"t":"{event}","s":{self.sequence},"d":{body}}}'
        if keep:
            self._sent.append((self.sequence, frame))
        if self.connection is not None:
            self.connection.send(frame)

    def can_replay(self, after: int) -> bool:
        """Whether every event after a sequence number is still kept."""
        if not 0 <= after <= self.sequence:
            return False
        oldest = self._sent[0][0] if self._sent else self.sequence + 1
        return after >= oldest - 1

    def replay(self, connection: Connection, after: int) -> None:
        """Continue on a new connection: the missed events in order, then RESUMED."""
        self.connection = connection
        for sequence, frame in self._sent:
            if sequence > after:
                connection.send(frame)
        self.dispatch("RESUMED", '{"_trace":[]}')
