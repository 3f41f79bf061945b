"""Where a store is: a file, or a database on a server."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bot.domain.errors import StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlace:
    """A store's address. ``path`` is set for SQLite only; ``shown`` is how messages name it, without any password."""

    url: sa.URL
    path: Path | None
    shown: str


def parse_place(url: str) -> StorePlace:
    """The place that ``store.url`` names; ``StoreError`` when it is no address of a store."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise StoreError(
            "store.url is no database address; write sqlite+aiosqlite:///supportbot.db for a file, or "
            "postgresql+asyncpg://user@host/database for a server"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StoreError("store.url must name a file, for example sqlite+aiosqlite:///supportbot.db")
        return StorePlace(url=parsed, path=Path(parsed.database), shown=parsed.database)
    if parsed.get_backend_name() == "postgresql":
        server = parsed.set(drivername="postgresql+asyncpg")
        return StorePlace(url=server, path=None, shown=server.set(query={}).render_as_string(hide_password=True))
    raise StoreError(f"store.url names {parsed.get_backend_name()}; this bot keeps its store in SQLite or PostgreSQL")


def spool_folder(url: str) -> Path:
    """Where attachments wait: beside a file store, named after it; else in the working directory."""
    path = parse_place(url).path or Path("supportbot.db")
    return path.with_name(f"{path.stem}-spool")
