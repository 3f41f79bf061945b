"""What people do with the bot's commands: run them, ask for suggestions, click, fill in forms."""

import asyncio
from typing import Any

from sandbox.discord import payloads
from sandbox.discord.backend import Backend
from sandbox.discord.command_tree import MESSAGE_MENU, CommandData, registered
from sandbox.discord.entities import Member, Message
from sandbox.discord.errors import NoAnswerError, unknown
from sandbox.discord.forms import choosable, field_names, filled_field, find_component, links_of
from sandbox.discord.interaction_events import InteractionEvents, context_of
from sandbox.discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    FIRST_RESPONSE_SECONDS,
    MODAL_SUBMIT,
    Interaction,
    InteractionAnswer,
    Interactions,
)

Json = dict[str, Any]


class Invocations:
    """Each call waits for what the person would see; NoAnswerError where they read "did not respond"."""

    def __init__(self, backend: Backend, interactions: Interactions) -> None:
        self._backend = backend
        self._world = backend.world
        self._interactions = interactions
        self._events = InteractionEvents(backend)
        self._data = CommandData(backend.world)

    def commands(self) -> list[Json]:
        """The registered commands, of the guild first, then the global ones."""
        return registered(self._world)

    async def run_command(
        self,
        member: Member,
        channel_id: int,
        name: str,
        options: dict[str, Any] | None = None,
        *,
        timeout: float = 10.0,
    ) -> InteractionAnswer:
        """Run a slash command (`name` may be `group sub`) and wait for its final answer, after a deferral the edit.

        LookupError when no such command is registered for that place; ValueError when Discord's own form would not let
        the options through (unknown, a required one missing, a value outside fixed choices).
        """
        command, data = self._data.options(name, channel_id, options or {}, focused=None)
        found = self._start(COMMAND, member, channel_id, self._data.completed(command, data, options or {}))
        return await self._final(found, timeout)

    async def autocomplete(
        self,
        member: Member,
        channel_id: int,
        name: str,
        *,
        option: str,
        value: str,
        options: dict[str, Any] | None = None,
        timeout: float = 3.0,
    ) -> list[Json]:
        """The suggestions for `option` when `value` is typed so far and `options` are already filled in."""
        given = {**(options or {}), option: value}
        command, data = self._data.options(name, channel_id, given, focused=option)
        found = self._start(AUTOCOMPLETE, member, channel_id, self._data.completed(command, data, given))
        await self._first_response(found, timeout)
        return found.choices

    async def run_message_command(
        self,
        member: Member,
        name: str,
        channel_id: int,
        message_id: int,
        *,
        timeout: float = 10.0,
    ) -> InteractionAnswer:
        """Run a command from a message's context menu."""
        command = self._data.find(name, MESSAGE_MENU, context_of(self._world.channel(channel_id)))
        message = self._world.message(channel_id, message_id)
        data: Json = {"id": command["id"], "name": name, "type": MESSAGE_MENU, "target_id": str(message_id)}
        data["resolved"] = {"messages": {str(message_id): self._backend.messages.rest(message)}}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return await self._final(self._start(COMMAND, member, channel_id, data), timeout)

    async def click(
        self,
        member: Member,
        message: int | Message,
        custom_id: str,
        *,
        values: list[str] | None = None,
        timeout: float = 10.0,
    ) -> InteractionAnswer:
        """Press a button (or choose `values` in a menu) on a message in a channel.

        Where the answer changes the message itself (or comes beside it), it is not waited for: look at the message, or
        wait by `followup`.
        """
        source = self._clicked(message)
        component = find_component(source.components, custom_id)
        data: Json = {"custom_id": custom_id, "component_type": component["type"], "id": component["id"]}
        if values is not None:
            data["values"] = values
        found = self._start(COMPONENT, member, source.channel_id, data, source=source)
        return await self._final(found, timeout)

    async def choose(
        self, member: Member, message: int | Message, custom_id: str, value: str, *, timeout: float = 10.0
    ) -> InteractionAnswer:
        """Choose one entry of a menu, as `click`; ValueError for one that it does not offer."""
        choosable(find_component(self._clicked(message).components, custom_id), value)
        return await self.click(member, message, custom_id, values=[value], timeout=timeout)

    async def followup(self, answer: InteractionAnswer, number: int = 1, *, timeout_seconds: float = 10.0) -> Message:
        """The message that came beside an answer, the first one or a later one, waited for."""
        what = "a message beside the answer"
        await self._world.wait_until(
            lambda: len(answer.followups) >= number, timeout_seconds=timeout_seconds, what=what
        )
        return answer.followups[number - 1]

    def links(self, message: int | Message) -> dict[str, str]:
        """The addresses that the link buttons of a message open, by label; no bot hears of a click on them."""
        return links_of(self._clicked(message).components)

    async def submit_modal(
        self,
        member: Member,
        channel_id: int,
        answer: InteractionAnswer,
        values: dict[str, str],
        *,
        timeout: float = 10.0,
    ) -> InteractionAnswer:
        """Fill in the form that an answer opened, by custom_id, and send it; what is left out stays as it was preset.

        ValueError for what Discord's own form does not let through.
        """
        if answer.modal is None:
            raise ValueError("no form was opened")
        if strange := values.keys() - field_names(answer.modal["components"]):
            raise ValueError(f"unknown fields: {', '.join(sorted(strange))}")
        components = [filled_field(each, values) for each in answer.modal["components"]]
        data = {"custom_id": answer.modal["custom_id"], "components": components}
        found = self._start(MODAL_SUBMIT, member, channel_id, data, triggered_by=answer.metadata)
        return await self._final(found, timeout)

    # how an interaction runs

    def _start(
        self,
        kind: int,
        member: Member,
        channel_id: int,
        data: Json,
        *,
        source: Message | None = None,
        triggered_by: Json | None = None,
    ) -> Interaction:
        channel = self._world.channel(channel_id)
        self._backend.require_open(channel)
        metadata: Json = {
            "id": str(self._world.ids.next()),
            "type": kind,
            "user": payloads.user(member.user),
            "authorizing_integration_owners": self._events.owners(channel),
        }
        if source is not None:
            metadata["interacted_message_id"] = str(source.id)
        if triggered_by is not None:
            metadata["triggering_interaction_metadata"] = triggered_by
        found = self._interactions.open(kind, member, channel, metadata=metadata, source=source)
        self._backend.gateway.dispatch("INTERACTION_CREATE", self._events.event(found, data))
        return found

    async def _first_response(self, found: Interaction, limit_seconds: float) -> None:
        try:
            async with asyncio.timeout(min(limit_seconds, FIRST_RESPONSE_SECONDS)):
                await found.acknowledged.wait()
        except TimeoutError:
            raise NoAnswerError("The application did not respond") from None

    async def _final(self, found: Interaction, limit_seconds: float) -> InteractionAnswer:
        await self._first_response(found, limit_seconds)
        try:
            async with asyncio.timeout(limit_seconds):
                await found.finished.wait()
        except TimeoutError:
            raise NoAnswerError(f"still thinking after {limit_seconds:g} s") from None
        return found.answer()

    def _clicked(self, message: int | Message) -> Message:
        return message if isinstance(message, Message) else self._message_anywhere(message)

    def _message_anywhere(self, message_id: int) -> Message:
        for channel in self._world.channels.values():
            if message_id in channel.messages:
                return channel.messages[message_id]
        raise unknown("Message")
