"""Buttons on Discord: each press reaches the core once, and the answer reaches whoever pressed."""

from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import ChatAddress, ChatChoice, OutgoingMessage
from bot.domain.ids import delivery_id
from bot.domain.richtext import from_plain
from sandbox.discord import DiscordSimulator, Message, NoAnswerError
from sandbox.discord.faults import FaultKind
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]

CHOICES = tuple(ChatChoice(choice=f"solved:{name}", label=name, emoji="") for name in ("yes", "no"))


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    await made.first_start()
    yield made
    await made.stop()
    assert sim.problems == []


async def ask(rig: Rig, address: ChatAddress | None = None) -> Message:
    place = address or rig.address()
    question = OutgoingMessage(
        delivery_id=delivery_id("ask"), address=place, text=from_plain("solved?"), choices=CHOICES
    )
    await rig.adapter.send(question)
    return rig.sim.messages(int(place.chat_thread or place.room))[-1]


async def test_a_press_is_handed_over_with_who_and_where(rig: Rig) -> None:
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Post", "starter")
    question = await ask(rig, rig.address(post.id, rig.forum.id))
    answer = await rig.sim.click(rig.agent, question, "solved:no")
    assert (answer.content, answer.ephemeral, answer.deferred) == ("Noted.", True, True)
    (pressed,) = rig.events.presses
    assert (pressed.choice, pressed.address) == ("solved:no", rig.address(post.id, rig.forum.id))
    assert (pressed.author.user_id, pressed.author.name) == (str(rig.agent.id), "agent")
    assert str(rig.staff_role.id) in pressed.author.roles
    assert pressed.press_id
    assert question.content == "solved?"


async def test_each_press_has_its_own_id(rig: Rig) -> None:
    question = await ask(rig)
    for _ in range(2):
        await rig.sim.click(rig.ana, question, "solved:yes")
    first, second = rig.events.presses
    assert first.press_id != second.press_id


async def test_a_button_works_after_a_restart(rig: Rig) -> None:
    question = await ask(rig)
    await rig.stop()
    await rig.start()
    await rig.sim.click(rig.ana, question, "solved:yes")
    assert [pressed.choice for pressed in rig.events.presses] == ["solved:yes"]


async def test_a_reply_without_words_shows_nothing(rig: Rig) -> None:
    rig.events.answer = ""
    answer = await rig.sim.click(rig.ana, await ask(rig), "solved:yes")
    assert (answer.deferred, answer.content, answer.message_id) == (True, "", None)


async def test_a_broken_store_is_told_and_ends_nothing(rig: Rig) -> None:
    question = await ask(rig)
    rig.events.broken = True
    answer = await rig.sim.click(rig.ana, question, "solved:yes")
    assert "try again" in answer.content
    await rig.sim.post(rig.ana, rig.support.id, "still here")
    assert await rig.intake.until(1) == ["still here"]


@pytest.mark.parametrize("kind", ["reset", "status"])
@pytest.mark.parametrize("words", ["Noted.", ""])
async def test_an_answer_that_fails_ends_nothing(rig: Rig, kind: FaultKind, words: str) -> None:
    question = await ask(rig)
    rig.events.answer = words
    rig.sim.faults.add(path=r"/webhooks/.*", kind=kind, times=None)
    pressing = rig.sim.click(rig.ana, question, "solved:yes", timeout=0.5)
    with pytest.raises(NoAnswerError, match="thinking"):
        await pressing
    rig.sim.faults.clear()
    await rig.sim.post(rig.ana, rig.support.id, "still here")
    assert await rig.intake.until(1) == ["still here"]


async def test_a_lost_answer_to_the_deferral_hands_the_press_over_once(rig: Rig) -> None:
    question = await ask(rig)
    rig.sim.faults.add(path=r"/interactions/.*/callback", kind="lose_answer")
    await rig.sim.click(rig.ana, question, "solved:yes")
    assert len(rig.events.presses) == 1
