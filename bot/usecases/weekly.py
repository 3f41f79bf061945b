"""The report in chat, every Monday: how last week's promises were kept."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.domain.chat import FileContent, OutgoingMessage
from bot.domain.delivery import Delivery
from bot.domain.effects import PostReport
from bot.domain.errors import FilesRefusedError
from bot.domain.ids import delivery_id
from bot.domain.report_charts import picture_of
from bot.domain.report_period import midnight
from bot.domain.report_summary import picture_title, summary
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.plots import Plots, PlotsError
from bot.ports.store import Records, Store
from bot.usecases.handling import Made
from bot.usecases.places import StaffPlaces, promise
from bot.usecases.reporting import Reporting
from bot.usecases.saying import Saying
from bot.usecases.timekeeping import Timekeeping

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(minutes=1)
POSTED_AT = timedelta(hours=9)
"""In the calendar's zone; a bot that was away on Monday morning posts it when it is back, within the week."""

WEEK = timedelta(days=7)


class WeeklyReport:
    """Promises it once a week for each staff place, and says it."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        wording: Wording,
        time: Timekeeping,
        reporting: Reporting,
        plots: Plots,
        saying: Saying,
        staff: StaffPlaces,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._time = time
        self._reporting = reporting
        self._plots = plots
        self._saying = saying
        self._staff = staff
        self._promised: date | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)

    async def look(self) -> None:
        """Promise last week's report when its Monday has come."""
        monday = self._last_monday()
        since = self._time.since
        if monday == self._promised or since is None or since >= midnight(monday, self._time.zone):
            return  # the bot kept no clocks in that week
        await self._store.write(lambda records: self._promise(records, monday))
        self._promised = monday

    async def post(self, delivery: Delivery) -> Made:
        """Say it with its picture; one that cannot be drawn is left out."""
        effect = delivery.effect
        assert isinstance(effect, PostReport)
        report = await self._reporting.report(effect.since, effect.until, as_of=effect.as_of)
        files: tuple[FileContent, ...] = ()
        try:
            content = await self._plots.draw_picture(picture_of(report), picture_title(report, self._wording))
            files = (FileContent(name=f"report-{effect.since}.png", mime_type="image/png", content=content),)
        except PlotsError as error:
            log.warning("report picture not drawn", reason=str(error))
        message = OutgoingMessage(
            delivery_id=delivery.delivery_id,
            address=effect.address,
            text=summary(report, self._wording),
            files=files,
        )
        try:
            await self._saying.say(delivery, message, link_id=None)
        except FilesRefusedError as error:
            log.warning("report picture refused", reason=error.reason)
            await self._saying.say(delivery, replace(message, files=()), link_id=None)
        return Made()

    async def _promise(self, records: Records, monday: date) -> None:
        now = self._clock.now()
        for place in self._staff.places:
            cause = ("report", monday.isoformat(), place.platform, place.room)
            if await records.outbox.get(delivery_id(*cause)) is None:
                effect = PostReport(address=place, since=monday - WEEK, until=monday, as_of=now)
                await records.outbox.add(promise(*cause, effect=effect, key=f"report:{place.platform}", now=now))

    def _last_monday(self) -> date:
        """The newest Monday whose hour has come."""
        local = self._clock.now().astimezone(ZoneInfo(self._time.zone)) - POSTED_AT
        return local.date() - timedelta(days=local.weekday())
