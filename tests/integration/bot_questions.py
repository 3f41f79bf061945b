"""The question whether a ticket is solved, as members find it in Discord."""

from sandbox.discord.entities import Member, Message
from sandbox.discord.interactions import InteractionAnswer
from tests.integration.bot_world import BotWorld

YES, NO = "solved:yes:", "solved:no:"


def buttons(message: Message) -> list[str]:
    """The ids of the buttons on a message that can be pressed."""
    rows = [button for row in message.components for button in row.get("components", [])]
    return [str(button["custom_id"]) for button in rows if not button.get("disabled")]


def questions(world: BotWorld, channel_id: int) -> list[Message]:
    """The bot's messages there with the two answers on them."""
    return [message for message in world.said(channel_id) if any(one.startswith(YES) for one in buttons(message))]


async def question(world: BotWorld, channel_id: int, count: int = 1) -> Message:
    """The latest question there, once there are so many."""
    await world.until(lambda: len(questions(world, channel_id)) >= count, "the question whether it is solved", 20)
    found = questions(world, channel_id)
    assert len(found) == count
    return found[-1]


async def press(world: BotWorld, member: Member, asked: Message, prefix: str) -> InteractionAnswer:
    """Somebody presses a button; returns what they read."""
    [button] = [one for one in buttons(asked) if one.startswith(prefix)]
    return await world.discord.click(member, asked, button)
