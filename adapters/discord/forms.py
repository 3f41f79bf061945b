"""Forms: a modal for the options of one command about one ticket, and what comes back of it.

Everything is in the modal's own id, so a form that an earlier process opened works as well. Labels may have 45
characters and descriptions 100 (API reference, "Label"); a modal has at most five fields.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import discord

from bot.domain.commands import CommandForm, Option, OptionKind

Json = Mapping[str, Any]

_KIND: Final = "form"
_TITLE_LIMIT = 45
_DESCRIPTION_LIMIT = 100
_OPTION_LIMIT = 100
_MOST_OPTIONS = 25
_MOST_FIELDS = 5
_ID_LIMIT = 100
_TICKET: Final = "ticket"


def modal_of(form: CommandForm) -> discord.ui.Modal:
    """The form as Discord shows it."""
    custom_id = f"{_KIND}:{form.command.name}:{form.ticket}"[:_ID_LIMIT]
    modal = discord.ui.Modal(title=form.title[:_TITLE_LIMIT], custom_id=custom_id)
    for option in form.options[:_MOST_FIELDS]:
        modal.add_item(_labelled(option, form.presets.get(option.name, "")))
    return modal


def command_and_ticket(custom_id: str) -> tuple[str, str] | None:
    """What a modal of ours was for; None for any other."""
    kind, _, rest = custom_id.partition(":")
    command, _, ticket = rest.partition(":")
    return (command, ticket) if kind == _KIND and command and ticket else None


def filled_in(data: Json) -> dict[str, str]:
    """The options that were filled in, by name, and the ticket."""
    named = command_and_ticket(str(data.get("custom_id", "")))
    options = dict(_values(data.get("components") or ()))
    return {**options, _TICKET: named[1]} if named else options


def _labelled(option: Option, preset: str) -> discord.ui.Label[Any]:
    return discord.ui.Label(
        text=option.name.capitalize(),
        description=option.description[:_DESCRIPTION_LIMIT],
        component=_select(option, preset) if option.kind is OptionKind.CHOICE else _field(option, preset),
    )


def _select(option: Option, preset: str) -> discord.ui.Select[Any]:
    options = [
        discord.SelectOption(
            label=choice.label[:_OPTION_LIMIT], value=choice.value, default=bool(preset) and choice.value == preset
        )
        for choice in option.choices[:_MOST_OPTIONS]
    ]
    least = 1 if option.required else 0
    return discord.ui.Select(custom_id=option.name, options=options, required=option.required, min_values=least)


def _field(option: Option, preset: str) -> discord.ui.TextInput[Any]:
    style = discord.TextStyle.paragraph if option.kind is OptionKind.TEXT else discord.TextStyle.short
    return discord.ui.TextInput(custom_id=option.name, style=style, required=option.required, default=preset or None)


def _values(components: Sequence[Json]) -> Iterable[tuple[str, str]]:
    """Fields stand in labels (older clients: in rows)."""
    for component in components:
        inner = component.get("component")
        yield from _values([inner] if isinstance(inner, Mapping) else component.get("components") or ())
        chosen = component.get("values") or [component.get("value") or ""]
        if component.get("custom_id") and chosen[0]:
            yield str(component["custom_id"]), str(chosen[0])
