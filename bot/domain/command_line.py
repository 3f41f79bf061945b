"""Typed text becomes a command, on platforms without slash commands: ``!triage 1234 bug P1 because ...``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.commands import Command, Option, OptionKind, find

PREFIX = "!"
SURPLUS = "surplus"
"""Where words nobody asked for are kept; no command has such an option, so the answer is the usage."""

_NUMBER = re.compile(r"#?\d{1,12}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCommand:
    """A known command with what was given; values are as typed and not yet checked."""

    command: Command
    options: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> TypedCommand | None:
    """The command this text begins with; None when we know none such: an unknown ``!word`` is an ordinary message."""
    words = text.strip().split(None, 1)
    if not words or not words[0].startswith(PREFIX):
        return None
    command = find(words[0][len(PREFIX) :].lower())
    if command is None:
        return None
    return TypedCommand(command=command, options=_assign(command, words[1] if len(words) > 1 else ""))


def usage(command: Command) -> str:
    """How to type it: ``!triage [ticket] bug|feature|question P0|P1|P2 [note]``."""
    return " ".join([PREFIX + command.name, *(_usage_of(command.option(name)) for name in command.typed)])


def _assign(command: Command, rest: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for name in command.typed:
        rest = rest.strip()
        if not rest:
            break
        option = command.option(name)
        if option.kind is OptionKind.TEXT:
            options[name], rest = rest, ""
            break
        head, *more = rest.split(maxsplit=1)
        if option.kind is OptionKind.TICKET and not _NUMBER.match(head):
            continue
        options[name], rest = head, "".join(more)
    if rest.strip():
        options[SURPLUS] = rest.strip()
    return options


def _usage_of(option: Option) -> str:
    shown = "|".join(choice.value for choice in option.choices) or option.name
    return shown if option.required else f"[{shown}]"
