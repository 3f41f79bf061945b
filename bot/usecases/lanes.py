"""The deliveries that go strictly in turn."""

from collections import deque
from dataclasses import dataclass, field

from bot.domain.delivery import Delivery


@dataclass(slots=True)
class Lane:
    """The deliveries of one ordering key, by position; the first is the next."""

    rows: deque[tuple[int, Delivery]] = field(default_factory=deque)
    running: bool = False

    def put(self, position: int, delivery: Delivery) -> None:
        """Take it in, or replace what stood at its position."""
        if not self.rows or position > self.rows[-1][0]:
            self.rows.append((position, delivery))
            return
        rows = {**dict(self.rows), position: delivery}
        self.rows = deque(sorted(rows.items()))

    def drop(self, position: int) -> None:
        """Forget what stands at this position."""
        self.rows = deque(row for row in self.rows if row[0] != position)
