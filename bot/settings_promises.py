"""The sections about time: what is promised to members, and how tickets end."""

from pydantic import Field

from bot.settings_kinds import (
    Date,
    Duration,
    Intervals,
    Mentions,
    Number,
    Section,
    Shares,
    Text,
    Weekday,
    WeeklyHours,
    Zone,
)


class SlaTarget(Section):
    """The promise for one priority."""

    first_response: Duration = Field(description="the time until an agent answers", examples=["4bh"])
    resolution: Duration = Field(description="the time until the ticket is closed", examples=["3bd"])


class SlaTargets(Section):
    """The promises, by priority."""

    P0: SlaTarget = SlaTarget(first_response="2h", resolution="24h")
    P1: SlaTarget = SlaTarget(first_response="4bh", resolution="3bd")
    P2: SlaTarget = SlaTarget(first_response="1bd", resolution="5bd")


_OFFICE_HOURS: dict[Weekday, Intervals] = {
    "mon": ("09:00-17:00",),
    "tue": ("09:00-17:00",),
    "wed": ("09:00-17:00",),
    "thu": ("09:00-17:00",),
    "fri": ("09:00-17:00",),
}


class SlaSettings(Section):
    """Business hours and response targets."""

    zone: Zone = Field(default="Europe/Berlin", description="the time zone of the business hours")
    hours: WeeklyHours = Field(default=_OFFICE_HOURS, description="the business hours of each weekday")
    holidays: tuple[Date, ...] = Field(default=(), description="days off, as ISO dates")
    business_day_hours: float = Field(default=8, ge=0.5, le=24, description="how many business hours make one bd")
    triage: Duration = Field(default="4bh", description="the time until a new ticket has been triaged")
    targets: SlaTargets = Field(default=SlaTargets(), description="the promises, by priority")
    warn_at: Shares = Field(default=(0.5, 0.75, 0.9), description="the shares of a target at which the team is warned")
    oncall_mention: Mentions = Field(default="", description="who is pinged for P0 and breaches")
    shifts: dict[Date, Intervals] = Field(default={}, description="dates whose hours differ")
    breaks: dict[Date, Intervals] = Field(default={}, description="intervals cut out of a date")
    p0_words: tuple[Text, ...] = Field(
        default=("data loss", "lost data", "cannot log in", "can't log in", "outage", "down for everyone"),
        description="words that make a new ticket look critical",
    )
    bot_answer_counts: bool = Field(default=False, description="whether the bot's answer is a first response")
    third_party_pauses: bool = Field(default=False, description="whether waiting for others pauses the clock")


class ClosingSettings(Section):
    """How tickets end."""

    confirm_days: Number = Field(default=5, ge=0, description="days until an unanswered question closes the ticket")
    remind_days: Number = Field(default=3, ge=0, description="days until the reminder")
    reopen_days: Number = Field(default=14, ge=0, description="days in which a message reopens a closed ticket")
    thanks: tuple[Text, ...] = Field(default=("thanks", "thank you", "thx", "danke"), description="words of thanks")
