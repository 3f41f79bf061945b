"""The bot as an operator runs it: its own process, started with a settings file, watched from outside."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PROJECT = Path(__file__).resolve().parent.parent
# The bot promises to be gone 15 s after SIGTERM.
STOP_SECONDS = 20.0
COMMAND_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The answer of GET /readyz; `reachable` is False when there was none."""

    reachable: bool = False
    ready: bool = False
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def sentence(self) -> str:
        """One line for people."""
        if not self.reachable:
            return "GET /readyz gave no answer"
        parts = ", ".join(f"{name} {part.get('state', '?')}" for name, part in self.parts.items())
        return f"{'ready' if self.ready else 'not ready'}: {parts or 'no part named'}"


class BotProcess:
    """Starts, stops and watches one bot process. Its log goes to a file.

    Where there is a `clock_file` (sandbox/time_machine.py), its clock can be moved.
    """

    def __init__(self, *, config: Path, log: Path, web_port: int, clock_file: Path | None = None) -> None:
        self.config = config
        self.log = log
        self.web_port = web_port
        self._moved = [] if clock_file is None else ["--sandbox-clock", str(clock_file)]
        self._process: subprocess.Popen[bytes] | None = None
        self._http = httpx.AsyncClient(base_url=self.url, timeout=2, trust_env=False)

    @property
    def url(self) -> str:
        """Where the bot's web server answers."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """How the last run ended; None while it runs or when there was none."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Start it; does nothing while it runs."""
        if self.pid is not None:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run", "--config", str(self.config), *self._moved],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=PROJECT,
                env=self._environment(),
                # Ctrl-C in the terminal is for the sandbox, which then stops the bot as a service manager would.
                start_new_session=True,
            )

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run another command of it to its end, as an operator would beside it; returns exit code and what it said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            "--config",
            str(self.config),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=PROJECT,
            env=self._environment(),
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                said, _ = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return process.returncode or 0, said.decode(errors="replace").strip()

    async def stop(self) -> int | None:
        """SIGTERM, then SIGKILL when it does not end in time; returns the exit code."""
        process = self._process
        if process is None:
            return None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.to_thread(process.wait, STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                await asyncio.to_thread(process.wait)
        return process.returncode

    def kill(self) -> None:
        """SIGKILL: it gets no chance to tidy up. Returns when it is gone."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    async def close(self) -> None:
        """Close the connections used for watching."""
        await self._http.aclose()

    async def readiness(self) -> Readiness:
        """Ask GET /readyz now."""
        if self.pid is None:
            return Readiness()
        try:
            response = await self._http.get("/readyz")
            body = response.json()
        except (httpx.HTTPError, ValueError):
            return Readiness()
        return Readiness(reachable=True, ready=response.status_code == httpx.codes.OK, parts=_parts(body))

    def _environment(self) -> dict[str, str]:
        secrets = self.config.parent / "no-secrets"
        secrets.mkdir(exist_ok=True)
        # The environment of whoever plays with the sandbox must not change the bot's settings.
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SUPPORTBOT_")}
        return kept | {"SUPPORTBOT_SECRETS_DIR": str(secrets), "PYTHONUNBUFFERED": "1"}

    def log_end(self, count: int = 20) -> list[str]:
        """The last lines of its log, JSON made readable."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
        return [_readable(line) for line in lines]


def _parts(body: object) -> dict[str, Mapping[str, Any]]:
    found = body.get("parts", body) if isinstance(body, dict) else {}
    return {name: part for name, part in found.items() if isinstance(part, dict)} if isinstance(found, dict) else {}


def _readable(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict):
        return line
    moment = str(entry.pop("timestamp", ""))[11:19]
    level, event = entry.pop("level", ""), entry.pop("event", "")
    rest = " ".join(f"{key}={value}" for key, value in entry.items())
    return " ".join(filter(None, (moment, str(level), str(event), rest)))


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
