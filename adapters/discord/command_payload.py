"""The catalogue of commands as Discord registers them (API reference, "Application Commands")."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from bot.domain.commands import Command, Option, OptionKind

_CHAT_INPUT = 1
_STRING = 3
_IN_SERVERS_ONLY = 0
_DESCRIPTION_LIMIT = 100


def payload_of(catalogue: Sequence[Command]) -> list[dict[str, Any]]:
    """All commands, each option a string: values are checked by the core, whatever was typed.

    Everybody sees them: who may run what is decided by the core, since servers can override Discord's own permissions.
    """
    return [
        {
            "name": command.name,
            "type": _CHAT_INPUT,
            "description": command.description[:_DESCRIPTION_LIMIT],
            "contexts": [_IN_SERVERS_ONLY],
            "options": [_option(option) for option in command.options],
        }
        for command in catalogue
    ]


def fingerprint(payload: list[dict[str, Any]], *, application_id: str) -> str:
    """Changes with the commands and with the application they belong to."""
    written = json.dumps([application_id, payload], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


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
