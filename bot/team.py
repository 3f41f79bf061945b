"""What the core is to know of the settings: who belongs to the team, where it is told things, and the rules."""

from collections.abc import Sequence
from datetime import timedelta

from bot.core import CoreRules
from bot.domain.calendar_spec import CalendarSpec
from bot.domain.chat import ChatAddress, Platform
from bot.domain.follow_up import FollowUpRules
from bot.domain.permissions import Team, TeamMember
from bot.domain.sla_policy import Priority, Promise, SlaPolicy, Target, target_of
from bot.settings import Settings
from bot.settings_promises import SlaSettings
from bot.usecases.confirming import ClosingRules
from bot.usecases.intake import IntakeRules
from bot.usecases.places import StaffPlaces
from bot.usecases.speaking import SpeakingRules
from bot.usecases.timekeeping import SlaRules

_UNDO_ROUNDING = timedelta(seconds=1)
"""FreeScout counts whole seconds: a reply can be taken back until almost one more has passed (core, `undoReply`)."""


def team_of(settings: Settings) -> Team:
    """Who belongs to the team."""
    discord, matrix = settings.discord, settings.matrix
    return Team(
        triager_roles=frozenset(map(str, discord.triager_roles)) if discord else frozenset(),
        staff_roles=frozenset(map(str, discord.staff_roles)) if discord else frozenset(),
        matrix_triagers=frozenset(matrix.triagers) if matrix else frozenset(),
        matrix_staff=frozenset(matrix.staff) if matrix else frozenset(),
        members=tuple(
            TeamMember(
                name=member.name,
                agent_id=member.freescout_user_id,
                discord_id=str(member.discord_id or ""),
                matrix_id=member.matrix_id or "",
            )
            for member in settings.staff.members
        ),
    )


def staff_places_of(settings: Settings) -> StaffPlaces:
    """Where the team is told things; Discord first, where it works all day."""
    places = []
    if settings.discord and settings.discord.staff_channel:
        places.append(ChatAddress(platform=Platform.DISCORD, room=str(settings.discord.staff_channel)))
    if settings.matrix and settings.matrix.staff_room:
        places.append(ChatAddress(platform=Platform.MATRIX, room=settings.matrix.staff_room))
    return StaffPlaces(places=tuple(places))


def rules_of(settings: Settings) -> CoreRules:
    """The rules of the use cases."""
    intake, closing, replies = settings.intake, settings.closing, settings.replies
    reopen = timedelta(days=closing.reopen_days)
    return CoreRules(
        intake=IntakeRules(group=timedelta(seconds=intake.group_seconds), ack_reaction=intake.ack_reaction),
        follow_up=FollowUpRules(reopen=reopen, thanks=closing.thanks),
        closing=ClosingRules(
            confirm=timedelta(days=closing.confirm_days),
            remind=timedelta(days=closing.remind_days),
            reopen=reopen,
            notify_author=replies.notify_author,
        ),
        speaking=SpeakingRules(notify_author=replies.notify_author, privacy_url=intake.privacy_url),
        agent_name=replies.agent_name,
        undo=timedelta(seconds=settings.freescout.undo_seconds) + _UNDO_ROUNDING,
        bot_user_id=settings.freescout.bot_user_id,
        max_attachment_bytes=intake.max_attachment_bytes,
        sweep_every=timedelta(seconds=settings.freescout.poll_seconds),
        mailbox_id=settings.freescout.mailbox_id,
        sla=sla_rules_of(settings.sla),
    )


def sla_rules_of(sla: SlaSettings) -> SlaRules:
    """Targets, calendar and who is on call."""
    targets = {Priority(name): getattr(sla.targets, name) for name in Priority}

    def target(text: str) -> Target:
        return target_of(text, business_day_hours=sla.business_day_hours)

    return SlaRules(
        policy=SlaPolicy(
            triage=target(sla.triage),
            promises={
                priority: Promise(first_response=target(one.first_response), resolution=target(one.resolution))
                for priority, one in targets.items()
            },
            warn_at=sla.warn_at,
            bot_answer_counts=sla.bot_answer_counts,
            third_party_pauses=sla.third_party_pauses,
        ),
        calendar=CalendarSpec(
            zone=sla.zone,
            hours={day: _spans(spans) for day, spans in sla.hours.items()},
            shifts={day.isoformat(): _spans(spans) for day, spans in sla.shifts.items()},
            breaks={day.isoformat(): _spans(spans) for day, spans in sla.breaks.items()},
            holidays=tuple(day.isoformat() for day in sla.holidays),
        ),
        p0_words=sla.p0_words,
        oncall=tuple(sla.oncall_mention.split()),
    )


def _spans(written: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """``09:00-17:00`` as its two ends."""
    return tuple((start, end) for start, _, end in (one.partition("-") for one in written))
