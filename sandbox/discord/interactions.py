"""Interactions under way: what a person started, what the bot answered, and until when it may."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.clock import Clock
from sandbox.discord.entities import Channel, Member, Message
from sandbox.discord.errors import DiscordError, already_acknowledged, unknown

Json = dict[str, Any]

COMMAND = 2
COMPONENT = 3
AUTOCOMPLETE = 4
MODAL_SUBMIT = 5

FIRST_RESPONSE_SECONDS = 3.0
TOKEN_SECONDS = 900.0


@dataclass(slots=True, kw_only=True)
class InteractionAnswer:
    """What the person saw. `followups` grows while more arrive; `modal` is the form that was opened instead."""

    content: str = ""
    ephemeral: bool = False
    deferred: bool = False
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    followups: list[Message] = field(default_factory=list)
    acknowledged_after_seconds: float = 0.0
    message_id: int | None = None
    modal: Json | None = None
    metadata: Json = field(default_factory=dict)
    """Who started it and how, as messages that answer it carry it."""


@dataclass(slots=True, kw_only=True)
class Interaction:
    """One interaction. `acknowledged` and `finished` are set by the bot's answers; times are the world's seconds."""

    id: int
    token: str
    kind: int
    member: Member
    channel: Channel
    started_at: float
    metadata: Json
    source: Message | None = None
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged_at: float | None = None
    response_type: int = 0
    original: Message | None = None
    placeholder: bool = False
    modal: Json | None = None
    choices: list[Json] = field(default_factory=list)
    followups: list[Message] = field(default_factory=list)

    def acknowledge(self, response_type: int, now: float) -> None:
        """The first response: 40060 when it is the second, 10062 when it is late."""
        if self.acknowledged_at is not None:
            raise already_acknowledged()
        if now - self.started_at > FIRST_RESPONSE_SECONDS:
            raise unknown("interaction")
        self.acknowledged_at = now
        self.response_type = response_type
        self.acknowledged.set()

    def answer(self) -> InteractionAnswer:
        """What the person sees now."""
        shown = self.original
        acknowledged_at = self.started_at if self.acknowledged_at is None else self.acknowledged_at
        return InteractionAnswer(
            content=shown.content if shown else "",
            ephemeral=shown.ephemeral if shown else False,
            deferred=self.response_type in (5, 6),
            embeds=shown.embeds if shown else [],
            components=shown.components if shown else [],
            followups=self.followups,
            acknowledged_after_seconds=acknowledged_at - self.started_at,
            message_id=shown.id if shown else None,
            modal=self.modal,
            metadata=self.metadata,
        )


class Interactions:
    """All interactions by id and token."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_id: dict[int, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}

    def open(
        self, kind: int, member: Member, channel: Channel, *, metadata: Json, source: Message | None = None
    ) -> Interaction:
        """Start one, whose id is in its metadata; its token goes to the bot with the event."""
        made = Interaction(
            id=int(metadata["id"]),
            token=secrets.token_urlsafe(48),
            kind=kind,
            member=member,
            channel=channel,
            started_at=self._clock.now(),
            metadata=metadata,
            source=source,
        )
        self._by_id[made.id] = self._by_token[made.token] = made
        return made

    def by_callback(self, interaction_id: int, token: str) -> Interaction:
        """The interaction a first response is for."""
        found = self._by_id.get(interaction_id)
        if found is None or not secrets.compare_digest(found.token, token):
            raise unknown("interaction")
        return found

    def by_webhook(self, token: str) -> Interaction:
        """The interaction that an edit or a followup is for: its token lives 15 minutes and needs a first response."""
        found = self._by_token.get(token)
        if found is None or found.acknowledged_at is None:
            raise unknown("Webhook")
        if self._clock.now() - found.started_at > TOKEN_SECONDS:
            raise DiscordError(401, 50027, "Invalid Webhook Token")
        return found
