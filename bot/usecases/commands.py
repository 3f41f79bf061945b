"""Where commands enter: permission, mistakes, and which use case carries them out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog
from typing_extensions import override

from bot.domain.chat import Author, ChatMessage, Platform
from bot.domain.command_line import SURPLUS, usage
from bot.domain.commands import (
    CATALOGUE,
    HELP,
    TRIAGE,
    Command,
    CommandForm,
    CommandReply,
    Invocation,
    Permission,
    TicketSuggestion,
    find,
)
from bot.domain.errors import CommandError
from bot.domain.permissions import Team
from bot.domain.richtext import Code, Inline, Listing, Mention, Paragraph, RichText, Text, from_plain, join
from bot.domain.subject import cut
from bot.domain.triage import Checked, Mistake, check
from bot.domain.wording import Wording
from bot.ports.inbound import CommandRunner, Suggestions
from bot.ports.store import Store
from bot.usecases.forms import Forms
from bot.usecases.making import Making

log = structlog.get_logger(__name__)

SUGGESTED = 25
"""Discord shows at most 25 choices of at most 100 characters (facts/discord.md, "Interactions")."""

_SUGGESTION_LENGTH = 100


class Act(Protocol):
    """Carries out one command whose options are checked."""

    async def __call__(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """Do it; raise ``CommandError`` with a text for the person when it cannot be done."""
        ...


class Commands(CommandRunner):
    """Runs every command of the catalogue, on every platform alike."""

    def __init__(
        self,
        *,
        team: Team,
        wording: Wording,
        acts: Mapping[str, Act],
        desk_reachable: Callable[[], bool],
        forms: Forms,
        making: Making,
    ) -> None:
        self._forms = forms
        self._making = making
        self._team = team
        self._wording = wording
        self._acts: dict[str, Act] = {**acts, HELP.name: self._help}
        self._desk_reachable = desk_reachable

    @override
    async def run(self, invocation: Invocation) -> CommandReply:
        command = find(invocation.command)
        if command is None:
            return CommandReply(text=self._wording.say("unknown_command", command=invocation.command))
        if not self._team.may(invocation.author, command.permission):
            log.info("command refused", command=command.name, user=invocation.author.user_id)
            return CommandReply(text=self._refusal(command, invocation.author))
        checked = check(command, invocation.options)
        if isinstance(checked, Mistake):
            return CommandReply(text=self._correction(command, checked, invocation))
        try:
            reply = await self._acts[command.name](invocation, checked)
        except CommandError as error:
            return CommandReply(text=from_plain(str(error)))
        if reply.done:
            log.info("command carried out", command=command.name, user=invocation.author.user_id)
        if reply.done and not self._desk_reachable():
            return CommandReply(text=join(reply.text, self._wording.say("desk_down")), done=True)
        return reply

    @override
    async def form(self, invocation: Invocation) -> CommandForm | CommandReply:
        command = find(invocation.command)
        if command is None:
            return CommandReply(text=self._wording.say("unknown_command", command=invocation.command))
        if not self._team.may(invocation.author, command.permission):
            return CommandReply(text=self._refusal(command, invocation.author))
        return await self._forms.of(command, invocation)

    @override
    async def make_ticket(self, message: ChatMessage, by: Author) -> CommandReply:
        if not self._team.may(by, Permission.TRIAGER):
            return CommandReply(text=self._refusal(TRIAGE, by))
        return await self._making.make(message, by)

    def _refusal(self, command: Command, author: Author) -> RichText:
        whose = "_staff" if command.permission is Permission.STAFF else ""
        if author.platform is Platform.MATRIX:
            return self._wording.say(f"refused_matrix{whose}", command=command.name, account=author.user_id)
        roles = [
            Mention(name=f"role {role}", target=f"role:{role}")
            for role in sorted(self._team.roles_for(command.permission))
        ]
        text = self._wording.say(f"refused_discord{whose}", command=command.name, roles=Mention(name=""))
        return _with_roles(text, roles)

    def _correction(self, command: Command, mistake: Mistake, invocation: Invocation) -> RichText:
        allowed = ", ".join(mistake.allowed)
        if mistake.option == SURPLUS or not mistake.allowed:
            text = self._wording.say("surplus", given=mistake.given)
        elif not mistake.given:
            text = self._wording.say("missing_option", option=mistake.option, allowed=allowed)
        else:
            text = self._wording.say("wrong_option", given=mistake.given, option=mistake.option, allowed=allowed)
        if invocation.author.platform is Platform.DISCORD:
            return text
        return join(text, self._wording.say("usage", usage=Code(text=usage(command))))

    async def _help(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """What the bot does and which commands this person may use here."""
        del checked
        typed = invocation.author.platform is not Platform.DISCORD
        mine = [command for command in CATALOGUE if self._team.may(invocation.author, command.permission)]
        listing = Listing(items=tuple((_described(command, typed=typed),) for command in mine))
        intro = self._wording.say("help_intro")
        return CommandReply(text=join(intro, self._wording.say("help_commands"), RichText(blocks=(listing,))))


class TicketSuggestions(Suggestions):
    """Open tickets while somebody types, from the store alone: it answers while FreeScout is down."""

    def __init__(self, *, store: Store, team: Team) -> None:
        self._store = store
        self._team = team

    @override
    async def tickets(self, typed: str, author: Author) -> Sequence[TicketSuggestion]:
        if not self._team.may(author, Permission.STAFF):
            return ()
        prefix = typed.strip().removeprefix("#")
        links = await self._store.read(lambda records: records.links.open_ones(prefix, SUGGESTED))
        return [
            TicketSuggestion(
                value=str(link.number),
                label=cut(f"#{link.number} {link.subject} ({link.author_name})", _SUGGESTION_LENGTH),
            )
            for link in links
            if link.number is not None
        ]


def _described(command: Command, *, typed: bool) -> Paragraph:
    shown = usage(command) if typed else f"/{command.name}"
    return Paragraph(children=(Code(text=shown), Text(text=f" {command.description}")))


def _with_roles(text: RichText, roles: Sequence[Mention]) -> RichText:
    """Put the roles, with commas, where the sentence has its placeholder."""
    listed: list[Inline] = []
    for index, role in enumerate(roles):
        if index:
            listed.append(Text(text=", "))
        listed.append(role)
    blocks = []
    for block in text.blocks:
        if isinstance(block, Paragraph):
            children: list[Inline] = []
            for child in block.children:
                if isinstance(child, Mention) and not child.name:
                    children.extend(listed)
                else:
                    children.append(child)
            blocks.append(Paragraph(children=tuple(children)))
    return RichText(blocks=tuple(blocks))
