"""`python -m tests.bench`: measures the bot and the bare script in turn and prints them side by side."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from rich.console import Console

from tests.bench.contestants import BARE, BOT, DidNotStartError
from tests.bench.figures import Figures, Round
from tests.bench.measuring import FULL, QUICK, measure
from tests.bench.report import machine, show

ROUNDS = 2
BUDGET_SECONDS = 480.0


def main() -> int:
    """Parse the command line and run; exit code 1 when the bot did not start, or lost or doubled a message."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="This bot beside a bare script of the same main job: latency, a burst, CPU, memory, start.",
    )
    parser.add_argument("--quick", action="store_true", help="few messages and one round: does it run at all?")
    parser.add_argument("--only", choices=(BOT, BARE), help="measure one of the two")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep logs and databases in this new folder")
    arguments = parser.parse_args()
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1", "localhost")))
    console = Console(highlight=False)
    console.print(machine(), soft_wrap=True)
    names = [arguments.only] if arguments.only else [BARE, BOT]
    with tempfile.TemporaryDirectory(prefix="supportbot-bench-", ignore_cleanup_errors=True) as temporary:
        folder = arguments.keep or Path(temporary) / "rounds"
        folder.mkdir(parents=True)
        try:
            figures = asyncio.run(_measure_all(console, names, folder.resolve(), quick=arguments.quick))
        except DidNotStartError as error:
            console.print(str(error), markup=False)
            return 1
        except KeyboardInterrupt:
            return 130
    return 0 if show(console, figures) else 1


async def _measure_all(console: Console, names: list[str], folder: Path, *, quick: bool) -> dict[str, Figures]:
    """All rounds. The order turns with each, so that a machine that warms up or slows down favours nobody."""
    load, began, longest = QUICK if quick else FULL, time.monotonic(), 0.0
    found: defaultdict[str, list[Round]] = defaultdict(list)
    for number in range(1 if quick else ROUNDS):
        if time.monotonic() - began + longest > BUDGET_SECONDS:
            console.print(
                f"Round {number + 1} is left out: together it would be over {BUDGET_SECONDS / 60:.0f} minutes."
            )
            break
        round_began = time.monotonic()
        for name in names if number % 2 == 0 else names[::-1]:
            place = folder / f"{number + 1}-{name}"
            place.mkdir()
            with console.status(f"round {number + 1}: {name}"):
                one = await measure(name, load, place)
            found[name].append(one)
            console.print(f"round {number + 1}, {name}: {_summary(one)}", soft_wrap=True)
        longest = max(longest, time.monotonic() - round_began)
    return {name: Figures(rounds=rounds) for name, rounds in found.items()}


def _summary(one: Round) -> str:
    return (
        f"ready after {one.start_seconds:.2f} s, {one.answered_once} of {one.sent} answered once "
        f"in {max(one.burst_seconds.values()):.1f} s, {1000 * one.cpu_seconds / one.sent:.1f} ms CPU each"
    )


if __name__ == "__main__":
    sys.exit(main())
