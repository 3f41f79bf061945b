"""Follows what agents do with a conversation besides answering: closing, reopening, taking it, trashing it."""

from collections.abc import Collection
from dataclasses import replace

from bot.domain.helpdesk import ConversationView, Status
from bot.domain.ids import AgentId
from bot.domain.links import ConversationLink
from bot.ports.clock import Clock
from bot.ports.store import Records
from bot.usecases.agent_names import AgentNames
from bot.usecases.confirming import Confirming
from bot.usecases.places import desk_lane
from bot.usecases.status_lines import StatusLines


class Following:
    """Compares a view with what was seen last, and tells the member what changed."""

    def __init__(
        self,
        *,
        clock: Clock,
        lines: StatusLines,
        confirming: Confirming,
        names: AgentNames,
        bot_user_id: int,
    ) -> None:
        self._clock = clock
        self._lines = lines
        self._confirming = confirming
        self._names = names
        self._bot_user_id = AgentId(bot_user_id)

    async def follow(
        self, records: Records, view: ConversationView, link: ConversationLink, answering: Collection[AgentId]
    ) -> bool:
        """False: changes of our own are under way, so the view cannot be judged; look again soon.

        ``answering``: agents who have answered in it; that they took the ticket goes without saying.
        """
        is_stale = link.changed_at is not None and view.read_at <= link.changed_at
        if is_stale or await records.outbox.is_busy(desk_lane(link.link_id)):
            return False
        seen = replace(
            link,
            status=Status.CLOSED if view.deleted and view.status is not Status.SPAM else view.status,
            assignee_id=view.assignee.agent_id if view.assignee is not None else None,
            is_chat=view.is_chat,
            followed=True,
        )
        if seen == link:
            return True
        await records.links.save(seen)
        if link.followed:
            await self._tell_status(records, view, link, seen)
            await self._tell_assignee(records, view, link, seen, answering)
        return True

    async def _tell_status(
        self, records: Records, view: ConversationView, before: ConversationLink, now: ConversationLink
    ) -> None:
        if before.status is now.status:
            return
        if now.status is Status.ACTIVE:
            now = now.without_question()  # an agent goes on working on it
            await records.links.save(now)
        cause = view.as_of.isoformat()
        if now.status is Status.CLOSED and not view.deleted:
            by_bot = view.closed_by is not None and view.closed_by.agent_id == self._bot_user_id
            who = self._names.of(None if by_bot else view.closed_by)
            await self._confirming.closed_by_agent(records, now, who, cause)
        elif now.is_closed:
            await records.links.save(now.without_question())
        elif before.is_closed:
            await records.links.save(now.without_question())
            await self._lines.line(records, now, "reopened", cause)
        await self._lines.show(records, now, now.status, cause)

    async def _tell_assignee(
        self,
        records: Records,
        view: ConversationView,
        before: ConversationLink,
        now: ConversationLink,
        answering: Collection[AgentId],
    ) -> None:
        agent = view.assignee
        if agent is None or agent.agent_id == before.assignee_id or now.is_closed:
            return
        if agent.agent_id == self._bot_user_id or agent.agent_id in answering:
            return
        await self._lines.line(records, now, "taken", view.as_of.isoformat(), name=self._names.of(agent))
