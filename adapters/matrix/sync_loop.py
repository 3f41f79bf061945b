"""What arrives: one `/sync` after the other; the messages of each and the next position become durable together.

No answer is awaited here but the homeserver's and the store's. Failures wait longer each time; a refused token ends the
loop (facts/matrix.md 3.3, traps 3 to 8).
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from adapters.matrix.api import MatrixFault
from adapters.matrix.connection import Connection
from adapters.matrix.crosssign import IdentityState
from adapters.matrix.gap import GapWalker
from adapters.matrix.invitations import Doorkeeper
from adapters.matrix.keyring import RoomKey
from adapters.matrix.patience import pause_after
from adapters.matrix.polling import poll
from adapters.matrix.reader import Reader, Reading, after_own_join
from adapters.matrix.remembered import (
    ALIAS,
    BEGINNING,
    GAP,
    PARKED,
    PRIVATE,
    SINCE,
    SUCCESSOR,
    WATCHED,
    Gap,
    Parked,
)
from adapters.matrix.translate import sent_at
from adapters.matrix.wire import Json, flag_of, object_of, objects_of, text_of
from bot.domain.chat import ChatAddress, Platform
from bot.domain.errors import TransientError
from bot.ports.clock import Clock, Dice
from bot.ports.inbound import Arrival, ChatEvents, HealthReports, MessageIntake, PartState

PART = "matrix"
WAIT = timedelta(seconds=30)

log = structlog.get_logger("matrix")


class SyncLoop:
    """Runs until cancelled. Raises RefusedError when the token is refused, StoreError when the store fails."""

    def __init__(
        self,
        connection: Connection,
        *,
        intake: MessageIntake,
        events: ChatEvents,
        health: HealthReports,
        clock: Clock,
        dice: Dice,
        accept_invites: str = "members",
        backfill: timedelta | None = None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection = connection
        self._on_ready = on_ready
        self._intake = intake
        self._events = events
        self._health = health
        self._clock = clock
        self._dice = dice
        self._reader = Reader(connection, clock.now)
        self._gaps = GapWalker(connection, self._reader, self._accept, events, clock, dice, backfill)
        self._door = Doorkeeper(connection, self._remember, clock.now, accept_invites=accept_invites)
        self._since = ""
        self._known: set[str] = set()
        self._aliases: dict[str, str] = {}
        self._is_first = True
        self._failures = 0

    async def run(self) -> None:
        """The loop."""
        await self._restore()
        while True:
            try:
                await self._turn()
                self._failures = 0
            except (TransientError, MatrixFault) as error:
                self._health.report(PART, PartState.DISCONNECTED, str(error))
                await self._wait(error)

    async def _wait(self, error: TransientError | MatrixFault) -> None:
        self._failures += 1
        pause = pause_after(error, self._failures, self._dice)
        log.warning("matrix turn failed", why=str(error), pause_seconds=round(pause.total_seconds(), 1))
        await self._clock.sleep_until(self._clock.now() + pause)

    async def _restore(self) -> None:
        kept = await self._intake.recall(Platform.MATRIX)
        self._since = kept.get(SINCE, "")
        self._known = set(json.loads(kept.get(WATCHED, "[]")))
        self._reader.keep(Parked.load(text) for name, text in kept.items() if name.startswith(PARKED))
        for name, text in kept.items():
            if name.startswith(GAP):
                self._gaps.keep(Gap.load(text))
            elif name.startswith(PRIVATE):
                self._connection.places.keep_private(name.removeprefix(PRIVATE))
            elif name.startswith(SUCCESSOR):
                self._connection.places.move(name.removeprefix(SUCCESSOR), text)
            elif name.startswith(ALIAS):
                self._aliases[name.removeprefix(ALIAS)] = text
                self._connection.places.keep(name.removeprefix(ALIAS), text)
        self._door.restore(kept)

    async def _turn(self) -> None:
        answer = await self._sync()
        position = text_of(answer, "next_batch")
        if not position:
            raise TransientError("Matrix homeserver answered a sync without a position")
        was_first, keys = self._is_first, self._connection.keys.receive(answer)
        await self._take(answer, position)
        self._since, self._is_first = position, False
        if was_first:
            self._on_ready()
        self._say_connected()
        await self._retry(None if was_first else keys)
        await self._gaps.walk()
        await self._door.work()
        await self._ask_overdue()
        await self._connection.keys.maintain()

    async def _sync(self) -> Json:
        gap_due = self._gaps.next_due_in()
        wait = WAIT if gap_due is None else min(WAIT, gap_due)
        if self._is_first or self._failures:
            wait = timedelta()
        return await poll(self._connection.api, self._since, wait, is_first=self._is_first)

    async def _take(self, answer: Json, position: str) -> None:
        """Everything one answer brought, and the position after it, in one transaction."""
        remember: dict[str, str | None] = {SINCE: position}
        connection, joined = self._connection, object_of(answer, "rooms", "join")
        for room_id in joined:
            self._take_state(room_id, object_of(joined, room_id), remember)
        remember |= self._door.take(answer)
        reading, gaps = self._read(joined, position)
        remember |= {gap.name: gap.dump() for gap in gaps}
        lost = [room_id for room_id in object_of(answer, "rooms", "leave") if self._is_lost(room_id)]
        known = {room.room_id for room in connection.rooms.joined() if connection.places.role(room.room_id)}
        remember[WATCHED] = json.dumps(sorted(known))
        aliases = connection.places.aliases()
        remember |= {ALIAS + alias: room for alias, room in aliases.items() if self._aliases.get(alias) != room}
        await self._tell_lost(lost, position)
        await self._accept(reading, remember)
        self._known, self._aliases = known, aliases
        for gap in gaps:
            self._gaps.keep(gap)

    def _read(self, joined: Json, position: str) -> tuple[Reading, list[Gap]]:
        """What the watched rooms brought, and the gaps that are to be walked first."""
        reading, gaps = Reading(), []
        for room_id in joined:
            if self._connection.places.role(room_id) is None or not self._since:
                continue  # a first start files no history
            found = self._window(room_id, object_of(joined, room_id), position)
            if isinstance(found, Gap):
                gaps.append(found)
            else:
                reading += self._reader.read(self._connection.rooms.join(room_id), found)
        return reading, gaps

    def _take_state(self, room_id: str, room: Json, remember: dict[str, str | None]) -> None:
        connection = self._connection
        state = [*objects_of(room, "state", "events"), *objects_of(room, "timeline", "events")]
        change = connection.rooms.apply(room_id, state)
        if change.members:
            connection.keys.room_changed(room_id)
        if change.encrypted:
            connection.keys.keep_encrypted(room_id)
        known = connection.rooms.get(room_id)
        if known is not None and change.replaced and connection.places.may_move(room_id, known.replaced_by):
            connection.places.move(room_id, known.replaced_by)
            remember[SUCCESSOR + room_id] = known.replaced_by
            if connection.places.is_private(known.replaced_by):
                remember[PRIVATE + known.replaced_by] = room_id
            self._door.look_again()

    def _window(self, room_id: str, room: Json, position: str) -> list[Json] | Gap:
        """The room's events since the last position: all of them, or the gap that has to be walked for them."""
        fresh = room_id not in self._known
        events = list(objects_of(room, "timeline", "events"))
        open_gap = self._gaps.get(room_id)
        if open_gap is not None:
            return open_gap.extended(self._since, position)
        if fresh and self._connection.places.is_private(room_id):
            # What a member said before the bot came counts: it was said to the bot.
            return Gap(room_id=room_id, windows=((BEGINNING, position),))
        if flag_of(room, "timeline", "limited") or any(self._gaps.is_too_old(sent_at(event)) for event in events):
            return Gap(room_id=room_id, windows=((self._since, position),), after_join=fresh)
        return (after_own_join(events, self._connection.session.user_id) or []) if fresh else events

    async def _retry(self, keys: list[RoomKey] | None) -> None:
        """Read parked messages again: those the new keys may open, or all at a start."""
        if keys is not None and not keys:
            return
        await self._accept(self._reader.retry(keys), {})

    async def _ask_overdue(self) -> None:
        for unreadable in self._reader.overdue():
            event_id = text_of(unreadable.parked.event, "event_id")
            await self._events.unreadable(unreadable.address, event_id, unreadable.author, unreadable.link)
            await self._remember({unreadable.parked.name: unreadable.parked.dump()})
            self._reader.told(unreadable.parked)
        if stale := self._reader.stale():
            await self._remember(dict.fromkeys(stale))
            self._reader.drop(stale)

    def _is_lost(self, room_id: str) -> bool:
        """Whether the bot was in the room until now, in this process or in an earlier one."""
        return self._connection.rooms.leave(room_id) or room_id in self._known

    async def _tell_lost(self, room_ids: list[str], position: str) -> None:
        for room_id in room_ids:
            if self._connection.places.configured_role(room_id) is None:
                continue  # whoever is answered in a direct message room learns it when that fails
            log.error("removed from a watched room", room=room_id)
            address = ChatAddress(platform=Platform.MATRIX, room=room_id)
            await self._events.left(address, position)

    async def _accept(self, reading: Reading, remember: Mapping[str, str | None]) -> None:
        entries = {**remember, **reading.entries()}
        if not reading.events and not entries:
            return
        await self._intake.accept(Arrival(platform=Platform.MATRIX, events=reading.events, remember=entries))
        self._reader.keep(reading.unread)
        self._reader.drop(reading.settled)

    async def _remember(self, entries: Mapping[str, str | None]) -> None:
        await self._intake.accept(Arrival(platform=Platform.MATRIX, remember=entries))

    def _say_connected(self) -> None:
        self._health.progress(PART)
        if self._connection.identity is IdentityState.UNVERIFIED:
            fix = "the account has an identity the bot does not hold: supportbot matrix reset-identity"
            self._health.report(PART, PartState.UNVERIFIED, fix)
        else:
            self._health.report(PART, PartState.CONNECTED, self._door.complaint)
