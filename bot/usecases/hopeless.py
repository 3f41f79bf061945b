"""Which deliveries fail for a reason of their own: others of their system go through again and again, they never do.

A help desk may answer 500 to one body for ever, or a firewall before it 403. Such a delivery would hold up its
conversation for good and nobody would be told; after a while it is for a person to look at.
"""

from datetime import datetime, timedelta

from bot.domain.delivery import Delivery, System
from bot.domain.ids import DeliveryId

FAILURES = 10
"""So many tries failed, each with a success of another delivery of the same system since the one before ..."""

FOR = timedelta(minutes=15)
"""... over at least this long. An outage counts for nothing: in one nothing goes through."""


class Hopeless:
    """Counts in memory: after a restart each delivery has all its chances again."""

    def __init__(self) -> None:
        self._successes: dict[System, int] = {}
        self._failing: dict[DeliveryId, tuple[datetime, int, int]] = {}

    def succeeded(self, delivery: Delivery) -> None:
        """It went through."""
        self._successes[delivery.system] = self._successes.get(delivery.system, 0) + 1
        self._failing.pop(delivery.delivery_id, None)

    def forget(self, delivery: Delivery) -> None:
        """It is parked."""
        self._failing.pop(delivery.delivery_id, None)

    def failed(self, delivery: Delivery, now: datetime) -> bool:
        """It failed once more; whether to give it up."""
        successes = self._successes.get(delivery.system, 0)
        since, seen, alone = self._failing.get(delivery.delivery_id, (now, successes, 0))
        alone += successes > seen
        self._failing[delivery.delivery_id] = since, successes, alone
        return alone >= FAILURES and now - since >= FOR
