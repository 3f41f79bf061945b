"""Cards on Discord: menus, buttons and links, used by the team, and shown anew to all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.chat import Card, ChatChoice, ChatLink, ChatMenu, MenuOption, OutgoingMessage
from bot.domain.errors import OutcomeUnknownError
from bot.domain.ids import delivery_id
from bot.domain.richtext import from_plain
from sandbox.discord import DiscordSimulator, Message, Pings
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]

POSTS = r"/channels/\d+/messages"
EDITS = r"/webhooks/.*@original"
MENU = ChatMenu(
    choice="card:label:7",
    placeholder="Label (bug?)",
    options=tuple(MenuOption(value=value, label=value.title()) for value in ("bug", "feature")),
)
TAKE = ChatChoice(choice="card:take:7", label="Take", emoji="🙋")
DESK = ChatLink(label="Open in FreeScout", url="https://desk.example.org/conversation/7")
TRIAGED = Card(text=from_plain("#7 is a bug @everyone"), menus=(replace(MENU, chosen="bug"),), links=(DESK,))


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    await made.first_start()
    yield made
    await made.stop()
    assert sim.problems == []


def card(rig: Rig, text: str = "#7 is new") -> OutgoingMessage:
    return OutgoingMessage(
        delivery_id=delivery_id("card", text),
        address=rig.address(room=rig.staff_channel.id),
        text=from_plain(text),
        menus=(MENU,),
        choices=(TAKE,),
        links=(DESK,),
    )


def said(rig: Rig) -> list[Message]:
    return rig.sim.messages(rig.staff_channel.id)


async def shown(rig: Rig) -> Message:
    await rig.adapter.send(card(rig))
    return said(rig)[-1]


async def test_a_choice_from_a_menu_is_handed_over_with_its_value(rig: Rig) -> None:
    message = await shown(rig)
    await rig.sim.followup(await rig.sim.choose(rig.alexander, message, MENU.choice, "bug"))
    (pressed,) = rig.events.presses
    assert (pressed.choice, pressed.value) == (MENU.choice, "bug")
    assert (pressed.author.user_id, pressed.address.room) == (str(rig.alexander.id), str(rig.staff_channel.id))
    assert rig.sim.links(message) == {DESK.label: DESK.url}


async def test_what_changes_is_shown_in_the_card_and_told_beside_it(rig: Rig) -> None:
    message = await shown(rig)
    rig.events.card = TRIAGED
    answer = await rig.sim.choose(rig.alexander, message, MENU.choice, "bug")
    beside = await rig.sim.followup(answer)
    assert (beside.content, beside.ephemeral) == ("Noted.", True)
    assert said(rig) == [message]
    assert message.content.replace("\u200b", "") == "#7 is a bug @everyone"
    menu_row, link_row = message.components
    assert [option["value"] for option in menu_row["components"][0]["options"] if option.get("default")] == ["bug"]
    assert [button["label"] for button in link_row["components"]] == [DESK.label]
    assert message.pings == Pings()
    edit = next(request for request in rig.sim.requests if request.method == "PATCH")
    assert edit.json["allowed_mentions"]["parse"] == []


async def test_nobody_sees_the_bot_thinking_while_a_card_changes(rig: Rig) -> None:
    message = await shown(rig)
    await rig.sim.click(rig.alexander, message, TAKE.choice)
    callback = next(request for request in rig.sim.requests if request.path.endswith("/callback"))
    assert callback.json["type"] == 6


async def test_without_a_new_card_the_message_stays_and_only_the_words_are_said(rig: Rig) -> None:
    message = await shown(rig)
    rig.events.answer = "You may not triage."
    beside = await rig.sim.followup(await rig.sim.click(rig.ana, message, TAKE.choice))
    assert (beside.content, beside.ephemeral) == ("You may not triage.", True)
    assert (message.content, message.edited_at) == ("#7 is new", None)


async def test_a_new_card_without_words_says_nothing_beside(rig: Rig) -> None:
    message = await shown(rig)
    rig.events.answer, rig.events.card = "", TRIAGED
    answer = await rig.sim.click(rig.alexander, message, TAKE.choice)
    await rig.sim.wait_until(lambda: message.edited_at)
    await rig.stop()
    assert answer.followups == []


async def test_a_card_works_after_a_restart_and_after_it_was_shown_anew(rig: Rig) -> None:
    message = await shown(rig)
    rig.events.card = TRIAGED
    await rig.sim.followup(await rig.sim.choose(rig.alexander, message, MENU.choice, "bug"))
    await rig.stop()
    await rig.start()
    await rig.sim.followup(await rig.sim.choose(rig.alexander, message, MENU.choice, "feature"))
    assert [pressed.value for pressed in rig.events.presses] == ["bug", "feature"]


async def test_a_card_can_be_used_long_after_it_was_said(rig: Rig) -> None:
    message = await shown(rig)
    rig.sim.advance(90 * 24 * 3600)
    rig.events.card = TRIAGED
    await rig.sim.followup(await rig.sim.choose(rig.alexander, message, MENU.choice, "bug"))
    assert "is a bug" in message.content


async def test_a_broken_store_leaves_the_card_and_is_told(rig: Rig) -> None:
    message = await shown(rig)
    rig.events.broken = True
    beside = await rig.sim.followup(await rig.sim.choose(rig.alexander, message, MENU.choice, "bug"))
    assert "try again" in beside.content
    assert message.edited_at is None


async def test_a_card_that_cannot_be_changed_is_still_answered(rig: Rig) -> None:
    message = await shown(rig)
    rig.events.card = TRIAGED
    rig.sim.faults.add(method="PATCH", path=EDITS, kind="status", status=403)
    beside = await rig.sim.followup(await rig.sim.choose(rig.alexander, message, MENU.choice, "bug"))
    assert beside.content == "Noted."
    assert message.edited_at is None


async def test_a_lost_answer_to_the_change_of_a_card_is_repeated(rig: Rig) -> None:
    message = await shown(rig)
    rig.events.card = TRIAGED
    rig.sim.faults.add(method="PATCH", path=EDITS, kind="reset")
    await rig.sim.followup(await rig.sim.choose(rig.alexander, message, MENU.choice, "bug"))
    assert "is a bug" in message.content


async def test_two_people_at_once_are_both_handed_over(rig: Rig) -> None:
    message = await shown(rig)
    await asyncio.gather(
        rig.sim.choose(rig.alexander, message, MENU.choice, "bug"),
        rig.sim.choose(rig.agent, message, MENU.choice, "feature"),
    )
    await rig.sim.wait_until(lambda: len(rig.events.presses) == 2)
    assert {pressed.value for pressed in rig.events.presses} == {"bug", "feature"}


async def test_a_card_used_before_its_answer_came_is_found_and_not_said_again(rig: Rig) -> None:
    rig.sim.faults.add(method="POST", path=POSTS, kind="lose_answer")
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(card(rig))
    (message,) = said(rig)
    rig.events.card = TRIAGED
    await rig.sim.followup(await rig.sim.choose(rig.alexander, message, MENU.choice, "bug"))
    message.nonce = None
    found = await rig.adapter.find_sent(card(rig), rig.clock.now())
    assert found is not None
    assert found.message_ids == (str(message.id),)
    other = replace(card(rig, "#8"), menus=(replace(MENU, choice="card:label:8"),), choices=(), links=())
    assert await rig.adapter.find_sent(other, rig.clock.now()) is None


async def test_whoever_is_on_call_is_pinged_and_nobody_else(rig: Rig) -> None:
    oncall = rig.sim.add_role("on-call", mentionable=True)
    message = replace(
        card(rig, f"P0! @everyone <@{rig.bob.id}> <@&{rig.staff_role.id}>"),
        pages=(f"role:{oncall.id}", f"user:{rig.agent.id}", "@tom:example.org"),
    )
    await rig.adapter.send(message)
    (paged,) = said(rig)
    assert paged.content.startswith(f"<@&{oncall.id}> <@{rig.agent.id}> P0!")
    assert paged.notified == Pings(roles=frozenset({oncall.id}), users=frozenset({rig.agent.id}))
    assert paged.pings == paged.notified


async def test_a_page_whose_answer_was_lost_is_found_and_not_said_again(rig: Rig) -> None:
    oncall = rig.sim.add_role("on-call", mentionable=True)
    page = replace(card(rig), menus=(), choices=(), links=(), pages=(f"role:{oncall.id}",))
    rig.sim.faults.add(method="POST", path=POSTS, kind="lose_answer")
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(page)
    said(rig)[0].nonce = None
    assert await rig.adapter.find_sent(page, rig.clock.now()) is not None
    assert await rig.adapter.find_sent(replace(page, pages=()), rig.clock.now()) is None


async def test_inspection_tells_whether_a_page_would_ping(rig: Rig) -> None:
    quiet, loud = rig.sim.add_role("quiet"), rig.sim.add_role("loud", mentionable=True)
    adapter = rig.make(oncall_roles=[str(quiet.id), str(loud.id), "404"])
    found = {finding.subject: finding for finding in await adapter.inspect()}
    assert found["on-call role @loud"].well
    assert not found["on-call role @quiet"].well
    assert "mention this role" in found["on-call role @quiet"].fix
    assert "sla.oncall_mention" in found["on-call role 404"].fix
    rig.sim.set_bot_permissions(rig.sim.bot_role.permissions | (1 << 17), channel_id=rig.staff_channel.id)
    assert {finding.subject: finding.well for finding in await adapter.inspect()}["on-call role @quiet"]
    await adapter.close()
