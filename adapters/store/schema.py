"""Brings the tables of an older store up to date, and refuses those of a newer one.

Alembic takes a while to import, so it is asked only when there is something to do.
"""

import logging
from pathlib import Path

import sqlalchemy as sa

from adapters.store.tables import metadata
from bot.domain.errors import StoreError, StoreNotReadyError

HEAD = "0003"
"""The newest migration. Versions are numbers of four digits, so that they sort by age."""

MIGRATIONS = Path(__file__).with_name("migrations")
_VERSION = sa.text("SELECT version_num FROM alembic_version")


def bring_up_to_date(connection: sa.Connection, *, create: bool, name: str) -> None:
    """Make or change the tables until they are those of this version, within the caller's transaction.

    ``StoreError`` when they are newer, or when they are older or absent and ``create`` is false.
    """
    version = stored_version(connection)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise StoreError(
            f"the store {name} was written by a newer version of supportbot (its tables are version {version}, this "
            f"one knows {HEAD}); start that version again, or restore a backup from before the upgrade"
        )
    if not create:
        raise StoreNotReadyError(
            f"the store {name} is not ready for this version (its tables are version {version or 'none'}, this one "
            f"needs {HEAD}); `supportbot run` brings it up to date"
        )
    if version is None:
        _make(connection)
    else:
        upgrade(connection)


def stored_version(connection: sa.Connection) -> str | None:
    """The version of the tables that are there, or None."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_VERSION).scalar()


def _make(connection: sa.Connection) -> None:
    """The tables of this version at once; a test holds them equal to what the migrations make."""
    metadata.create_all(connection)
    connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that are missing."""
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
