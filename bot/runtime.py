"""Supervised legs, start order, drain, stop order; the only place that starts tasks.

Outbound (pump and watchers) starts first and ends last; inbound (chat legs) ends first, so that nothing new comes in
while the outbox drains. A chat leg or watcher that fails restarts alone; a failure of pump or store ends the process.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from bot.domain.errors import BotError, RefusedError, StoreError
from bot.ports.clock import Clock, Dice
from bot.ports.inbound import SHUTDOWN_GRACE, HealthReports, PartState
from bot.usecases.delivery import Pump

log = structlog.get_logger(__name__)

FIRST_RESTART = timedelta(seconds=1)
LONGEST_RESTART = timedelta(minutes=2)
FAREWELL_SECONDS = 2
"""How long a chat leg may take to stop receiving before the outbox drains all the same."""

HEALTHY_AFTER = timedelta(minutes=5)
"""A leg that ran this long has recovered: its next failure waits from the beginning again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLeg:
    """One chat platform; ``run`` receives until cancelled, ``stop_receiving`` leaves it able to send until then."""

    name: str
    run: Callable[[], Awaitable[None]]
    stop_receiving: Callable[[], Coroutine[Any, Any, None]]


class Runtime:
    """Runs everything until SIGTERM or SIGINT, or until no chat leg is left."""

    def __init__(
        self,
        *,
        pump: Pump,
        chat_legs: Sequence[ChatLeg],
        watchers: Mapping[str, Callable[[], Awaitable[None]]],
        health: HealthReports,
        on_refused: Callable[[str, str], Awaitable[None]],
        clock: Clock,
        dice: Dice,
    ) -> None:
        self._pump = pump
        self._chat_legs = chat_legs
        self._watchers = watchers
        self._health = health
        self._on_refused = on_refused
        self._clock = clock
        self._dice = dice
        self._stopping = asyncio.Event()
        self._legs_left = len(chat_legs)

    async def run(self) -> int:
        """Run; the result is the process' exit code: 0 after a signal, 1 when every chat platform refused the bot."""
        self._listen_for_signals()
        waiting = await self._pump.load()
        log.info("outbox loaded", waiting=waiting)
        async with asyncio.TaskGroup() as outbound:
            tasks = [outbound.create_task(self._pump.run(), name="pump")]
            tasks += [outbound.create_task(self._watch(*one), name=one[0]) for one in self._watchers.items()]
            async with asyncio.TaskGroup() as inbound:
                legs = [inbound.create_task(self._keep(leg), name=leg.name) for leg in self._chat_legs]
                await self._stopping.wait()
                stopping = [inbound.create_task(_farewell(leg)) for leg in self._chat_legs]
                if stopping:
                    await asyncio.wait(stopping, timeout=FAREWELL_SECONDS)
                drained = await self._pump.drain(SHUTDOWN_GRACE)
                log.info("outbox drained" if drained else "outbox not empty, it goes on at the next start")
                for task in (*stopping, *legs):
                    task.cancel()
            for task in tasks:
                task.cancel()
        refused = not self._legs_left
        log.info("stopped", refused=refused)
        return 1 if refused else 0

    def stop(self) -> None:
        """Begin to end, as SIGTERM does."""
        self._stopping.set()

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    async def _keep(self, leg: ChatLeg) -> None:
        """Run one chat leg, again after each failure with growing waits; a refusal ends it for good."""
        try:
            await self._again_and_again(
                leg.name, leg.run, lambda reason: self._health.report(leg.name, PartState.DISCONNECTED, reason)
            )
        except RefusedError as error:
            await self._give_up(leg, str(error))

    async def _watch(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run one watcher, again after each failure: one odd answer of the help desk must not end the bot."""
        await self._again_and_again(name, run, lambda _: None, fatal=StoreError)

    async def _again_and_again(
        self,
        name: str,
        run: Callable[[], Awaitable[None]],
        on_failure: Callable[[str], None],
        *,
        fatal: type[BotError] = RefusedError,
    ) -> None:
        wait = FIRST_RESTART
        while not self._stopping.is_set():
            started_at = self._clock.now()
            try:
                await run()
                reason = "ended by itself"
            except Exception as error:
                # The supervisor: whatever a leg fails with, the other legs and the outbox go on.
                if _is(error, fatal):
                    raise
                log.exception("leg failed", leg=name)
                reason = f"{type(error).__name__}: {error}"
            if self._stopping.is_set():
                return
            on_failure(reason)
            if self._clock.now() - started_at > HEALTHY_AFTER:
                wait = FIRST_RESTART
            await self._clock.sleep_until(self._clock.now() + wait * (0.5 + self._dice.roll() / 2))
            wait = min(wait * 2, LONGEST_RESTART)

    async def _give_up(self, leg: ChatLeg, reason: str) -> None:
        self._health.report(leg.name, PartState.REFUSED, reason)
        log.error("refused", part=leg.name, reason=reason)
        await self._on_refused(leg.name, reason)
        self._legs_left -= 1
        if not self._legs_left:
            log.error("no chat platform is left; the process ends")
            self._stopping.set()


async def _farewell(leg: ChatLeg) -> None:
    try:
        await leg.stop_receiving()
    except Exception:
        # Whatever a leg ends with, the outbox drains and the process ends well.
        log.exception("chat leg did not stop receiving", leg=leg.name)


def _is(error: Exception, fatal: type[BotError]) -> bool:
    """Whether this is such an error, or a task group that ended with one."""
    return isinstance(error, fatal) or (isinstance(error, ExceptionGroup) and error.split(fatal)[0] is not None)
