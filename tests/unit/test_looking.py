"""/ticket, /tickets, /sla and /whoami: what they show, to whom, and where."""

from dataclasses import replace

import pytest

from bot.domain.chat import Author, RoomRole
from bot.domain.commands import CommandReply
from bot.domain.richtext import plain
from tests.fakes.rig import (
    ALEXANDER,
    JONAS,
    LENA,
    MATRIX_ALEXANDER,
    MATRIX_STAFF,
    MATRIX_SUPPORT,
    MIA,
    Rig,
)
from tests.unit.clocked import HOUR, MINUTE, THREAD, TOM_HERE, told


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def asked(rig: Rig, command: str, ticket: str = "", *, author: Author = TOM_HERE) -> CommandReply:
    """Somebody wants to see it."""
    return await (rig.run(command, author=author, ticket=ticket) if ticket else rig.run(command, author=author))


async def answer(rig: Rig, command: str, ticket: str = "") -> list[str]:
    """The lines of the answer, whose confidentiality is checked by the way."""
    reply = await asked(rig, command, ticket)
    assert not reply.done
    assert reply.confidential
    return plain(reply.text).splitlines()


async def test_a_ticket_is_shown_with_its_clocks_before_and_after_triage(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket("The export fails")
        head = f"#{ticket.number} The export fails (by Mia, Discord): "
        lines = await answer(rig, "ticket", ticket=str(ticket.number))
        assert lines == [
            head
            + "not triaged yet, looks like bug, P2; active, with nobody yet. It came Mon 2 Mar 10:00 (Europe/Berlin).",
            "The triage is due by Mon 2 Mar 14:00 (Europe/Berlin).",
            "The first response is due by Tue 3 Mar 10:00 (Europe/Berlin).",
            "The resolution is due by Mon 9 Mar 10:00 (Europe/Berlin).",
        ]
        await rig.run("triage", ticket=str(ticket.number), label="bug", priority="P1")
        await rig.run("take", ticket=str(ticket.number))
        await rig.post("Which version?", author=ALEXANDER, address=THREAD)
        await rig.look()
        lines = await answer(rig, "ticket", ticket=f"#{ticket.number}")
    assert lines[0] == head + "bug, P1, pending, with Alexander Frank. It came Mon 2 Mar 10:00 (Europe/Berlin)."
    assert lines[1:3] == ["The triage was in time.", "The first response was in time."]
    assert lines[3].startswith("The resolution waits for an answer from outside; 24 h left.")


async def test_a_mail_is_shown_too(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Help", text="Error 5.", customer_name="Ada")
        await rig.sweep()
        lines = await answer(rig, "ticket", ticket=str(mail.number))
    assert lines[0].startswith(f"#{mail.number} Help (by Ada, e-mail): not triaged yet")


async def test_the_open_ones_are_listed_by_time_left(rig: Rig) -> None:
    async with rig.running():
        assert await answer(rig, "tickets") == ["There are no open tickets."]
        await rig.post("How do I import?", author=LENA, message_id="m2")
        await rig.run("triage", label="question", priority="P2", address=replace(THREAD, chat_thread="m2"))
        await rig.post("The export fails", message_id="m1")
        await rig.run("triage", label="bug", priority="P0", address=THREAD)
        await rig.post("It crashes", message_id="m3")
        third = rig.desk.conversations[-1]
        await rig.pass_time(2 * HOUR + MINUTE)
        await rig.watch()
        lines = await answer(rig, "tickets")
        first, second = rig.desk.conversations[1], rig.desk.conversations[0]
        assert lines[0] == "Open tickets: 3; overdue: 1."
        overdue = "first response overdue since Mon 2 Mar 12:00 (Europe/Berlin)"
        assert [line.removeprefix("- ") for line in lines[1:]] == [
            f"#{first.number} P0 bug, The export fails: {overdue}, nobody yet",
            f"#{third.number} P2 bug?, It crashes: triage due in 1 h 59 min, nobody yet",
            f"#{second.number} P2 question, How do I import?: first response due in 21 h 59 min, nobody yet",
        ]
        rig.desk.close(first.conversation_id)
        await rig.look()
        assert f"#{first.number}" not in "\n".join(await answer(rig, "tickets"))


async def test_one_that_waits_says_so(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket("The export fails")
        await rig.run("triage", label="bug", priority="P2", address=THREAD)
        await rig.post("Which version?", author=ALEXANDER, address=THREAD)
        await rig.look()
        lines = await answer(rig, "tickets")
    assert lines[1].endswith("The export fails: waits for an answer from outside, nobody yet")


async def test_many_are_cut_to_what_a_message_can_show_and_counted(rig: Rig) -> None:
    async with rig.running():
        for number in range(17):
            await rig.post("long " * 40, message_id=f"x{number}")
        reply = await rig.run("tickets", author=TOM_HERE)
    text = plain(reply.text)
    assert text.splitlines()[-1] == "… and 2 more."
    assert len(text) < 2000


async def test_each_counted_stretch_each_pause_and_each_deadline_is_explained(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket("The export fails")
        await rig.run("triage", label="bug", priority="P2", address=THREAD)
        await rig.pass_time(HOUR)
        await rig.post("Which version?", author=ALEXANDER, address=THREAD)
        await rig.look()
        await rig.pass_time(HOUR)
        await rig.post("Version 2.", address=THREAD)
        await rig.look()
        await rig.pass_time(HOUR)
        lines = await answer(rig, "sla", ticket=str(ticket.number))
    assert lines[0] == f"The clocks of ticket #{ticket.number} (P2):"
    assert lines[1:4] == [
        "triage: less than a minute of 4 h used up, business time.",
        "The triage was in time.",
        "first response: 1 h of 8 h used up, business time.",
    ]
    assert lines[4:6] == ["The first response was in time.", "- Mon 2 Mar 10:00 to Mon 2 Mar 11:00: 1 h counted"]
    assert lines[6].startswith("resolution: 2 h of 40 h used up")
    assert lines[7].startswith("The resolution is due by Mon 9 Mar 11:00 (Europe/Berlin).")
    assert lines[8:] == [
        "- Mon 2 Mar 10:00 to Mon 2 Mar 11:00: 1 h counted",
        "- Mon 2 Mar 11:00 to Mon 2 Mar 12:00: 1 h not counted",
        "- Mon 2 Mar 12:00 to now: 1 h counted",
    ]


async def wait_often(rig: Rig, times: int) -> None:
    """Each time an agent asks, and the member answers an hour later."""
    for number in range(times):
        await rig.post("Which version?", author=ALEXANDER, address=THREAD, message_id=f"a{number}")
        await rig.look()
        await rig.pass_time(HOUR)
        await rig.post("Version 2.", address=THREAD, message_id=f"b{number}")
        await rig.look()
        await rig.pass_time(HOUR)


@pytest.mark.parametrize(
    ("times", "last"), [(4, ""), (5, "… and one earlier stretch"), (12, "… and 8 earlier stretches")]
)
async def test_of_many_stretches_the_newest_are_shown_and_the_others_counted(rig: Rig, times: int, last: str) -> None:
    async with rig.running():
        ticket = await rig.ticket("The export fails")
        await rig.run("triage", label="bug", priority="P2", address=THREAD)
        await wait_often(rig, times)
        lines = await answer(rig, "sla", ticket=str(ticket.number))
    assert len("\n".join(lines)) < 2000
    begin = next(place for place, line in enumerate(lines) if line.startswith("resolution: "))
    assert lines[begin + 1].startswith("The resolution ")
    listed = lines[begin + 2 :]
    assert [line.removeprefix("- ") for line in listed[7:]] == ([last] if last else [])
    assert listed[6].partition(" to ")[2].startswith("now: ")
    assert [("not counted" in line) for line in listed[:7]] == [False, True] * 3 + [False]


async def test_a_p0_is_explained_round_the_clock(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket("A total outage")
        lines = await answer(rig, "sla", ticket=str(ticket.number))
    assert "first response: less than a minute of 2 h used up, round the clock." in lines


async def test_what_does_not_count_says_why(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket("Hello")
        await rig.run("close", ticket=str(ticket.number), reason="duplicate")
        lines = await answer(rig, "ticket", ticket=str(ticket.number))
    assert lines[-1] == "The resolution does not count: duplicate."


async def test_a_ticket_without_clocks_is_told_apart_from_one_that_does_not_exist(rig: Rig) -> None:
    async with rig.running():
        old = rig.desk.add_conversation("Old", text="Long ago.")
        for command in ("ticket", "sla"):
            kept = await rig.run(command, author=TOM_HERE, ticket=str(old.number))
            assert plain(kept.text).startswith(f"#{old.number} came before the bot kept clocks")
            none = await rig.run(command, author=TOM_HERE, ticket="4711")
            assert "There is no ticket #4711" in plain(none.text)


async def test_in_its_thread_a_ticket_can_be_looked_at_before_it_has_a_number(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post("The export fails", message_id="m1")
        for command in ("ticket", "sla", "tickets"):
            text = plain((await rig.run(command, author=TOM_HERE, address=THREAD)).text)
            assert "no number yet" in text
            assert "None" not in text


@pytest.mark.parametrize("command", ["ticket", "tickets", "sla"])
async def test_members_may_not_look(rig: Rig, command: str) -> None:
    async with rig.running():
        ticket = await rig.ticket("The export fails")
        reply = await asked(rig, command, "" if command == "tickets" else str(ticket.number), author=MIA)
    assert "export" not in plain(reply.text)
    assert "P2" not in plain(reply.text)


async def test_looking_writes_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket("The export fails")
        before = rig.store.contents
        for command, number in (("ticket", str(ticket.number)), ("sla", str(ticket.number)), ("tickets", "")):
            await asked(rig, command, number)
    assert rig.store.contents is before


async def test_typed_in_matrix_the_answer_goes_to_the_staff_room_there(rig: Rig) -> None:
    async with rig.running():
        await rig.post("The export fails", author=JONAS, message_id="$e")
        thread = replace(MATRIX_SUPPORT, chat_thread="$e")
        await rig.post("!sla", author=MATRIX_ALEXANDER, address=thread, message_id="$s")
        await rig.post("!ticket", author=MATRIX_ALEXANDER, address=thread, message_id="$t")
        before = len(rig.matrix.said_in("$e"))
        await rig.post(
            "!tickets", author=MATRIX_ALEXANDER, address=MATRIX_STAFF, room_role=RoomRole.STAFF, message_id="$u"
        )
    assert before == 1, "the number only"
    told_there = [one.text for one in rig.matrix.posted if one.message.address == MATRIX_STAFF]
    explained, shown = told_there
    assert explained.startswith("The clocks of ticket #")
    assert "not triaged yet" in shown
    (listed,) = rig.matrix.said_in("$u")
    assert listed.startswith("Open tickets: 1")
    assert told(rig) == []


@pytest.mark.parametrize(
    ("author", "said"),
    [
        (MIA, ["You are Mia in Discord (account mia).", "You are not a member of the support team here"]),
        (TOM_HERE, ["You are Tom in Discord (account tom).", "You belong to the support team: you can answer"]),
        (
            ALEXANDER,
            ["You are Alexander in Discord (account alexander).", "You belong to the support team and may triage."],
        ),
    ],
)
async def test_everybody_may_ask_how_the_bot_knows_them(rig: Rig, author: Author, said: list[str]) -> None:
    lines = plain((await rig.run("whoami", author=author)).text).splitlines()
    assert all(line.startswith(start) for line, start in zip(lines, said, strict=False))
    mapped = {
        "mia": [],
        "tom": ["FreeScout does not know this account yet"],
        "alexander": ["In FreeScout you are Alexander (user 3)."],
    }
    assert [line.split(":")[0] for line in lines[2:]] == mapped[author.user_id]


async def test_typed_in_public_what_the_bot_knows_of_the_team_is_told_in_the_staff_room_only(rig: Rig) -> None:
    async with rig.running():
        await rig.post("!whoami", author=MATRIX_ALEXANDER, address=MATRIX_SUPPORT, message_id="$w")
        await rig.post("!whoami", author=JONAS, address=MATRIX_SUPPORT, message_id="$v")
    assert rig.matrix.said_in("$w") == []
    (said,) = [one.text for one in rig.matrix.posted if one.message.address == MATRIX_STAFF]
    assert "In FreeScout you are Alexander (user 3)" in said
    assert "not a member of the support team" in rig.matrix.said_in("$v")[0]
