"""What tests about agents' replies have in common."""

from dataclasses import replace

from bot.domain.chat import Voice
from bot.domain.helpdesk import ThreadKind
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")


def replies(rig: Rig) -> list[str]:
    """What was said in an agent's name, without the name."""
    return [one.text.partition("\n")[2] for one in rig.discord.posted if one.message.voice is Voice.AGENT]


def notes(conversation: FiledConversation) -> list[str]:
    return [note.text for note in conversation.of_kind(ThreadKind.NOTE)]
