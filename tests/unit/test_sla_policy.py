"""What is promised, and how it is written (facts/sla.md, the table of targets and "Business day")."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.sla_policy import ClockKind, Priority, SlaPolicy, Target, target_of

POLICY = SlaPolicy()


@pytest.mark.parametrize(
    ("text", "hours", "business"),
    [("2h", 2, False), ("4bh", 4, True), ("1bd", 8, True), ("3bd", 24, True), ("0.5bd", 4, True), ("1.5h", 1.5, False)],
)
def test_targets_are_round_the_clock_business_hours_or_business_days(text: str, hours: float, business: bool) -> None:
    assert target_of(text) == Target(amount=timedelta(hours=hours), business=business)


def test_a_business_day_has_as_many_hours_as_the_settings_say() -> None:
    assert target_of("2bd", business_day_hours=7.5).amount == timedelta(hours=15)
    assert target_of("2bh", business_day_hours=7.5).amount == timedelta(hours=2)


@pytest.mark.parametrize("text", ["", "2", "h", "2d", "-2h", "2 h", "2H", "1,5h", "2h30", "2bh\n"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="no duration such as 2h, 4bh or 3bd"):
        target_of(text)


def test_the_version_changes_with_what_is_promised() -> None:
    versions = {
        one.version
        for one in (
            POLICY,
            replace(POLICY, triage=target_of("5bh")),
            replace(POLICY, triage=target_of("4h")),
            replace(POLICY, promises={**POLICY.promises, Priority.P0: POLICY.promises[Priority.P1]}),
            replace(POLICY, bot_answer_counts=True),
            replace(POLICY, third_party_pauses=True),
            replace(POLICY, warn_at=(0.8,)),
        )
    }
    assert len(versions) == 7


def test_the_version_is_the_same_at_every_start() -> None:
    assert replace(POLICY, warn_at=(0.5, 0.75, 0.9)).version == POLICY.version == SlaPolicy().version


def test_triage_is_promised_in_business_time_for_everybody() -> None:
    assert {POLICY.target(ClockKind.TRIAGE, priority) for priority in Priority} == {target_of("4bh")}
