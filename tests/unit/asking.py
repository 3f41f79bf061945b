"""What tests about the question whether a ticket is solved have in common."""

from dataclasses import replace

from bot.domain.chat import Author, ChatAddress
from bot.domain.helpdesk import ThreadKind
from tests.fakes.chat import Posted
from tests.fakes.desk_records import LEA, FiledConversation
from tests.fakes.rig import MIA, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")


def questions(rig: Rig) -> list[Posted]:
    return [one for one in (*rig.discord.posted, *rig.matrix.posted) if one.message.choices]


def choice(rig: Rig, label: str) -> str:
    return next(one.choice for one in questions(rig)[-1].message.choices if one.label.startswith(label))


def notes(ticket: FiledConversation) -> list[str]:
    return [note.text for note in ticket.of_kind(ThreadKind.NOTE)]


async def closed_by_lea(rig: Rig, *, author: Author = MIA, address: ChatAddress | None = None) -> FiledConversation:
    ticket = await rig.ticket(author=author, address=address)
    rig.desk.close(ticket.conversation_id, LEA)
    await rig.sweep()
    return ticket


def asked_at(rig: Rig) -> object:
    (link,) = rig.store.contents.links.values()
    return link.asked_at
