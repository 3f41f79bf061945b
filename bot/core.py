"""The use cases, wired: everything between the edges. It knows ports only: tests put fakes where adapters go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from bot.clockwork import Clockwork
from bot.domain.chat import Platform
from bot.domain.follow_up import FollowUpRules
from bot.domain.permissions import Team
from bot.domain.wording import Wording
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock, Dice
from bot.ports.helpdesk import HelpDesk
from bot.ports.plots import NoPlots, Plots
from bot.ports.store import Spool, Store
from bot.usecases.agent_names import AgentNames
from bot.usecases.card_presses import CardPresses
from bot.usecases.changes import ChatChanges
from bot.usecases.closing import Closing
from bot.usecases.commands import Act, Commands, TicketSuggestions
from bot.usecases.confirming import ClosingRules, Confirming
from bot.usecases.delivery import Pump
from bot.usecases.desk_acts import DeskActs
from bot.usecases.desk_reader import DeskReader
from bot.usecases.desk_writer import DeskWriter
from bot.usecases.early_reactions import EarlyReactions
from bot.usecases.editing import Editing
from bot.usecases.entries import Entries
from bot.usecases.events import ChatIncidents
from bot.usecases.files import Files
from bot.usecases.filing import Filing
from bot.usecases.following import Following
from bot.usecases.forms import Forms
from bot.usecases.handling import Handler
from bot.usecases.identity import Identity
from bot.usecases.intake import Intake, IntakeRules
from bot.usecases.looking import Looking
from bot.usecases.making import Making
from bot.usecases.notes import Notes
from bot.usecases.opening import Opening
from bot.usecases.own_threads import OwnThreads
from bot.usecases.parking import Parking, Reassurance
from bot.usecases.places import StaffPlaces
from bot.usecases.reconciliation import Reconciliation
from bot.usecases.relaying import Relaying
from bot.usecases.replies import Replies
from bot.usecases.saying import Saying
from bot.usecases.silence import Silence
from bot.usecases.solving import Solving
from bot.usecases.speaking import Speaking, SpeakingRules, TypedCommands
from bot.usecases.spoken_answers import SpokenAnswers
from bot.usecases.staff_answers import StaffAnswers
from bot.usecases.status_lines import StatusLines
from bot.usecases.taking import Taking
from bot.usecases.tickets import Tickets
from bot.usecases.timekeeping import SlaRules
from bot.usecases.triage import Triage
from bot.usecases.whereabouts import Whereabouts


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreRules:
    """What the settings decide about the use cases. ``undo``: how long an agent can take a reply back."""

    intake: IntakeRules = field(default_factory=IntakeRules)
    follow_up: FollowUpRules = field(default_factory=FollowUpRules)
    closing: ClosingRules = field(default_factory=ClosingRules)
    speaking: SpeakingRules = field(default_factory=SpeakingRules)
    agent_name: Literal["first", "full", "team"] = "first"
    undo: timedelta = timedelta(seconds=16)
    bot_user_id: int = 2
    max_attachment_bytes: int = 10 * 1024 * 1024
    sweep_every: timedelta = timedelta(seconds=60)
    mailbox_id: int | None = None
    sla: SlaRules = field(default_factory=SlaRules)


class Core:
    """``chats`` may be filled after the wiring: platforms need the core, and the core them."""

    def __init__(
        self,
        *,
        store: Store,
        spool: Spool,
        desk: HelpDesk,
        chats: Mapping[Platform, ChatPlatform],
        clock: Clock,
        dice: Dice,
        wording: Wording,
        team: Team,
        staff: StaffPlaces,
        rules: CoreRules,
        desk_reachable: Callable[[], bool] = lambda: True,
        on_progress: Callable[[], None] = lambda: None,
        plots: Plots | None = None,
    ) -> None:
        """``plots`` None: reports go without pictures."""
        self._store, self._desk, self._clock, self._wording = store, desk, clock, wording
        self._team, self._staff, self._rules = team, staff, rules
        self._files = Files(
            store=store,
            spool=spool,
            clock=clock,
            wording=wording,
            chats=chats,
            max_bytes=rules.max_attachment_bytes,
        )
        self._saying = Saying(store=store, wording=wording, chats=chats)
        self._lines = StatusLines(clock=clock, wording=wording)
        self._confirming = Confirming(clock=clock, wording=wording, team=team, lines=self._lines, rules=rules.closing)
        self._early = EarlyReactions(confirming=self._confirming)
        self.clockwork = Clockwork(
            store=store,
            desk=desk,
            clock=clock,
            wording=wording,
            staff=staff,
            saying=self._saying,
            plots=plots or NoPlots(),
            rules=rules.sla,
            bot_user_id=rules.bot_user_id,
            mailbox_id=rules.mailbox_id,
            undo=rules.undo,
        )
        self._tracking, self._time = self.clockwork.tracking, self.clockwork.time
        self._clock_lines = self.clockwork.lines
        self._whereabouts = Whereabouts(store=store, desk=desk, clock=clock, wording=wording, tracking=self._tracking)
        self._writer = DeskWriter(desk=desk, clock=clock)
        self._entries = Entries(wording=wording, files=self._files, chats=chats)
        self._editing = Editing(
            store=store, clock=clock, writer=self._writer, entries=self._entries, whereabouts=self._whereabouts
        )
        self._spoken = SpokenAnswers(clock=clock, confirming=self._confirming, thanks=rules.follow_up.thanks)
        self.intake = Intake(
            store=store,
            clock=clock,
            team=team,
            rules=rules.intake,
            changes=ChatChanges(wording=wording, confirming=self._confirming, early=self._early),
            answers=self._spoken,
            tracking=self._tracking,
            staff=staff,
        )
        self.commands = self._make_commands(desk_reachable)
        self.incidents = ChatIncidents(
            store=store,
            clock=clock,
            wording=wording,
            staff=staff,
            confirming=self._confirming,
            cards=CardPresses(
                store=store,
                wording=wording,
                team=team,
                runner=self.commands,
                tracking=self._tracking,
                time=self._time,
                cards=self.clockwork.cards,
            ),
        )
        self.suggestions = TicketSuggestions(store=store, team=team)
        replies = self._make_replies()
        self.reader = DeskReader(
            store=store,
            desk=desk,
            clock=clock,
            replies=replies,
            whereabouts=self._whereabouts,
            tracking=self.clockwork.desk_tracking,
        )
        self.reconciliation = Reconciliation(
            store=store, desk=desk, clock=clock, reader=self.reader, replies=replies, every=rules.sweep_every
        )
        self.reassurance = Reassurance(store=store, clock=clock, wording=wording)
        self.silence = Silence(store=store, clock=clock, confirming=self._confirming)
        self.pump = Pump(
            store=store,
            clock=clock,
            dice=dice,
            handlers=self._handlers(),
            on_parked=Parking(clock=clock, wording=wording, staff=staff),
            on_progress=on_progress,
        )

    def _make_commands(self, desk_reachable: Callable[[], bool]) -> Commands:
        store, clock, wording, tracking = self._store, self._clock, self._wording, self._tracking
        tickets = Tickets(store=store, desk=self._desk, wording=wording)
        triage = Triage(
            store=store,
            clock=clock,
            wording=wording,
            tickets=tickets,
            tracking=tracking,
            lines=self._clock_lines,
            writes_notes=not self._desk.shows_clocks,
        )
        closing = Closing(
            store=store, clock=clock, wording=wording, tickets=tickets, lines=self._lines, tracking=tracking
        )
        taking = Taking(store=store, clock=clock, wording=wording, tickets=tickets, team=self._team, tracking=tracking)
        looking = Looking(
            store=store,
            clock=clock,
            wording=wording,
            tickets=tickets,
            time=self._time,
            tracking=tracking,
            lines=self._clock_lines,
        )
        notes = Notes(store=store, clock=clock, wording=wording, tickets=tickets, team=self._team)
        solving = Solving(
            store=store,
            clock=clock,
            wording=wording,
            tickets=tickets,
            team=self._team,
            confirming=self._confirming,
        )
        acts: dict[str, Act] = {
            "triage": triage.run,
            "close": closing.run,
            "take": taking.take,
            "waiting": taking.waiting,
            "note": notes.run,
            "ticket": looking.ticket,
            "tickets": looking.tickets,
            "sla": looking.sla,
            "solved": solving.run,
            "whoami": Identity(team=self._team, wording=wording).run,
        }
        return Commands(
            team=self._team,
            wording=wording,
            acts=acts,
            desk_reachable=desk_reachable,
            forms=Forms(store=store, wording=wording, tickets=tickets, tracking=tracking),
            making=Making(store=store, clock=clock, wording=wording, intake=self.intake),
        )

    def _make_replies(self) -> Replies:
        names = AgentNames(wording=self._wording, style=self._rules.agent_name)
        following = Following(
            clock=self._clock,
            lines=self._lines,
            confirming=self._confirming,
            names=names,
            bot_user_id=self._rules.bot_user_id,
        )
        own = OwnThreads(clock=self._clock, whereabouts=self._whereabouts, bot_user_id=self._rules.bot_user_id)
        return Replies(
            store=self._store,
            clock=self._clock,
            wording=self._wording,
            names=names,
            following=following,
            own=own,
            undo=self._rules.undo,
        )

    def _handlers(self) -> Mapping[str, Handler]:
        opening = Opening(
            store=self._store,
            desk=self._desk,
            clock=self._clock,
            files=self._files,
            wording=self._wording,
            writer=self._writer,
            entries=self._entries,
            editing=self._editing,
            tracking=self._tracking,
        )
        filing = Filing(
            files=self._files,
            wording=self._wording,
            writer=self._writer,
            entries=self._entries,
            whereabouts=self._whereabouts,
            editing=self._editing,
            answers=StaffAnswers(clock=self._clock, wording=self._wording, staff=self._staff),
            lines=self._lines,
            opening=opening,
            spoken=self._spoken,
            rules=self._rules.follow_up,
        )
        acts = DeskActs(desk=self._desk, clock=self._clock, writer=self._writer, whereabouts=self._whereabouts)
        speaking = Speaking(
            store=self._store,
            clock=self._clock,
            wording=self._wording,
            saying=self._saying,
            early=self._early,
            staff=self._staff,
            rules=self._rules.speaking,
            time=self._time,
        )
        relaying = Relaying(
            store=self._store,
            desk=self._desk,
            clock=self._clock,
            wording=self._wording,
            saying=self._saying,
            tracking=self._tracking,
            notify_author=self._rules.speaking.notify_author,
            wake=self.reader.wake,
        )
        typed = TypedCommands(runner=self.commands, clock=self._clock, wording=self._wording, staff=self._staff)
        return {
            "fetch_files": self._files.fetch,
            "open_conversation": filing.open,
            "file_message": filing.file,
            "file_late_files": filing.late_files,
            "note_edit": self._editing.note,
            "write_note": acts.note,
            "set_triage": acts.set_triage,
            "set_status": acts.set_status,
            "assign": acts.assign,
            "post_report": self.clockwork.weekly.post,
            "show_clocks": acts.show_clocks,
            "react": speaking.react,
            "announce_number": speaking.announce,
            "say": speaking.say,
            "show_status": speaking.show_status,
            "relay_reply": relaying.relay,
            "run_command": typed.run,
        }
