"""The bonds between chat places and conversations."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.session import Session, first
from adapters.store.tables import LINK_IS_ASKED, LINK_IS_OPEN, Row, former_conversations, links
from adapters.store.upserts import replacing
from bot.domain.chat import ChatAddress, Platform
from bot.domain.errors import StoreError
from bot.domain.helpdesk import Status
from bot.domain.ids import AgentId, ConversationId, CustomerId, LinkId, TicketNumber
from bot.domain.links import ConversationLink
from bot.ports.store import Links

_ADD = links.insert()
_SAVE = (
    links.update()
    .where(links.c.link_id == sa.bindparam("which"))
    .values({column: sa.bindparam(column.name) for column in links.c if column.name not in {"seq", "link_id"}})
)
_GET = sa.select(links).where(links.c.link_id == sa.bindparam("link_id"))
_AT = sa.select(links).where(
    links.c.platform == sa.bindparam("platform"),
    links.c.room == sa.bindparam("room"),
    links.c.chat_thread == sa.bindparam("chat_thread"),
)
_NEWEST_FIRST = (links.c.opened_at.desc(), links.c.seq.desc())
_LATEST = (
    sa.select(links)
    .where(
        links.c.platform == sa.bindparam("platform"),
        links.c.room == sa.bindparam("room"),
        links.c.author_id == sa.bindparam("author_id"),
        links.c.chat_thread == links.c.opening_message_id,
    )
    .order_by(*_NEWEST_FIRST)
    .limit(1)
)
_NUMBERED = sa.select(links).where(links.c.number == sa.bindparam("number")).order_by(links.c.seq).limit(1)
_FORMERLY_NUMBERED = (
    sa.select(links)
    .join(former_conversations, former_conversations.c.link_id == links.c.link_id)
    .where(former_conversations.c.number == sa.bindparam("number"))
    .order_by(links.c.seq)
    .limit(1)
)
_CONVERSATION = sa.bindparam("conversation_id", type_=sa.BigInteger)
_THERE = sa.select(links.c.seq).where(links.c.conversation_id == _CONVERSATION)
_FORMERLY_THERE = (
    sa.select(links.c.seq)
    .join(former_conversations, former_conversations.c.link_id == links.c.link_id)
    .where(former_conversations.c.conversation_id == _CONVERSATION)
)
# A union, not an OR: PostgreSQL would read all links to answer that.
_OF_CONVERSATION = sa.select(links).where(links.c.seq.in_(_THERE.union(_FORMERLY_THERE))).order_by(links.c.seq)
_RETIRE = replacing(former_conversations, "number")
_ASKED = sa.select(links).where(LINK_IS_ASKED).order_by(links.c.asked_at, links.c.seq)
_UNFINISHED = (
    sa.select(links)
    .where(LINK_IS_OPEN, links.c.link_id > sa.bindparam("after"))
    .order_by(links.c.link_id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_TYPED = sa.bindparam("typed", type_=sa.Text)
_FITS = sa.cast(links.c.number, sa.Text).startswith(_TYPED, escape="\\") | links.c.subject_folded.contains(
    _TYPED, escape="\\"
)
_OPEN_ONES = (
    sa.select(links).where(LINK_IS_OPEN, _FITS).order_by(*_NEWEST_FIRST).limit(sa.bindparam("most", type_=sa.Integer))
)


class SqlLinks(Links):
    """The links table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def add(self, link: ConversationLink) -> None:
        await self._session.change(_ADD, {"link_id": link.link_id, **_columns(link)})

    @override
    async def save(self, link: ConversationLink) -> None:
        if not await self._session.change(_SAVE, {"which": link.link_id, **_columns(link)}):
            raise StoreError(f"there is no link {link.link_id} to save")

    @override
    async def get(self, link_id: LinkId) -> ConversationLink | None:
        return _link(await first(self._session, _GET, {"link_id": link_id}))

    @override
    async def at(self, address: ChatAddress) -> ConversationLink | None:
        place = {"platform": address.platform.value, "room": address.room, "chat_thread": address.chat_thread}
        return _link(await first(self._session, _AT, place))

    @override
    async def latest_by(self, platform: Platform, room: str, author_id: str) -> ConversationLink | None:
        whose = {"platform": platform.value, "room": room, "author_id": author_id}
        return _link(await first(self._session, _LATEST, whose))

    @override
    async def numbered(self, number: TicketNumber) -> ConversationLink | None:
        row = await first(self._session, _NUMBERED, {"number": number})
        return _link(row if row is not None else await first(self._session, _FORMERLY_NUMBERED, {"number": number}))

    @override
    async def of_conversation(self, conversation_id: ConversationId) -> Sequence[ConversationLink]:
        return await self._all(_OF_CONVERSATION, {"conversation_id": conversation_id})

    @override
    async def retire(self, conversation_id: ConversationId, number: TicketNumber | None, link_id: LinkId) -> None:
        row = {"conversation_id": conversation_id, "number": number, "link_id": link_id}
        await self._session.change(_RETIRE.on(self._session.dialect), row)

    @override
    async def asked(self) -> Sequence[ConversationLink]:
        return await self._all(_ASKED, {})

    @override
    async def unfinished(self, after: LinkId, limit: int) -> Sequence[ConversationLink]:
        return await self._all(_UNFINISHED, {"after": after, "most": limit})

    @override
    async def open_ones(self, prefix: str, limit: int) -> Sequence[ConversationLink]:
        literal = prefix.casefold().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        return await self._all(_OPEN_ONES, {"typed": literal, "most": limit})

    async def _all(self, statement: sa.Executable, given: Mapping[str, Any]) -> Sequence[ConversationLink]:
        return [link for row in await self._session.rows(statement, given) if (link := _link(row)) is not None]


