"""Commands typed as text: promised like everything else, so that a kill between reading and answering repeats them."""

from dataclasses import replace
from datetime import datetime

from bot.domain.chat import ChatAddress, ChatMessage, Platform, message_key
from bot.domain.command_line import TypedCommand
from bot.domain.commands import Invocation
from bot.domain.delivery import System
from bot.domain.effects import RunCommand
from bot.ports.store import Records
from bot.usecases.places import promise


async def promise_command(records: Records, message: ChatMessage, typed: TypedCommand, now: datetime) -> None:
    """Promise to carry it out."""
    if message.address.platform is Platform.DISCORD:
        return  # Discord has slash commands; a typed "!word" is left alone there
    invocation = Invocation(
        invocation_id=message.dedup_key,
        command=typed.command.name,
        author=message.author,
        address=await _place_of_command(records, message),
        options=typed.options,
        room_role=message.room_role,
    )
    effect = RunCommand(invocation=invocation, about=message.message_id)
    lane = f"command:{message.address.platform}:{message.address.room}"
    await records.outbox.add(promise("command", message.dedup_key, effect=effect, key=lane, now=now, system=System.BOT))


async def _place_of_command(records: Records, message: ChatMessage) -> ChatAddress:
    """Where it counts as run: its thread, else the thread of the ticket it answers, else a thread of its own."""
    address = message.address
    if address.chat_thread is not None:
        return address
    if message.reply_to is not None:
        answered = await records.inbox.link_of(message_key(address.platform, address.room, message.reply_to))
        link = await records.links.get(answered) if answered is not None else None
        if link is not None:
            return link.address
    return replace(address, chat_thread=message.message_id)
