"""Handing what happened to messages to the core: translated, in order, and together with the watermark it moves."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import structlog

from adapters.discord.faults import DeniedError
from adapters.discord.incoming import Incoming, Kind
from adapters.discord.members import Members
from adapters.discord.places import Place, Watch
from adapters.discord.rest import DiscordRest
from adapters.discord.surroundings import Surroundings
from adapters.discord.translate import message_of
from adapters.discord.watermarks import Watermarks
from bot.domain.chat import ChatEvent, ChatMessage, MessageDeleted, MessageEdited, MessageKind, Platform
from bot.domain.errors import DeliveryError
from bot.ports.inbound import Accepted, Arrival, MessageIntake

_log = structlog.get_logger(__name__)

Json = Mapping[str, Any]


class Receiving:
    """The last step of live messages and of fetched ones alike."""

    def __init__(
        self,
        *,
        watch: Watch,
        intake: MessageIntake,
        watermarks: Watermarks,
        members: Members,
        surroundings: Surroundings,
        rest: DiscordRest,
    ) -> None:
        self._watch = watch
        self._intake = intake
        self._watermarks = watermarks
        self._members = members
        self._surroundings = surroundings
        self._rest = rest

    async def take(self, place: Place, arrived: Sequence[Incoming], *, moves: bool) -> tuple[int, DeliveryError | None]:
        """Hand over as many as can be decided on, in order: how many, and what kept the next one.

        They are durable, with the watermark if it ``moves``, when this returns. Raises only what the intake raises.
        """
        events: list[ChatEvent] = []
        done = 0
        obstacle: DeliveryError | None = None
        for incoming in arrived:
            try:
                event = await self._event(place, incoming)
            except DeliveryError as error:
                obstacle = error
                break
            done += 1
            if event is not None:
                events.append(event)
        if events:
            await self._hand_over(place, events, moves=moves)
        return done, obstacle

    async def _event(self, place: Place, incoming: Incoming) -> ChatEvent | None:
        """In the core's words; None for what is nobody's business."""
        match incoming.kind:
            case Kind.WRITTEN:
                return await self._translated(place, incoming.payload)
            case Kind.DELETED:
                return MessageDeleted(address=place.address, message_id=incoming.message_id)
            case Kind.EDITED:
                return await self._edited(place, incoming)
            case _:
                assert_never(incoming.kind)

    async def _edited(self, place: Place, incoming: Incoming) -> MessageEdited | None:
        payload = await self._whole(incoming)
        if payload is None:
            return None
        message = await self._translated(place, payload)
        is_edited = message.kind is MessageKind.PERSON and message.version
        return MessageEdited(message=message) if is_edited else None

    async def _whole(self, incoming: Incoming) -> Json | None:
        """The edited message; None when it cannot be had any more."""
        if {"author", "content"} <= incoming.payload.keys():
            return incoming.payload
        try:
            fetched: Json = await self._rest.call(
                "GET",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=incoming.channel_id,
                message_id=incoming.message_id,
            )
        except DeniedError as error:
            _log.info("discord_edit_unreadable", message=incoming.message_id, reason=error.reason)
            return None
        return fetched

    async def _translated(self, place: Place, payload: Json) -> ChatMessage:
        own_id = self._surroundings.own_id
        return message_of(
            payload,
            place=place,
            watch=self._watch,
            names=self._surroundings.names,
            own_id=own_id,
            member=await self._members.behind(payload, own_id),
        )

    async def _hand_over(self, place: Place, events: Sequence[ChatEvent], *, moves: bool) -> None:
        entries = self._entries(
            place, [int(event.message_id) for event in events if isinstance(event, ChatMessage)], moves
        )
        arrival = Arrival(platform=Platform.DISCORD, events=tuple(events), remember=entries)
        results = await self._intake.accept(arrival)
        self._watermarks.committed(entries)
        accepted = sum(isinstance(result, Accepted) for result in results)
        if accepted:
            _log.info("discord_messages_received", channel=place.key, received=len(events), accepted=accepted)

    def _entries(self, place: Place, said: Sequence[int], moves: bool) -> dict[str, str | None]:
        """Only messages move a watermark: an edit may be of any age."""
        if not said or not moves:
            return {}
        found = self._watermarks.direct_found(place.room) if place.is_direct else {}
        return found | self._watermarks.moved(place.key, max(said))
