"""The scripted demo: people ask, one triages, FreeScout goes away and comes back, agents answer, tickets close.

This is the first part, in which requests come in; then come sandbox/closed_loop.py and sandbox/promises.py. Every step
counts as done only when the other side has received it (sandbox/witness.py). What the bot says about itself proves
nothing here, but for GET /readyz, which tells when to begin.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sandbox import cast
from sandbox.bot_process import Readiness
from sandbox.cast import Line
from sandbox.closed_loop import ClosedLoop
from sandbox.discord import Message, NoAnswerError
from sandbox.narration import Narrator, StepFailedError
from sandbox.promises import Promises
from sandbox.summary import sum_up
from sandbox.witness import Witness
from sandbox.world import SandboxWorld

T = TypeVar("T")

READY_SECONDS = 60.0
ACKNOWLEDGE_SECONDS = 10.0
DOWN_SECONDS = 3.0
RETURN_SECONDS = 90.0


class Story:
    """Plays all steps in order; raises StepFailedError at the first thing that is not seen."""

    def __init__(self, world: SandboxWorld, narrator: Narrator) -> None:
        self._world = world
        self._tell = narrator
        self._witness = Witness(world)
        self._numbers: dict[str, int] = {}

    async def play(self) -> None:
        """The whole story."""
        await self._start()
        await self._install_webhooks()
        mia_thread, mia_added = await self._mia_asks()
        jonas_event = await self._jonas_asks()
        self._tell.step("Alexander triages both tickets")
        await self._triage_in_discord()
        await self._triage_in_matrix(jonas_event)
        await self._lena_asks()
        loop = ClosedLoop(
            self._world,
            self._tell,
            self._numbers,
            mia_thread=mia_thread,
            mia_added=mia_added,
            jonas_root=jonas_event,
        )
        await loop.play()
        await Promises(self._world, self._tell, self._numbers).play()
        sum_up(self._tell, self._world, self._numbers)

    async def _start(self) -> None:
        self._tell.step("The three worlds start, and the bot between them")
        await self._world.start()
        self._tell.done("Synapse, the simulated Discord and the simulated FreeScout answer")
        self._tell.act("Operator", "python -m bot run --config config.toml")
        self._world.start_bot()
        readiness = await self._ready()
        parts = ", ".join(f"{name} {part.get('state', '')}".strip() for name, part in readiness.parts.items())
        self._tell.done(f"GET /readyz answers 200: {parts}" if parts else "GET /readyz answers 200")

    async def _ready(self) -> Readiness:
        deadline = time.monotonic() + READY_SECONDS
        while not (readiness := await self._world.bot.readiness()).ready:
            ended = self._world.bot.exit_code
            if ended is not None or time.monotonic() > deadline:
                seen = readiness.sentence() if ended is None else f"the bot's process ended with exit code {ended}"
                raise StepFailedError(expected=f"GET /readyz to answer 200 within {READY_SECONDS:g} s", seen=seen)
            await asyncio.sleep(0.1)
        return readiness

    async def _install_webhooks(self) -> None:
        self._tell.act("Operator", "supportbot webhooks install")
        code, said = await self._world.bot.command("webhooks", "install")
        if "No such command" in said:
            self._tell.note("This bot cannot do that yet; it looks for answers by itself every few seconds.")
            return
        mine = [each for each in self._world.freescout.webhooks() if each.url.startswith(self._world.bot.url)]
        if code != 0 or len(mine) != 1:
            raise StepFailedError(expected="one webhook in FreeScout that leads to the bot", seen=said)
        self._tell.done("FreeScout tells the bot from now on when something happens")

    async def _mia_asks(self) -> tuple[int, Message]:
        world, witness = self._world, self._witness
        self._tell.step("Mia asks in Discord, in #support")
        self._tell.act("Mia", f"“{cast.MIA_ASKS.text}”")
        message = await world.discord.post(world.mia, world.support.id, cast.MIA_ASKS.text)
        await self._reaction(message, "her message")
        number = await self._ticket(cast.MIA_ASKS)
        thread = await self._tell.see(
            lambda: witness.thread_on(message, number),
            expected=f"a thread on Mia's message in which the bot names #{number}",
            seen=lambda: f"in #support: {witness.channel(world.support.id)}",
            tell=lambda _: f"A thread on her message tells her the number, #{number}",
        )
        self._tell.act("Mia", f"“{cast.MIA_ADDS.text}” (in the thread)")
        added = await world.discord.post(world.mia, thread.id, cast.MIA_ADDS.text)
        await self._tell.see(
            lambda: next((each for each in witness.filed(cast.MIA_ADDS) if each.number == number), None),
            expected=f"Mia's further words in conversation #{number}",
            seen=witness.inbox,
            tell=lambda _: f"Her words are added to the same conversation, #{number}",
        )
        return thread.id, added

    async def _jonas_asks(self) -> str:
        world, witness = self._world, self._witness
        self._tell.step("Jonas asks in Matrix, in the support room")
        self._tell.act("Jonas", f"“{cast.JONAS_ASKS.text}”")
        event_id = await world.jonas_matrix.send_text(world.support_room, cast.JONAS_ASKS.text)
        await self._tell.see(
            lambda: witness.matrix_reaction(event_id),
            expected="the bot's reaction on his message",
            seen=lambda: "no reaction by the bot",
            tell=lambda emoji: f"{emoji} appears on his message",
            within_seconds=ACKNOWLEDGE_SECONDS,
        )
        number = await self._ticket(cast.JONAS_ASKS)
        await self._tell.see(
            lambda: witness.bot_named_in_matrix(event_id, number),
            expected=f"a message of the bot in the thread of his message that names #{number}",
            seen=lambda: witness.matrix_thread(event_id),
            tell=lambda _: f"A thread on his message tells him the number, #{number}",
        )
        return event_id

    async def _triage_in_discord(self) -> None:
        world, tell = self._world, self._tell
        number = str(self._numbers["Mia"])
        tell.act("Alexander", f"types /triage in Discord, and “{number[:2]}” as the ticket")
        place = world.support.id
        choices = await _answered(
            world.discord.autocomplete(world.alexander, place, "triage", option="ticket", value=number[:2])
        )
        suggested = {str(choice["value"]).lstrip("#"): str(choice["name"]) for choice in choices}
        if number not in suggested:
            raise StepFailedError(expected=f"#{number} among the suggestions", seen=", ".join(suggested) or "none")
        tell.done(f"Discord suggests “{suggested[number]}”")
        options = {"label": "bug", "priority": "P1", "ticket": number, "note": cast.MIA_NOTE}
        tell.act("Alexander", f"/triage label:bug priority:P1 ticket:{number} note:{cast.MIA_NOTE}")
        answer = await _answered(world.discord.run_command(world.alexander, place, "triage", options))
        if not answer.ephemeral:
            raise StepFailedError(expected="an answer that only Alexander sees", seen=f"a public one: {answer.content}")
        await self._tags("Mia", {"bug", "P1"}, lambda: f"Alexander was told “{answer.content}”")

    async def _triage_in_matrix(self, root: str) -> None:
        world = self._world
        self._tell.act("Alexander", "!triage question P2 (in Matrix, in the thread of Jonas)")
        await world.alexander_matrix.send_text(world.support_room, "!triage question P2", thread=root)
        await self._tags("Jonas", {"question", "P2"}, lambda: self._witness.matrix_thread(root))

    async def _lena_asks(self) -> None:
        world, tell, witness = self._world, self._tell, self._witness
        tell.step("FreeScout goes down while Lena asks in the forum")
        await world.take_freescout_down()
        tell.act("Lena", f"“{cast.LENA_TITLE}. {cast.LENA_ASKS.text}”")
        post = await world.discord.create_forum_post(world.lena, world.forum.id, cast.LENA_TITLE, cast.LENA_ASKS.text)
        await self._reaction(world.discord.messages(post.id)[0], "her post all the same")
        await asyncio.sleep(DOWN_SECONDS)
        if witness.filed(cast.LENA_ASKS):
            raise StepFailedError(expected="FreeScout to be down", seen=witness.inbox())
        await world.bring_freescout_back()
        tell.act("Operator", f"brings FreeScout back, after {DOWN_SECONDS:g} s")
        number = await self._ticket(cast.LENA_ASKS, RETURN_SECONDS)
        await tell.see(
            lambda: witness.bot_named(post.id, number),
            expected=f"a message of the bot in Lena's post that names #{number}",
            seen=lambda: f"in her post: {witness.channel(post.id)}",
            tell=lambda _: f"Her post tells her the number, #{number}",
        )

    # What several steps do

    async def _reaction(self, message: Message, whose: str) -> None:
        await self._tell.see(
            lambda: self._witness.reaction(message),
            expected=f"the bot's reaction on {whose}",
            seen=lambda: "no reaction by the bot",
            tell=lambda emoji: f"{emoji} appears on {whose}",
            within_seconds=ACKNOWLEDGE_SECONDS,
        )

    async def _ticket(self, line: Line, within_seconds: float = 30.0) -> int:
        found = await self._tell.see(
            lambda: next(iter(self._witness.filed(line)), None),
            expected=f"{line.who}'s words in a conversation in FreeScout",
            seen=self._witness.inbox,
            tell=lambda each: f"FreeScout has conversation #{each.number} from {each.customer_name}",
            within_seconds=within_seconds,
        )
        self._numbers[line.who] = found.number
        return found.number

    async def _tags(self, who: str, tags: set[str], answer: Callable[[], str]) -> None:
        number = self._numbers[who]
        await self._tell.see(
            lambda: self._witness.tagged(number, tags),
            expected=f"the tags {', '.join(sorted(tags))} on #{number} in FreeScout",
            seen=lambda: f"{self._witness.inbox()}; {answer()}",
            tell=lambda found: f"FreeScout shows #{number} with the tags {', '.join(found.tags)}",
        )


async def _answered(interaction: Awaitable[T]) -> T:
    try:
        return await interaction
    except (NoAnswerError, LookupError) as error:
        raise StepFailedError(expected="the bot to answer /triage", seen=str(error)) from error
