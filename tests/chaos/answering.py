"""Agents who answer several tickets on both platforms while things go wrong, and what has to come of it."""

import asyncio
import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field

from sandbox.freescout import Conversation
from tests.integration.bot_world import BotWorld


@dataclass(kw_only=True)
class Talk:
    """A ticket, the place of its chat thread (``root`` in Matrix, ``thread`` in Discord), and the answers to it."""

    ticket: Conversation
    thread: int = 0
    root: str = ""
    answers: list[str] = field(default_factory=list)


class Answering:
    """Gives answers and notes, and compares what members read with it."""

    def __init__(self, world: BotWorld, talks: list[Talk], seed: int = 1) -> None:
        self._world = world
        self._chance = random.Random(seed)
        self.talks = talks
        self._count = 0

    @classmethod
    async def begin(cls, world: BotWorld, *, discord: int = 2, matrix: int = 2, seed: int = 1) -> "Answering":
        """Have members ask for so many tickets."""
        talks: list[Talk] = []
        for _ in range(discord):
            posted, ticket = await world.ask("Please help")
            talks.append(Talk(ticket=ticket, thread=posted.id))
        for _ in range(matrix):
            root, ticket = await world.matrix_ask("Please help")
            talks.append(Talk(ticket=ticket, root=root))
        return cls(world, talks, seed)

    def answer(self, talk: Talk) -> str:
        """An agent answers; returns the word in it."""
        self._count += 1
        mark = f"answer-{self._count:03d}-end"
        talk.answers.append(mark)
        agent = self._world.agent if self._count % 2 else self._world.ada
        agent.answer(talk.ticket, f"<div>Please try {mark}</div>")
        return mark

    def answer_all(self, times: int) -> None:
        """So many answers to each ticket, in turn, with what must not be told between them."""
        for _ in range(times):
            for talk in self.talks:
                self.answer(talk)
                self.hide(talk)

    def hide(self, talk: Talk) -> None:
        """A note, a draft, or an answer that is taken back at once."""
        world, text = self._world, "<div>hidden: not for members</div>"
        match self._chance.randrange(3):
            case 0:
                world.agent.note(talk.ticket, text)
            case 1:
                world.agent.draft(talk.ticket, text)
            case _:
                world.agent.undo(world.agent.answer(talk.ticket, text))

    async def keep_answering(self, count: int, pause_seconds: float) -> None:
        """So many answers to tickets by chance, with pauses."""
        for _ in range(count):
            talk = self._chance.choice(self.talks)
            self.answer(talk)
            self.hide(talk)
            await asyncio.sleep(pause_seconds)

    async def has_begun(self) -> bool:
        """Whether any answer is in chat."""
        return any([talk.answers and talk.answers[0] in await self.texts(talk) for talk in self.talks])

    def unrecorded(self) -> int:
        """How many answers the bot has promised and not recorded as said, read from its store's file."""
        path = self._world.folder / "supportbot.db"
        query = "SELECT count(*) FROM outbox WHERE state = 'pending' AND effect LIKE '%relay_reply%'"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            return int(store.execute(query).fetchone()[0])

    async def texts(self, talk: Talk) -> str:
        """What the bot said in a ticket's chat thread."""
        if talk.thread:
            return "\n".join(message.content for message in self._world.said(talk.thread))
        return "\n".join(str(event["content"].get("body")) for event in await self._world.matrix_said(talk.root))

    async def expect_each_once_and_in_order(self, seconds: float = 60) -> None:
        """Every answer comes, in order and once, and nothing else of the agents'."""

        async def all_told() -> bool:
            return all(
                [one in (said := await self.texts(talk)) for talk in self.talks for one in talk.answers]
            ) and bool(said)

        await self._world.until(all_told, "every answer is in chat", seconds)
        await self._world.until(self._world.drained, "the outbox is empty")
        for talk in self.talks:
            said = await self.texts(talk)
            found = [word for word in said.split() if word.startswith("answer-")]
            assert found == talk.answers
            assert "hidden" not in said
        self._world.expect_good_conduct()
