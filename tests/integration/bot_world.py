"""One running bot as its neighbours see it: what FreeScout holds, what members read, what operators are told.

Every helper here looks at the other side; only the log and the exit code come from the bot itself.
"""

import asyncio
import os
import re
import secrets
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from sandbox.bot_process import PROJECT
from sandbox.bot_settings import write_settings
from sandbox.discord.entities import Channel, Member, Message
from sandbox.freescout import Conversation, Thread
from sandbox.matrix import MatrixMember, SynapseServer
from tests.real_world import RealWorld

SETTINGS_FILE = "config.toml"
ACK = "👀"


def word() -> str:
    """A word nobody else uses, by which a message is found again on the other side."""
    return f"w{secrets.token_hex(5)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that has ended: exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything, with line breaks as blanks."""
        return " ".join((self.out + " " + self.err).split())


class BotWorld(RealWorld):
    """A world that tests look into by words. ``overrides`` are settings laid over the usual ones, by section."""

    def __init__(self, folder: Path, synapse: SynapseServer, *, matrix: bool = True, discord: bool = True) -> None:
        super().__init__(folder, synapse, matrix=matrix, discord=discord)
        self.helper: Member
        self.overrides: dict[str, dict[str, Any]] = {}

    @override
    async def start(self, port: int) -> None:
        await super().start(port)
        self.write_settings()

    def write_settings(self, **overrides: dict[str, Any]) -> None:
        """Write the settings file anew, with these values in these sections besides those given before."""
        for name, values in overrides.items():
            self.overrides.setdefault(name, {}).update(values)
        sections = {name: {**values, **self.overrides.get(name, {})} for name, values in self.sections.items()}
        sections |= {name: values for name, values in self.overrides.items() if name not in sections}
        write_settings(self.folder / SETTINGS_FILE, sections, self._team())

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

    # What the help desk holds

    def tickets(self, text: str) -> list[Conversation]:
        """The conversations in which this text stands, in the subject or in an entry."""
        return [
            conversation
            for conversation in self.filed()
            if text in conversation.subject or any(text in thread.body for thread in conversation.threads)
        ]

    def entries(self, text: str) -> list[Thread]:
        """The entries, of all conversations, in which this text stands; the oldest first."""
        return [thread for conversation in self.filed() for thread in conversation.threads if text in thread.body]

    async def entry(self, text: str, seconds: float = 20) -> Thread:
        """The entry with this text, waited for; there must be no second one."""
        await self.until(lambda: bool(self.entries(text)), f"FreeScout has an entry with {text!r}", seconds)
        [found] = self.entries(text)
        return found

    async def ticket(self, text: str, seconds: float = 20) -> Conversation:
        """The conversation with this text, waited for; there must be no second one."""
        await self.until(lambda: bool(self.tickets(text)), f"FreeScout has a conversation with {text!r}", seconds)
        [found] = self.tickets(text)
        return found

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

    async def answer(self, message: Message, seconds: float = 20) -> Message:
        """The bot's first answer to a request: in the thread on it, or in the post it starts."""
        await self.until(lambda: bool(self.said(message.id)), f"an answer to “{message.content}”", seconds)
        return self.said(message.id)[0]

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

    # What members see in Matrix

    async def matrix_ask(
        self, text: str, member: MatrixMember | None = None, **kwargs: Any
    ) -> tuple[str, Conversation]:
        """Somebody asks in the room; returns the event's id and the ticket, once its number is in the thread."""
        mark = word()
        event_id = await (member or self.jonas).send_text(self.room, f"{text} {mark}", **kwargs)
        ticket = await self.ticket(mark)
        await self.matrix_answer(event_id)
        return event_id, ticket

    async def matrix_said(self, root: str) -> list[dict[str, Any]]:
        """The bot's events in a thread."""
        return [
            event
            for event in await self.jonas.messages(self.room)
            if event["sender"] == self.bot_user
            and event["type"] == "m.room.message"
            and event["content"].get("m.relates_to", {}).get("rel_type") == "m.thread"
            and event["content"]["m.relates_to"]["event_id"] == root
        ]

    async def matrix_answer(self, root: str, text: str = "", seconds: float = 20) -> dict[str, Any]:
        """The content of the bot's first event in this thread that has this text."""
        found: list[dict[str, Any]] = []

        async def seen() -> bool:
            found[:] = [
                one["content"] for one in await self.matrix_said(root) if text in one["content"].get("body", "")
            ]
            return bool(found)

        await self.until(seen, f"the bot says {text!r} in the thread of {root}", seconds)
        return found[0]

    async def matrix_acknowledged(self, event_id: str) -> bool:
        """Whether the bot's reaction is on an event."""
        for event in await self.jonas.messages(self.room):
            relation = event.get("content", {}).get("m.relates_to", {})
            own = event["sender"] == self.bot_user and event["type"] == "m.reaction"
            if own and (relation.get("event_id"), relation.get("key")) == (event_id, ACK):
                return True
        return False

    async def matrix_number_is_told(self, ticket: Conversation) -> bool:
        """Whether the bot has said a ticket's number anywhere in the room."""
        said = [event for event in await self.jonas.messages(self.room) if event["sender"] == self.bot_user]
        return any(f"#{ticket.number}" in str(event["content"].get("body", "")) for event in said)

    async def member(self, name: str) -> MatrixMember:
        """A fresh account that is in the room."""
        member = await self._member(name)
        await member.join(self.room)
        return member

    async def later_event_is_filed(self) -> None:
        """Wait until an event sent now is filed: whatever came before it in the room was decided then."""
        mark = word()
        await self.jonas.send_text(self.room, mark)
        await self.entry(mark)

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


async def supportbot(
    *arguments: str, config: Path, environment: Mapping[str, str] | None = None, seconds: float = 60
) -> Ended:
    """Run one ``supportbot`` command to its end, in an environment without settings but those given."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("SUPPORTBOT_")}
    nothing = config.parent / "no-secrets"
    nothing.mkdir(exist_ok=True)
    inherited |= {"SUPPORTBOT_SECRETS_DIR": str(nothing), "COLUMNS": "200", **(environment or {})}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        "--config",
        str(config),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=PROJECT,
        env=inherited,
    )
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Ended(code=process.returncode or 0, out=out.decode(), err=err.decode())


@asynccontextmanager
async def bot_world(
    folder: Path,
    port: int,
    *,
    synapse: SynapseServer | None = None,
    with_discord: bool = True,
    encrypted: bool = False,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
    **overrides: Mapping[str, Any],
) -> AsyncIterator[BotWorld]:
    """A world with everybody moved in, without Matrix where no homeserver is given; the bot is not running yet.

    ``overrides`` are settings by section, and so are ``sections``.
    """
    nobodys = SynapseServer(folder / "no-synapse")  # never started
    world = BotWorld(folder, synapse or nobodys, matrix=synapse is not None, discord=with_discord)
    world.encrypted = encrypted
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


def bodies(threads: Sequence[Thread]) -> list[str]:
    """The HTML of entries, in order."""
    return [thread.body for thread in threads]
