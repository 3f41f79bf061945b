"""What arrives: one `/sync` after the other; the messages of each and the next position become durable together.

No answer is awaited here but the homeserver's and the store's. Failures wait longer each time; a refused token ends the
loop (facts/matrix.md 3.3, traps 3 to 8).
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from adapters.matrix.api import CLIENT, MatrixFault
from adapters.matrix.connection import Connection
from adapters.matrix.crosssign import IdentityState
from adapters.matrix.gap import GapWalker
from adapters.matrix.invitations import Doorkeeper
from adapters.matrix.keyring import RoomKey
from adapters.matrix.patience import pause_after
from adapters.matrix.reader import Reader, after_own_join
from adapters.matrix.remembered import ALIAS, GAP, PARKED, SINCE, SUCCESSOR, WATCHED, Gap, Parked
from adapters.matrix.rooms import STATE_TYPES
from adapters.matrix.translate import sent_at
from adapters.matrix.wire import Json, flag_of, object_of, objects_of, text_of
from bot.domain.chat import ChatAddress, ChatMessage, Platform
from bot.domain.errors import TransientError
from bot.ports.clock import Clock, Dice
from bot.ports.inbound import Arrival, ChatEvents, HealthReports, MessageIntake, PartState

PART = "matrix"
WAIT = timedelta(seconds=30)
ANSWER_SECONDS = 60.0
FIRST_ANSWER_SECONDS = 300.0
TIMELINE_LIMIT = 100

log = structlog.get_logger("matrix")


def sync_filter(timeline_limit: int) -> str:
    """Only what is used: messages, membership, encryption. Synapse caps a timeline at 100 events."""
    nothing: Json = {"types": []}
    return json.dumps(
        {
            "presence": nothing,
            "account_data": nothing,
            "room": {
                "timeline": {"limit": timeline_limit},
                "state": {"types": list(STATE_TYPES), "lazy_load_members": False},
                "ephemeral": nothing,
                "account_data": nothing,
            },
        },
        separators=(",", ":"),
    )


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
        query = {"timeout": str(round(wait.total_seconds() * 1000))}
        if self._since:
            query["since"] = self._since
        query["filter"] = sync_filter(TIMELINE_LIMIT if self._since else 1)
        if self._is_first:
            query["full_state"] = "true"  # a new process knows no rooms (trap 13)
        # An own limit on each answer: without one a full state is waited for without end (trap 16).
        seconds = FIRST_ANSWER_SECONDS if self._is_first else ANSWER_SECONDS
        return await self._connection.api.get(f"{CLIENT}/sync", query, seconds=seconds)

    async def _take(self, answer: Json, position: str) -> None:
        """Everything one answer brought, and the position after it, in one transaction."""
        remember: dict[str, str | None] = {SINCE: position}
        messages: list[ChatMessage] = []
        unread: list[Parked] = []
        gaps: list[Gap] = []
        joined = object_of(answer, "rooms", "join")
        for room_id in joined:
            self._take_state(room_id, object_of(joined, room_id), remember)
        for room_id in joined:
            if self._connection.places.role(room_id) is None or not self._since:
                continue  # a first start files no history
            found = self._window(room_id, object_of(joined, room_id), position)
            if isinstance(found, Gap):
                gaps.append(found)
                remember[found.name] = found.dump()
            else:
                said, sealed = self._reader.read(self._connection.rooms.join(room_id), found)
                messages += said
                unread += sealed
        lost = [room_id for room_id in object_of(answer, "rooms", "leave") if self._is_lost(room_id)]
        remember |= self._door.take(answer)
        known = {room.room_id for room in self._connection.rooms.joined() if self._connection.places.role(room.room_id)}
        remember[WATCHED] = json.dumps(sorted(known))
        aliases = self._connection.places.aliases()
        remember |= {ALIAS + alias: room for alias, room in aliases.items() if self._aliases.get(alias) != room}
        await self._tell_lost(lost, position)
        await self._accept(messages, remember, unread)
        self._known, self._aliases = known, aliases
        for gap in gaps:
            self._gaps.keep(gap)

    def _take_state(self, room_id: str, room: Json, remember: dict[str, str | None]) -> None:
        connection = self._connection
        state = [*objects_of(room, "state", "events"), *objects_of(room, "timeline", "events")]
        change = connection.rooms.apply(room_id, state)
        if change.members:
            connection.keys.room_changed(room_id)
        if change.encrypted:
            connection.keys.keep_encrypted(room_id)
        known = connection.rooms.get(room_id)
        if known is not None and change.replaced and connection.places.role(room_id) is not None:
            connection.places.move(room_id, known.replaced_by)
            remember[SUCCESSOR + room_id] = known.replaced_by
            self._door.look_again()

    def _window(self, room_id: str, room: Json, position: str) -> list[Json] | Gap:
        """The room's events since the last position: all of them, or the gap that has to be walked for them."""
        fresh = room_id not in self._known
        events = list(objects_of(room, "timeline", "events"))
        open_gap = self._gaps.get(room_id)
        if open_gap is not None:
            return open_gap.extended(self._since, position)
        if flag_of(room, "timeline", "limited") or any(self._gaps.is_too_old(sent_at(event)) for event in events):
            return Gap(room_id=room_id, windows=((self._since, position),), after_join=fresh)
        return (after_own_join(events, self._connection.session.user_id) or []) if fresh else events

    async def _retry(self, keys: list[RoomKey] | None) -> None:
        """Read parked messages again: those the new keys may open, or all at a start."""
        if keys is not None and not keys:
            return
        messages, settled = self._reader.retry(keys)
        if settled:
            await self._accept(messages, settled, [])
            self._reader.drop(settled)

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
            if self._connection.places.role(room_id) is None:
                continue
            log.error("removed from a watched room", room=room_id)
            address = ChatAddress(platform=Platform.MATRIX, room=room_id)
            await self._events.left(address, position)

    async def _accept(
        self, messages: list[ChatMessage], remember: Mapping[str, str | None], unread: list[Parked]
    ) -> None:
        new = self._reader.new(unread)
        entries = {**remember, **{entry.name: entry.dump() for entry in new}}
        arrival = Arrival(platform=Platform.MATRIX, messages=tuple(messages), remember=entries)
        await self._intake.accept(arrival)
        self._reader.keep(new)

    async def _remember(self, entries: Mapping[str, str | None]) -> None:
        await self._intake.accept(Arrival(platform=Platform.MATRIX, remember=entries))

    def _say_connected(self) -> None:
        self._health.progress(PART)
        if self._connection.identity is IdentityState.UNVERIFIED:
            fix = "the account has an identity the bot does not hold: supportbot matrix reset-identity"
            self._health.report(PART, PartState.UNVERIFIED, fix)
        else:
            self._health.report(PART, PartState.CONNECTED, self._door.complaint)
