"""What can be answered with one click in Matrix: the bot's own reactions, which people only have to repeat."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.chat import ChatChoice, Reacted
from bot.domain.errors import OutcomeUnknownError
from sandbox.matrix import MatrixMember, SynapseServer
from sandbox.matrix.proxy import Breakage, MatrixProxy
from tests.integration.matrix_bot import MatrixBot, outgoing

NewMember = Callable[[str], Awaitable[MatrixMember]]

CHOICES = (
    ChatChoice(choice="yes", label="Yes", emoji="✅"),
    ChatChoice(choice="no", label="No", emoji="❌"),
)


async def test_choices_are_reactions_under_the_last_words_put_there_once(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-choices")
    room = await alice.create_room("Support")
    root = await alice.send_text(room, "help")
    message = replace(outgoing("say-choices", room, "Is it solved?", thread=root), choices=CHOICES)
    async with MatrixProxy(synapse.url) as proxy, MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        proxy.add(Breakage.LOSE, "say-choices-choice1", times=2)
        with pytest.raises(OutcomeUnknownError):
            await bot.client.send(message)
        begun = await bot.client.find_sent(message, bot.clock.now())
        assert begun is not None
        assert not begun.complete
        sent = await bot.client.send(message, begun)
        again = await bot.client.send(message)
        await alice.react(room, sent.message_ids[0], "✅")
        await bot.until(lambda: bot.journal.told == ["reacted: ✅"])
    (event,) = await alice.thread(room, root)
    reactions = [e for e in await alice.messages(room) if e["type"] == "m.reaction"]
    assert event["content"]["body"] == "Is it solved?"
    assert sent.message_ids == again.message_ids == (event["event_id"],)
    assert [(e["sender"], e["content"]["m.relates_to"]["key"]) for e in reactions] == [
        (bot_user.user_id, "✅"),
        (bot_user.user_id, "❌"),
        (alice.user_id, "✅"),
    ]
    (reaction,) = [event for event in bot.journal.happened if isinstance(event, Reacted)]
    assert reaction.message_id == sent.message_ids[0]


async def test_where_the_bot_may_not_react_the_question_is_asked_all_the_same(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-no-choices")
    room = await alice.create_room("Support")
    levels = await alice.state(room, "m.room.power_levels")
    await alice.put_state(room, "m.room.power_levels", levels | {"events": {**levels["events"], "m.reaction": 50}})
    message = replace(outgoing("say-no-choices", room, "Is it solved?"), choices=CHOICES)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        sent = await bot.client.send(message)
    assert (await alice.event(room, sent.message_ids[0]))["content"]["body"] == "Is it solved?"
