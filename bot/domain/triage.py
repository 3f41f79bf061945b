"""Labels and priorities, and the check of what somebody asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.commands import Command, OptionKind
from bot.domain.ids import TicketNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """An option that cannot be used: its name, what was given ("" for nothing), and what would do."""

    option: str
    given: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The options of a command, checked: choices in their exact spelling, the ticket as a number (None: not given)."""

    values: Mapping[str, str]
    ticket: TicketNumber | None


def check(command: Command, given: Mapping[str, str]) -> Checked | Mistake:
    """Check what was given against the catalogue. Suggestions are only suggestions: anything can arrive."""
    names = {option.name for option in command.options}
    for name, text in given.items():
        if name not in names:
            return Mistake(option=name, given=text)
    values: dict[str, str] = {}
    ticket: TicketNumber | None = None
    for option in command.options:
        text = given.get(option.name, "").strip()
        if not text and not option.required:
            continue
        if option.kind is OptionKind.TICKET:
            ticket = _number(text)
            if ticket is None:
                return Mistake(option=option.name, given=text, allowed=("a number such as 1234",))
        elif option.kind is OptionKind.CHOICE:
            allowed = tuple(choice.value for choice in option.choices)
            match = next((value for value in allowed if value.lower() == text.lower()), None)
            if match is None:
                return Mistake(option=option.name, given=text, allowed=allowed)
            values[option.name] = match
        else:
            values[option.name] = text
    return Checked(values=values, ticket=ticket)


def _number(text: str) -> TicketNumber | None:
    digits = text.removeprefix("#").strip()
    return TicketNumber(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else None
