"""Faults of a database as ``StoreError``: the one place that knows vendor errors."""

import sqlalchemy as sa

from bot.domain.errors import StoreError


def store_fault(error: Exception, what: str) -> StoreError:
    """The error to raise. Only the database's own words: SQLAlchemy's would quote the row, and so what people wrote."""
    reason = getattr(error, "orig", None) or error
    words = str(reason).splitlines()[0] if str(reason) else type(reason).__name__
    return StoreError(f"{what}: {words.removeprefix(f'{type(reason)}: ')}")


VENDOR_FAULTS = (sa.exc.SQLAlchemyError, OSError)
"""What SQLAlchemy and the drivers raise; ``OSError`` when a server cannot be reached."""
