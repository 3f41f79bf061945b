"""The live part of the board: server-sent events, each the tickets' part as it is now."""

import asyncio
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from adapters.web.board_html import tickets_part
from adapters.web.board_session import Session
from bot.domain.errors import StoreError
from bot.domain.sla_ticket import BoardFilter
from bot.ports.board import Board
from bot.ports.clock import Clock

MOST_STREAMS = 50
AT_MOST_EVERY = timedelta(seconds=2)
AT_LEAST_EVERY = timedelta(seconds=30)
"""A bar that stands right is worth no more: until then the page moves it by itself."""

SIGN_OF_LIFE = timedelta(seconds=10)
"""How soon it is noticed that somebody left; proxies end connections that are silent for a minute."""

PATIENCE_SECONDS = 30.0
GOODBYE_SECONDS = 0.5
"""Whoever takes nothing any more, without leaving, must not keep a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    version: int
    at: datetime
    html: str


class Fragments:
    """The tickets' part by filter. Whoever looks at the same tickets at the same time shares one."""

    def __init__(self, board: Board, clock: Clock) -> None:
        self._board = board
        self._clock = clock
        self._made: dict[BoardFilter, _Made] = {}
        self._one_at_a_time = asyncio.Lock()

    async def get(self, chosen: BoardFilter, version: int) -> str:
        """The part for this version or a later one. Raises ``StoreError``."""
        async with self._one_at_a_time:
            now = self._clock.now()
            made = self._made.get(chosen)
            if made is not None and made.version == version and now - made.at < AT_MOST_EVERY:
                return made.html
            html = tickets_part(await self._board.view(chosen), chosen)
            self._made = {key: one for key, one in self._made.items() if now - one.at < AT_MOST_EVERY}
            self._made[chosen] = _Made(version=version, at=now, html=html)
            return html


class _Events:
    """One client's stream; packed where it can unpack: a full board is some hundred kilobytes of much the same."""

    def __init__(self, request: web.Request, headers: Mapping[str, str]) -> None:
        self._request = request
        is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
        self._packer = zlib.compressobj(level=6, wbits=31) if is_packed else None
        packed = {"Content-Encoding": "gzip"} if is_packed else {}
        self.response = web.StreamResponse(
            headers={**headers, **packed, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )

    async def open(self) -> None:
        """Answer the request."""
        await self.response.prepare(self._request)

    async def send(self, event: str, text: str) -> None:
        """An event. Raises ``ConnectionError`` or ``TimeoutError`` when nobody is there any more."""
        lines = "".join(f"data: {line}\n" for line in text.splitlines())
        await self._write(f"event: {event}\n{lines}\n")

    async def stay(self) -> None:
        """A sign of life. Raises as ``send``."""
        await self._write(": still here\n\n")

    async def close(self) -> None:
        """The proper end of what is packed."""
        if self._packer is not None:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self.response.write(self._packer.flush())

    async def _write(self, text: str) -> None:
        sent = text.encode("utf-8", "replace")
        if self._packer is not None:
            sent = self._packer.compress(sent) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.response.write(sent)


class BoardStreams:
    """All streams that are open: at most ``MOST_STREAMS``, ended together when the server ends."""

    def __init__(self, board: Board, clock: Clock) -> None:
        self._board = board
        self._clock = clock
        self._fragments = Fragments(board, clock)
        self._open: set[asyncio.Timeout] = set()
        self._is_ended = False

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    @property
    def is_full(self) -> bool:
        """Whether nobody else can be served."""
        return self._is_ended or self.count >= MOST_STREAMS

    def end(self) -> None:
        """End all of them, and let no other begin."""
        self._is_ended = True
        for life in self._open:
            life.reschedule(asyncio.get_running_loop().time())

    async def serve(
        self, request: web.Request, chosen: BoardFilter, session: Session, headers: Mapping[str, str]
    ) -> web.StreamResponse:
        """Tell of changes until the session or the server ends, or the client leaves."""
        events, life = _Events(request, headers), asyncio.timeout(None)
        self._open.add(life)
        try:
            with suppress(TimeoutError, ConnectionError):
                async with life:
                    await events.open()
                    await self._tell(events, chosen, session)
        finally:
            self._open.discard(life)
        with suppress(TimeoutError, ConnectionError):
            await events.close()
        return events.response

    async def _tell(self, events: _Events, chosen: BoardFilter, session: Session) -> None:
        version = await self._board.changed(-1, timedelta())
        sent: tuple[int, datetime] | None = None
        while session.ends_at is None or self._clock.now() < session.ends_at:
            if sent is None or sent[0] != version or self._clock.now() - sent[1] >= AT_LEAST_EVERY:
                sent = version, self._clock.now()
                await self._send(events, chosen, version)
                await self._clock.sleep_until(sent[1] + AT_MOST_EVERY)
            else:
                await events.stay()
            version = await self._board.changed(version, SIGN_OF_LIFE)

    async def _send(self, events: _Events, chosen: BoardFilter, version: int) -> None:
        try:
            await events.send("tickets", await self._fragments.get(chosen, version))
        except StoreError:
            await events.send("trouble", "cannot be read")
            return
        report = await self._board.report()
        await events.send("report", report.report.made_at.isoformat() if report is not None else "")
