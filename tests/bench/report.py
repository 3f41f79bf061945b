"""The table: each figure of both, their ratio, and the aim beside it; and the machine it was measured on."""

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench.contestants import BARE, BOT
from tests.bench.figures import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line. `most` bounds the ratio to the bare script, `under` the bot's own value; None: no aim."""

    title: str
    value: Callable[[Figures], float]
    unit: str
    digits: int = 0
    most: float | None = None
    under: float | None = None


def _latency(where: str, what: str, percent: int) -> Callable[[Figures], float]:
    return lambda figures: figures.latency_ms(where, what, percent)


ROWS = (
    *(
        Row(
            title=f"{name}: to {told}, p{percent}",
            value=_latency(where, what, percent),
            unit="ms",
            most=1.1 if what == "answered" and percent == 50 else None,
        )
        for where, name in (("discord", "Discord"), ("matrix", "Matrix"))
        for what, told in (("acknowledged", "the reaction"), ("filed", "the ticket"), ("answered", "the number"))
        for percent in (50, 95)
    ),
    Row(
        title="Burst: all have their number", value=lambda each: each.whole_burst_seconds, unit="s", digits=1, most=1.1
    ),
    Row(title="Burst: all of Discord", value=lambda each: each.burst_seconds("discord"), unit="s", digits=1),
    Row(title="Burst: all of Matrix", value=lambda each: each.burst_seconds("matrix"), unit="s", digits=1),
    Row(title="Burst: CPU per message", value=lambda each: each.cpu_ms, unit="ms", digits=1, most=1.3),
    Row(title="Memory (RSS), idle", value=lambda each: each.idle_rss_mb, unit="MB", most=1.4),
    Row(title="Memory (RSS), after burst", value=lambda each: each.rss_mb, unit="MB"),
    Row(title="Start to ready, empty store", value=lambda each: each.start_seconds, unit="s", digits=2, under=4.0),
)
CAVEAT = (
    "The simulated Discord and FreeScout answer within a few milliseconds, so the bot's two waits for its disk and "
    "its own work between a Discord message and its number show in full; a real network adds its own time to both."
)
COUNTS = (
    ("Burst: filed once", "filed_once", True),
    ("Burst: told its number once", "answered_once", True),
    ("Burst: acknowledged", "acknowledged", False),
)


def show(console: Console, figures: Mapping[str, Figures]) -> bool:
    """Print the table; returns False when the bot lost or doubled a message. Times may vary with the machine's mood."""
    table = Table(title="This bot beside a bare script of the same main job", title_justify="left", pad_edge=False)
    table.add_column("")
    for name in (BOT, BARE):
        table.add_column({BOT: "this bot", BARE: "bare script"}[name], justify="right", no_wrap=True)
    for name in ("ratio", "aim"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in ROWS:
        table.add_row(*_cells(row, figures))
    kept = True
    for title, what, promised in COUNTS:
        counts = {name: each.worst(what) for name, each in figures.items()}
        complete = BOT not in counts or counts[BOT][0] == counts[BOT][1]
        kept = kept and (complete or not promised)
        shown = [f"{counts[name][0]} of {counts[name][1]}" if name in counts else "" for name in (BOT, BARE)]
        table.add_row(title, *shown, "", _marked("all", complete) if promised and BOT in counts else "")
    console.print(table)
    console.print(CAVEAT, soft_wrap=True)
    return kept


def machine() -> str:
    """What it ran on."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}; "
        f"a durable commit takes {_durable_commit_seconds() * 1000:.1f} ms; load before the start {load:.1f}"
    )


def _durable_commit_seconds(count: int = 50) -> float:
    """How long a small commit of SQLite takes here; the bot waits for two between a message and its number."""
    took = []
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "probe.db")) as store:
        store.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE probe (value);")
        for number in range(count):
            began = time.perf_counter()
            store.execute("INSERT INTO probe VALUES (?)", (number,))
            store.commit()
            took.append(time.perf_counter() - began)
    return median(took)


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _cells(row: Row, figures: Mapping[str, Figures]) -> tuple[str, ...]:
    values = {name: row.value(each) for name, each in figures.items()}
    shown = [f"{values[name]:.{row.digits}f} {row.unit}" if name in values else "" for name in (BOT, BARE)]
    ratio = values[BOT] / values[BARE] if len(values) == 2 and values[BARE] else None
    aim = ""
    if row.most is not None:
        aim = f"≤ {row.most:.1f}×" if ratio is None else _marked(f"≤ {row.most:.1f}×", ratio <= row.most)
    elif row.under is not None and BOT in values:
        aim = _marked(f"< {row.under:.0f} {row.unit}", values[BOT] < row.under)
    return (row.title, *shown, "" if ratio is None else f"{ratio:.2f}×", aim)


def _marked(text: str, met: bool) -> str:
    return f"[green]{text} ✓[/green]" if met else f"[red]{text} ✗[/red]"
