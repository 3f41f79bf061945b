"""How a ticket's clocks stand is written where the settings say, and nowhere else; what is missing is named."""

from pathlib import Path

import pytest

from bot.domain.errors import PermanentError
from bot.domain.ids import AgentId
from tests.unit.freescout_rig import freescout

CLOCKS = {"clocks_field": "SLA"}


async def test_without_a_field_in_the_settings_nothing_is_asked_of_the_help_desk(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        opened = await rig.open()
        rig.sim.add_custom_field("SLA")
        rig.sim.forget_requests()
        assert not rig.desk.shows_clocks
        await rig.desk.show_clocks(opened.conversation_id, "first answer by Tue 11:00")
        assert rig.sim.requests == []
        assert rig.only().custom_fields == {}


async def test_other_fields_keep_their_values(tmp_path: Path) -> None:
    settings = {**CLOCKS, "triage_as": "custom_fields", "label_field": "Kind", "priority_field": "Priority"}
    async with freescout(tmp_path, desk=settings) as rig:
        for name in ("Kind", "sla", "Priority"):
            rig.sim.add_custom_field(name)
        opened = await rig.open()
        await rig.desk.set_triage(opened.conversation_id, "bug", "P1")
        await rig.desk.show_clocks(opened.conversation_id, "first answer by Tue 11:00")
        await rig.desk.set_triage(opened.conversation_id, "bug", "P0")
        assert rig.only().custom_fields == {"Kind": "bug", "Priority": "P0", "sla": "first answer by Tue 11:00"}
        assert rig.sim.problems == []


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (None, [], "no custom field “SLA”"),
        ("dropdown", ["in time", "late"], "“SLA” cannot hold words"),
        ("number", [], "“SLA” cannot hold words"),
    ],
)
async def test_a_field_that_is_not_there_or_holds_no_words_is_named(
    tmp_path: Path, kind: str | None, options: list[str], words: str
) -> None:
    async with freescout(tmp_path, desk=CLOCKS) as rig:
        rig.sim.add_custom_field("Region")
        if kind is not None:
            rig.sim.add_custom_field("SLA", kind, options)
        opened = await rig.open()
        with pytest.raises(PermanentError, match=words):
            await rig.desk.show_clocks(opened.conversation_id, "first answer by Tue 11:00")
        assert rig.only().custom_fields == {}


async def test_a_missing_module_is_named(tmp_path: Path) -> None:
    async with freescout(tmp_path, modules=set(), desk=CLOCKS) as rig:
        opened = await rig.open()
        with pytest.raises(PermanentError, match="Custom Fields module"):
            await rig.desk.show_clocks(opened.conversation_id, "first answer by Tue 11:00")


async def test_the_field_is_that_of_the_mailbox_the_ticket_is_in_by_now(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk=CLOCKS) as rig:
        rig.sim.add_custom_field("SLA")
        opened = await rig.open()
        rig.sim.move(opened.conversation_id, rig.sim.add_mailbox("Sales", "sales@help.example"))
        with pytest.raises(PermanentError, match="no custom field “SLA”"):
            await rig.desk.show_clocks(opened.conversation_id, "first answer by Tue 11:00")


async def test_a_long_text_becomes_one_line_that_fits(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk=CLOCKS) as rig:
        rig.sim.add_custom_field("SLA")
        opened = await rig.open()
        await rig.desk.show_clocks(opened.conversation_id, "one\ntwo \ud800" + "x" * 400)
        (shown,) = rig.only().custom_fields.values()
        assert shown.startswith("one two xxx")
        assert shown.endswith("x…")
        assert len(shown) == 255


async def test_the_address_is_below_the_help_desks_own(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        opened = await rig.open()
        assert rig.desk.address_of(opened.conversation_id) == f"{rig.sim.url}/conversation/{opened.conversation_id}"


async def test_assigning_asks_for_a_change_only_where_there_is_one(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        opened = await rig.open()
        rig.sim.forget_requests()
        for _ in range(2):
            await rig.desk.assign(opened.conversation_id, AgentId(rig.sim.admin_id))
        (change,) = [request for request in rig.sim.requests if request.method == "PUT"]
        assert list(change.json.items()) == [("byUser", rig.sim.bot_user_id), ("assignTo", rig.sim.admin_id)]
        assert rig.sim.problems == []
