"""config.example.toml: complete, right about every default, and lacking nothing but the secrets."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bot.domain.errors import SettingsError
from bot.settings import Settings, load_settings
from bot.settings_sections import StaffMember

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

PLACES_AND_PEOPLE = {
    "discord.staff_channel",
    "discord.triager_roles",
    "discord.staff_roles",
    "matrix.staff_room",
    "matrix.triagers",
    "staff.members",
    "github.app_id",
    "github.installation_id",
    "github.bug_repository",
    "github.intake_repositories",
    "openproject.documentation_project",
    "openproject.issues_list_project",
}
"""Optional settings that are clearest with an example; their default is: none."""


def everything() -> dict[str, dict[str, object]]:
    """The example with its commented-out sections and keys brought in."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    setting = re.compile(r"^(?:# )+(\[+[\w.]+\]+|\w+ = .*)$")
    return tomllib.loads("\n".join(setting.sub(r"\1", line) for line in lines))


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in Settings.model_fields.items():
        for candidate in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                yield name, candidate


def test_every_setting_is_shown_and_nothing_else() -> None:
    shown = {f"{section}.{key}" for section, table in everything().items() for key in table}
    known = {f"{section}.{key}" for section, model in sections() for key in model.model_fields}
    assert shown == known


def test_every_identity_of_a_team_member_is_shown() -> None:
    members = everything()["staff"]["members"]
    assert isinstance(members, list)
    assert [set(member) for member in members] == [set(StaffMember.model_fields)]


def test_the_sections_stand_in_the_order_of_the_model() -> None:
    assert list(everything()) == list(Settings.model_fields)


def test_every_value_shown_is_the_default_unless_it_is_filled_in_by_people() -> None:
    wrong = []
    for section, model in sections():
        for key, field in model.model_fields.items():
            shown = everything()[section][key]
            name = f"{section}.{key}"
            if field.default is PydanticUndefined or shown == "..." or name in PLACES_AND_PEOPLE:
                continue
            default = model.model_construct().model_dump(mode="json", include={key})[key]
            if shown != default and not (shown == "" and default is None):
                wrong.append(f"{name}: shown {shown!r}, default {default!r}")
    assert wrong == []


def test_every_setting_has_its_reason_above_it() -> None:
    """Two keys may share one reason when they belong together."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    key = re.compile(r"^(?:# )*\w+ = ")
    bare = [
        line
        for before, line in pairwise(lines)
        if key.match(line) and not (before.startswith("#") or key.match(before))
    ]
    assert bare == []


def test_only_the_secrets_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError) as caught:
        load_settings(EXAMPLE, {})
    assert [fault.key for fault in caught.value.faults] == ["freescout.api_key", "discord.token", "matrix.password"]
    assert all(fault.problem.startswith("is missing") for fault in caught.value.faults)


def test_with_its_secrets_the_example_is_right() -> None:
    secrets = {
        "SUPPORTBOT_FREESCOUT__API_KEY": "a",
        "SUPPORTBOT_DISCORD__TOKEN": "b",
        "SUPPORTBOT_MATRIX__PASSWORD": "c",
    }
    assert load_settings(EXAMPLE, secrets).github is None


def test_with_everything_brought_in_the_example_is_right_too(tmp_path: Path) -> None:
    """Whoever uncomments a section gets no fault but the missing secrets."""
    text = EXAMPLE.read_text(encoding="utf-8").replace('"..."', '"filled-in"')
    text = re.sub(r"^# (\[+[\w.]+\]+|\w+ = .*)$", r"\1", text, flags=re.MULTILINE)
    everything_on = tmp_path / "config.toml"
    everything_on.write_text(text.replace('device_id = ""', 'device_id = "D"'), encoding="utf-8")
    settings = load_settings(everything_on, {})
    assert settings.github is not None
    assert settings.openproject is not None
    assert settings.staff.members[0].name == "Alexander"
