"""Matrix as the core sees it: a chat platform, and a leg that brings messages in."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from typing_extensions import override

from adapters.matrix.account import Account
from adapters.matrix.api import MatrixApi, MatrixFault
from adapters.matrix.connection import Connection, connect
from adapters.matrix.crosssign import IdentityState
from adapters.matrix.media import Media
from adapters.matrix.places import Places
from adapters.matrix.quoting import quote
from adapters.matrix.sender import Sender
from adapters.matrix.sync_loop import PART, SyncLoop
from bot.domain.chat import (
    Attachment,
    ChatAddress,
    OutgoingMessage,
    Platform,
    QuotedMessage,
    SentMessage,
)
from bot.domain.errors import RefusedError, SettingsError, TransientError
from bot.domain.findings import Finding
from bot.domain.helpdesk import Status
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock, Dice
from bot.ports.inbound import ChatEvents, HealthReports, MessageIntake, PartState

SOON = timedelta(seconds=1)
SHORTLY = timedelta(seconds=15)
"""So long after a start or an end of the connection it is expected back at any moment; later the outbox waits longer
each time, since every try of every waiting delivery is written down."""
REFUSED_WAIT = timedelta(minutes=5)

log = structlog.get_logger("matrix")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """An open connection and what speaks through it."""

    connection: Connection
    sender: Sender
    media: Media


class MatrixClient(ChatPlatform):
    """One account on one homeserver. `run` is the leg; the other methods work while it runs.

    `rooms` and `staff_room` are ids or aliases. `backfill` limits how old missed messages may be; None is no limit.
    `password` is used for the first login only (and to replace a device whose keys are lost).
    """

    def __init__(
        self,
        *,
        homeserver: str,
        user_id: str,
        password: str = "",
        access_token: str = "",
        device_id: str = "",
        store_path: Path,
        store_key: str = "",
        rooms: Sequence[str],
        staff_room: str = "",
        accept_invites: str = "members",
        backfill: timedelta | None = None,
        intake: MessageIntake,
        events: ChatEvents,
        health: HealthReports,
        clock: Clock,
        dice: Dice,
        on_token: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._account = Account(
            homeserver=homeserver,
            user_id=user_id,
            password=password,
            access_token=access_token,
            device_id=device_id,
            store_path=store_path,
            store_key=store_key,
            intake=intake,
        )
        self._rooms = tuple(rooms)
        self._staff_room = staff_room
        self._accept_invites = accept_invites
        self._backfill = backfill
        self._intake = intake
        self._events = events
        self._health = health
        self._clock = clock
        self._dice = dice
        self._api = MatrixApi(homeserver, on_token=on_token)
        self._open: _Line | None = None
        self._places = Places(())
        self._receiving: asyncio.Timeout | None = None
        self._stopped = False
        self._away_since = clock.now()

    @property
    @override
    def platform(self) -> Platform:
        return Platform.MATRIX

    async def run(self) -> None:
        """Log in and bring messages in until cancelled.

        Raises TransientError when the homeserver cannot be reached at the start (run it again later), RefusedError when
        it refuses the bot for good or `store_key` does not open the keys, StoreError when store or key folder fail.
        """
        self._health.report(PART, PartState.STARTING)
        account, places = self._account, Places(self._rooms, self._staff_room)
        try:
            connection = await connect(
                self._api,
                account.login(self._api),
                places,
                store_path=account.store_path,
                store_key=account.store_key,
                password=account.password,
            )
            try:
                await self._serve(connection)
            finally:
                self._open, self._away_since = None, self._clock.now()
                connection.keys.close()
        except (RefusedError, SettingsError) as error:
            self._health.report(PART, PartState.REFUSED, str(error))
            raise RefusedError(str(error)) from error
        except (TransientError, MatrixFault) as error:
            self._health.report(PART, PartState.DISCONNECTED, str(error))
            raise
        finally:
            await self._api.close()

    async def _serve(self, connection: Connection) -> None:
        loop = SyncLoop(
            connection,
            intake=self._intake,
            events=self._events,
            health=self._health,
            clock=self._clock,
            dice=self._dice,
            accept_invites=self._accept_invites,
            backfill=self._backfill,
            on_ready=lambda: self._set_open(connection),
        )
        try:
            async with asyncio.timeout(0 if self._stopped else None) as self._receiving:
                await loop.run()
        except TimeoutError:
            if not self._stopped:
                raise
            await asyncio.Event().wait()  # what was promised can still be sent, until the leg is cancelled

    async def stop_receiving(self) -> None:
        """Take nothing in any more, but stay able to send until `run` is cancelled. Idempotent."""
        self._stopped = True
        if self._receiving is not None and not self._receiving.expired():
            self._receiving.reschedule(asyncio.get_running_loop().time())

    def _set_open(self, connection: Connection) -> None:
        """From the first sync on the rooms are known, so that what leaves knows which of them are encrypted."""
        media, self._places = Media(self._api), connection.places
        self._open = _Line(connection=connection, sender=Sender(connection, media, self._clock), media=media)

    # ChatPlatform

    @override
    async def react(self, address: ChatAddress, message_id: str, emoji: str, delivery_id: str) -> None:
        async with self._using() as line:
            await line.sender.react(address, message_id, emoji, delivery_id)

    @override
    async def open_chat_thread(self, address: ChatAddress, title: str) -> None:
        """Nothing to do: a thread exists from the first event that names its root."""

    @override
    async def send(self, message: OutgoingMessage, begun: SentMessage | None = None) -> SentMessage:
        async with self._using() as line:
            return await line.sender.send(message, begun)

    @override
    async def find_sent(
        self, message: OutgoingMessage, tried_at: datetime, taken: frozenset[str] = frozenset()
    ) -> SentMessage | None:
        """As the port says; marks are exact, so what other deliveries have said does not matter."""
        async with self._using() as line:
            return await line.sender.find_sent(message, tried_at)

    @override
    async def file_limit(self) -> int:
        async with self._using() as line:
            return await line.media.file_limit()

    @override
    async def show_status(self, address: ChatAddress, status: Status, *, final: bool) -> None:
        """Nothing to do: Matrix has no place for it."""

    @override
    def current(self, address: ChatAddress) -> ChatAddress:
        """As the port says. Before the first connection no room is known to be replaced."""
        return self._places.current(address)

    @override
    async def fetch(self, file: Attachment, *, address: ChatAddress, message_id: str, limit_bytes: int) -> bytes:
        async with self._using() as line:
            return await line.media.fetch(file, limit_bytes)

    @override
    async def read_message(self, address: ChatAddress, message_id: str) -> QuotedMessage | None:
        async with self._using() as line:
            return await quote(line.connection, address, message_id)

    @override
    async def inspect(self) -> Sequence[Finding]:
        return await self._account.inspect(self._rooms, self._staff_room)

    async def reset_identity(self, password: str = "") -> IdentityState:
        """For the command line: replace the account's cross-signing identity. Raises MatrixFault (wrong password)."""
        return await self._account.reset_identity(password)

    @asynccontextmanager
    async def _using(self) -> AsyncIterator[_Line]:
        if self._open is None:
            soon = SOON if self._clock.now() - self._away_since < SHORTLY else None
            raise TransientError("Matrix is not connected", retry_after=soon)
        try:
            yield self._open
        except RefusedError as error:
            # The leg ends by the same answer and says so; what was promised waits until it is mended.
            raise TransientError(str(error), retry_after=REFUSED_WAIT) from error
