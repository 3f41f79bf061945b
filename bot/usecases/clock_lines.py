"""What people read about a ticket's clocks."""

from bot.domain.clock_state import ClockStage, ClockState, States
from bot.domain.richtext import RichText, lines
from bot.domain.sla_policy import ClockKind
from bot.domain.sla_ticket import SlaTicket
from bot.domain.wording import Wording
from bot.usecases.timekeeping import Timekeeping, duration


class ClockLines:
    """Words them."""

    def __init__(self, *, time: Timekeeping, wording: Wording) -> None:
        self._time = time
        self._wording = wording

    def after_triage(self, states: States) -> RichText:
        """The deadlines, for the note that tells of a triage."""
        return lines(*(self.one(states[kind]) for kind in (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION)))

    def deadlines(self, states: States) -> RichText:
        """One line per clock."""
        return lines(*(self.one(state) for state in states.values()))

    def field(self, ticket: SlaTicket, states: States) -> str:
        """The state of the clocks in one line for the help desk's field; it changes when something is decided only."""
        shown = (states[kind] for kind in (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION))
        said = (self._wording.line(f"field_{_manner(state)}", **self._values(state)) for state in shown)
        return "; ".join([ticket.priority.value, *said])

    def one(self, state: ClockState) -> RichText:
        """How one clock stands."""
        values = self._values(state)
        if state.due_at is None:
            return self._wording.say(f"clock_{_manner(state)}", **values)
        moment = self._time.moment(state.due_at)
        return self._wording.say(f"clock_{_manner(state)}", **(values | {"due": moment}))

    def _values(self, state: ClockState) -> dict[str, str]:
        return {
            "clock": state.kind.value,
            "due": self._time.local(state.due_at) if state.due_at is not None else "",
            "stopped": self._time.local(state.stopped_at) if state.stopped_at is not None else "",
            "reason": state.reason,
            "left": duration(state.left),
            "used": duration(state.consumed),
        }


def _manner(state: ClockState) -> str:
    """Which sentence fits."""
    if state.stage is ClockStage.CANCELLED:
        return "cancelled"
    if state.stage is ClockStage.STOPPED:
        return "missed" if state.is_breached else "met"
    if state.is_breached:
        return "breached"
    return "paused" if state.due_at is None else "running"
