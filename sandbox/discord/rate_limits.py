"""Rate limits as fixed windows: with sliding ones the library's own limiter runs into 429s (facts sheet, section 3)."""

import hashlib
import math
import re
import time
from dataclasses import dataclass

GENEROUS_LIMIT = 100_000
GENEROUS_WINDOW_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class Window:
    """Requests counted since the window opened; times are monotonic seconds."""

    limit: int
    seconds: float
    opened_at: float = -math.inf
    used: int = 0

    def take(self, now: float) -> bool:
        """Count a request; False when the window is full."""
        if now >= self.opened_at + self.seconds:
            self.opened_at, self.used = now, 0
        if self.used >= self.limit:
            return False
        self.used += 1
        return True

    def left_seconds(self, now: float) -> float:
        """Until the window opens anew."""
        return max(0.0, self.opened_at + self.seconds - now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a request met: whether it may pass, and the headers that tell the client how it stands."""

    allowed: bool
    retry_after: float
    headers: dict[str, str]


class RateLimits:
    """One window per route and channel (or guild); tightened routes by rule."""

    def __init__(self) -> None:
        self._rules: list[tuple[re.Pattern[str], int, float]] = []
        self._windows: dict[str, Window] = {}

    def tighten(self, path: str, limit: int, per_seconds: float) -> None:
        """Allow `limit` requests per `per_seconds` on paths (below /api/v10) that match the expression as a whole."""
        self._rules.append((re.compile(path), limit, per_seconds))
        self._windows.clear()

    def ask(self, method: str, route: str, path: str, major: str) -> Verdict:
        """Count a request against its window."""
        key = f"{method} {route} {major}"
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = self._open(path)
        now = time.monotonic()
        allowed = window.take(now)
        left = window.left_seconds(now)
        headers = {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(window.limit - window.used),
            # Rounded up: a client that comes back to the millisecond must find the window open.
            "X-RateLimit-Reset": f"{time.time() + left + 0.001:.3f}",
            "X-RateLimit-Reset-After": f"{left + 0.001:.3f}",
            "X-RateLimit-Bucket": hashlib.md5(f"{method} {route}".encode(), usedforsecurity=False).hexdigest(),
        }
        return Verdict(allowed=allowed, retry_after=left, headers=headers)

    def _open(self, path: str) -> Window:
        for pattern, limit, seconds in self._rules:
            if pattern.fullmatch(path):
                return Window(limit=limit, seconds=seconds)
        return Window(limit=GENEROUS_LIMIT, seconds=GENEROUS_WINDOW_SECONDS)
