"""The policy and the calendar that clocks go by, and what is to happen when the settings change them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.domain.business_hours import BusinessTime
from bot.domain.calendar_history import CalendarHistory
from bot.domain.calendar_spec import CalendarSpec, spec_from
from bot.domain.clock_state import States
from bot.domain.richtext import Moment
from bot.domain.sla import states_of
from bot.domain.sla_policy import SlaPolicy
from bot.domain.sla_ticket import SlaTicket
from bot.ports.clock import Clock
from bot.ports.store import Records, Store

log = structlog.get_logger(__name__)

OWNER = "sla"
_CALENDAR = "calendar:"
_POLICY = "policy"
_SINCE = "tracked-since"
KEPT_CALENDARS = 20
P0_WORDS = ("data loss", "lost data", "cannot log in", "can't log in", "outage", "down for everyone")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaRules:
    """The settings of ``[sla]``. ``oncall`` is who is paged: ``role:ID``, ``user:ID``, ``@user:server``."""

    policy: SlaPolicy = field(default_factory=SlaPolicy)
    calendar: CalendarSpec = field(default_factory=CalendarSpec)
    p0_words: tuple[str, ...] = (
        "data loss",
        "lost data",
        "cannot log in",
        "can't log in",
        "outage",
        "down for everyone",
    )
    oncall: tuple[str, ...] = ()


class Timekeeping:
    """Reads clocks. A calendar that was changed counts from the change on: the past is not rewritten (facts/sla.md)."""

    def __init__(self, *, clock: Clock, rules: SlaRules) -> None:
        self._clock = clock
        self._rules = rules
        self.calendar: BusinessTime = rules.calendar.calendar()
        self._zone = ZoneInfo(rules.calendar.zone)
        self.since: datetime | None = None
        self.was_changed = False

    @property
    def policy(self) -> SlaPolicy:
        """The targets that count now."""
        return self._rules.policy

    @property
    def zone(self) -> str:
        """The calendar's time zone."""
        return self._rules.calendar.zone

    def states(self, ticket: SlaTicket, now: datetime | None = None) -> States:
        """Where every clock of a ticket stands."""
        return states_of(ticket, self.policy, self.calendar, now or self._clock.now())

    def moment(self, at: datetime, *, relative: bool = False) -> Moment:
        """An instant as people read it: each in their own time zone where the platform can, else in the team's; or
        how far away it is.
        """
        return Moment(at=at, text=self._from_now(at) if relative else self.local(at), relative=relative)

    def _from_now(self, at: datetime) -> str:
        left = at - self._clock.now()
        return f"{duration(left)} ago" if left < timedelta() else f"in {duration(left)}"

    def local(self, at: datetime) -> str:
        """An instant in the team's time zone, with that zone's name."""
        return f"{self.day_and_time(at)} ({self.zone})"

    def day_and_time(self, at: datetime) -> str:
        """Without the zone's name."""
        local = at.astimezone(self._zone)
        year = "" if local.year == self._clock.now().astimezone(self._zone).year else f" {local.year}"
        return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"

    async def load(self, store: Store) -> None:
        """Compare the settings with those of the last start and remember them, before anything is timed.

        ``was_changed`` tells afterwards that calendar or targets are others now: open clocks are to be computed anew.
        """
        self.was_changed = await store.write(self._load)

    async def look(self, store: Store) -> None:
        """Go by the calendars that were remembered, for a command beside the running bot: nothing is written."""
        kept = await store.read(lambda records: records.memory.recall(OWNER))
        known = _calendars(kept)
        if known:
            self.calendar = _history(known)

    async def _load(self, records: Records) -> bool:
        kept = await records.memory.recall(OWNER)
        now = self._clock.now()
        self.since = datetime.fromisoformat(kept[_SINCE]) if _SINCE in kept else now
        names = sorted(name for name in kept if name.startswith(_CALENDAR))
        known = _calendars(kept)
        text = self._rules.calendar.text()
        entries: dict[str, str | None] = {_SINCE: self.since.isoformat(), _POLICY: self.policy.version}
        is_new = not known or known[-1][1] != text
        if is_new:
            # A clock that was put back must not make the calendars' instants fall.
            since = max(now, known[-1][0] + timedelta(seconds=1)) if known else now
            known.append((since, text))
            entries[f"{_CALENDAR}{since.isoformat()}"] = text
        entries.update(dict.fromkeys(names[: max(len(known) - KEPT_CALENDARS, 0)]))
        known = known[-KEPT_CALENDARS:]
        self.calendar = _history(known)
        await records.memory.remember(OWNER, entries)
        changed = bool(names) and (is_new or kept.get(_POLICY) != self.policy.version)
        if changed:
            log.info("calendar or targets were changed", calendar=self.calendar.version, policy=self.policy.version)
        return changed


def duration(span: timedelta) -> str:
    """A length of time as people say it: "1 h 20 min"; to the minute, "less than a minute" below."""
    minutes = int(abs(span).total_seconds()) // 60
    if not minutes:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])])


def _calendars(kept: Mapping[str, str]) -> list[tuple[datetime, str]]:
    """Since when each remembered calendar counts, in that order."""
    names = sorted(name for name in kept if name.startswith(_CALENDAR))
    return [(datetime.fromisoformat(name.removeprefix(_CALENDAR)), kept[name]) for name in names]


def _history(known: Sequence[tuple[datetime, str]]) -> BusinessTime:
    calendars = [(at, spec_from(text).calendar()) for at, text in known]
    return calendars[0][1] if len(calendars) == 1 else CalendarHistory(calendars)
