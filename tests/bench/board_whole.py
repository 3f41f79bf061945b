"""`python -m tests.bench.board_whole`: the board over HTTP with 10,000 open tickets in a file: store, clocks, page."""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta

import aiohttp
from aiohttp import web

from adapters.store.engine import open_store
from adapters.web.board import BoardPages
from bot.clockwork import Clockwork
from bot.ports.plots import NoPlots
from bot.ports.store import Records, Store
from bot.usecases.places import StaffPlaces
from bot.usecases.saying import Saying
from bot.usecases.timekeeping import SlaRules
from tests.bench.sla_store import NOW, OPEN, a_ticket
from tests.fakes.clock import ManualClock
from tests.fakes.helpdesk import FakeHelpDesk
from tests.fakes.rig import english

TOKEN = "bench"
ROUNDS = 40
LIMIT_SECONDS = 0.3


async def measure() -> list[float]:
    """Seconds per page, one after another."""
    clock = ManualClock(NOW)
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(f"sqlite+aiosqlite:///{folder}/store.db", clock=clock) as store:
            await fill(store)
            board = Clockwork(
                store=store,
                desk=FakeHelpDesk(clock),
                clock=clock,
                wording=english(),
                staff=StaffPlaces(),
                saying=Saying(store=store, wording=english(), chats={}),
                plots=NoPlots(),
                rules=SlaRules(),
                bot_user_id=2,
                mailbox_id=1,
                undo=timedelta(seconds=16),
            ).board
            await board.make_report()
            pages = BoardPages(board=board, token=TOKEN, clock=clock)
            return await served(pages)


async def fill(store: Store) -> None:
    """Write the tickets."""
    chance = random.Random(4)
    tickets = [a_ticket(number, chance) for number in range(OPEN)]

    async def work(records: Records) -> None:
        for ticket, index in tickets:
            await records.sla.save(ticket, index)

    await store.write(work)


async def served(pages: BoardPages) -> list[float]:
    """Serve the board at a free port and ask for it."""
    app = web.Application()
    pages.add_to(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        return await _ask(f"http://{host}:{port}")
    finally:
        await runner.cleanup()


async def _ask(address: str) -> list[float]:
    taken = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            async with session.get(f"{address}/board") as answer:
                text = await answer.text()
            taken.append(time.perf_counter() - began)
            assert answer.status == 200, answer.status
            assert f"{OPEN:,}" in text or str(OPEN) in text
    return taken


def main() -> int:
    """Exit code 1 when the slower half of the pages takes longer than the limit."""
    taken = sorted(asyncio.run(measure()))
    middle, late = statistics.median(taken), taken[int(len(taken) * 0.95)]
    print(f"board of {OPEN:,} open tickets: p50 {middle * 1000:.0f} ms, p95 {late * 1000:.0f} ms")  # noqa: T201
    return 0 if late <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
