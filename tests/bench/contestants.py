"""The two that are compared, each as a process of its own: started, watched from outside, stopped."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

import psutil
from typing_extensions import override

from sandbox.bot_process import PROJECT, BotProcess
from tests.bench.world import World

START_LIMIT_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.02
BOT, BARE = "bot", "bare"


class DidNotStartError(Exception):
    """A contestant ended, or was not ready in time; its log's end is the text."""


class Contestant(Protocol):
    """One process under measurement."""

    async def start(self) -> float:
        """Start it; returns the seconds until it was ready. Raises DidNotStartError."""
        ...

    async def stop(self) -> None:
        """End it, by force if need be."""
        ...

    @property
    def process(self) -> psutil.Process:
        """The running process."""
        ...

    @property
    def log(self) -> Path:
        """What it wrote."""
        ...


class TheBot(Contestant):
    """`python -m bot run`, ready when GET /readyz answers 200."""

    def __init__(self, world: World) -> None:
        self._bot = BotProcess(config=world.config, log=world.folder / "bot.log", web_port=world.web_port)

    @override
    async def start(self) -> float:
        began = time.monotonic()
        self._bot.start()
        while not (await self._bot.readiness()).ready:
            _check(began, self._bot.exit_code, self.log)
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        return time.monotonic() - began

    @override
    async def stop(self) -> None:
        await self._bot.stop()
        await self._bot.close()

    @property
    @override
    def process(self) -> psutil.Process:
        assert self._bot.pid is not None, "the bot ended on its own"
        return psutil.Process(self._bot.pid)

    @property
    @override
    def log(self) -> Path:
        return self._bot.log


class TheBareScript(Contestant):
    """`tests/bench/bare_bot.py`, ready when it says so."""

    def __init__(self, world: World) -> None:
        self._config = world.config
        self._log = world.folder / "bare.log"
        self._process: subprocess.Popen[bytes] | None = None

    @override
    async def start(self) -> float:
        began = time.monotonic()
        process = self._process = self._begin()
        while not self._says_ready():
            _check(began, process.poll(), self._log)
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        return time.monotonic() - began

    @override
    async def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    @property
    @override
    def process(self) -> psutil.Process:
        assert self._process is not None
        assert self._process.poll() is None, "the bare script ended on its own"
        return psutil.Process(self._process.pid)

    @property
    @override
    def log(self) -> Path:
        return self._log

    def _begin(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.bench.bare_bot", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=PROJECT,
            )

    def _says_ready(self) -> bool:
        return b"ready\n" in self._log.read_bytes()


def contestant(name: str, world: World) -> Contestant:
    """The contestant of that name, not started yet."""
    return TheBot(world) if name == BOT else TheBareScript(world)


def _check(began: float, exit_code: int | None, log: Path) -> None:
    waited = time.monotonic() - began
    if exit_code is None and waited < START_LIMIT_SECONDS:
        return
    what = f"not ready after {waited:.0f} s" if exit_code is None else f"ended with {exit_code}"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
    raise DidNotStartError("\n".join([f"{what}; the end of its log:", *lines]))
