"""Finding again what was said: own events carry the mark of their delivery, also where they are encrypted."""

from datetime import datetime, timedelta
from typing import TypeAlias

from adapters.matrix.api import CLIENT, MatrixFault, escape
from adapters.matrix.connection import Connection
from adapters.matrix.outgoing import MARK
from adapters.matrix.translate import sent_at
from adapters.matrix.wire import Json, object_of, objects_of, text_of

LOOK_BACK = timedelta(days=2)
"""How long before the suspected try an event may lie to be looked for."""
MOST_PAGES = 20
_PAGE = "100"

Place: TypeAlias = tuple[str, datetime]
"""An event's id and time."""


class Marks:
    """Looks through the history of the connection's rooms."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, room_id: str, root: str | None, wanted: set[str], tried_at: datetime) -> dict[str, Place]:
        """Own events with one of these marks, by mark: in the thread of `root`, or in the room outside threads."""
        found: dict[str, Place] = {}
        position = ""
        for _ in range(MOST_PAGES):
            answer = await self._page(room_id, root, position)
            events = list(objects_of(answer, "chunk"))
            found |= {mark: _place(event) for event in events if (mark := self._mark(event)) in wanted}
            position = text_of(answer, "next_batch" if root else "end")
            oldest = sent_at(events[-1]) if events else None
            if len(found) == len(wanted) or not position or oldest is None or oldest < tried_at - LOOK_BACK:
                break
        return found

    async def _page(self, room_id: str, root: str | None, position: str) -> Json:
        query = {"limit": _PAGE, "dir": "b", **({"from": position} if position else {})}
        if root is None:
            return await self._connection.api.get(f"{CLIENT}/rooms/{escape(room_id)}/messages", query)
        path = f"/_matrix/client/v1/rooms/{escape(room_id)}/relations/{escape(root)}/m.thread"
        try:
            return await self._connection.api.get(path, query)
        except MatrixFault as fault:
            if fault.status != 404:
                raise
            return await self._page(room_id, None, position)  # the root is gone

    def _mark(self, event: Json) -> str:
        is_own = text_of(event, "sender") == self._connection.session.user_id
        return text_of(object_of(event, "content"), MARK) if is_own else ""


def _place(event: Json) -> Place:
    return text_of(event, "event_id"), sent_at(event)
