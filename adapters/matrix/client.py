"""Matrix as the core sees it: a chat platform, and a leg that brings messages in."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from typing_extensions import override

from adapters.matrix.api import CLIENT, MatrixApi, MatrixFault, escape
from adapters.matrix.connection import Connection, connect
from adapters.matrix.crosssign import CrossSigning, IdentityState
from adapters.matrix.inspection import inspect
from adapters.matrix.keyfolder import KeyFolder, seeds_in
from adapters.matrix.keyring import UndecryptableError
from adapters.matrix.media import Media
from adapters.matrix.places import Places
from adapters.matrix.rooms import Room
from adapters.matrix.sender import Sender
from adapters.matrix.session import Login
from adapters.matrix.sync_loop import PART, SyncLoop
from adapters.matrix.translate import translate
from bot.domain.chat import (
    Attachment,
    ChatAddress,
    OutgoingMessage,
    Platform,
    QuotedMessage,
    RoomRole,
    SentMessage,
)
from bot.domain.errors import RefusedError, SettingsError, TransientError
from bot.domain.findings import Finding
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock, Dice
from bot.ports.inbound import Arrival, ChatEvents, HealthReports, MessageIntake, PartState

SOON = timedelta(seconds=1)
SHORTLY = timedelta(seconds=15)
"""So long after a start or an end of the connection it is expected back at any moment; later the outbox waits longer
each time, since every try of every waiting delivery is written down."""
REFUSED_WAIT = timedelta(minutes=5)

log = structlog.get_logger("matrix")


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
        self._user_id = user_id
        self._password = password
        self._store_path = store_path
        self._store_key = store_key
        self._rooms = tuple(rooms)
        self._staff_room = staff_room
        self._accept_invites = accept_invites
        self._backfill = backfill
        self._intake = intake
        self._events = events
        self._health = health
        self._clock = clock
        self._dice = dice
        self._access_token = access_token
        self._device_id = device_id
        self._homeserver = homeserver
        self._api = MatrixApi(homeserver, on_token=on_token)
        self._open: tuple[Connection, Sender] | None = None
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
        try:
            connection = await connect(
                self._api,
                self._login_with(self._api),
                Places(self._rooms, self._staff_room),
                store_path=self._store_path,
                store_key=self._store_key,
                password=self._password,
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
        self._open = (connection, Sender(connection, self._clock))

    # ChatPlatform

    @override
    async def react(self, address: ChatAddress, message_id: str, emoji: str, delivery_id: str) -> None:
        async with self._using() as (_, sender):
            await sender.react(address, message_id, emoji, delivery_id)

    @override
    async def open_chat_thread(self, address: ChatAddress, title: str) -> None:
        """Nothing to do: a thread exists from the first event that names its root."""

    @override
    async def send(self, message: OutgoingMessage) -> SentMessage:
        async with self._using() as (_, sender):
            return await sender.send(message)

    @override
    async def find_sent(self, message: OutgoingMessage, tried_at: datetime) -> SentMessage | None:
        async with self._using() as (_, sender):
            return await sender.find_sent(message, tried_at)

    @override
    async def fetch(self, file: Attachment, *, address: ChatAddress, message_id: str, limit_bytes: int) -> bytes:
        async with self._using():
            return await Media(self._api).fetch(file, limit_bytes)

    @override
    async def read_message(self, address: ChatAddress, message_id: str) -> QuotedMessage | None:
        async with self._using() as (connection, _):
            room_id = connection.places.room_id(address.room) or address.room
            room = connection.rooms.get(room_id) or Room(room_id=room_id)
            try:
                event = await self._api.get(f"{CLIENT}/rooms/{escape(room_id)}/event/{escape(message_id)}")
                if event.get("type") == "m.room.encrypted":
                    event = connection.keys.decrypt(room_id, event)
            except (MatrixFault, UndecryptableError) as error:
                log.info("message to quote not readable", room=room_id, event_id=message_id, why=str(error))
                return None
            message = translate(event, room, role=connection.places.role(room_id) or RoomRole.SUPPORT)
            if message is None:
                return None
            return QuotedMessage(author_name=message.author.name, text=message.text, link=message.link)

    @override
    async def inspect(self) -> Sequence[Finding]:
        api = MatrixApi(self._homeserver)
        try:
            async with self._login_with(api).visit() as session:
                return await inspect(api, session, Places(self._rooms, self._staff_room), seeds_in(self._store_path))
        except (RefusedError, TransientError, MatrixFault) as error:
            return [Finding(part=PART, subject=f"login as {self._user_id}", well=False, fix=str(error))]
        finally:
            await api.close()

    # The command line

    async def reset_identity(self, password: str = "") -> IdentityState:
        """Replace the account's cross-signing identity by a new one of the bot's. People see that it changed.

        Needs the kept session, so the bot must have run before. Raises MatrixFault when the password is wrong.
        """
        api = MatrixApi(self._homeserver)
        try:
            session = await self._login_with(api).open()
            seeds = KeyFolder(self._store_path, self._store_key).seeds
            signing = CrossSigning(api, seeds, user_id=session.user_id, device_id=session.device_id)
            return await signing.reset_identity(password or self._password)
        finally:
            await api.close()

    def _login_with(self, api: MatrixApi) -> Login:
        return Login(
            api,
            self._recall,
            self._remember,
            user_id=self._user_id,
            password=self._password,
            access_token=self._access_token,
            device_id=self._device_id,
        )

    @asynccontextmanager
    async def _using(self) -> AsyncIterator[tuple[Connection, Sender]]:
        if self._open is None:
            soon = SOON if self._clock.now() - self._away_since < SHORTLY else None
            raise TransientError("Matrix is not connected", retry_after=soon)
        try:
            yield self._open
        except RefusedError as error:
            # The leg ends by the same answer and says so; what was promised waits until it is mended.
            raise TransientError(str(error), retry_after=REFUSED_WAIT) from error

    async def _recall(self, prefix: str) -> Mapping[str, str]:
        return await self._intake.recall(Platform.MATRIX, prefix)

    async def _remember(self, entries: Mapping[str, str | None]) -> None:
        await self._intake.accept(Arrival(platform=Platform.MATRIX, remember=entries))
