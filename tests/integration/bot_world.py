"""One running bot as its neighbours see it: what FreeScout holds, what members read, what operators are told.

Every helper here looks at the other side; only the log and the exit code come from the bot itself.
"""

import re
import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from typing_extensions import override

from sandbox.bot_settings import write_settings
from sandbox.discord.entities import Channel, Member, Message, Thread
from sandbox.freescout import Conversation
from sandbox.freescout import Thread as Entry
from sandbox.matrix import SynapseServer
from tests.integration.bot_agents import Agent
from tests.integration.bot_command import Ended, supportbot
from tests.integration.bot_view import ACK, MatrixView, word

__all__ = ["ACK", "QUICK", "BotWorld", "bodies", "bot_world", "number_in", "word"]

SETTINGS_FILE = "config.toml"
QUICK = {"undo_seconds": 0}
"""Settings of FreeScout for tests that wait for many answers: they come after one second, as FreeScout rounds."""


class BotWorld(MatrixView):
    """A world that tests look into by words. ``overrides`` are settings laid over the usual ones, by section."""

    def __init__(self, folder: Path, synapse: SynapseServer, *, matrix: bool = True, discord: bool = True) -> None:
        super().__init__(folder, synapse, matrix=matrix, discord=discord)
        self.helper: Member
        self.overrides: dict[str, dict[str, Any]] = {}

    @override
    async def start(self, port: int) -> None:
        await super().start(port)
        self.agent = Agent(self.freescout, self.agent_id, "Alexander")
        self.ada = Agent(self.freescout, self.freescout.add_user("Ada", "Okafor", "ada@help.example"), "Ada")
        self.write_settings()

    def write_settings(self, **overrides: dict[str, Any]) -> None:
        """Write the settings file anew, with these values in these sections besides those given before."""
        for name, values in overrides.items():
            self.overrides.setdefault(name, {}).update(values)
        sections = {name: {**values, **self.overrides.get(name, {})} for name, values in self.sections.items()}
        sections |= {name: values for name, values in self.overrides.items() if name not in sections}
        write_settings(self.folder / SETTINGS_FILE, sections, self._team())
        self.freescout.options.undo_seconds = sections["freescout"]["undo_seconds"]

    def lose_store(self) -> None:
        """Store and Matrix keys are gone, as after the loss of a disk; the bot must not be running."""
        for lost in [*self.folder.glob("supportbot.db*"), *self.folder.glob("matrix-store/*")]:
            lost.unlink()

    @property
    def settings(self) -> dict[str, Any]:
        """The settings file as it is now."""
        return tomllib.loads((self.folder / SETTINGS_FILE).read_text(encoding="utf-8"))

    async def command(self, *arguments: str, config: Path | None = None, seconds: float = 60) -> Ended:
        """Run ``supportbot`` with these arguments beside the bot, as an operator would."""
        return await supportbot(*arguments, config=config or self.folder / SETTINGS_FILE, seconds=seconds)

    async def install_webhooks(self) -> None:
        """Have FreeScout tell the bot of changes, as an operator does."""
        ended = await self.command("webhooks", "install")
        assert ended.code == 0, ended.said

    async def settled(self, ticket: Conversation) -> Conversation:
        """The ticket as it is once everything promised is done."""
        await self.until(self.drained, "nothing waits")
        return self.freescout.conversation(id=ticket.id)

    # What members see in Discord

    def said(self, channel_id: int) -> list[Message]:
        """The bot's messages in a channel or thread; none where there is no such thread."""
        try:
            messages = self.discord.messages(channel_id)
        except Exception as error:
            if "Unknown" not in str(error):
                raise
            return []
        return [message for message in messages if message.author.id == self.discord.bot_user.id]

    def staff_told(self) -> list[Message]:
        """What staff was told in Discord, beside the cards of new tickets."""
        return [message for message in self.said(self.staff.id) if not message.content.startswith("**#")]

    async def answer(self, message: Message, seconds: float = 20) -> Message:
        """The bot's first answer to a request: in the thread on it, or in the post it starts."""
        await self.until(lambda: bool(self.said(message.id)), f"an answer to “{message.content}”", seconds)
        return self.said(message.id)[0]

    async def ask_in_forum(self, text: str, member: Member | None = None, **kwargs: Any) -> tuple[Thread, Conversation]:
        """Somebody writes a forum post; returns it and its ticket, once they have its number."""
        mark = word()
        post = await self.discord.create_forum_post(
            member or self.lena, self.forum.id, "A post", f"{text} {mark}", **kwargs
        )
        ticket = await self.ticket(mark)
        await self.until(lambda: bool(self.said(post.id)), "the number in the post")
        return post, ticket

    async def told(self, channel_id: int, text: str, seconds: float = 20) -> Message:
        """The bot's message with this text in a channel or thread, waited for; there must be no second one."""
        await self.until(lambda: bool(self.times_told(channel_id, text)), f"{text!r} in chat", seconds)
        [found] = [message for message in self.said(channel_id) if text in message.content]
        return found

    def times_told(self, channel_id: int, text: str) -> int:
        """How many of the bot's messages in a channel or thread have this text."""
        return sum(text in message.content for message in self.said(channel_id))

    async def ask(self, text: str, member: Member | None = None, **kwargs: Any) -> tuple[Message, Conversation]:
        """Somebody asks in the support channel; returns their message and their ticket, once they have its number."""
        mark = word()
        posted = await self.discord.post(member or self.mia, self.support.id, f"{text} {mark}", **kwargs)
        ticket = await self.ticket(mark)
        await self.answer(posted)
        return posted, ticket

    def acknowledged(self, message: Message) -> bool:
        """Whether the bot's reaction is on a message."""
        reactions = self.discord.reactions(message.channel_id, message.id)
        return self.discord.bot_user.id in reactions.get(ACK, set())

    async def later_message_is_filed(self, channel: Channel, member: Member | None = None) -> None:
        """Wait until a message posted now is filed: whatever came before it in this channel was decided then."""
        mark = word()
        await self.discord.post(member or self.lena, channel.id, mark)
        await self.entry(mark)

    def upset_gateway(self) -> None:
        """Discord sends an event that ends the library's client: a field that it needs is missing."""
        self.discord._backend.gateway.dispatch("GUILD_ROLE_CREATE", {"guild_id": str(self.discord.guild.id)})

    # What operators see

    def log_text(self) -> str:
        """The whole log."""
        return (self.folder / "bot.log").read_text(encoding="utf-8")

    def expect_good_conduct(self) -> None:
        """No failure of the bot's own, and nothing that FreeScout or Discord found odd."""
        own = [entry for entry in self.log_entries() if "logger" not in entry]
        assert [entry for entry in own if "exception" in entry] == []
        assert self.freescout.problems == []
        if self.with_discord:
            assert self.discord.problems == []

    async def part(self, name: str) -> Mapping[str, Any]:
        """A part's entry in /readyz; empty when it is not named or nothing answers."""
        return (await self.bot.readiness()).parts.get(name, {})

    async def part_is(self, name: str, state: str, seconds: float = 20) -> None:
        """Wait until /readyz says so."""

        async def seen() -> bool:
            return (await self.part(name)).get("state") == state

        await self.until(seen, f"/readyz says {name} {state}", seconds)

    async def ended(self, seconds: float = 20) -> int | None:
        """Wait for the process to end by itself; returns its exit code."""
        await self.until(lambda: self.bot.exit_code is not None, "the bot ended", seconds)
        return self.bot.exit_code


