"""One run of the sandbox: starts the worlds, plays the story, then stays up with the page until Ctrl-C."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import httpx
from rich.console import Console

from sandbox.matrix import MatrixError
from sandbox.narration import Narrator, StepFailedError
from sandbox.page import PageServer
from sandbox.story import Story
from sandbox.world import SandboxWorld

DEFAULT_PORT = 8090
FAILED = 1
# `make` hands a signal on that the whole group of processes has had already; only a later one shows impatience.
SAME_SIGNAL_SECONDS = 1.0
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Parse the command line and run; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="The support bot between a real Synapse, a simulated Discord and FreeScout; no accounts.",
    )
    parser.add_argument("--once", action="store_true", help="end after the story; exit 0 only if every step was seen")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="the page's port (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep logs, settings and databases in this folder")
    arguments = parser.parse_args()
    # Nothing here leaves this machine, whatever proxy the terminal is set up for.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1", "localhost")))
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace", line_buffering=True)
    folder = arguments.keep
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            parser.error(f"{folder} is not empty; --keep wants a new or empty folder")
        return asyncio.run(Run(folder.resolve(), once=arguments.once, port=arguments.port, kept=True).run())
    temporary = Path(tempfile.mkdtemp(prefix="supportbot-sandbox-"))
    try:
        return asyncio.run(Run(temporary, once=arguments.once, port=arguments.port, kept=False).run())
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


class Run:
    """One run of the sandbox, from the first line to the last process ended."""

    def __init__(self, folder: Path, *, once: bool, port: int, kept: bool) -> None:
        self._once = once
        self._port = port
        self._kept = kept
        self._world = SandboxWorld(folder)
        self._tell = Narrator(Console(highlight=False))
        self._page = PageServer(self._world)
        self._ended_by: signal.Signals | None = None
        self._ended_at = 0.0
        self._played = False

    async def run(self) -> int:
        """Play, stay, tidy up. Ctrl-C ends it at any moment; a second one in a hurry."""
        playing = asyncio.create_task(self._play())
        loop = asyncio.get_running_loop()
        for each in ENDING_SIGNALS:
            loop.add_signal_handler(each, self._end, each, playing)
        try:
            code = await playing
        except asyncio.CancelledError:
            code = 0 if self._played or self._ended_by is None else 128 + self._ended_by
        finally:
            bot_code = await self._tidy_up()
        if self._once and code == 0 and bot_code != 0:
            self._tell.say(f"The bot did not end cleanly: exit code {bot_code}.")
            return FAILED
        return code

    def _end(self, by: signal.Signals, playing: asyncio.Task[int]) -> None:
        now = time.monotonic()
        if self._ended_by is None:
            self._ended_by, self._ended_at = by, now
            playing.cancel()
        elif now - self._ended_at > SAME_SIGNAL_SECONDS:
            self._world.kill()

    async def _play(self) -> int:
        self._tell.title("Support bot sandbox", "Discord, Matrix and FreeScout on this machine: no account, no network")
        if not self._once:
            await self._open_page()
        try:
            await Story(self._world, self._tell).play()
        except StepFailedError as error:
            return self._failed(error)
        except (MatrixError, httpx.HTTPError, OSError, RuntimeError) as error:
            # A world that does not start, or ends in the middle of the story.
            return self._failed(StepFailedError(expected="the three worlds to answer", seen=str(error) or repr(error)))
        self._played = True
        self._tell.say("Nothing was lost, and nothing came twice.")
        if self._once:
            return 0
        self._tell.say("", f"The three worlds stay up. Play with them: {self._page.url}", "Ctrl-C ends everything.")
        await asyncio.Event().wait()
        return 0

    def _failed(self, error: StepFailedError) -> int:
        self._tell.failed(error)
        self._show_log()
        return FAILED

    async def _open_page(self) -> None:
        try:
            await self._page.start(self._port)
        except OSError:
            await self._page.start(0)
            self._tell.say(f"Port {self._port} is taken, so the page has another one this time.")
        self._tell.say(f"Watch it live: {self._page.url}")

    def _show_log(self) -> None:
        if hasattr(self._world, "bot"):
            self._tell.quote("The end of the bot's log", self._world.bot.log_end())
        kept = f"The whole log: {self._world.bot_log}"
        self._tell.say("", kept if self._kept else "Run it with --keep DIR to keep the whole log.")

    async def _tidy_up(self) -> int | None:
        if self._ended_by is not None:
            self._tell.say("", "Ending …")
        await self._page.stop()
        return await self._world.stop()
