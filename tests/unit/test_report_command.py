"""``supportbot report``: which days, which format, where to."""

import asyncio
import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from adapters.store.engine import open_store
from adapters.system.clock import SystemClock
from bot.__main__ import app
from bot.domain.report_period import last_full_week
from bot.domain.sla import states_of
from bot.domain.sla_ticket import Origin, SlaTicket, SlaTicketId
from bot.domain.sla_warnings import index_of
from bot.ports.store import Records
from tests.unit.reported_week import CALENDAR, POLICY, ZONE

SETTINGS = """
[store]
url = "sqlite+aiosqlite:///{place}/bot.db"
[freescout]
url = "https://help.example.org"
api_key = "key"
mailbox_id = 1
bot_user_id = 2
[discord]
token = "token"
guild_id = 1
support_channels = [2]
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Command":
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUPPORTBOT_SECRETS_DIR", str(tmp_path))
    (tmp_path / "config.toml").write_text(SETTINGS.format(place=tmp_path))
    return Command(tmp_path)


class Command:
    def __init__(self, place: Path) -> None:
        self.place = place

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["report", *words], env={"COLUMNS": "300"})

    async def keep(self, received_at: datetime) -> None:
        """A store with one ticket."""
        ticket = SlaTicket(
            ticket_id=SlaTicketId("t"), origin=Origin.EMAIL, received_at=received_at, author="Ada", subject="Printer"
        )
        now = SystemClock().now()
        index = index_of(ticket, states_of(ticket, POLICY, CALENDAR, now), CALENDAR, now)

        async def work(records: Records) -> None:
            await records.sla.save(ticket, index)

        async with open_store(f"sqlite+aiosqlite:///{self.place}/bot.db", clock=SystemClock()) as store:
            await store.write(work)

    async def remembered(self) -> Mapping[str, str]:
        """What the store knows of calendars and targets."""
        async with open_store(f"sqlite+aiosqlite:///{self.place}/bot.db", clock=SystemClock()) as store:
            return await store.read(lambda records: records.memory.recall("sla"))


@pytest.fixture
async def kept(command: Command) -> Command:
    await command.keep(datetime(2026, 3, 4, 12, tzinfo=UTC))
    return command


def test_both_days_are_in_it(kept: Command) -> None:
    for first, last, received in [("2026-03-04", "2026-03-04", 1), ("2026-03-01", "2026-03-03", 0)]:
        result = kept("--from", first, "--to", last, "--format", "json")
        found = json.loads(result.stdout)
        assert (found["from"], found["to"], found["received"]) == (first, last, received)


def test_without_days_it_is_last_week_in_words(kept: Command) -> None:
    result = kept()
    week = last_full_week(datetime.now(ZoneInfo(ZONE)).date())
    assert result.exit_code == 0
    assert f"{week.since:%a} {week.since.day} {week.since:%b} {week.since.year} to Sun" in result.stdout.splitlines()[0]
    assert "for a first answer" in result.stdout


def test_a_spreadsheet_can_be_written_to_a_file(kept: Command) -> None:
    result = kept("--from", "2026-03-04", "--to", "2026-03-04", "--format", "csv", "--output", "week.csv")
    assert (result.exit_code, result.stdout) == (0, "")
    content = (kept.place / "week.csv").read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n")
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert [row["day"] for row in rows if row["measure"] == "email"] == ["2026-03-04"]


def test_a_picture_goes_where_it_is_sent(kept: Command) -> None:
    result = kept("--from", "2026-03-01", "--to", "2026-03-07", "--format", "png")
    assert result.stdout_bytes.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "16.11.2026"), '--from "16.11.2026" is no date. Please write it as year-month-day'),
        (("--from", "2026-03-07", "--to", "2026-03-01"), "--from 2026-03-07 is after --to 2026-03-01."),
        (("--to", "yesterday"), '--to "yesterday" is no date.'),
    ],
)
def test_days_that_cannot_be_are_named_and_nothing_is_read(command: Command, words: tuple[str, ...], said: str) -> None:
    result = command(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_an_unknown_format_is_refused(command: Command) -> None:
    assert command("--format", "xml").exit_code == 2


def test_without_a_store_it_says_so(command: Command) -> None:
    result = command()
    assert result.exit_code == 1
    assert "supportbot run" in result.stderr


def test_a_file_that_cannot_be_written_is_named(kept: Command) -> None:
    result = kept("--output", "nowhere/week.txt")
    assert result.exit_code == 1
    assert "nowhere/week.txt cannot be written: No such file or directory." in result.stderr


def test_a_picture_is_not_poured_into_a_terminal(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.__main__._is_terminal", lambda: True)
    result = command("--format", "png")
    assert result.exit_code == 2
    assert "Please add --output FILE" in result.stderr


def test_help_says_that_the_last_day_is_in_it(command: Command) -> None:
    said = " ".join(command("--help").stdout.split())
    assert "both are included" in said
    assert "it is in the report too" in said


def test_a_report_remembers_nothing_of_settings_that_the_bot_has_not_read_yet(kept: Command) -> None:
    settings = kept.place / "config.toml"
    settings.write_text(settings.read_text() + '[sla]\nholidays = ["2026-03-05"]\n')
    assert kept("--from", "2026-03-01", "--to", "2026-03-07").exit_code == 0
    assert asyncio.run(kept.remembered()) == {}
