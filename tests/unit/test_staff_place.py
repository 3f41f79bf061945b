"""Without a staff place nobody sees cards, warnings and pages: both checks say so."""

from pathlib import Path

import pytest

from bot.compose import inspect_all
from bot.console import Screen
from bot.settings import Settings, load_settings

SETTINGS = """
[store]
url = "sqlite+aiosqlite:///{folder}/bot.db"
[freescout]
url = "http://127.0.0.1:1"
api_key = "key"
mailbox_id = 1
bot_user_id = 2
[discord]
token = "token"
guild_id = 1
support_channels = [2]
api_url = "http://127.0.0.1:1"
gateway_url = "ws://127.0.0.1:1"
"""


def load(folder: Path, line: str) -> Settings:
    file = folder / "config.toml"
    file.write_text(SETTINGS.format(folder=folder) + line, encoding="utf-8")
    return load_settings(file, {})


@pytest.mark.parametrize(("line", "is_told"), [("", True), ("staff_channel = 3", False)])
def test_a_check_tells_that_there_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, *, is_told: bool
) -> None:
    Screen().settings_well(load(tmp_path, line))
    said = capsys.readouterr().out
    assert ("There is no staff place (discord.staff_channel or matrix.staff_room)" in said) is is_told


@pytest.mark.parametrize(("line", "well"), [("", False), ("staff_channel = 3", True)])
async def test_a_live_check_has_it_mended(tmp_path: Path, line: str, *, well: bool) -> None:
    found = {finding.subject: finding for finding in await inspect_all(load(tmp_path, line))}
    assert found["staff place"].well is well
    assert ("set discord.staff_channel or matrix.staff_room" in found["staff place"].fix) is not well
