"""What a homeserver answers: JSON objects, and refusals that are raised."""

from dataclasses import dataclass
from typing import Any

import httpx


class MatrixError(Exception):
    """The homeserver refused a request; `errcode` is Matrix's own name for the reason."""

    def __init__(self, status: int, errcode: str, text: str) -> None:
        super().__init__(f"{status} {errcode}: {text}")
        self.status = status
        self.errcode = errcode


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a successful answer; raises MatrixError for any other."""
    try:
        body = response.json()
    except ValueError:
        body = {}
    if response.is_success and isinstance(body, dict):
        return body
    fault = body if isinstance(body, dict) else {}
    raise MatrixError(response.status_code, str(fault.get("errcode", "")), str(fault.get("error", response.text[:200])))


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncAnswer:
    """One `/sync` answer and the token for the next one."""

    next_batch: str
    body: dict[str, Any]

    def timeline(self, room_id: str) -> list[dict[str, Any]]:
        """The joined room's new events, oldest first."""
        room = self.body.get("rooms", {}).get("join", {}).get(room_id, {})
        events: list[dict[str, Any]] = room.get("timeline", {}).get("events", [])
        return events
