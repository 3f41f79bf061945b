"""The second part of the story: agents answer, notes stay inside, members write on, and tickets are closed."""

from sandbox import cast
from sandbox.cast import Line
from sandbox.discord import DiscordError, Message, NoAnswerError
from sandbox.narration import Narrator, StepFailedError
from sandbox.page.markup import plain_text
from sandbox.staff_witness import StaffWitness
from sandbox.witness import YES_EMOJI, Witness
from sandbox.world import SandboxWorld

RELAY_SECONDS = 45.0
EDIT_SECONDS = 60.0


class ClosedLoop:
    """The steps from the first answer on. `numbers` are the tickets by the name of who asked."""

    def __init__(
        self,
        world: SandboxWorld,
        narrator: Narrator,
        numbers: dict[str, int],
        *,
        mia_thread: int,
        mia_added: Message,
        jonas_root: str,
    ) -> None:
        self._world = world
        self._tell = narrator
        self._witness = Witness(world)
        self._numbers = numbers
        self._mia_thread = mia_thread
        self._mia_added = mia_added
        self._jonas_root = jonas_root

    async def play(self) -> None:
        """All of them in order."""
        await self._alexander_answers()
        await self._nothing_internal_gets_out()
        await self._people_write_on()
        await self._mia_confirms()
        await self._jonas_confirms()

    async def _alexander_answers(self) -> None:
        self._tell.step("Alexander answers Mia in FreeScout, and notes something for the team")
        picture = cast.picture()
        self._answer("Mia", cast.ALEXANDER_ANSWERS, files=[(cast.PICTURE_NAME, "image/png", picture)])
        found = await self._relayed_to_mia(cast.ALEXANDER_ANSWERS)
        if "```" not in found.content:
            raise StepFailedError(expected="the command in a code block", seen=f"“{found.content}”")
        await self._tell.see(
            lambda: self._witness.picture(self._mia_thread, picture),
            expected="the picture of the answer in Mia's thread",
            seen=self._mia_sees,
            tell=lambda _: f"With it comes {cast.PICTURE_NAME}",
            within_seconds=RELAY_SECONDS,
        )

    async def _nothing_internal_gets_out(self) -> None:
        freescout, agent = self._world.freescout, self._world.agents[cast.ALEXANDER_NOTES.who]
        self._tell.act("Alexander", f"notes for the team: “{plain_text(cast.ALEXANDER_NOTES.text)}”")
        freescout.agent_note(self._conversation("Mia"), agent, cast.ALEXANDER_NOTES.text)
        slip = self._answer("Mia", cast.ALEXANDER_SLIPS)
        self._tell.act("Alexander", "clicks “Undo”: that was meant for somebody else")
        freescout.undo_reply(slip, agent)
        self._answer("Mia", cast.ALEXANDER_ADDS)
        await self._relayed_to_mia(cast.ALEXANDER_ADDS)
        leaked = [line.key for line in cast.KEPT_INSIDE if self._witness.times_in_chat(line)]
        if leaked:
            raise StepFailedError(expected="neither the note nor the answer taken back", seen=f"{leaked} in chat")
        self._tell.done("Neither the note nor the answer he took back is anywhere in chat")

    async def _people_write_on(self) -> None:
        world, tell, witness = self._world, self._tell, self._witness
        tell.step("Mia corrects her message, Jonas writes back, Ada answers him")
        tell.act("Mia", f"edits: “{cast.MIA_CORRECTS.text}”")
        await world.discord.edit(world.mia, self._mia_thread, self._mia_added.id, cast.MIA_CORRECTS.text)
        tell.act("Jonas", f"“{cast.JONAS_ADDS.text}” (in his thread)")
        await world.jonas_matrix.send_text(world.support_room, cast.JONAS_ADDS.text, thread=self._jonas_root)
        number = self._numbers["Jonas"]
        await tell.see(
            lambda: next((each for each in witness.filed(cast.JONAS_ADDS) if each.number == number), None),
            expected=f"Jonas' further words in conversation #{number}",
            seen=witness.inbox,
            tell=lambda _: f"His words are added to the same conversation, #{number}",
        )
        self._answer("Jonas", cast.ADA_ANSWERS)
        await tell.see(
            lambda: witness.said_in_matrix(self._jonas_root, cast.ADA_ANSWERS),
            expected="Ada's answer under her name in the thread of Jonas",
            seen=lambda: witness.matrix_thread(self._jonas_root),
            tell=lambda _: "Her answer appears in his thread, under the name Ada",
            within_seconds=RELAY_SECONDS,
        )
        await tell.see(
            lambda: witness.noted(self._numbers["Mia"], cast.MIA_CORRECTS),
            expected=f"the new version of Mia's message in #{self._numbers['Mia']}",
            seen=lambda: witness.state(self._numbers["Mia"]),
            tell=lambda found: f"Mia's new version stands in #{found.number}, beside the old one",
            within_seconds=EDIT_SECONDS,
        )

    async def _mia_confirms(self) -> None:
        world, tell = self._world, self._tell
        number = self._numbers["Mia"]
        tell.step("Tickets are closed once the one who asked says so")
        tell.act("Alexander", f"closes #{number} in FreeScout")
        world.freescout.close(self._conversation("Mia"), world.alexander_user_id)
        question, button = await tell.see(
            lambda: self._witness.asked(self._mia_thread),
            expected="the question whether it is solved, with buttons, in Mia's thread",
            seen=self._mia_sees,
            tell=lambda found: f"Mia is asked: “{StaffWitness(world).read(found[0])}”",
            within_seconds=RELAY_SECONDS,
        )
        notes = self._witness.bot_notes(number)
        tell.act("Mia", "presses “Yes, solved”")
        try:
            await world.discord.click(world.mia, question, button)
        except (NoAnswerError, DiscordError, LookupError) as error:
            raise StepFailedError(expected="the bot to answer the button", seen=str(error)) from error
        await self._closed(number, notes)

    async def _jonas_confirms(self) -> None:
        world, tell, root = self._world, self._tell, self._jonas_root
        tell.act("Alexander", "!solved (in Matrix, in the thread of Jonas)")
        await world.alexander_matrix.send_text(world.support_room, "!solved", thread=root)
        question = await tell.see(
            lambda: self._witness.asked_in_matrix(root),
            expected=f"the question whether it is solved, with {YES_EMOJI} on it, in the thread of Jonas",
            seen=lambda: self._witness.matrix_thread(root),
            tell=lambda found: f"Jonas is asked: “{found['content'].get('body', '')}”",
            within_seconds=RELAY_SECONDS,
        )
        number = self._numbers["Jonas"]
        notes = self._witness.bot_notes(number)
        tell.act("Jonas", f"reacts with {YES_EMOJI}")
        await world.jonas_matrix.react(world.support_room, question["event_id"], YES_EMOJI)
        await self._closed(number, notes)

    # What several steps do

    def _answer(self, whom: str, line: Line, files: list[tuple[str, str, bytes]] | None = None) -> int:
        """An agent sends an answer; returns its id."""
        self._tell.act(line.who, f"“{plain_text(line.text)}”")
        agent = self._world.agents[line.who]
        return self._world.freescout.agent_reply(self._conversation(whom), agent, line.text, files=files or ()).id

    async def _relayed_to_mia(self, line: Line) -> Message:
        return await self._tell.see(
            lambda: self._witness.said(self._mia_thread, line),
            expected=f"the answer under the name {line.who} in Mia's thread",
            seen=self._mia_sees,
            tell=lambda _: f"It appears in Mia's thread, under the name {line.who}",
            within_seconds=RELAY_SECONDS,
        )

    async def _closed(self, number: int, notes_before: int) -> None:
        await self._tell.see(
            lambda: self._witness.closed(number, notes_before),
            expected=f"#{number} closed, with a note of the bot that says who confirmed it",
            seen=lambda: self._witness.state(number),
            tell=lambda _: f"#{number} is closed, and a note in it says why",
            within_seconds=RELAY_SECONDS,
        )

    def _conversation(self, whom: str) -> int:
        return self._world.freescout.conversation(number=self._numbers[whom]).id

    def _mia_sees(self) -> str:
        return f"in her thread: {self._witness.channel(self._mia_thread)}"
