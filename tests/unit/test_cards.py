"""Cards: one per new ticket where the team works, and what their menus and buttons do, for whom, and how often."""

from dataclasses import replace

import pytest

from bot.domain.chat import Card, OutgoingMessage
from bot.domain.helpdesk import Status
from bot.domain.richtext import plain
from tests.fakes.desk_records import ALEXANDER as ALEXANDER_THERE
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import JONAS, MATRIX_STAFF, MIA, STAFF, Rig
from tests.unit.clocked import HOUR, RESOLUTION, THREAD, TOM_HERE, clock, notes, only, stages


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


def shown(rig: Rig) -> OutgoingMessage:
    (card,) = rig.discord.cards
    return card.message


def part(rig: Rig, name: str) -> str:
    """What comes back from the card's menu or button of this name."""
    names = (*(one.choice for one in shown(rig).menus), *(one.choice for one in shown(rig).choices))
    return next(one for one in names if one.startswith(f"card:{name}:"))


async def carded(rig: Rig, text: str = "The export fails with error 5.") -> FiledConversation:
    await rig.keep_time()
    return await rig.ticket(text)


async def test_a_new_ticket_has_one_card_with_all_that_is_needed_to_triage_it(rig: Rig) -> None:
    async with rig.running():
        ticket = await carded(rig)
        for _ in range(2):
            await rig.look()
    card = shown(rig)
    assert card.address == STAFF
    assert (card.mention, card.pages) == (None, ())
    assert plain(card.text).splitlines() == [
        f"#{ticket.number} The export fails with error 5. (by Mia, Discord)",
        "Looks like bug, P2: nothing in it sounds critical. Please check.",
        "The triage is due by Mon 2 Mar 14:00 (Europe/Berlin).",
        "The first response is due by Tue 3 Mar 10:00 (Europe/Berlin).",
        "The resolution is due by Mon 9 Mar 10:00 (Europe/Berlin).",
    ]
    assert [(one.label, one.url) for one in card.links] == [
        ("Open", rig.desk.address_of(ticket.conversation_id)),
        ("Message", "https://chat.example/support/m1"),
    ]
    assert [one.label for one in card.choices] == ["Take it", "Not a request"]
    label, priority = card.menus
    assert (label.placeholder, label.chosen) == ("Label (looks like bug)", "")
    assert [one.value for one in label.options] == ["bug", "feature", "question"]
    assert (priority.placeholder, priority.chosen) == ("Priority (looks like P2)", "")
    assert [one.value for one in priority.options] == ["P0", "P1", "P2"]


async def test_a_card_quotes_what_its_subject_does_not_say(rig: Rig) -> None:
    async with rig.running():
        await carded(rig, "The export fails.\n\nIt says error 5, since Monday.")
    assert "It says error 5, since Monday." in plain(shown(rig).text)


async def test_a_card_says_which_words_made_it_look_critical(rig: Rig) -> None:
    async with rig.running():
        await carded(rig, "A total outage")
    assert "Looks like bug, P0: it says “outage”. Please check at once." in plain(shown(rig).text)


async def test_a_new_process_shows_no_second_card_and_the_old_ones_buttons_work(rig: Rig) -> None:
    async with rig.running():
        ticket = await carded(rig)
    async with rig.running():
        await rig.look()
        await rig.press_card(part(rig, "take"))
    assert len(rig.discord.cards) == 1
    assert ticket.assignee == ALEXANDER_THERE


async def test_in_matrix_a_card_says_what_to_type_and_where_to_look() -> None:
    rig = Rig(group_seconds=0, staff=(MATRIX_STAFF,))
    async with rig.running():
        ticket = await rig.ticket(author=JONAS)
    (card,) = rig.matrix.cards
    assert (card.message.menus, card.message.choices) == ((), ())
    assert f"!triage {ticket.number} bug|feature|question P0|P1|P2 · !take {ticket.number}" in card.text
    assert [one.label for one in card.message.links] == ["Open", "Message"]


async def test_without_a_staff_place_there_is_no_card_and_the_clocks_run_all_the_same() -> None:
    rig = Rig(group_seconds=0, staff=())
    async with rig.running():
        await rig.ticket("A total outage")
        await rig.pass_time(HOUR)
    assert rig.discord.cards == []
    assert len(stages(rig)) == 3


async def test_what_members_typed_stays_text_and_is_cut_to_what_fits(rig: Rig) -> None:
    async with rig.running():
        await carded(rig, "@everyone **loud** `code` <@1>\n" + "long words " * 400)
    text = shown(rig).text
    assert len(plain(text)) < 900
    assert "@everyone **loud** `code` <@1>" in plain(text)
    assert "Mention" not in repr(text), "text only, which adapters escape"


async def test_a_triage_needs_both_menus_and_what_was_chosen_first_is_kept(rig: Rig) -> None:
    async with rig.running():
        ticket = await carded(rig)
        half = await rig.press_card(part(rig, "label"), "bug")
        assert plain(half.text) == f"Noted. Please choose the priority too; then ticket #{ticket.number} is triaged."
        assert half.card is not None
        assert [one.chosen for one in half.card.menus] == ["bug", ""]
        assert (ticket.tags, only(rig).triaged_by) == ([], "")
    async with rig.running():
        whole = await rig.press_card(part(rig, "priority"), "P1")
    assert ticket.tags == ["bug", "P1"]
    assert only(rig).triaged_by == "Alexander"
    assert "bug, P1, triaged by Alexander." in plain(_card(whole.card).text)


