"""Putting the receiving half together, anew for each ``run``: a leg that failed begins again from its rows."""

import asyncio
from datetime import timedelta

from adapters.discord.backfill import Backfill
from adapters.discord.catching_up import CatchingUp
from adapters.discord.commands import Commands
from adapters.discord.comparing import Comparing
from adapters.discord.following import Following
from adapters.discord.gateway import GatewayClient, IdentifyBudget
from adapters.discord.history import History
from adapters.discord.leg import Leg
from adapters.discord.listing import Listing
from adapters.discord.members import Members
from adapters.discord.message_commands import MessageCommands
from adapters.discord.origins import Origins
from adapters.discord.pauses import Pauses
from adapters.discord.places import Watch
from adapters.discord.presses import Presses
from adapters.discord.queues import Queues
from adapters.discord.receiving import Receiving
from adapters.discord.registration import Registration
from adapters.discord.rest import DiscordRest
from adapters.discord.standing import Standing
from adapters.discord.supervisor import Supervisor
from adapters.discord.surroundings import Surroundings
from adapters.discord.watermarks import Watermarks
from bot.domain.errors import RefusedError
from bot.ports.clock import Clock, Dice
from bot.ports.inbound import ChatEvents, CommandRunner, HealthReports, MessageIntake, PartState, Suggestions


class Reception:
    """The gateway leg."""

    def __init__(
        self,
        *,
        token: str,
        watch: Watch,
        surroundings: Surroundings,
        rest: DiscordRest,
        mapped_staff: frozenset[str],
        reach: timedelta | None,
        intake: MessageIntake,
        events: ChatEvents,
        commands: CommandRunner,
        suggestions: Suggestions,
        health: HealthReports,
        clock: Clock,
        dice: Dice,
    ) -> None:
        self._token = token
        self._watch = watch
        self._surroundings = surroundings
        self._rest = rest
        self._reach = reach
        self._intake = intake
        self._events = events
        self._clock = clock
        self._budget = IdentifyBudget(clock)
        self._pauses = Pauses(clock, dice)
        self._standing = Standing(health)
        self._members = Members(rest, clock, guild_id=watch.guild_id, mapped_staff=mapped_staff)
        self._runner = commands
        self._origins = Origins(surroundings=surroundings, members=self._members)
        self._commands = Commands(watch=watch, origins=self._origins, runner=commands, suggestions=suggestions)
        self._presses = Presses(origins=self._origins, events=events)

    async def run(self) -> None:
        """Until cancelled; raises ``RefusedError``, or what the intake raised."""
        self._standing.now(PartState.STARTING)
        try:
            async with asyncio.TaskGroup() as tasks:
                leg = await self._leg(tasks)
                await self._supervisor(leg).run()
        except BaseExceptionGroup as group:
            raise _cause(group) from group

    def _supervisor(self, leg: Leg) -> Supervisor:
        return Supervisor(
            token=self._token,
            make_client=lambda: GatewayClient(listener=leg, budget=self._budget),
            standing=self._standing,
            clock=self._clock,
            pauses=self._pauses,
        )

    async def _leg(self, tasks: asyncio.TaskGroup) -> Leg:
        watermarks = Watermarks()
        await watermarks.load(self._intake)
        self._surroundings.follow_only(watermarks.followed())
        receiving = Receiving(
            watch=self._watch,
            intake=self._intake,
            watermarks=watermarks,
            members=self._members,
            surroundings=self._surroundings,
            rest=self._rest,
        )
        queues = Queues(
            tasks=tasks,
            receiving=receiving,
            surroundings=self._surroundings,
            rest=self._rest,
            clock=self._clock,
        )
        backfill = self._backfill(watermarks, receiving, queues)
        following = Following(
            tasks=tasks,
            watch=self._watch,
            surroundings=self._surroundings,
            watermarks=watermarks,
            queues=queues,
            backfill=backfill,
            intake=self._intake,
        )
        return Leg(
            tasks=tasks,
            watch=self._watch,
            surroundings=self._surroundings,
            queues=queues,
            backfill=backfill,
            registration=Registration(
                rest=self._rest,
                intake=self._intake,
                standing=self._standing,
                pauses=self._pauses,
                guild_id=self._watch.guild_id,
            ),
            commands=self._commands,
            message_commands=self._message_commands(following),
            presses=self._presses,
            standing=self._standing,
        )

    def _message_commands(self, following: Following) -> MessageCommands:
        return MessageCommands(
            watch=self._watch,
            surroundings=self._surroundings,
            origins=self._origins,
            members=self._members,
            runner=self._runner,
            following=following,
        )

    def _backfill(self, watermarks: Watermarks, receiving: Receiving, queues: Queues) -> Backfill:
        history = History(self._rest, self._clock, reach=self._reach)
        catching_up = CatchingUp(
            history=history,
            comparing=Comparing(history, self._intake),
            receiving=receiving,
            queues=queues,
            watermarks=watermarks,
            surroundings=self._surroundings,
            intake=self._intake,
            events=self._events,
            standing=self._standing,
            clock=self._clock,
            pauses=self._pauses,
        )
        return Backfill(
            watch=self._watch,
            catching_up=catching_up,
            listing=Listing(self._rest, guild_id=self._watch.guild_id),
            queues=queues,
            watermarks=watermarks,
            surroundings=self._surroundings,
            intake=self._intake,
            clock=self._clock,
            pauses=self._pauses,
        )


def _cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one exception that matters to whoever runs the leg."""
    refused, _ = group.split(RefusedError)
    cause: BaseException = refused or group
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    return cause