@asynccontextmanager
async def bot_world(
    folder: Path,
    port: int,
    *,
    synapse: SynapseServer | None = None,
    with_discord: bool = True,
    encrypted: bool = False,
    time_moves: bool = False,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
    **overrides: Mapping[str, Any],
) -> AsyncIterator[BotWorld]:
    """A world with everybody moved in, without Matrix where no homeserver is given; the bot is not running yet.

    ``overrides`` are settings by section, and so are ``sections``. With ``time_moves`` its ``advance`` lets time pass;
    without, the bot runs on the clock that operators run it on.
    """
    nobodys = SynapseServer(folder / "no-synapse")  # never started
    world = BotWorld(folder, synapse or nobodys, matrix=synapse is not None, discord=with_discord)
    world.encrypted = encrypted
    world.time_moves = time_moves
    world.overrides = {name: dict(values) for name, values in {**(sections or {}), **overrides}.items()}
    try:
        await world.start(port)
        yield world
    finally:
        await world.close()


def number_in(text: str) -> int:
    """The ticket number in something the bot said."""
    found = re.findall(r"#(\d+)", text)
    assert found, f"no number in {text!r}"
    return int(found[0])


def bodies(threads: Sequence[Entry]) -> list[str]:
    """The HTML of entries, in order."""
    return [thread.body for thread in threads]
