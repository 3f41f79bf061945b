"""Which replies of agents may be shown in chat now: published, no longer to be taken back, each once, in order.

FreeScout lets an agent take a reply back for some seconds in which its API already shows it as published
(facts/freescout.md 1.4, bug 5). So a reply waits until that time is over, whichever way it became known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.helpdesk import ConversationView, DeskThread, ThreadKind
from bot.domain.ids import ConversationId, CustomerId, DeliveryId, LinkId, ThreadId


class Fate(StrEnum):
    """What became of a thread of the help desk.

    ``waiting``: it can still be taken back. ``promised``: its relaying is in the outbox. ``relayed``: it is in chat.
    ``own``: the bot wrote it. ``passed_over``: it is not for chat, for good.
    """

    WAITING = "waiting"
    PROMISED = "promised"
    RELAYED = "relayed"
    OWN = "own"
    PASSED_OVER = "passed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownThread:
    """What the bot remembers of one thread; remembered one by one, since a draft may be published after later replies.

    ``due_at``: when the wait is over (None: it was taken back and waits for nothing). ``rounds``: how often it was
    promised. ``digest``: the version that was seen. ``link_id`` and ``delivery_id``: of an own one, the ticket and the
    delivery that wrote it.
    """

    thread_id: ThreadId
    conversation_id: ConversationId
    fate: Fate
    digest: str = ""
    due_at: datetime | None = None
    rounds: int = 0
    link_id: LinkId | None = None
    delivery_id: DeliveryId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayRules:
    """``undo``: how long an agent can take a reply back. ``since``: replies made before are history (desk's clock).
    ``customers``: those whose tickets these are.
    """

    undo: timedelta
    since: datetime
    customers: frozenset[CustomerId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Replies to relay now, oldest first; what to remember; when the next one will be ready."""

    ready: tuple[DeskThread, ...]
    remember: tuple[KnownThread, ...]
    again_at: datetime | None


def judge(
    view: ConversationView,
    known: Mapping[ThreadId, KnownThread],
    rules: RelayRules,
    *,
    replied: bool,
    now: datetime,
    is_ours: Callable[[DeskThread], KnownThread | None],
) -> Verdict:
    """Look at each reply of the view. A later reply never overtakes an earlier one that still waits.

    ``replied``: the help desk itself says that a reply's undo time is over; then the replies' age by its own clock is
    believed, unless a user did something within that time. Else each waits from when it was first seen with its text.
    """
    ready: list[DeskThread] = []
    remember: list[KnownThread] = []
    again_at: datetime | None = None
    for thread in view.threads:
        before = known.get(thread.thread_id)
        if before is not None and before.fate is not Fate.WAITING:
            continue
        if not is_reply(thread):
            if before is not None and before.due_at is not None:
                remember.append(replace(before, digest="", due_at=None))
            continue
        after = is_ours(thread) or _passed_over(view, thread, rules) or _waiting(view, thread, before, now + rules.undo)
        if after.fate is Fate.WAITING:
            if replied and after.due_at is not None:
                after = replace(after, due_at=min(after.due_at, now + _left(view, thread, rules)))
            over = after.due_at is not None and after.due_at <= now
            if over and again_at is None:
                ready.append(thread)
                after = replace(after, fate=Fate.PROMISED, due_at=None, rounds=after.rounds + 1)
            else:
                again_at = again_at or max(after.due_at or now, now)
        if after != before:
            remember.append(after)
    return Verdict(ready=tuple(ready), remember=tuple(remember), again_at=again_at)


def is_reply(thread: DeskThread) -> bool:
    """Whether this is an agent's published answer to the customer. Everything else is never shown in chat."""
    return thread.kind is ThreadKind.MESSAGE and thread.published and thread.author is not None


def _passed_over(view: ConversationView, thread: DeskThread, rules: RelayRules) -> KnownThread | None:
    is_history = thread.created_at < rules.since or _came_by_merge(view, thread, rules)
    if not is_history and (thread.text or thread.files):
        return None
    return KnownThread(
        thread_id=thread.thread_id, conversation_id=view.conversation_id, fate=Fate.PASSED_OVER, digest=thread.version
    )


def _came_by_merge(view: ConversationView, thread: DeskThread, rules: RelayRules) -> bool:
    """Whether this was an answer to somebody else, in a conversation that was merged into this one."""
    if thread.customer_id is None or thread.customer_id in rules.customers:
        return False
    merges = [line.created_at for line in view.threads if line.action == "merged"]
    return any(not thread.stamp or thread.created_at <= merged_at for merged_at in merges)


def _waiting(view: ConversationView, thread: DeskThread, before: KnownThread | None, until: datetime) -> KnownThread:
    """The wait goes on, or begins anew with each change of the text."""
    if before is not None and before.digest == thread.version and before.due_at is not None:
        return replace(before, conversation_id=view.conversation_id)
    return KnownThread(
        thread_id=thread.thread_id,
        conversation_id=view.conversation_id,
        fate=Fate.WAITING,
        digest=thread.version,
        due_at=until,
        rounds=before.rounds if before is not None else 0,
    )


def _left(view: ConversationView, thread: DeskThread, rules: RelayRules) -> timedelta:
    """How long by the help desk's own clock something about this reply may still be undone."""
    latest = max(thread.created_at, view.user_updated_at or thread.created_at)
    return max(rules.undo - (view.as_of - latest), timedelta())
