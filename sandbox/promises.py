"""The last part of the story: cards for the team, a promise that is broken for once, and a call that comes at once.

The sandbox's clock is moved (sandbox/time_machine.py): four hours pass in a few seconds.
"""

from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import TypeVar

from sandbox import cast
from sandbox.board_reader import BoardReader
from sandbox.discord import DiscordError, Message, NoAnswerError
from sandbox.narration import Narrator, StepFailedError
from sandbox.page.markup import plain_text
from sandbox.staff_witness import StaffWitness, control
from sandbox.witness import Witness
from sandbox.world import SandboxWorld

T = TypeVar("T")

HOUR = timedelta(hours=1)
# Of the four hours until the first answer to a P1: what else passes until each level is reached.
LEVELS = (("50%", 2 * HOUR, "2 hours pass"), ("75%", HOUR, "1 hour passes"), ("90%", 0.6 * HOUR, "36 minutes pass"))
LAST = 0.4 * HOUR
# The bot calls at most once in ten minutes.
QUIET = timedelta(minutes=15)
FIRST_RESPONSE = "first response"
OVERDUE = "its first response was due by"
ANSWER_SECONDS = 20.0


class Promises:
    """Its steps. `numbers` are the tickets by who asked, and get the new ones."""

    def __init__(self, world: SandboxWorld, narrator: Narrator, numbers: dict[str, int]) -> None:
        self._world = world
        self._tell = narrator
        self._numbers = numbers
        self._witness = Witness(world)
        self._staff = StaffWitness(world)

    async def play(self) -> None:
        """All of them in order."""
        await self._lena_has_a_card()
        await self._pat_writes()
        await self._nobody_answers()
        async with BoardReader(self._world.board_url) as board:
            await self._promise_is_broken(board)
            await self._alexander_answers(board)
        await self._mia_alarms()

    async def _lena_has_a_card(self) -> None:
        number = self._numbers["Lena"]
        self._tell.step("In #staff the team has a card for each ticket")
        card = await self._card(number, "The card of Lena's ticket")
        await self._triage(number, card, "bug", "P2")

    async def _pat_writes(self) -> None:
        world, line = self._world, cast.PAT_ASKS
        self._tell.step("Pat writes an e-mail, which has a card as well")
        self._tell.act("Pat", f"“{line.text}” (e-mail to the help desk)")
        made = world.freescout.email_conversation(cast.PAT_ADDRESS, line.who, cast.PAT_SUBJECT, f"<p>{line.text}</p>")
        number = self._numbers[line.ticket] = made.number
        card = await self._card(number, "Its card")
        await self._triage(number, card, "question", "P1")
        self._tell.act("Alexander", "presses “Take it”")
        await self._answered(world.discord.click(world.alexander, card, control(card, "take")))
        await self._tell.see(
            lambda: self._taken(number, card),
            expected=f"#{number} assigned to Alexander in FreeScout, and his name on the card",
            seen=lambda: f"{self._witness.state(number)}; on the card: “{self._staff.read(card)}”",
            tell=lambda _: f"FreeScout shows #{number} as his, and the card says so",
        )

    async def _nobody_answers(self) -> None:
        number = self._numbers["Pat"]
        self._tell.step("Nobody answers Pat, and the sandbox lets time pass")
        for level, by, words in LEVELS:
            if early := self._staff.told(number, level):
                raise StepFailedError(expected=f"no word of {level} yet", seen=self._staff.read(early[0]))
            self._pass(by, words)
            warned = await self._tell.see(
                lambda level=level: self._staff.told_once(number, level),  # type: ignore[misc]
                expected=f"one warning in #staff that {level} of the time for #{number} is used up",
                seen=self._staff.channel,
                tell=lambda found: f"#staff reads: “{self._staff.read(found)}”",
            )
            if self._staff.rings(warned):
                raise StepFailedError(expected="a warning that calls nobody", seen=self._staff.read(warned))

    async def _promise_is_broken(self, board: BoardReader) -> None:
        number = self._numbers["Pat"]
        self._tell.step("The promise to Pat is broken, and nobody can miss it")
        self._pass(LAST, "24 minutes pass; the first answer was due now")
        await self._tell.see(
            lambda: self._staff.call(number, OVERDUE),
            expected=f"one message in #staff that #{number} is overdue and that calls the role {cast.ONCALL_ROLE}",
            seen=self._staff.channel,
            tell=lambda found: f"“{self._staff.read(found)}”",
        )
        self._each_level_once(number)
        await self._tell.see(
            lambda: self._staff.noted(number, "is overdue"),
            expected=f"one internal note in #{number} that the promise is overdue",
            seen=lambda: self._witness.state(number),
            tell=lambda _: f"A note in #{number} records it for the agents in FreeScout",
        )
        self._tell.act("Alexander", "opens the board in his browser, by its link")
        if not await board.open():
            raise StepFailedError(expected="the board, with a cookie instead of the token", seen="something else")
        await self._on_board(board, number, breached=True)

    async def _alexander_answers(self, board: BoardReader) -> None:
        number, line = self._numbers["Pat"], cast.ALEXANDER_APOLOGIZES
        self._tell.act("Alexander", f"“{plain_text(line.text)}” (in FreeScout)")
        conversation = self._world.freescout.conversation(number=number)
        self._world.freescout.agent_reply(conversation.id, self._world.alexander_user_id, line.text)
        await self._tell.see(
            lambda: self._witness.times_mailed(line) == 1 or None,
            expected="his answer in one mail to Pat",
            seen=lambda: f"{self._witness.times_mailed(line)} mails",
            tell=lambda _: "His answer is on its way to Pat, as an e-mail",
        )
        await self._on_board(board, number, breached=False)

    async def _mia_alarms(self) -> None:
        world, line = self._world, cast.MIA_ALARMS
        self._tell.step(f"Mia writes “{cast.CRITICAL_WORD}”, and somebody is called at once")
        self._pass(QUIET, "a quarter of an hour passes")
        self._tell.act("Mia", f"“{line.text}” (in #support)")
        await world.discord.post(world.mia, world.support.id, line.text)
        await self._tell.see(
            lambda: self._staff.alarm(line.key),
            expected=f"a message in #staff about “{cast.CRITICAL_WORD}” that calls the role {cast.ONCALL_ROLE}",
            seen=self._staff.channel,
            tell=lambda found: f"“{self._staff.read(found)}”",
        )
        found = await self._tell.see(
            lambda: next(iter(self._witness.filed(line)), None),
            expected="Mia's words in a conversation of their own",
            seen=self._witness.inbox,
            tell=lambda each: f"FreeScout has conversation #{each.number} from {each.customer_name}",
        )
        self._numbers[line.ticket] = found.number

    # What several steps do

    async def _card(self, number: int, what: str) -> Message:
        return await self._tell.see(
            lambda: self._staff.card(number),
            expected=f"one card of #{number} in #staff",
            seen=self._staff.channel,
            tell=lambda found: f"{what} reads: “{self._staff.read(found)}”",
        )

    async def _triage(self, number: int, card: Message, label: str, priority: str) -> None:
        discord, who = self._world.discord, self._world.alexander
        self._tell.act("Alexander", f"chooses “{label}” and “{priority}” in the menus of the card of #{number}")
        for act, value in (("label", label), ("priority", priority)):
            answer = await self._answered(discord.choose(who, card, control(card, act), value))
            await self._answered(discord.followup(answer))
        await self._tell.see(
            lambda: self._triaged(number, card, {label, priority}),
            expected=f"the tags {label} and {priority} on #{number} in FreeScout, and the same on the card",
            seen=lambda: f"{self._witness.inbox()}; on the card: “{self._staff.read(card)}”",
            tell=lambda _: f"FreeScout shows #{number} with the tags {label}, {priority}",
        )

    def _pass(self, by: timedelta, words: str) -> None:
        self._tell.act("Time", words)
        self._world.time.advance(by)

    async def _on_board(self, board: BoardReader, number: int, *, breached: bool) -> None:
        shown: Mapping[str, str] | None = None

        async def look() -> str | None:
            nonlocal shown
            shown = await board.clocks(number)
            if shown is None:
                return None
            words = shown.get(FIRST_RESPONSE, "")
            return (words or "gone") if words.startswith("breached") is breached and bool(words) is breached else None

        what = "breached" if breached else "gone"
        await self._tell.ask(
            look,
            expected=f"#{number} on the board, its first response {what}",
            seen=lambda: f"for #{number} on the board: {dict(shown) if shown is not None else 'no row'}",
            tell=lambda words: (
                f"The board shows #{number} in red: first response, {words}"
                if breached
                else f"The board still shows #{number}, but no first response that anybody waits for"
            ),
            within_seconds=ANSWER_SECONDS,
        )

    def _triaged(self, number: int, card: Message, tags: set[str]) -> bool | None:
        return (self._witness.tagged(number, tags) is not None and "triaged by Alexander" in card.content) or None

    def _taken(self, number: int, card: Message) -> bool | None:
        assignee = self._world.freescout.conversation(number=number).assignee_id
        return (assignee == self._world.alexander_user_id and "looks after it" in card.content) or None

    def _each_level_once(self, number: int) -> None:
        counts = {level: len(self._staff.told(number, level)) for level, _, _ in LEVELS}
        if set(counts.values()) != {1}:
            raise StepFailedError(expected="each warning once", seen=self._staff.channel())

    async def _answered(self, interaction: Awaitable[T]) -> T:
        try:
            return await interaction
        except (NoAnswerError, DiscordError, LookupError, ValueError) as error:
            raise StepFailedError(expected="the bot to answer on the card", seen=str(error)) from error
