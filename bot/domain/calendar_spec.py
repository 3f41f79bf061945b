"""A calendar as it is written down: in the settings, and in the store where former ones are kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from bot.domain.business_hours import BusinessCalendar

Spans = Sequence[tuple[str, str]]

_OFFICE = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (("09:00", "17:00"),))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSpec:
    """Zone, weekly hours, and the dates that differ; times as "HH:MM", dates as ISO text."""

    zone: str = "Europe/Berlin"
    hours: Mapping[str, Spans] = field(default_factory=lambda: _OFFICE)
    shifts: Mapping[str, Spans] = field(default_factory=dict)
    breaks: Mapping[str, Spans] = field(default_factory=dict)
    holidays: Sequence[str] = ()

    def calendar(self) -> BusinessCalendar:
        """The calendar; ``ValueError`` names what is wrong."""
        return BusinessCalendar(
            self.zone, self.hours, shifts=self.shifts, breaks=self.breaks, holidays=frozenset(self.holidays)
        )

    def text(self) -> str:
        """As text, the same for the same days in whatever order they are named."""
        return json.dumps(asdict(self) | {"holidays": sorted(set(self.holidays))}, sort_keys=True)


def spec_from(text: str) -> CalendarSpec:
    """What ``text`` gave."""
    return CalendarSpec(**json.loads(text))
