"""The catalogue of commands: one entry serves Discord's slash commands and Matrix' ``!`` commands alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.chat import Author, Card, ChatAddress, RoomRole
from bot.domain.richtext import RichText


class Permission(StrEnum):
    """Who may run a command."""

    EVERYBODY = "everybody"
    STAFF = "staff"
    TRIAGER = "triager"


class OptionKind(StrEnum):
    """How an option is read from typed text: a ticket number, one of fixed choices, or the rest of the line."""

    TICKET = "ticket"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One allowed value and how people read it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option. All are strings on the wire; suggestions are only suggestions, so values are checked by the core."""

    name: str
    description: str
    kind: OptionKind
    required: bool = False
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. ``options`` are in the order in which Discord shows them; ``typed`` is the order in typed text."""

    name: str
    description: str
    permission: Permission
    options: tuple[Option, ...] = ()
    typed: tuple[str, ...] = ()

    def option(self, name: str) -> Option:
        """The option of this name; KeyError if there is none."""
        return next(option for option in self.options if option.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """Somebody ran a command. ``invocation_id`` is the platform's id of the act: the same act always has the same id.

    ``options`` hold only what was given. ``address`` is where it was run; inside a ticket's chat thread the ticket may
    be left out, and so it may where the command was run on a message (``message_id``) of a ticket.
    """

    invocation_id: str
    command: str
    author: Author
    address: ChatAddress
    options: Mapping[str, str] = field(default_factory=dict)
    room_role: RoomRole = RoomRole.SUPPORT
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReply:
    """The answer to whoever ran it. ``done`` tells whether anything was (promised to be) changed.

    ``confidential``: tells of a ticket's contents; where answers are public (Matrix) it goes to the staff room.
    ``card``: the message whose button or menu was used is shown like this now.
    """

    text: RichText
    done: bool = False
    confidential: bool = False
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandForm:
    """A form for one command about one ticket (a modal in Discord). ``ticket`` is given back as that option with what
    is filled in; ``presets`` are values to begin with, by option.
    """

    command: Command
    title: str
    ticket: str
    options: tuple[Option, ...]
    presets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSuggestion:
    """One entry of the autocomplete list: the value put in (the number) and what is shown (at most 100 characters)."""

    value: str
    label: str


_TICKET = Option(
    name="ticket",
    description="The ticket's number; may be left out inside its thread",
    kind=OptionKind.TICKET,
)

TRIAGE = Command(
    name="triage",
    description="Set a ticket's label and priority",
    permission=Permission.TRIAGER,
    options=(
        Option(
            name="label",
            description="What kind of request it is",
            kind=OptionKind.CHOICE,
            required=True,
            choices=(
                Choice(value="bug", label="Bug"),
                Choice(value="feature", label="Feature request"),
                Choice(value="question", label="Usage question"),
            ),
        ),
        Option(
            name="priority",
            description="How urgent it is",
            kind=OptionKind.CHOICE,
            required=True,
            choices=(
                Choice(value="P0", label="P0 critical: data loss, auth failure, outage"),
                Choice(value="P1", label="P1 high: feature broken, workaround available"),
                Choice(value="P2", label="P2 normal: usage question, minor issue"),
            ),
        ),
        _TICKET,
        Option(name="note", description="Why, for the team only", kind=OptionKind.TEXT),
    ),
    typed=("ticket", "label", "priority", "note"),
)

CLOSE = Command(
    name="close",
    description="Close a ticket that needs no work",
    permission=Permission.TRIAGER,
    options=(
        Option(
            name="reason",
            description="Why it is closed",
            kind=OptionKind.CHOICE,
            required=True,
            choices=(
                Choice(value="not-a-request", label="Not a request"),
                Choice(value="answered", label="Already answered"),
                Choice(value="duplicate", label="Duplicate of another ticket"),
            ),
        ),
        _TICKET,
    ),
    typed=("ticket", "reason"),
)

NOTE = Command(
    name="note",
    description="Write an internal note into a ticket; members never see it",
    permission=Permission.STAFF,
    options=(
        Option(name="text", description="What the team should know", kind=OptionKind.TEXT, required=True),
        _TICKET,
    ),
    typed=("ticket", "text"),
)

SOLVED = Command(
    name="solved",
    description="Say that your ticket is solved; you are asked to confirm it",
    permission=Permission.EVERYBODY,
    options=(_TICKET,),
    typed=("ticket",),
)

HELP = Command(
    name="help",
    description="What this bot does and which commands you can use",
    permission=Permission.EVERYBODY,
)

TAKE = Command(
    name="take",
    description="Take a ticket: FreeScout shows you as the one who looks after it",
    permission=Permission.STAFF,
    options=(_TICKET,),
    typed=("ticket",),
)

WAITING = Command(
    name="waiting",
    description="Say that a ticket waits for somebody outside, such as a vendor",
    permission=Permission.STAFF,
    options=(_TICKET,),
    typed=("ticket",),
)

TICKET = Command(
    name="ticket",
    description="Show a ticket: its state, who looks after it, how its clocks stand",
    permission=Permission.STAFF,
    options=(_TICKET,),
    typed=("ticket",),
)

TICKETS = Command(
    name="tickets",
    description="Show the open tickets by time left",
    permission=Permission.STAFF,
)

SLA = Command(
    name="sla",
    description="Explain a ticket's clocks: what counted, what did not, and why",
    permission=Permission.STAFF,
    options=(_TICKET,),
    typed=("ticket",),
)

WHOAMI = Command(
    name="whoami",
    description="Show how this bot knows you and what you may do",
    permission=Permission.EVERYBODY,
)

CATALOGUE: tuple[Command, ...] = (TRIAGE, CLOSE, TAKE, WAITING, NOTE, TICKET, TICKETS, SLA, SOLVED, WHOAMI, HELP)


def find(name: str) -> Command | None:
    """The command of this name, or None."""
    return next((command for command in CATALOGUE if command.name == name), None)
