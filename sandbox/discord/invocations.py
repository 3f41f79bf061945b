"""What people do with the bot's commands: run them, ask for suggestions, click, fill in forms."""

import asyncio
from typing import Any

from sandbox.discord import payloads
from sandbox.discord.backend import Backend
from sandbox.discord.entities import Channel, Member, Message, Role
from sandbox.discord.errors import NoAnswerError, unknown
from sandbox.discord.forms import filled_field, find_component, typed_options
from sandbox.discord.interaction_events import IN_GUILD, InteractionEvents, context_of
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

CHAT_INPUT, MESSAGE_MENU = 1, 3
SUBCOMMAND_TYPES = (1, 2)


class Invocations:
    """Each call waits for what the person would see; NoAnswerError where they read "did not respond"."""

    def __init__(self, backend: Backend, interactions: Interactions) -> None:
        self._backend = backend
        self._world = backend.world
        self._interactions = interactions
        self._events = InteractionEvents(backend)

    def commands(self) -> list[Json]:
        """The registered commands, of the guild first, then the global ones."""
        return [*self._world.guild_commands.values(), *self._world.global_commands.values()]

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
        command, data = self._command_data(name, channel_id, options or {}, focused=None)
        found = self._start(COMMAND, member, channel_id, self._completed(command, data, options or {}))
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
        command, data = self._command_data(name, channel_id, given, focused=option)
        found = self._start(AUTOCOMPLETE, member, channel_id, self._completed(command, data, given))
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
        command = self._find(name, MESSAGE_MENU, context_of(self._world.channel(channel_id)))
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
        """Press a button (or choose `values` in a menu) on a message in a channel."""
        source = message if isinstance(message, Message) else self._message_anywhere(message)
        component = find_component(source.components, custom_id)
        data: Json = {"custom_id": custom_id, "component_type": component["type"], "id": component["id"]}
        if values is not None:
            data["values"] = values
        found = self._start(COMPONENT, member, source.channel_id, data, source=source)
        return await self._final(found, timeout)

    async def submit_modal(
        self,
        member: Member,
        channel_id: int,
        answer: InteractionAnswer,
        values: dict[str, str],
        *,
        timeout: float = 10.0,
    ) -> InteractionAnswer:
        """Fill in the form that an answer opened, by custom_id, and send it."""
        if answer.modal is None:
            raise ValueError("no form was opened")
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

    # what is sent with it

    def _find(self, name: str, kind: int, context: int) -> Json:
        for command in self.commands():
            if command["name"] == name and command["type"] == kind and _can_be_run(command, context):
                return command
        raise LookupError(f"no command {name!r} is registered")

    def _command_data(
        self, name: str, channel_id: int, given: dict[str, Any], *, focused: str | None
    ) -> tuple[Json, list[Json]]:
        first, *path = name.split()
        command = self._find(first, CHAT_INPUT, context_of(self._world.channel(channel_id)))
        declared = command.get("options") or []
        wrappers: list[Json] = []
        for step in path:
            sub = next((each for each in declared if each["name"] == step and each["type"] in SUBCOMMAND_TYPES), None)
            if sub is None:
                raise LookupError(f"no subcommand {step!r} in {name!r}")
            wrappers.append({"name": step, "type": sub["type"]})
            declared = sub.get("options") or []
        options = typed_options(declared, given, focused=focused)
        for wrapper in reversed(wrappers):
            options = [{**wrapper, "options": options}]
        return command, options

    def _completed(self, command: Json, options: list[Json], given: dict[str, Any]) -> Json:
        data: Json = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT, "options": options}
        if "guild_id" in command:  # without it the tree takes a guild's command for a global one (facts, section 3)
            data["guild_id"] = command["guild_id"]
        if resolved := self._resolved(given):
            data["resolved"] = resolved
        return data

    def _resolved(self, given: dict[str, Any]) -> Json:
        resolved: Json = {}
        for value in given.values():
            if isinstance(value, Member):
                resolved.setdefault("users", {})[str(value.id)] = payloads.user(value.user)
                member = {**payloads.partial_member(value), "permissions": "0"}
                resolved.setdefault("members", {})[str(value.id)] = member
            elif isinstance(value, Role):
                resolved.setdefault("roles", {})[str(value.id)] = payloads.role(value)
            elif isinstance(value, Channel):
                shown = payloads.channel(value, self._world.guild.id)
                resolved.setdefault("channels", {})[str(value.id)] = {**shown, "permissions": "0"}
        return resolved

    def _message_anywhere(self, message_id: int) -> Message:
        for channel in self._world.channels.values():
            if message_id in channel.messages:
                return channel.messages[message_id]
        raise unknown("Message")


def _can_be_run(command: Json, context: int) -> bool:
    """A guild's own command only there; a global one where its contexts say, or everywhere."""
    if "guild_id" in command:
        return context == IN_GUILD
    contexts = command.get("contexts")
    return contexts is None or context in contexts
