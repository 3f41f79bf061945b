"""The use cases about time, wired: clocks, cards, warnings, the board, reports."""

from datetime import timedelta

from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.plots import Plots
from bot.ports.store import Store
from bot.usecases.board import TicketBoard
from bot.usecases.cards import Cards
from bot.usecases.clock_lines import ClockLines
from bot.usecases.desk_tracking import DeskTracking
from bot.usecases.paging import Paging
from bot.usecases.places import StaffPlaces
from bot.usecases.reporting import Reporting
from bot.usecases.saying import Saying
from bot.usecases.sla_watch import SlaWatch
from bot.usecases.timekeeping import SlaRules, Timekeeping
from bot.usecases.tracking import Tracking
from bot.usecases.weekly import WeeklyReport


class Clockwork:
    """Part of the core; ``tracking`` is what the other use cases tell what happened."""

    def __init__(
        self,
        *,
        store: Store,
        desk: HelpDesk,
        clock: Clock,
        wording: Wording,
        staff: StaffPlaces,
        saying: Saying,
        plots: Plots,
        rules: SlaRules,
        bot_user_id: int,
        mailbox_id: int | None,
        undo: timedelta,
    ) -> None:
        self.time = Timekeeping(clock=clock, rules=rules)
        self.lines = ClockLines(time=self.time, wording=wording)
        paging = Paging(clock=clock, wording=wording, staff=staff, oncall=rules.oncall)
        self.cards = Cards(
            clock=clock,
            time=self.time,
            wording=wording,
            lines=self.lines,
            paging=paging,
            staff=staff,
            desk_address=desk.address_of,
        )
        self.tracking = Tracking(
            clock=clock,
            time=self.time,
            cards=self.cards,
            lines=self.lines,
            p0_words=rules.p0_words,
            shows_clocks=desk.shows_clocks,
        )
        self.desk_tracking = DeskTracking(
            tracking=self.tracking,
            time=self.time,
            cards=self.cards,
            bot_user_id=bot_user_id,
            mailbox_id=mailbox_id,
            undo=undo,
        )
        self.watch = SlaWatch(
            store=store,
            clock=clock,
            wording=wording,
            time=self.time,
            tracking=self.tracking,
            paging=paging,
            writes_notes=not desk.shows_clocks,
        )
        reporting = Reporting(store=store, clock=clock, time=self.time)
        self.weekly = WeeklyReport(
            store=store,
            clock=clock,
            wording=wording,
            time=self.time,
            reporting=reporting,
            plots=plots,
            saying=saying,
            staff=staff,
        )
        self.board = TicketBoard(
            store=store,
            clock=clock,
            time=self.time,
            tracking=self.tracking,
            reporting=reporting,
            plots=plots,
            desk_address=desk.address_of,
        )