async def test_after_a_triage_one_menu_changes_its_half(rig: Rig) -> None:
    async with rig.running():
        ticket = await carded(rig)
        await rig.run("triage", label="bug", priority="P1", address=THREAD)
        await rig.press_card(part(rig, "priority"), "P0")
    assert ticket.tags == ["bug", "P0"]
    assert notes(ticket)[-1].startswith("Triaged as bug, P0 (before: bug, P1) by Alexander")


async def test_taking_it_assigns_it_and_shows_who_has_it(rig: Rig) -> None:
    async with rig.running():
        ticket = await carded(rig)
        reply = await rig.press_card(part(rig, "take"))
    assert ticket.assignee == ALEXANDER_THERE
    assert plain(reply.text) == f"#{ticket.number} is with you now."
    assert "Alexander looks after it." in plain(_card(reply.card).text)


async def test_no_request_closes_and_cancels_it_and_leaves_nothing_to_press(rig: Rig) -> None:
    async with rig.running():
        ticket = await carded(rig)
        reply = await rig.press_card(part(rig, "noise"))
    assert ticket.status is Status.CLOSED
    assert clock(rig, RESOLUTION).stage == "cancelled"
    card = _card(reply.card)
    assert (card.menus, card.choices) == ((), ())
    assert len(card.links) == 2


@pytest.mark.parametrize(("name", "value"), [("label", "bug"), ("priority", "P1"), ("noise", ""), ("take", "")])
async def test_members_may_press_nothing(rig: Rig, name: str, value: str) -> None:
    async with rig.running():
        ticket = await carded(rig)
        reply = await rig.press_card(part(rig, name), value, author=MIA)
    assert not reply.done
    assert reply.card is None
    assert f"Only {'the support team' if name == 'take' else 'triagers'} can use" in plain(reply.text)
    assert (ticket.tags, ticket.assignee, ticket.status) == ([], None, Status.ACTIVE)
    assert (only(rig).picked_label, only(rig).picked_priority) == ("", "")


@pytest.mark.parametrize(("name", "value"), [("label", "bug"), ("priority", "P1"), ("noise", "")])
async def test_staff_that_may_not_triage_is_refused_each_of_these(rig: Rig, name: str, value: str) -> None:
    async with rig.running():
        await carded(rig)
        reply = await rig.press_card(part(rig, name), value, author=TOM_HERE)
    assert "Only triagers can use" in plain(reply.text)
    assert only(rig).picked_label == ""


async def test_the_same_press_again_does_nothing_twice(rig: Rig) -> None:
    async with rig.running():
        ticket = await carded(rig)
        await rig.press_card(part(rig, "label"), "bug", act="a")
        for _ in range(2):
            await rig.press_card(part(rig, "priority"), "P1", act="b")
            await rig.press_card(part(rig, "take"), act="c")
        await rig.press_card(part(rig, "noise"), act="d")
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.ACTIVE)
        await rig.look()
        await rig.press_card(part(rig, "noise"), act="d")
    assert ticket.status is Status.ACTIVE
    assert [line.action for line in rig.store.audit_lines] == ["triage", "take", "close"]
    assert len(notes(ticket)) == 2


async def test_a_repeated_choice_after_somebody_elses_triage_takes_nothing_back(rig: Rig) -> None:
    async with rig.running():
        ticket = await carded(rig)
        await rig.press_card(part(rig, "label"), "bug", act="a")
        await rig.press_card(part(rig, "priority"), "P1", act="b")
        await rig.run("triage", label="question", priority="P2", address=THREAD)
        await rig.press_card(part(rig, "priority"), "P1", act="b")
    assert ticket.tags == ["question", "P2"]
    assert (only(rig).picked_label, only(rig).picked_priority) == ("question", "P2")


async def test_a_card_of_a_ticket_that_is_not_known_any_more_says_so(rig: Rig) -> None:
    async with rig.running():
        reply = await rig.press_card("card:label:4711", "bug")
        assert plain(reply.text) == "Ticket #4711 is not known here any more. Nothing was changed."
        assert plain((await rig.press_card("card:dance:4711")).text) == "This button does nothing any more."
        assert plain((await rig.press_card("card:label:x")).text) == "This button does nothing any more."


async def test_while_the_help_desk_is_away_a_press_is_kept_and_said_to_be_on_its_way(rig: Rig) -> None:
    async with rig.running():
        ticket = await carded(rig)
        rig.desk.down = True
        reply = await rig.press_card(part(rig, "take"))
        assert "FreeScout cannot be reached at the moment" in plain(reply.text)
        assert reply.card is not None
        rig.desk.down = False
        await rig.pass_time(HOUR)
    assert ticket.assignee == ALEXANDER_THERE


async def test_the_first_answer_names_the_promise_unless_it_is_broken_already(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket()
        late = replace(rig.message(message_id="m2"), sent_at=rig.clock.now() - 100 * HOUR)
        await rig.accept(late)
    assert rig.discord.said_in("m1")[0].endswith("First answer by Tue 3 Mar 10:00 (Europe/Berlin).")
    assert "First answer by" not in rig.discord.said_in("m2")[0]


def _card(card: Card | None) -> Card:
    assert card is not None
    return card
