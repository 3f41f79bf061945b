"""Clocks in unlucky circumstances: none of them may keep a message, an answer or the process itself back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.calendar_spec import CalendarSpec
from bot.domain.chat import ChatMessage, OutgoingMessage, RoomRole, SentMessage
from bot.domain.errors import OutcomeUnknownError, PermanentError, SettingsError
from bot.domain.richtext import plain
from bot.domain.sla_policy import Priority, Promise, SlaPolicy, target_of
from bot.settings import load_settings
from bot.usecases.cards import read_card
from bot.usecases.parking import WHAT
from bot.usecases.timekeeping import SlaRules
from tests.fakes.plots import FakePlots
from tests.fakes.rig import ALEXANDER, JONAS, LENA, STAFF, SUPPORT, Rig
from tests.unit.clocked import MINUTE, RESPONSE, SECOND, THREAD, TOM_HERE, at, clock, told

ENDS = datetime(9999, 12, 31, 12, tzinfo=UTC)
OVER = CalendarSpec(hours={}, shifts={"2025-12-24": (("09:00", "13:00"),)})

SETTINGS = """
[freescout]
url = "https://help.example.org"
api_key = "key"
mailbox_id = 1
bot_user_id = 2

[discord]
token = "token"
guild_id = 1
support_channels = [2]
staff_channel = 3

[sla]
"""


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


def test_every_kind_of_delivery_can_be_told_of_when_it_waits_for_a_person(rig: Rig) -> None:
    assert set(rig.core._handlers()) <= set(WHAT)


@pytest.mark.parametrize(("method", "command"), [("assign", "take"), ("show_clocks", "triage")])
async def test_what_the_help_desk_refuses_for_good_is_told_and_the_others_go_on(method: str, command: str) -> None:
    rig = Rig(group_seconds=0, has_clocks_field=True)
    async with rig.running():
        number = str((await rig.ticket()).number)
        rig.desk.fail_next(PermanentError("it does not want to"), on=method)
        if command == "take":
            await rig.run("take", ticket=number)
        else:
            await rig.run("triage", ticket=number, label="bug", priority="P1")
        await rig.post("And another one.", author=LENA)
        assert len(rig.desk.conversations) == 2
    assert any("it does not want to" in one.text for one in (*told(rig), *rig.matrix.posted))


async def test_a_message_from_the_end_of_time_becomes_a_ticket_like_any_other(rig: Rig) -> None:
    async with rig.running():
        strange = replace(rig.message("Help!", author=JONAS, message_id="m1"), sent_at=ENDS)
        await rig.accept(strange)
        assert len(rig.desk.conversations) == 1


async def test_a_message_from_the_beginning_of_time_does_not_stop_the_clocks_of_the_others(rig: Rig) -> None:
    """Years of business time are added up one by one, at each look again: hundreds of them hold everything up."""
    async with rig.running():
        strange = replace(rig.message("Help!", author=JONAS, message_id="m1"), sent_at=datetime(1700, 1, 1, tzinfo=UTC))
        await rig.accept(strange)
        assert clock(rig, RESPONSE).started_at > rig.clock.now() - timedelta(days=3660)


async def test_a_calendar_whose_last_day_is_over_keeps_no_message_back() -> None:
    rig = Rig(group_seconds=0, sla=SlaRules(calendar=OVER))
    rig.make_pump()
    async with rig.running():
        await rig.post()
        assert len(rig.desk.conversations) == 1


async def test_what_the_team_says_in_its_own_channel_is_shown_to_no_member_after_a_merge(rig: Rig) -> None:
    async with rig.running():
        mia = await rig.ticket()
        words = rig.message("Mia asks again", author=TOM_HERE, address=STAFF, message_id="s1", room_role=RoomRole.STAFF)
        await rig.commands.make_ticket(words, ALEXANDER)
        await rig.rest()
        made = rig.desk.conversations[-1]
        rig.desk.merge(made.conversation_id, mia.conversation_id)
        await rig.webhook(made.conversation_id)
        await rig.look()
        here = replace(STAFF, chat_thread="s1")  # which the adapter follows and hands in as a ticket's own place
        await rig.post("Between us: let her wait.", author=ALEXANDER, address=here)
        await rig.look()
    public = [one.text for one in rig.discord.posted if one.message.address.room == SUPPORT.room]
    assert not [text for text in public if "Between us" in text]


async def test_an_announcement_whose_answer_was_lost_is_looked_for_with_the_words_it_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Discord's history tells no nonces: it is found again by its words only."""
    rig = Rig(group_seconds=0, staff=())
    looked_for = _record_searches(rig, monkeypatch)
    async with rig.running():
        rig.discord.fail_next(OutcomeUnknownError("lost"), after_work=True, on="send")
        await rig.ticket()
        await rig.run("triage", label="bug", priority="P1", address=THREAD)
        await rig.pass_time(3 * MINUTE)
    said = next(one for one in rig.discord.posted if one.message.address == THREAD)
    assert [plain(one.text) for one in looked_for if one.address == THREAD][:1] == [said.text]


