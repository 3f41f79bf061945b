"""Members change their minds: edits and deletions reach the agent, also those made while the bot was down or since.

An edit is noted ten seconds after the last one, so all of them are made first and looked at afterwards.
"""

import html
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from sandbox.freescout import Conversation
from sandbox.matrix import SynapseServer
from tests.integration.bot_world import BotWorld, bot_world, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]


@dataclass(kw_only=True)
class Changed:
    """A request and what became of it: its first words, those it was edited to, in order, and its ticket by number."""

    world: BotWorld
    first: str
    versions: list[str] = field(default_factory=list)
    number: int = 0

    @property
    def ticket(self) -> Conversation:
        return self.world.freescout.conversation(number=self.number)

    @property
    def words(self) -> list[str]:
        """The words of the member's entries."""
        return [_plain(entry.body) for entry in self.ticket.of_type("customer")]

    @property
    def notes(self) -> list[str]:
        """The words of the notes."""
        return [_plain(entry.body) for entry in self.ticket.of_type("note")]


def _plain(body: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", body)).split())


class Acts:
    """What members did, by name; every request is a ticket of its own."""

    def __init__(self, world: BotWorld) -> None:
        self.world = world
        self.of: dict[str, Changed] = {}
        self._places: dict[str, int] = {}
        self._events: dict[str, str] = {}

    async def ask(self, name: str) -> None:
        posted, ticket = await self.world.ask(name)
        self._places[name] = posted.id
        self.of[name] = Changed(world=self.world, first=posted.content, number=ticket.number)

    async def ask_in_matrix(self, name: str) -> None:
        event_id, ticket = await self.world.matrix_ask(name)
        self._events[name] = event_id
        self.of[name] = Changed(world=self.world, first=ticket.subject, number=ticket.number)

    async def edit(self, name: str) -> None:
        text = f"{name} {word()}"
        self.of[name].versions.append(text)
        if name in self._events:
            await self.world.jonas.edit_text(self.world.room, self._events[name], text)
        else:
            await self.world.discord.edit(self.world.mia, self.world.support.id, self._places[name], text)

    async def delete(self, name: str) -> None:
        if name in self._events:
            await self.world.jonas.redact(self.world.room, self._events[name])
        else:
            await self.world.discord.delete(self.world.support.id, self._places[name])


IN_DISCORD = ("once", "five times", "deleted", "while down", "deleted while down", "after the restart")
IN_MATRIX = ("once in Matrix", "deleted in Matrix", "while down in Matrix", "deleted while down in Matrix")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def changed(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[dict[str, Changed]]:
    """Everything that members did, once it has reached FreeScout."""
    folder = tmp_path_factory.mktemp("edits")
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse) as world:
        await world.start_bot()
        acts = Acts(world)
        for name in IN_DISCORD:
            await acts.ask(name)
        for name in IN_MATRIX:
            await acts.ask_in_matrix(name)
        for name in ("once", *["five times"] * 5, "once in Matrix"):
            await acts.edit(name)
        for name in ("deleted", "deleted in Matrix"):
            await acts.delete(name)
        await world.until(lambda: bool(acts.of["deleted in Matrix"].notes), "the deletion is noted")
        world.kill_bot()
        for name in ("while down", "while down in Matrix"):
            await acts.edit(name)
        for name in ("deleted while down", "deleted while down in Matrix"):
            await acts.delete(name)
        await world.restart_bot()
        await acts.edit("after the restart")
        await world.until(lambda: all(one.notes for one in acts.of.values()), "everything is noted", 30)
        await world.until(world.drained, "nothing waits")
        yield acts.of
        world.expect_good_conduct()


@pytest.mark.parametrize("name", ["once", "while down", "after the restart", "once in Matrix", "while down in Matrix"])
async def test_an_edit_is_noted_once_with_its_new_words_beside_the_old_ones(
    changed: dict[str, Changed], name: str
) -> None:
    one = changed[name]
    [note] = one.notes
    assert one.versions[0] in note
    assert "edited" in note
    assert len(one.words) == 1
    assert one.first in one.words[0]


async def test_of_five_edits_in_a_row_the_last_is_noted(changed: dict[str, Changed]) -> None:
    one = changed["five times"]
    [note] = one.notes
    assert one.versions[-1] in note
    assert one.first in one.words[0]


@pytest.mark.parametrize("name", ["deleted", "deleted while down", "deleted in Matrix", "deleted while down in Matrix"])
async def test_a_deletion_is_noted_once_and_the_words_stay(changed: dict[str, Changed], name: str) -> None:
    one = changed[name]
    [note] = one.notes
    assert "deleted" in note
    assert len(one.words) == 1
    assert one.first in one.words[0]


@pytest.mark.parametrize("name", IN_DISCORD + IN_MATRIX)
async def test_no_change_opens_a_second_ticket(changed: dict[str, Changed], name: str) -> None:
    one = changed[name]
    assert len([ticket for ticket in one.world.filed() if ticket.subject == one.ticket.subject]) == 1


async def test_a_request_edited_before_it_could_be_filed_is_filed_as_it_was_edited(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with bot_world(tmp_path_factory.mktemp("early-edit"), unused_tcp_port_factory()) as world:
        await world.start_bot()
        await world.freescout.go_down()
        first, edited = word(), word()
        posted = await world.discord.post(world.mia, world.support.id, first)
        await world.until(lambda: world.acknowledged(posted), "the reaction")
        await world.discord.edit(world.mia, world.support.id, posted.id, edited)
        later = await world.discord.post(world.lena, world.support.id, word())
        await world.until(lambda: world.acknowledged(later), "the edit was decided about")
        await world.freescout.come_back()
        ticket = await world.ticket(edited)
        [request] = (await world.settled(ticket)).of_type("customer", "note")
        assert edited in request.body
        assert first not in request.body
