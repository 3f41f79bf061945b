"""The sandbox can move the bot's clock by a file: forward only, and whoever sleeps notices at once."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.system.moved_clock import MovedClock
from bot.domain.errors import BotError
from sandbox.time_machine import ClockFile

DAY = timedelta(days=1)
CLOSE = timedelta(seconds=30)
"""How far two looks at the real time in one test may be apart, on however busy a machine."""
SOON_SECONDS = 0.2


@pytest.fixture
def file(tmp_path: Path) -> ClockFile:
    return ClockFile(tmp_path / "clock")


def ahead(clock: MovedClock) -> timedelta:
    """How far it is ahead, to the whole hour."""
    return timedelta(hours=round((clock.now() - datetime.now(UTC)) / timedelta(hours=1)))


def test_left_alone_it_is_the_real_time(file: ClockFile) -> None:
    assert abs(MovedClock(file.path).now() - datetime.now(UTC)) < CLOSE


def test_it_is_moved_from_the_next_look_on_and_moves_add_up(file: ClockFile) -> None:
    clock = MovedClock(file.path)
    seen = [ahead(clock)]
    for _ in range(3):
        file.advance(DAY)
        seen.append(ahead(clock))
    assert seen == [0 * DAY, 1 * DAY, 2 * DAY, 3 * DAY]


def test_a_bot_that_starts_again_is_where_the_sandbox_is(file: ClockFile) -> None:
    file.advance(DAY)
    assert ahead(MovedClock(file.path)) == DAY


async def test_who_sleeps_until_a_time_that_is_skipped_wakes_at_once(file: ClockFile) -> None:
    clock = MovedClock(file.path)
    began_at = clock.now()
    sleepers = [asyncio.create_task(clock.sleep_until(began_at + DAY)) for _ in range(50)]
    await asyncio.sleep(0)
    file.advance(DAY)
    moved_at = time.monotonic()
    await asyncio.wait_for(asyncio.gather(*sleepers), timeout=5)
    assert time.monotonic() - moved_at < SOON_SECONDS


async def test_nobody_wakes_before_their_time(file: ClockFile) -> None:
    clock = MovedClock(file.path)
    sleeper = asyncio.create_task(clock.sleep_until(clock.now() + DAY))
    file.advance(DAY - timedelta(hours=1))
    await asyncio.wait({sleeper}, timeout=SOON_SECONDS)
    assert not sleeper.done()
    sleeper.cancel()


async def test_a_short_sleep_takes_no_longer_than_it_should(file: ClockFile) -> None:
    clock = MovedClock(file.path)
    until = clock.now() + timedelta(milliseconds=20)
    began_at = time.monotonic()
    await clock.sleep_until(until)
    assert clock.now() >= until
    assert time.monotonic() - began_at < SOON_SECONDS


@pytest.mark.parametrize("written", ["3600", "", "soon", "nan", "1e300", "-5"], ids=repr)
def test_it_never_goes_back_whatever_becomes_of_the_file(file: ClockFile, written: str) -> None:
    file.advance(DAY)
    clock = MovedClock(file.path)
    file.path.write_text(written, encoding="utf-8")
    assert ahead(clock) == DAY
    file.path.unlink()
    assert ahead(clock) == DAY


def test_it_goes_on_once_the_file_is_right_again(file: ClockFile) -> None:
    clock = MovedClock(file.path)
    file.path.unlink()
    assert ahead(clock) == 0 * DAY
    file.advance(DAY)
    assert ahead(clock) == DAY


@pytest.mark.parametrize("written", ["", "soon", "nan", "inf", "-5", "1e300", "\ud800"], ids=repr)
def test_nonsense_at_the_start_is_an_error_that_names_the_file_and_says_what_belongs_there(
    tmp_path: Path, written: str
) -> None:
    file = tmp_path / "clock"
    file.write_bytes(written.encode("utf-8", "surrogatepass"))
    with pytest.raises(BotError, match=r"clock must hold a number: the seconds .* without --sandbox-clock"):
        MovedClock(file)


def test_a_missing_file_at_the_start_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(BotError, match=r"clock file .*nowhere cannot be read: No such file"):
        MovedClock(tmp_path / "nowhere")


def test_the_sandbox_moves_time_forward_only_and_writes_the_file_in_one_step(file: ClockFile) -> None:
    file.advance(DAY)
    with pytest.raises(ValueError, match="forward only"):
        file.advance(-DAY)
    assert [each.name for each in file.path.parent.iterdir()] == ["clock"]
    assert float(file.path.read_text(encoding="utf-8")) == DAY.total_seconds()