async def test_a_weekly_report_whose_answer_was_lost_is_looked_for_with_the_words_it_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig(group_seconds=0, staff=(STAFF,), plots=FakePlots())
    rig.make_pump()
    async with rig.running():
        await rig.keep_time()
        await rig.pass_time(timedelta(days=8))
        await rig.ticket()
        await rig.pass_time(timedelta(days=6))
        looked_for = _record_searches(rig, monkeypatch)
        said_before = len(rig.discord.posted)
        rig.discord.fail_next(OutcomeUnknownError("lost"), after_work=True, on="send")
        await rig.core.clockwork.weekly.look()
        await rig.rest()
        said = rig.discord.posted[said_before].text
    await rig.pass_time(timedelta(hours=3))  # while the bot is away
    async with rig.running():
        await rig.rest()
    assert looked_for, "it was not looked for at all"
    assert plain(looked_for[0].text) == said


async def test_a_ticket_whose_message_is_ahead_of_our_clock_can_be_explained(rig: Rig) -> None:
    async with rig.running():
        await rig.accept(_ahead(rig, 5 * SECOND))
        reply = await rig.run("sla", address=THREAD)
    assert "first response" in plain(reply.text)


async def test_an_old_message_that_is_made_a_ticket_is_not_born_overdue(rig: Rig) -> None:
    """The team was not asked before somebody pointed at it (facts/sla.md, section 3, "Start")."""
    async with rig.running():
        old = replace(rig.message(message_id="m1"), sent_at=rig.clock.now() - timedelta(days=60))
        await rig.commands.make_ticket(old, ALEXANDER)
        await rig.rest()
        await rig.watch()
        assert not clock(rig, RESPONSE).is_breached
    assert not [one.text for one in told(rig) if "overdue" in one.text]


async def test_a_clock_that_was_put_back_does_not_hide_what_happens_in_the_help_desk() -> None:
    rig = Rig(group_seconds=0)
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Export fails", text="It says error 5.")
        await rig.webhook(mail.conversation_id, replied=False)
        rig.clock._now -= timedelta(hours=1)
        rig.desk.skew = timedelta(hours=1)
        rig.desk.close(mail.conversation_id)
        await rig.webhook(mail.conversation_id, replied=False)
        await rig.pass_time(10 * SECOND)
        (ticket, _) = next(iter(rig.store.contents.sla.values()))
    assert ticket.status == "closed"


async def test_a_kill_between_new_targets_and_the_computing_anew_leaves_no_old_plan() -> None:
    rig = Rig(group_seconds=0)
    async with rig.running():
        await rig.keep_time()
        await rig.ticket()
    short = Promise(first_response=target_of("1bh"), resolution=target_of("5bd"))
    rig.sla = SlaRules(policy=SlaPolicy(promises={**SlaPolicy().promises, Priority.P2: short}))
    rig.make_pump()
    await rig.core.clockwork.time.load(rig.store)  # and there it ends
    rig.make_pump()
    await rig.keep_time()
    ((_, index),) = rig.store.contents.sla.values()
    assert index.due_at == at(2, 10)


async def test_a_request_that_an_older_release_left_in_the_outbox_gets_clocks_and_a_card(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post()
    rig.store.contents.sla.clear()  # release 0.2 kept none
    rig.desk.down = False
    async with rig.running():
        await rig.pass_time(2 * MINUTE)
        assert len(rig.desk.conversations) == 1
    assert len(rig.store.contents.sla) == 1
    assert rig.discord.cards


@pytest.mark.parametrize("number", ["²", "٣", "99999999999999999999", ""])
def test_a_button_with_an_odd_number_is_no_button_of_a_card(number: str) -> None:
    assert read_card(f"card:take:{number}") is None


@pytest.mark.parametrize(
    "line",
    [
        "hours = {}",
        "hours = { mon = [] }",
        'triage = "999999999999999h"',
        'triage = "99999999h"',
        'triage = "0.0000000001h"',
        "business_day_hours = 1e-9",
        'hours = {}\nshifts = { 2026-12-24 = ["09:00-13:00"] }\nbreaks = { 2026-12-24 = ["09:00-13:00"] }',
        'oncall_mention = "@lead:example.org"',
    ],
)
def test_settings_that_cannot_work_are_refused_before_the_start(line: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(SETTINGS + line, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"sla\."):
        load_settings(file, {})


def _ahead(rig: Rig, by: timedelta) -> ChatMessage:
    return replace(rig.message(message_id="m1"), sent_at=rig.clock.now() + by)


def _record_searches(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Sequence[OutgoingMessage]:
    """What is looked for in Discord from now on."""
    looked_for: list[OutgoingMessage] = []
    find_sent = type(rig.discord).find_sent

    async def record(
        chat: object, message: OutgoingMessage, tried_at: datetime, taken: frozenset[str] = frozenset()
    ) -> SentMessage | None:
        if chat is rig.discord:
            looked_for.append(message)
        return await find_sent(chat, message, tried_at, taken)  # type: ignore[arg-type]

    monkeypatch.setattr(type(rig.discord), "find_sent", record)
    return looked_for
