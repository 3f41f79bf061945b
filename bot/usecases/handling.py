"""What the pump asks of those who carry effects out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.domain.delivery import Delivery
from bot.ports.store import Records


async def _nothing_more(_: Records) -> None:
    return None


async def _nothing_left() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A delivery is made: ``records`` is what else is true now, in the transaction that records it (it may be run
    again); ``afterwards`` cleans up once that is durable, and may be missed when the process ends just then."""

    records: Callable[[Records], Awaitable[None]] = _nothing_more
    afterwards: Callable[[], Awaitable[None]] = _nothing_left


class Handler(Protocol):
    """Carries out one kind of effect."""

    async def __call__(self, delivery: Delivery) -> Made:
        """Do it and say what follows; raise a ``DeliveryError`` otherwise. Looks first when ``outcome_unknown``."""
        ...


class Parking(Protocol):
    """What follows when a delivery is parked."""

    async def __call__(self, records: Records, delivery: Delivery) -> None:
        """Promise what people are told, in the transaction that parks it."""
        ...
