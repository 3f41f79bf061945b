"""The policy and the calendar that clocks go by, and what is to happen when the settings change them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.domain.business_hours import BusinessTime
from bot.domain.calendar_spec import CalendarSpec
from bot.domain.clock_state import States
from bot.domain.richtext import Moment
from bot.domain.sla import states_of
from bot.domain.sla_policy import SlaPolicy
from bot.domain.sla_ticket import SlaTicket
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.kept_calendars import calendars_in, entries_of, history_of, with_newest

log = structlog.get_logger(__name__)

OWNER = "sla"
_POLICY = "policy"
_SINCE = "tracked-since"
_OWED = "recompute-owed"
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
        It does so at each start until ``recomputed`` was called.
        """
        self.was_changed = await store.write(self._load)

    async def recomputed(self, store: Store) -> None:
        """Every open clock was computed anew."""
        await store.write(lambda records: records.memory.remember(OWNER, {_OWED: None}))
        self.was_changed = False

    async def look(self, store: Store) -> None:
        """Go by the calendars that were remembered, for a command beside the running bot: nothing is written."""
        kept = await store.read(lambda records: records.memory.recall(OWNER))
        self.calendar = history_of(calendars_in(kept, self._clock.now())) or self.calendar

    async def _load(self, records: Records) -> bool:
        kept = await records.memory.recall(OWNER)
        now = self._clock.now()
        # An earlier start's clock may have been ahead: nothing that it wrote counts later than from now on.
        self.since = min(datetime.fromisoformat(kept[_SINCE]), now) if _SINCE in kept else now
        before = calendars_in(kept, now)
        known = with_newest(before, self._rules.calendar.text(), now)
        self.calendar = history_of(known) or self.calendar
        calendars = entries_of(known, kept)
        is_other = bool(calendars) or kept.get(_POLICY) != self.policy.version
        is_owed = _OWED in kept or (bool(before) and is_other)
        entries: dict[str, str | None] = {_SINCE: self.since.isoformat(), _POLICY: self.policy.version, **calendars}
        await records.memory.remember(OWNER, entries | ({_OWED: now.isoformat()} if is_owed else {}))
        if is_owed:
            log.info("calendar or targets were changed", calendar=self.calendar.version, policy=self.policy.version)
        return is_owed


def duration(span: timedelta) -> str:
    """A length of time as people say it: "1 h 20 min"; to the minute, "less than a minute" below."""
    minutes = int(abs(span).total_seconds()) // 60
    if not minutes:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])])
