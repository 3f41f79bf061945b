"""Tells the story in a terminal: what somebody did, what the other side then saw, and after how long.

Eighty columns are enough, and nothing depends on colour, so that a log file of it reads as well as a terminal.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

T = TypeVar("T")

POLL_SECONDS = 0.03
# Beyond this a line is hard to read; wider terminals keep a margin.
MAX_WIDTH = 96


class StepFailedError(Exception):
    """Something was not seen on the other side. Holds the sentences for the person who reads the story."""

    def __init__(self, *, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}; seen: {seen}")
        self.expected = expected
        self.seen = seen


class Narrator:
    """Prints the story. Times are counted from the last thing somebody did."""

    def __init__(self, console: Console) -> None:
        console.width = min(console.width, MAX_WIDTH)
        self._console = console
        self._steps = 0
        self._acted = time.monotonic()

    def title(self, text: str, *below: str) -> None:
        """The heading and a few lines under it."""
        self._console.print()
        self._console.print(Text(text, style="bold"))
        for line in below:
            self._console.print(Text(line, style="dim"))

    def step(self, text: str) -> None:
        """A new chapter: who does what, where."""
        self._steps += 1
        self._console.print()
        self._line(Text(str(self._steps), style="bold cyan"), Text(text, style="bold"), indent=1)
        self._acted = time.monotonic()

    def act(self, who: str, text: str) -> None:
        """Somebody says or does something; what is seen from now on is counted from here."""
        self._line(Text("›", style="cyan"), Text.assemble((f"{who}: ", "cyan"), text))
        self._acted = time.monotonic()

    def note(self, text: str) -> None:
        """A remark between the steps."""
        self._line(Text("·", style="dim"), Text(text, style="dim"))

    def done(self, text: str) -> None:
        """Something was seen."""
        self._line(Text("✓", style="green"), Text(text), f"{time.monotonic() - self._acted:.2f} s")

    async def see(
        self,
        probe: Callable[[], T | None],
        *,
        expected: str,
        seen: Callable[[], str],
        tell: Callable[[T], str],
        within_seconds: float = 30.0,
    ) -> T:
        """Wait until `probe` finds something, tell it and return it.

        `expected` and `seen` complete the sentences "expected ..." and "seen ..." of a StepFailedError.
        """

        async def look() -> T | None:
            return probe()

        return await self.ask(look, expected=expected, seen=seen, tell=tell, within_seconds=within_seconds)

    async def ask(
        self,
        probe: Callable[[], Awaitable[T | None]],
        *,
        expected: str,
        seen: Callable[[], str],
        tell: Callable[[T], str],
        within_seconds: float = 30.0,
    ) -> T:
        """The same where looking means asking somebody, such as a web server."""
        deadline = time.monotonic() + within_seconds
        with self._console.status(Text(f"waiting for {expected}", style="dim")) if self._live else _NoStatus():
            while (found := await probe()) is None:
                if time.monotonic() > deadline:
                    raise StepFailedError(expected=f"{expected}, within {within_seconds:g} s", seen=seen())
                await asyncio.sleep(POLL_SECONDS)
        self.done(tell(found))
        return found

    def failed(self, error: StepFailedError) -> None:
        """The step that ends the story early."""
        self._line(Text("✗", style="bold red"), Text("This was not seen.", style="bold red"))
        self._pair("expected", error.expected)
        self._pair("seen", error.seen)

    def quote(self, heading: str, lines: Sequence[str]) -> None:
        """Lines of a log, under a heading."""
        self._console.print()
        self._console.print(Text(heading, style="bold"))
        for line in lines:
            self._console.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """The summary."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", title=title, title_justify="left")
        table.title_style = "bold"
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        self._console.print()
        self._console.print(Padding(table, (0, 0, 0, 1)))

    def say(self, *lines: str) -> None:
        """Plain lines at the end."""
        for line in lines:
            self._console.print(Text(line))

    @property
    def _live(self) -> bool:
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def _pair(self, name: str, text: str) -> None:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=8)
        grid.add_column(overflow="fold")
        grid.add_row(Text(name, style="dim"), Text(text))
        self._console.print(Padding(grid, (0, 0, 0, 6)))

    def _line(self, mark: Text, text: Text, after: str = "", *, indent: int = 4) -> None:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=1 if indent > 1 else 2)
        grid.add_column(ratio=1, overflow="fold")
        if after:
            grid.add_column(width=7, justify="right", no_wrap=True)
        grid.add_row(mark, text, *([Text(after, style="dim")] if after else []))
        self._console.print(Padding(grid, (0, 0, 0, indent)))


class _NoStatus:
    """Stands where a terminal would show what is waited for."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
