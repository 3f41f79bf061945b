"""The catalogue of commands as Discord registers them (API reference, "Application Commands")."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from bot.domain.commands import Command, Option, OptionKind, Permission

TRIAGE_MESSAGE: Final = "Triage"
MAKE_TICKET: Final = "Make this a ticket"
MESSAGE_MENU: Final = 3
"""The type of a command in a message's context menu."""
_CHAT_INPUT = 1
_STRING = 3
_IN_SERVERS, _IN_DIRECT_MESSAGES = 0, 1
_DESCRIPTION_LIMIT = 100


def for_everybody(catalogue: Sequence[Command]) -> list[dict[str, Any]]:
    """Commands that can be run in direct messages too: those are the application's own, on all servers.

    Discord knows no command of one server in direct messages, and shows one twice that is both.
    """
    shared = [command for command in catalogue if command.permission is Permission.EVERYBODY]
    return [{**_command(command), "contexts": [_IN_SERVERS, _IN_DIRECT_MESSAGES]} for command in shared]


def for_the_team(catalogue: Sequence[Command]) -> list[dict[str, Any]]:
    """The other commands, and those in the context menu of messages: of one server only.

    Everybody there sees them: who may run what is decided by the core, since servers can override Discord's own
    permissions.
    """
    typed = [_command(command) for command in catalogue if command.permission is not Permission.EVERYBODY]
    return [*typed, *({"name": name, "type": MESSAGE_MENU} for name in (TRIAGE_MESSAGE, MAKE_TICKET))]


def fingerprint(payload: list[dict[str, Any]], *, application_id: str) -> str:
    """Changes with the commands and with the application they belong to."""
    written = json.dumps([application_id, payload], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


def _command(command: Command) -> dict[str, Any]:
    """Each option is a string: values are checked by the core, whatever was typed."""
    return {
        "name": command.name,
        "type": _CHAT_INPUT,
        "description": command.description[:_DESCRIPTION_LIMIT],
        "options": [_option(option) for option in command.options],
    }


def _option(option: Option) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": _STRING,
        "name": option.name,
        "description": option.description[:_DESCRIPTION_LIMIT],
        "required": option.required,
    }
    if option.choices:
        described["choices"] = [{"name": choice.label, "value": choice.value} for choice in option.choices]
    if option.kind is OptionKind.TICKET:
        described["autocomplete"] = True
    return described
