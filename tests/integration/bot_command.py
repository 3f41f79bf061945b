"""``supportbot`` commands, run as an operator runs them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.bot_process import PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that has ended: exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything, with line breaks as blanks."""
        return " ".join((self.out + " " + self.err).split())


async def supportbot(
    *arguments: str, config: Path, environment: Mapping[str, str] | None = None, seconds: float = 60
) -> Ended:
    """Run one ``supportbot`` command to its end, in an environment without settings but those given."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("SUPPORTBOT_")}
    nothing = config.parent / "no-secrets"
    nothing.mkdir(exist_ok=True)
    inherited |= {"SUPPORTBOT_SECRETS_DIR": str(nothing), "COLUMNS": "200", **(environment or {})}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        "--config",
        str(config),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=PROJECT,
        env=inherited,
    )
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Ended(code=process.returncode or 0, out=out.decode(), err=err.decode())
