"""What an interaction carries about the command that was run: which one, with which options, and what they name."""

from typing import Any

from sandbox.discord import payloads
from sandbox.discord.entities import Channel, Member, Role
from sandbox.discord.forms import typed_options
from sandbox.discord.interaction_events import IN_GUILD, context_of
from sandbox.discord.world import World

Json = dict[str, Any]

CHAT_INPUT, MESSAGE_MENU = 1, 3
SUBCOMMAND_TYPES = (1, 2)


def registered(world: World) -> list[Json]:
    """The registered commands, of the guild first, then the global ones."""
    return [*world.guild_commands.values(), *world.global_commands.values()]


class CommandData:
    """Builds it from what is registered."""

    def __init__(self, world: World) -> None:
        self._world = world

    def find(self, name: str, kind: int, context: int) -> Json:
        """A registered command that can be run there; LookupError when there is none."""
        for command in registered(self._world):
            if command["name"] == name and command["type"] == kind and _can_be_run(command, context):
                return command
        raise LookupError(f"no command {name!r} is registered")

    def options(
        self, name: str, channel_id: int, given: dict[str, Any], *, focused: str | None
    ) -> tuple[Json, list[Json]]:
        """A slash command (`group sub` for one inside a group) and its options as its form sends them."""
        first, *path = name.split()
        command = self.find(first, CHAT_INPUT, context_of(self._world.channel(channel_id)))
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

    def completed(self, command: Json, options: list[Json], given: dict[str, Any]) -> Json:
        """The data of a slash command's interaction."""
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


def _can_be_run(command: Json, context: int) -> bool:
    """A guild's own command only there; a global one where its contexts say, or everywhere."""
    if "guild_id" in command:
        return context == IN_GUILD
    contexts = command.get("contexts")
    return contexts is None or context in contexts
