"""One `/sync` request: what is asked for, from where on, and how long to wait for it."""

import json
from datetime import timedelta

from adapters.matrix.api import CLIENT, MatrixApi
from adapters.matrix.rooms import STATE_TYPES
from adapters.matrix.wire import Json

ANSWER_SECONDS = 60.0
FIRST_ANSWER_SECONDS = 300.0
TIMELINE_LIMIT = 100


def sync_filter(timeline_limit: int) -> str:
    """Only what is used: messages, membership, encryption. Synapse caps a timeline at 100 events."""
    nothing: Json = {"types": []}
    return json.dumps(
        {
            "presence": nothing,
            "account_data": nothing,
            "room": {
                "timeline": {"limit": timeline_limit},
                "state": {"types": list(STATE_TYPES), "lazy_load_members": False},
                "ephemeral": nothing,
                "account_data": nothing,
            },
        },
        separators=(",", ":"),
    )


async def poll(api: MatrixApi, since: str, wait: timedelta, *, is_first: bool) -> Json:
    """The answer. A new process knows no rooms and asks for all their state (facts/matrix.md 3.3, trap 13)."""
    query = {
        "timeout": str(round(wait.total_seconds() * 1000)),
        "filter": sync_filter(TIMELINE_LIMIT if since else 1),
        **({"since": since} if since else {}),
        **({"full_state": "true"} if is_first else {}),
    }
    # An own limit on each answer: without one a full state is waited for without end (trap 16).
    seconds = FIRST_ANSWER_SECONDS if is_first else ANSWER_SECONDS
    return await api.get(f"{CLIENT}/sync", query, seconds=seconds)
