"""Getting into rooms: joins those that are configured, follows invitations from members, refuses the others.

A room that a member made for direct messages, or that holds nobody but the member, is a private place for support.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from adapters.matrix.api import CLIENT, MatrixFault, escape
from adapters.matrix.connection import Connection
from adapters.matrix.remembered import INVITE, PRIVATE, Invitation
from adapters.matrix.rooms import membership
from adapters.matrix.wire import Json, flag_of, object_of, objects_of, text_of
from bot.domain.errors import TransientError

LOOK_AGAIN = timedelta(minutes=5)
TRY_AGAIN = timedelta(minutes=1)
PAIR = 2
JOIN_SECONDS = 10.0
"""Joining a room of a distant server may take minutes; the homeserver goes on with it, and sync tells of the end."""

log = structlog.get_logger("matrix")


class Doorkeeper:
    """Answers invitations. Pending ones are kept in the store: the server shows each only once (trap 14)."""

    def __init__(
        self,
        connection: Connection,
        remember: Callable[[Mapping[str, str | None]], Awaitable[None]],
        now: Callable[[], datetime],
        *,
        accept_invites: str,
    ) -> None:
        self._connection = connection
        self._remember = remember
        self._now = now
        self._follows_members = accept_invites == "members"
        self._pending: dict[str, Invitation] = {}
        self._accepted: set[str] = set()
        self._answer_at: dict[str, datetime] = {}
        self._look_at: datetime | None = None
        self.complaint = ""

    def restore(self, kept: Mapping[str, str]) -> None:
        """Take over what an earlier process left unanswered."""
        for name, text in kept.items():
            if name.startswith(INVITE):
                self._pending[name.removeprefix(INVITE)] = Invitation.load(text)

    def take(self, answer: Json) -> dict[str, str | None]:
        """Note invitations that came and those that were settled; returns the entries to remember.

        Whether a room is private is known when the bot is in it: only then are its members told.
        """
        entries: dict[str, str | None] = {}
        invited = object_of(answer, "rooms", "invite")
        for room_id in invited:
            invitation = self._read(list(objects_of(invited, room_id, "invite_state", "events")))
            if invitation is not None:
                self._drop(room_id)
                self._pending[room_id] = invitation
                entries[INVITE + room_id] = invitation.dump()
        joined, left = object_of(answer, "rooms", "join").keys(), object_of(answer, "rooms", "leave").keys()
        for room_id in self._pending.keys() & joined:
            entries |= self._private(room_id, self._pending[room_id])
        for room_id in self._pending.keys() & (joined | left):
            self._drop(room_id)
            entries[INVITE + room_id] = None
        return entries

    def _read(self, state: list[Json]) -> Invitation | None:
        own = [event for event in state if text_of(event, "state_key") == self._connection.session.user_id]
        invite = next((event for event in own if membership(event) == "invite"), {})
        named = [event for event in state if event.get("type") == "m.room.canonical_alias"]
        if not text_of(invite, "sender"):
            return None
        return Invitation(
            inviter=text_of(invite, "sender"),
            alias=next((text_of(event, "content", "alias") for event in named), ""),
            is_direct=flag_of(invite, "content", "is_direct"),
        )

    def _private(self, room_id: str, invitation: Invitation) -> dict[str, str | None]:
        """The entry that keeps a room as private, if it is; one that anybody may enter is not, unless it says so."""
        connection = self._connection
        room = connection.rooms.join(room_id)
        is_small = len(room.members) <= PAIR and room.join_rule != "public"
        is_meant = (invitation.is_direct or is_small) and self._is_known(invitation.inviter)
        if connection.places.is_expected(room_id, invitation.alias) or not is_meant:
            return {}
        connection.places.keep_private(room_id)
        return {PRIVATE + room_id: invitation.inviter}

    def look_again(self) -> None:
        """A configured room may have moved: look at once which ones the bot is missing in."""
        self._look_at = None

    async def work(self) -> None:
        """Answer invitations; every few minutes try to enter missing configured rooms.

        A room that cannot be entered now (its server is down, too many joins) holds up no other and no message.
        """
        for room_id, invitation in tuple(self._pending.items()):
            due = self._answer_at.get(room_id, self._now()) <= self._now()
            if due and room_id not in self._accepted:
                await self._answer(room_id, invitation)
        if self._look_at is None or self._now() >= self._look_at:
            self._look_at = self._now() + await self._enter_missing()

    async def _answer(self, room_id: str, invitation: Invitation) -> None:
        expected = self._connection.places.is_expected(room_id, invitation.alias)
        welcome = expected or self._is_known(invitation.inviter)
        log.info("invitation", room=room_id, inviter=invitation.inviter, accepted=welcome)
        path = f"{CLIENT}/rooms/{escape(room_id)}/{'join' if welcome else 'leave'}"
        try:
            await self._connection.api.post(path, {}, seconds=JOIN_SECONDS)
        except MatrixFault as fault:
            log.warning("invitation could not be answered", room=room_id, fault=str(fault))
        except TransientError as error:
            log.warning("invitation not answered yet", room=room_id, why=str(error))
            self._answer_at[room_id] = self._now() + (error.retry_after or TRY_AGAIN)
            return
        else:
            if welcome:
                self._accepted.add(room_id)  # sync tells of the room and settles it
                return
        await self._remember({INVITE + room_id: None})
        self._drop(room_id)

    def _drop(self, room_id: str) -> None:
        self._pending.pop(room_id, None)
        self._answer_at.pop(room_id, None)
        self._accepted.discard(room_id)

    def _is_known(self, user_id: str) -> bool:
        connection = self._connection
        return self._follows_members and any(
            user_id in room.members
            for room in connection.rooms.joined()
            if connection.places.configured_role(room.room_id)
        )

    async def _enter_missing(self) -> timedelta:
        """Try each missing room; returns when to look again."""
        connection, again = self._connection, LOOK_AGAIN
        if problems := await connection.places.resolve(connection.api):
            again = TRY_AGAIN
        for reference, room_id in connection.places.references().items():
            if room_id is None or connection.rooms.get(room_id) is not None:
                continue
            try:
                await connection.api.post(f"{CLIENT}/join/{escape(room_id)}", {}, seconds=JOIN_SECONDS)
            except MatrixFault as fault:
                log.warning("cannot enter a configured room", room=reference, fault=str(fault))
                problems.append(f"{reference}: not a member, invite the bot ({fault.errcode})")
            except TransientError as error:
                log.warning("cannot enter a configured room yet", room=reference, why=str(error))
                problems.append(f"{reference}: cannot be entered yet ({error})")
                again = min(again, error.retry_after or TRY_AGAIN)
        self.complaint = "; ".join(problems)
        return again
