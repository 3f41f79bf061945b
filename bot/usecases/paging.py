"""Paging whoever is on call: at most once in ten minutes, and further pages are counted."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.chat import ChatAddress, Platform
from bot.domain.effects import Say
from bot.domain.richtext import RichText, join
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records
from bot.usecases.places import StaffPlaces, promise
from bot.usecases.timekeeping import OWNER

QUIET = timedelta(minutes=10)
"""behaviour.md, "Pings": at most one page per ten minutes."""

_PAGED_AT = "paged-at"
_MORE = "paged-more"


class Paging:
    """Tells staff something, and pings the on-call people with it. Part of somebody else's transaction."""

    def __init__(self, *, clock: Clock, wording: Wording, staff: StaffPlaces, oncall: Sequence[str]) -> None:
        self._clock = clock
        self._wording = wording
        self._staff = staff
        self._oncall = oncall

    async def tell(self, records: Records, text: RichText, *once: str, page: bool) -> None:
        """Say it in the staff place, once for the same cause; ``page``: ping, wherever the on-call people are."""
        now = self._clock.now()
        if not page or not self._oncall:
            await records.outbox.add(*self._staff.tell(text, once=once, now=now))
            return
        more = await self._hold(records, now)
        if more is None:
            await records.outbox.add(*self._staff.tell(text, once=once, now=now))
            return
        if more:
            sentence = "paged_more" if more > 1 else "paged_more_one"
            text = join(text, self._wording.say(sentence, count=str(more)))
        first = self._staff.choose()
        for place in self._staff.places:
            pages = self._pages_in(place)
            if pages or place == first:
                say = Say(address=place, text=text, pages=pages)
                key = f"staff:{place.platform}"
                await records.outbox.add(promise("page", place.platform, *once, effect=say, key=key, now=now))

    async def _hold(self, records: Records, now: datetime) -> int | None:
        """How many pages were held back since the last one; None: this one is held back too."""
        kept = await records.memory.recall(OWNER, "paged-")
        paged_at = datetime.fromisoformat(kept[_PAGED_AT]) if _PAGED_AT in kept else None
        more = int(kept.get(_MORE, "0"))
        if paged_at is not None and abs(now - paged_at) < QUIET:
            await records.memory.remember(OWNER, {_MORE: str(more + 1)})
            return None
        await records.memory.remember(OWNER, {_PAGED_AT: now.isoformat(), _MORE: None})
        return more

    def _pages_in(self, place: ChatAddress) -> tuple[str, ...]:
        in_matrix = place.platform is Platform.MATRIX
        return tuple(one for one in self._oncall if one.startswith("@") is in_matrix)
