"""``supportbot holidays``: what is printed can be pasted, and what is wrong is named."""

import ast
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.holiday_dates import listing

ROOT = Path(__file__).parents[2]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Command":
    monkeypatch.chdir(tmp_path)  # where no settings file is
    return Command()


class Command:
    def __call__(self, words: str) -> Result:
        return CliRunner().invoke(app, ["holidays", *words.split()])


def dates(text: str) -> list[str]:
    found = tomllib.loads(text)["holidays"]
    assert isinstance(found, list)
    return found


def test_a_year_of_berlin_is_printed_ready_to_paste_without_a_settings_file(command: Command) -> None:
    result = command("DE BE 2027")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("#")
    assert all(word in lines[0] for word in ("Germany (DE, BE Berlin)", "2027", "[sla]"))
    assert lines[1:4] == ["holidays = [", '    "2027-01-01",  # New Year\'s Day', '    "2027-03-08",  # Women\'s Day']
    assert lines[-1] == "]"
    assert [line.count('"') for line in lines[2:-1]] == [2] * 10


def test_what_is_printed_is_toml_and_holds_ascending_dates_of_that_year(command: Command) -> None:
    for words in ("DE 2027", "US 2027", "IN 2027", "JP 2026", "SA 2027", "NZ 2027", "CH GE 2028"):
        found = dates(command(words).stdout)
        assert found == sorted(set(found))
        assert {date.fromisoformat(day).year for day in found} == {int(words[-4:])}


def test_without_a_subdivision_only_the_days_of_the_whole_country_come(command: Command) -> None:
    assert "2027-03-08" in dates(command("DE BE 2027").stdout)
    assert "2027-03-08" not in dates(command("DE 2027").stdout)


def test_days_moved_to_a_working_day_are_among_them(command: Command) -> None:
    assert '"2027-07-05",  # Independence Day (observed)' in command("US 2027").stdout


def test_names_are_english_where_the_package_has_them(command: Command) -> None:
    assert "Tag der Deutschen Einheit" not in command("DE 2027").stdout
    assert "German Unity Day" in command("DE 2027").stdout
    assert "Saint Andrew's Day" in command("GB SCT 2027").stdout


def test_codes_may_be_small_and_parts_may_be_called_by_their_names(command: Command) -> None:
    assert command("de bayern 2027").stdout == command("DE BY 2027").stdout
    assert command("uk Scotland 2027").stdout == command("GB SCT 2027").stdout


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("XX 2027", ['"XX"', "ISO 3166"]),
        ("Germany 2027", ['"Germany"', "did you mean DE (Germany)?"]),
        ("Grmany 2027", ["DE (Germany)"]),
        ("DE ZZ 2027", ['"ZZ"', "Germany (DE)", "BB Brandenburg", "BE Berlin", "TH Thüringen"]),
        ("FJ Q 2027", ["does not divide Fiji (FJ)", '"Q"']),
        ("DE 27", ['"27"', "four digits"]),
        ("DE BE 2027x", ['"2027x"', "four digits"]),
        ("DE BE 0027", ['"0027"']),
        ("DE BE ２０２７", ["four digits"]),
        ("DE 2027 BE", ['"BE" is no year']),
        ("DE 2200", ["Germany (DE)", "2200", "1991 to 2100"]),
        ("UA 2027", ["Ukraine (UA)", "2027"]),
        ("DE", ["supportbot holidays DE BE 2027"]),
        ("DE BE 2027 2028", ["supportbot holidays DE BE 2027"]),
    ],
)
def test_what_cannot_be_used_is_named_with_what_is_possible(command: Command, words: str, named: list[str]) -> None:
    result = command(words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert [part for part in named if part not in result.stderr] == []


def test_the_help_says_how_several_years_come_together() -> None:
    text = " ".join(CliRunner().invoke(app, ["holidays", "--help"]).stdout.split())
    assert "put all dates into one list" in text


def test_lists_of_two_years_make_one_when_put_together() -> None:
    first, second = (listing(["DE", "BE", year]) for year in ("2027", "2028"))
    together = "\n".join([*first.splitlines()[:-1], *second.splitlines()[2:]])
    assert dates(together) == dates(first) + dates(second)


def test_only_this_command_imports_the_holidays_package() -> None:
    importing = [
        path.relative_to(ROOT).as_posix()
        for folder in ("bot", "adapters", "sandbox")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "holidays" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "holidays")
    ]
    assert set(importing) == {"bot/holiday_dates.py"}


def test_other_commands_do_not_load_the_package() -> None:
    code = "import sys, bot.__main__, bot.compose; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
