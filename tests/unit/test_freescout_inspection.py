"""`check --live` names what an installation lacks, with the fix, and is content with one that lacks nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.findings import Finding
from tests.unit.freescout_rig import freescout


def faults(findings: Sequence[Finding]) -> list[str]:
    assert all(bool(one.fix) is not one.well for one in findings)
    assert {one.part for one in findings} == {"freescout"}
    return [f"{one.subject}: {one.fix}" for one in findings if not one.well]


async def test_an_installation_with_everything_is_well(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        findings = await rig.desk.inspect()
        assert faults(findings) == []
        assert [one.subject for one in findings] == [
            "API and key",
            "mailbox 1 “Support”",
            "bot user 2 “Support Bot”",
            "triage as tags",
            'webhook: none, since "web.public_url" is not set; answers are found by asking every 60 s',
        ]
        assert {request.method for request in rig.sim.requests} == {"GET"}
        assert rig.sim.problems == []


async def test_a_wrong_key_is_the_only_finding(tmp_path: Path) -> None:
    async with freescout(tmp_path, api_key="0" * 32) as rig:
        (fault,) = faults(await rig.desk.inspect())
        assert "freescout.api_key" in fault
        assert "Not Authorized" in fault


async def test_a_missing_api_module_is_named(tmp_path: Path) -> None:
    async with freescout(tmp_path, api=False) as rig:
        (fault,) = faults(await rig.desk.inspect())
        assert '"API & Webhooks" installed and active' in fault
        assert "freescout.api_key" not in fault


async def test_a_help_desk_that_cannot_be_reached_is_named_with_its_setting(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        await rig.sim.go_down()
        (fault,) = faults(await rig.desk.inspect())
        assert "cannot be reached" in fault
        assert "freescout.url" in fault


async def test_wrong_mailbox_and_user_are_both_named_with_what_there_is(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk={"mailbox_id": 9, "bot_user_id": 99}) as rig:
        mailbox, user = faults(await rig.desk.inspect())
        assert "freescout.mailbox_id" in mailbox
        assert "1 “Support”" in mailbox
        assert "freescout.bot_user_id" in user


async def test_without_modules_auto_is_well_and_says_what_follows(tmp_path: Path) -> None:
    async with freescout(tmp_path, modules=set()) as rig:
        findings = await rig.desk.inspect()
        assert faults(findings) == []
        (triage,) = [one for one in findings if one.subject.startswith("triage")]
        assert "Tags module is not installed" in triage.subject
        assert "internal note only" in triage.subject


@pytest.mark.parametrize(("place", "words"), [("tags", "Tags module"), ("custom_fields", "Custom Fields module")])
async def test_a_module_that_was_asked_for_is_missed(tmp_path: Path, place: str, words: str) -> None:
    settings = {"triage_as": place, "label_field": "Kind", "priority_field": "Priority"}
    async with freescout(tmp_path, modules=set(), desk=settings) as rig:
        (fault,) = faults(await rig.desk.inspect())
        assert words in fault
        assert "freescout.triage_as" in fault


async def test_every_custom_field_must_have_every_option(tmp_path: Path) -> None:
    settings = {"triage_as": "custom_fields", "label_field": "Kind", "priority_field": "Priority"}
    async with freescout(tmp_path, desk=settings) as rig:
        rig.sim.add_custom_field("Kind", "dropdown", ["bug", "feature"])
        (fault,) = faults(await rig.desk.inspect())
        assert "has no option “question”" in fault
        rig.sim.add_custom_field("Priority", "dropdown", ["P0", "P1", "P2"])


async def test_notes_need_nothing(tmp_path: Path) -> None:
    async with freescout(tmp_path, modules=set(), desk={"triage_as": "notes"}) as rig:
        assert faults(await rig.desk.inspect()) == []


async def test_a_field_for_the_clocks_that_is_there_is_well(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk={"clocks_field": "SLA"}) as rig:
        rig.sim.add_custom_field("SLA")
        findings = await rig.desk.inspect()
        assert faults(findings) == []
        assert "clocks in the custom field “SLA”" in [one.subject for one in findings]


@pytest.mark.parametrize(
    ("modules", "words"), [({"tags", "custom_fields"}, "no custom field “SLA”"), ({"tags"}, "Custom Fields module")]
)
async def test_a_missing_field_for_the_clocks_is_named_with_its_fix(
    tmp_path: Path, modules: set[str], words: str
) -> None:
    async with freescout(tmp_path, modules=modules, desk={"clocks_field": "SLA"}) as rig:
        (fault,) = faults(await rig.desk.inspect())
        assert words in fault
        assert "Add a single-line text field" in fault
        assert "freescout.clocks_field" in fault
