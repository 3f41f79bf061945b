"""Label and priority land where an installation can keep them, and nothing else about a ticket changes."""

from pathlib import Path

import pytest

from bot.domain.errors import PermanentError
from tests.unit.freescout_rig import Rig, freescout

FIELDS = {"label_field": "Kind", "priority_field": "Priority"}


def add_fields(rig: Rig) -> None:
    rig.sim.add_custom_field("Kind", "dropdown", ["Feature", "Bug", "Question"])
    rig.sim.add_custom_field("priority", "dropdown", ["P0 critical", "P1 high", "P2 normal"])
    rig.sim.add_custom_field("Region", "text")


async def test_a_tag_that_differs_in_case_only_is_one_of_ours(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        opened = await rig.open()
        for tag in ("Bug", "p0", "VIP", "bugfix"):
            rig.sim.add_tag(opened.conversation_id, tag)
        await rig.desk.set_triage(opened.conversation_id, "question", "P2")
        assert set(rig.only().tags) == {"VIP", "bugfix", "question", "P2"}


async def test_dropdown_fields_get_the_number_of_the_option(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk={"triage_as": "custom_fields", **FIELDS}) as rig:
        add_fields(rig)
        opened = await rig.open()
        await rig.desk.set_triage(opened.conversation_id, "bug", "P1")
        assert rig.only().custom_fields == {"Kind": "Bug", "priority": "P1 high"}
        assert rig.only().tags == ()
        assert rig.sim.problems == []


async def test_text_fields_get_the_word(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk={"triage_as": "custom_fields", **FIELDS}) as rig:
        rig.sim.add_custom_field("Kind")
        rig.sim.add_custom_field("Priority")
        opened = await rig.open()
        await rig.desk.set_triage(opened.conversation_id, "bug", "P1")
        assert rig.only().custom_fields == {"Kind": "bug", "Priority": "P1"}


@pytest.mark.parametrize(
    ("modules", "tags", "fields"),
    [
        ({"tags", "custom_fields"}, {"bug", "P1"}, {}),
        ({"custom_fields"}, set(), {"Kind": "Bug", "priority": "P1 high"}),
        (set[str](), set(), {}),
    ],
)
async def test_auto_takes_the_first_place_that_the_installation_has(
    tmp_path: Path, modules: set[str], tags: set[str], fields: dict[str, str]
) -> None:
    async with freescout(tmp_path, modules=modules, desk=FIELDS) as rig:
        add_fields(rig)
        opened = await rig.open()
        await rig.desk.set_triage(opened.conversation_id, "bug", "P1")
        rig.sim.options.modules = frozenset({"tags", "custom_fields"})
        assert set(rig.only().tags) == tags
        assert dict(rig.only().custom_fields) == fields


async def test_auto_follows_when_a_module_is_taken_away(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk=FIELDS) as rig:
        add_fields(rig)
        opened = await rig.open()
        await rig.desk.set_triage(opened.conversation_id, "bug", "P1")
        rig.sim.options.modules = frozenset({"custom_fields"})
        await rig.desk.set_triage(opened.conversation_id, "question", "P2")
        assert dict(rig.only().custom_fields) == {"Kind": "Question", "priority": "P2 normal"}


async def test_auto_remembers_the_place_that_works(tmp_path: Path) -> None:
    async with freescout(tmp_path, modules={"custom_fields"}, desk=FIELDS) as rig:
        add_fields(rig)
        opened = await rig.open()
        rig.sim.options.modules = frozenset({"custom_fields"})
        await rig.desk.set_triage(opened.conversation_id, "bug", "P1")
        rig.sim.options.modules = frozenset({"tags", "custom_fields"})
        await rig.desk.set_triage(opened.conversation_id, "question", "P2")
        assert rig.only().tags == ()


@pytest.mark.parametrize(("place", "words"), [("tags", "Tags module"), ("custom_fields", "Custom Fields module")])
async def test_a_place_that_was_asked_for_and_is_not_there_is_told_to_people(
    tmp_path: Path, place: str, words: str
) -> None:
    async with freescout(tmp_path, modules=set(), desk={"triage_as": place, **FIELDS}) as rig:
        opened = await rig.open()
        with pytest.raises(PermanentError, match=words):
            await rig.desk.set_triage(opened.conversation_id, "bug", "P1")


@pytest.mark.parametrize("missing", ["no custom field “Priority”", "no option “P1”"])
async def test_a_field_or_option_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    async with freescout(tmp_path, desk={"triage_as": "custom_fields", **FIELDS}) as rig:
        rig.sim.add_custom_field("Kind")
        if "option" in missing:
            rig.sim.add_custom_field("Priority", "dropdown", ["high", "low"])
        opened = await rig.open()
        with pytest.raises(PermanentError, match=missing):
            await rig.desk.set_triage(opened.conversation_id, "bug", "P1")
        assert dict(rig.only().custom_fields) == {}


async def test_with_notes_nothing_is_asked_of_the_help_desk(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk={"triage_as": "notes"}) as rig:
        opened = await rig.open()
        rig.sim.forget_requests()
        await rig.desk.set_triage(opened.conversation_id, "bug", "P1")
        assert rig.sim.requests == []
