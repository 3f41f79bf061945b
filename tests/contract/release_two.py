"""A store as release 0.2 left it: one of release 0.1 that was brought up to date, with rows in what came with it."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tests.contract.release_one import LINK, MICROSECONDS, insert, make_release_one, migrate

ROWS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "inbox": [
        {
            "dedup_key": "matrix:!r:x:$q",
            "decision": "asked",
            "link_id": LINK,
            "at": MICROSECONDS,
            "place": "matrix:!r:x:$a",
            "author_id": "",
        }
    ],
    "former_conversations": [{"conversation_id": 3, "link_id": LINK, "number": 4}],
    "threads": [
        {
            "thread_id": 11,
            "conversation_id": 2**40,
            "fate": "waiting",
            "digest": "d",
            "due_at": MICROSECONDS,
            "rounds": 1,
            "link_id": None,
            "delivery_id": None,
        }
    ],
    "versions": [{"dedup_key": "matrix:!r:x:$a", "filed": "v1", "message": "{}"}],
}


def make_release_two(connection: sa.Connection) -> None:
    """The tables of release 0.2, with rows in each of them."""
    make_release_one(connection)
    migrate(connection, "0002")
    insert(connection, ROWS)
