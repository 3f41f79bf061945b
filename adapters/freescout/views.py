"""Reading conversations as they are now: one, all that changed, and the one that another was merged into."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from adapters.freescout.endpoint import Endpoint, GoneError, MovedError, Told
from adapters.freescout.lookup import Lookup
from adapters.freescout.viewing import view_of
from adapters.freescout.wire import requests
from adapters.freescout.wire.seen import SeenConversation, seen_conversation
from bot.domain.helpdesk import ConversationView, DeskThread, ThreadKind
from bot.domain.ids import ConversationId, ThreadId
from bot.domain.richtext import RichText

_STATES = ("published", "deleted")
_MERGE_TAKES = timedelta(minutes=1)
"""Core changes the surviving conversation first and the merged one last, thread by thread: seconds for a long one."""

_WHOLE_SECOND = timedelta(seconds=1)
"""Dates have whole seconds: what changed later in the same one is asked for again."""


class Views:
    """Reads only."""

    def __init__(self, *, endpoint: Endpoint, lookup: Lookup) -> None:
        self._endpoint = endpoint
        self._lookup = lookup

    async def read(self, conversation_id: ConversationId) -> ConversationView | None:
        """One conversation; None when it was deleted for good."""
        try:
            told, seen = await self._endpoint.conversation_told(conversation_id)
        except GoneError:
            return None
        except MovedError as error:
            return await self._merged(conversation_id, ConversationId(error.moved_to))
        return self._view(told, seen)

    async def _merged(self, conversation_id: ConversationId, moved_to: ConversationId) -> ConversationView | None:
        """What core shows of a merged conversation, where the API answers with a redirect instead: a line that says so.

        No installation is known to do that; it is documented (facts/freescout.md 1.1).
        """
        found = await self._found(moved_to)
        if found is None:
            return None
        other = self._view(*found)
        line = DeskThread(
            thread_id=ThreadId(0),
            kind=ThreadKind.LINEITEM,
            published=True,
            text=RichText(),
            digest="",
            created_at=other.as_of,
            action="merged",
        )
        return replace(other, conversation_id=conversation_id, deleted=True, threads=(line,))

    async def changed(self, since: datetime) -> AsyncIterator[ConversationView]:
        """All that changed since."""
        for state in _STATES:
            async for told, seen in self._changed(state, since):
                yield self._view(told, seen)

    async def survivor(self, merged: ConversationView, threads: Collection[ThreadId]) -> ConversationView | None:
        """The published conversation that holds any of these threads, or that the merged one's address leads to."""
        try:
            await self._endpoint.conversation(merged.conversation_id)
        except MovedError as error:
            found = await self._found(ConversationId(error.moved_to))
            return None if found is None else self._view(*found)
        except GoneError:
            pass
        wanted = frozenset(threads)
        async for told, seen in self._changed("published", _merged_at(merged) - _MERGE_TAKES):
            if any(one.thread_id in wanted for one in seen.threads):
                return self._view(told, seen)
        return None

    async def _found(self, conversation_id: ConversationId) -> tuple[Told, SeenConversation] | None:
        """The conversation if it is there itself; one that leads to yet another is not followed."""
        try:
            return await self._endpoint.conversation_told(conversation_id)
        except (GoneError, MovedError):
            return None

    def _view(self, told: Told, seen: SeenConversation) -> ConversationView:
        return view_of(told, seen, own_url=self._endpoint.url)

    async def _changed(self, state: str, since: datetime) -> AsyncIterator[tuple[Told, SeenConversation]]:
        common = {"state": state, "sortField": "updatedAt", "sortOrder": "asc", "embed": "threads"}
        for status in await self._lookup.statuses():
            shown: dict[ConversationId, datetime | None] = {}
            async for told, seen in self._in_turn({**common, "status": status}, since):
                if seen.conversation_id in shown and shown[seen.conversation_id] == seen.updated_at:
                    continue
                shown[seen.conversation_id] = seen.updated_at
                found = (told, seen) if seen.shows_threads else await self._found(seen.conversation_id)
                if found is not None:
                    yield found

    async def _in_turn(
        self, filters: Mapping[str, str], since: datetime
    ) -> AsyncIterator[tuple[Told, SeenConversation]]:
        """Page after page, each asked for by the last date of the one before rather than by its number.

        What changes meanwhile moves to the end, and everything behind its place one forward: the first of the next page
        would be on the one already read.
        """
        number, more = 1, True
        while more:
            request = requests.conversations({**filters, "updatedSince": requests.instant(since)}, number)
            told, entries, more = await self._endpoint.page(request, "conversations")
            seen = [one for one in map(seen_conversation, entries) if one is not None]
            for one in seen:
                yield told, one
            reached = _reached(seen)
            if reached is not None and reached - _WHOLE_SECOND > since:
                number, since = 1, reached - _WHOLE_SECOND
            else:
                number += 1


def _reached(seen: list[SeenConversation]) -> datetime | None:
    """The last date of a page that is in order; None where the order was not kept or a date is missing."""
    dates = [one.updated_at for one in seen]
    known = [date for date in dates if date is not None]
    in_order = len(known) == len(dates) and all(one <= other for one, other in pairwise(known))
    return known[-1] if known and in_order else None


def _merged_at(merged: ConversationView) -> datetime:
    """When it was merged, by the help desk's clock; it may have been changed long after."""
    lines = [thread.created_at for thread in merged.threads if thread.action == "merged"]
    return min([*lines, merged.updated_at or merged.as_of])
