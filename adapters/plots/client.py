"""Has charts drawn by a process that lives no longer than the drawing takes."""

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from adapters.plots.wire import build_request, parse_drawings
from bot.domain.charts import BarChart
from bot.ports.plots import Plots, PlotsError

_PATIENCE = 60.0
"""Seconds; a drawing takes two or three, and more on a machine that is busy."""

_PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""Of the environment: all the rest, secrets among it, is no business of the drawing process."""


class PlotsProcess(Plots):
    """Draws one request at a time, each in a process of its own (``command``, Python's arguments, is for tests)."""

    def __init__(self, *, timeout: float = _PATIENCE, command: Sequence[str] = ("-P", "-m", "adapters.plots")) -> None:
        self._timeout = timeout
        self._command = command
        self._one_at_a_time = asyncio.Lock()
        self._fonts: tempfile.TemporaryDirectory[str] | None = None

    @override
    async def draw(self, charts: Sequence[BarChart]) -> tuple[str, ...]:
        answer = await self._ask(build_request(charts, None))
        try:
            drawings = parse_drawings(answer)
        except ValueError as error:
            raise PlotsError("The process that draws charts answered with something else.") from error
        if len(drawings) != len(charts):
            raise PlotsError(f"Asked for {len(charts)} charts, got {len(drawings)}.")
        return drawings

    @override
    async def draw_picture(self, charts: Sequence[BarChart], title: str) -> bytes:
        answer = await self._ask(build_request(charts, title))
        if not answer.startswith(b"\x89PNG"):
            raise PlotsError("The process that draws charts answered with something that is no PNG.")
        return answer

    async def _ask(self, request: bytes) -> bytes:
        async with self._one_at_a_time:
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, *self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self._environment()
                )
            except OSError as error:
                raise PlotsError(f"The process that draws charts cannot be started: {error}") from error
            try:
                async with asyncio.timeout(self._timeout):
                    answer, complaint = await process.communicate(request)
            except TimeoutError as error:
                raise PlotsError(f"Drawing the charts took longer than {self._timeout:.0f} seconds.") from error
            finally:
                await _end(process)
        if process.returncode:
            raise PlotsError(_told(process.returncode, complaint))
        return answer

    def _environment(self) -> dict[str, str]:
        if self._fonts is None:  # what matplotlib finds out about fonts, kept from the first drawing on
            self._fonts = tempfile.TemporaryDirectory(prefix="supportbot-plots-")
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "MPLCONFIGDIR": self._fonts.name,
            "OPENBLAS_NUM_THREADS": "1",  # numpy would reserve memory for a thread per core
        }


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _told(code: int, complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").strip().splitlines()
    return f"The process that draws charts ended with {code}: {lines[-1] if lines else 'it said nothing'}"
