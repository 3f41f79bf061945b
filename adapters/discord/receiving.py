"""Handing messages to the core: translated, in order, and together with the watermark they move."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from adapters.discord.members import Members
from adapters.discord.places import Place, Watch
from adapters.discord.surroundings import Surroundings
from adapters.discord.translate import message_of
from adapters.discord.watermarks import Watermarks
from bot.domain.chat import ChatMessage, Platform
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
    ) -> None:
        self._watch = watch
        self._intake = intake
        self._watermarks = watermarks
        self._members = members
        self._surroundings = surroundings

    async def take(self, place: Place, payloads: Sequence[Json], *, moves: bool) -> tuple[int, DeliveryError | None]:
        """Hand over as many as can be decided on, in order: how many, and what kept the next one.

        They are durable, with the watermark if it ``moves``, when this returns. Raises only what the intake raises.
        """
        messages: list[ChatMessage] = []
        obstacle: DeliveryError | None = None
        for payload in payloads:
            try:
                messages.append(await self._translated(place, payload))
            except DeliveryError as error:
                obstacle = error
                break
        if messages:
            await self._hand_over(place, messages, moves=moves)
        return len(messages), obstacle

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

    async def _hand_over(self, place: Place, messages: Sequence[ChatMessage], *, moves: bool) -> None:
        newest = max(int(message.message_id) for message in messages)
        entries = self._watermarks.moved(place.key, newest) if moves else {}
        arrival = Arrival(platform=Platform.DISCORD, messages=tuple(messages), remember=entries)
        results = await self._intake.accept(arrival)
        self._watermarks.committed(entries)
        accepted = sum(isinstance(result, Accepted) for result in results)
        if accepted:
            _log.info("discord_messages_received", channel=place.key, received=len(messages), accepted=accepted)
