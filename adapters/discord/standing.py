"""How the Discord leg is, as told to health: connected or not, and what it cannot do."""

from bot.ports.inbound import HealthReports, PartState

_PART = "discord"


class Standing:
    """Keeps the state and the standing complaints together, since each report replaces the one before."""

    def __init__(self, health: HealthReports) -> None:
        self._health = health
        self._state = PartState.STARTING
        self._detail = ""
        self._complaints: dict[str, str] = {}

    def now(self, state: PartState, detail: str = "") -> None:
        """The leg is in this state now."""
        self._state, self._detail = state, detail
        self._report()

    def complain(self, about: str, complaint: str) -> None:
        """Something does not work, though the leg does; an empty complaint withdraws it."""
        if self._complaints.get(about, "") == complaint:
            return
        if complaint:
            self._complaints[about] = complaint
        else:
            del self._complaints[about]
        self._report()

    def progress(self) -> None:
        """Something came from Discord."""
        self._health.progress(_PART)

    @property
    def is_connected(self) -> bool:
        """Whether the gateway is there."""
        return self._state is PartState.CONNECTED

    def _report(self) -> None:
        details = [self._detail, *self._complaints.values()]
        self._health.report(_PART, self._state, "; ".join(detail for detail in details if detail))
