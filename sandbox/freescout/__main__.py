"""Run the simulator alone: `python -m sandbox.freescout --port 8081 --database freescout.db`. Ctrl-C ends it."""

import argparse
import asyncio
import contextlib
import signal

from sandbox.freescout.simulator import FreeScoutSimulator


async def serve(database: str, host: str, port: int, number_offset: int) -> None:
    """Serve until SIGINT or SIGTERM; prints the address and the key first."""
    simulator = FreeScoutSimulator(database=database, host=host, port=port, number_offset=number_offset)
    await simulator.start()
    lines = (
        f"FreeScout simulator at {simulator.url} (API: {simulator.url}/api)",
        f"API key {simulator.api_key}, mailbox {simulator.mailbox_id}, bot user {simulator.bot_user_id}",
        f"webhook secret {simulator.webhook_secret}",
    )
    print("\n".join(lines), flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    try:
        await ended.wait()
    finally:
        await simulator.stop()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.freescout", description="A FreeScout with its API, small and local."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--database", default="freescout.db")
    parser.add_argument("--number-offset", type=int, default=1000, help="ticket number = id + this")
    given = parser.parse_args()
    asyncio.run(serve(given.database, given.host, given.port, given.number_offset))


if __name__ == "__main__":
    main()
