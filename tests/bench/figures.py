"""What was measured, and what is made of several rounds: the median, and percentiles over all their messages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds from a message to its ticket in FreeScout, to the bot's reaction, and to the number in chat."""

    filed: float
    acknowledged: float
    answered: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One contestant, once. `burst_seconds`: from the first message to the platform's last number told."""

    start_seconds: float
    idle_rss_bytes: int
    rss_bytes: int
    discord: tuple[Latency, ...]
    matrix: tuple[Latency, ...]
    sent: int
    filed_once: int
    answered_once: int
    acknowledged: int
    burst_seconds: Mapping[str, float]
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All rounds of one contestant. Counts are those of the worst round."""

    rounds: Sequence[Round]

    def latency_ms(self, platform: str, what: str, percent: int) -> float:
        """A percentile over the messages of all rounds."""
        values = [getattr(each, what) for one in self.rounds for each in getattr(one, platform)]
        return percentile(values, percent) * 1000

    @property
    def start_seconds(self) -> float:
        """From the start of the process to ready, with an empty store."""
        return median(one.start_seconds for one in self.rounds)

    def burst_seconds(self, platform: str) -> float:
        """From the first message of the flood to the platform's last number told."""
        return median(one.burst_seconds[platform] for one in self.rounds)

    @property
    def whole_burst_seconds(self) -> float:
        """From the first message of the flood to the last number told anywhere."""
        return median(max(one.burst_seconds.values()) for one in self.rounds)

    @property
    def cpu_ms(self) -> float:
        """Processor time of the contestant's process per message of the flood."""
        return median(one.cpu_seconds / one.sent for one in self.rounds) * 1000

    @property
    def idle_rss_mb(self) -> float:
        """Resident memory when ready and not yet asked anything."""
        return median(one.idle_rss_bytes for one in self.rounds) / 2**20

    @property
    def rss_mb(self) -> float:
        """Resident memory after the flood."""
        return median(one.rss_bytes for one in self.rounds) / 2**20

    def worst(self, what: str) -> tuple[int, int]:
        """A count in the round where most was missing, and how many were sent there."""
        one = min(self.rounds, key=lambda each: getattr(each, what) - each.sent)
        return getattr(one, what), one.sent


def percentile(values: Iterable[float], percent: int) -> float:
    """The smallest value that at least `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
