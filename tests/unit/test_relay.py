"""Which replies of a view may be shown now."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.helpdesk import Agent, ConversationView, DeskThread, Status, ThreadKind
from bot.domain.ids import AgentId, ConversationId, CustomerId, ThreadId, TicketNumber
from bot.domain.relay import Fate, KnownThread, RelayRules, Verdict, judge
from bot.domain.richtext import RichText, from_plain

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
UNDO = timedelta(seconds=16)
MIA, OTHER = CustomerId(1), CustomerId(2)
RULES = RelayRules(undo=UNDO, since=NOON - timedelta(days=1), customers=frozenset({MIA}))
LEA = Agent(agent_id=AgentId(7), first_name="Lea")
NOTHING: Mapping[ThreadId, KnownThread] = {}


def reply(number: int = 1, *, at: datetime = NOON, text: str = "Please restart it.") -> DeskThread:
    return DeskThread(
        thread_id=ThreadId(number),
        kind=ThreadKind.MESSAGE,
        published=True,
        text=from_plain(text),
        digest=text,
        created_at=at,
        stamp=at.isoformat(),
        author=LEA,
    )


def view(*threads: DeskThread, as_of: datetime = NOON, user_updated_at: datetime | None = None) -> ConversationView:
    return ConversationView(
        conversation_id=ConversationId(5),
        number=TicketNumber(1005),
        subject="The export fails.",
        status=Status.PENDING,
        is_chat=True,
        deleted=False,
        read_at=as_of,
        as_of=as_of,
        user_updated_at=user_updated_at,
        threads=threads,
    )


def judged(
    seen: ConversationView,
    known: Mapping[ThreadId, KnownThread] = NOTHING,
    *,
    now: datetime = NOON,
    replied: bool = False,
    ours: KnownThread | None = None,
) -> Verdict:
    return judge(seen, known, RULES, replied=replied, now=now, is_ours=lambda _: ours)


def after(verdict: Verdict, known: Mapping[ThreadId, KnownThread] = NOTHING) -> Mapping[ThreadId, KnownThread]:
    return {**known, **{one.thread_id: one for one in verdict.remember}}


def test_a_reply_seen_first_waits_from_now_on_however_old_it_is() -> None:
    old = reply(at=NOON - timedelta(hours=2))
    verdict = judged(view(old))
    assert verdict.ready == ()
    assert verdict.again_at == NOON + UNDO
    assert after(verdict)[old.thread_id].due_at == NOON + UNDO


def test_it_is_ready_when_the_wait_is_over_and_promised_once() -> None:
    known = after(judged(view(reply())))
    verdict = judged(view(reply()), known, now=NOON + UNDO)
    assert verdict.ready == (reply(),)
    assert verdict.again_at is None
    known = after(verdict, known)
    assert (known[ThreadId(1)].fate, known[ThreadId(1)].rounds) == (Fate.PROMISED, 1)
    assert judged(view(reply()), known, now=NOON + 2 * UNDO) == Verdict(ready=(), remember=(), again_at=None)


@pytest.mark.parametrize(
    "changed",
    [
        reply(text="Please restart it twice."),
        reply(at=NOON + timedelta(seconds=5)),
    ],
    ids=["another text", "published anew"],
)
def test_every_change_restarts_the_wait(changed: DeskThread) -> None:
    known = after(judged(view(reply())))
    verdict = judged(view(changed), known, now=NOON + UNDO)
    assert verdict.ready == ()
    assert verdict.again_at == NOON + 2 * UNDO


def test_what_was_taken_back_waits_for_nothing_until_it_is_published_again() -> None:
    known = after(judged(view(reply())))
    verdict = judged(view(replace(reply(), published=False)), known, now=NOON + UNDO)
    assert (verdict.ready, verdict.again_at) == ((), None)
    known = after(verdict, known)
    assert known[ThreadId(1)].due_at is None
    assert judged(view(reply()), known, now=NOON + 2 * UNDO).again_at == NOON + 3 * UNDO


@pytest.mark.parametrize(
    ("age", "settled"), [(timedelta(seconds=15), False), (timedelta(seconds=16), True), (timedelta(days=1), True)]
)
def test_told_that_it_is_final_the_help_desks_own_clock_decides(age: timedelta, settled: bool) -> None:
    ours = NOON + timedelta(minutes=10)
    verdict = judged(view(reply(), as_of=NOON + age), now=ours, replied=True)
    assert bool(verdict.ready) is settled
    assert verdict.again_at == (None if settled else ours + UNDO - age)


def test_told_so_while_somebody_was_at_work_in_it_just_now_is_not_believed() -> None:
    """An undo and a second sending look like an old reply; they are the work of a user."""
    seen = view(reply(), as_of=NOON + timedelta(minutes=1), user_updated_at=NOON + timedelta(seconds=50))
    assert judged(seen, replied=True).ready == ()


def test_a_later_reply_never_overtakes_one_that_waits() -> None:
    first, second = reply(1), reply(2)
    known = after(judged(view(first, second)))
    changed = replace(first, digest="changed")
    known = after(judged(view(changed, second), known, now=NOON + timedelta(seconds=10)), known)
    verdict = judged(view(changed, second), known, now=NOON + UNDO)
    assert verdict.ready == ()
    assert verdict.again_at == NOON + timedelta(seconds=10) + UNDO
    assert judged(view(changed, second), known, now=NOON + 2 * UNDO).ready == (changed, second)


@pytest.mark.parametrize(
    "thread",
    [
        replace(reply(), kind=ThreadKind.NOTE),
        replace(reply(), kind=ThreadKind.CUSTOMER),
        replace(reply(), kind=ThreadKind.LINEITEM),
        replace(reply(), published=False),
        replace(reply(), author=None),
    ],
)
def test_what_is_no_published_answer_of_an_agent_is_never_ready(thread: DeskThread) -> None:
    known = after(judged(view(thread)))
    for replied in (False, True):
        late = NOON + timedelta(days=1)
        assert judged(view(thread, as_of=late), known, now=late, replied=replied).ready == ()


@pytest.mark.parametrize(
    "thread",
    [reply(at=RULES.since - timedelta(seconds=1)), replace(reply(), text=RichText())],
    ids=["history", "empty"],
)
def test_history_and_empty_replies_are_passed_over_for_good(thread: DeskThread) -> None:
    verdict = judged(view(thread))
    assert [one.fate for one in verdict.remember] == [Fate.PASSED_OVER]
    assert verdict.again_at is None


MERGED = DeskThread(
    thread_id=ThreadId(9),
    kind=ThreadKind.LINEITEM,
    published=True,
    text=RichText(),
    digest="",
    created_at=NOON,
    author=LEA,
    action="merged",
)


@pytest.mark.parametrize(
    ("customer", "at", "shown"),
    [
        (OTHER, NOON - timedelta(minutes=1), False),
        (OTHER, NOON + timedelta(seconds=1), True),
        (MIA, NOON - timedelta(minutes=1), True),
        (None, NOON - timedelta(minutes=1), True),
    ],
    ids=["to another one before", "to another one afterwards", "to the member before", "to whom is not told"],
)
def test_answers_to_somebody_else_that_a_merge_brought_along_are_history(
    customer: CustomerId | None, at: datetime, shown: bool
) -> None:
    verdict = judged(view(replace(reply(at=at), customer_id=customer), MERGED))
    assert (verdict.again_at is not None) is shown


def test_what_the_bot_wrote_is_remembered_as_its_own() -> None:
    own = KnownThread(thread_id=ThreadId(1), conversation_id=ConversationId(5), fate=Fate.OWN)
    verdict = judged(view(reply()), ours=own, now=NOON + UNDO)
    assert verdict.ready == ()
    assert verdict.remember == (own,)