def _columns(link: ConversationLink) -> Mapping[str, Any]:
    return {
        "platform": link.address.platform.value,
        "room": link.address.room,
        "chat_thread": link.address.chat_thread,
        "opening_message_id": link.opening_message_id,
        "author_id": link.author_id,
        "author_name": link.author_name,
        "opened_at": link.opened_at,
        "conversation_id": link.conversation_id,
        "number": link.number,
        "customer_id": link.customer_id,
        "status": link.status.value,
        "label": link.label,
        "priority": link.priority,
        "subject": link.subject,
        "subject_folded": link.subject.casefold(),
        "is_mail": not link.is_chat,
        "followed": link.followed,
        "assignee_id": link.assignee_id,
        "changed_at": link.changed_at,
        "asked_at": link.asked_at,
        "question_at": link.question_at,
        "reminded_at": link.reminded_at,
        "answered_at": link.answered_at,
    }


def _link(row: Row | None) -> ConversationLink | None:
    if row is None:
        return None
    return ConversationLink(
        link_id=LinkId(row.link_id),
        address=ChatAddress(platform=Platform(row.platform), room=row.room, chat_thread=row.chat_thread),
        opening_message_id=row.opening_message_id,
        author_id=row.author_id,
        author_name=row.author_name,
        opened_at=row.opened_at,
        subject=row.subject,
        conversation_id=None if row.conversation_id is None else ConversationId(row.conversation_id),
        number=None if row.number is None else TicketNumber(row.number),
        customer_id=None if row.customer_id is None else CustomerId(row.customer_id),
        status=Status(row.status),
        label=row.label,
        priority=row.priority,
        is_chat=not row.is_mail,
        followed=bool(row.followed),
        assignee_id=None if row.assignee_id is None else AgentId(row.assignee_id),
        changed_at=row.changed_at,
        asked_at=row.asked_at,
        question_at=row.question_at,
        reminded_at=row.reminded_at,
        answered_at=row.answered_at,
    )
