"""Agents' replies in every order of acts, accidents and moments: each that stays is read in chat once, nothing else is.

Agents answer, note, draft, publish, take back, edit and close; the help desk's webhooks come early, late, twice or not
at all; sweeps come whenever they like; the process ends anywhere in its work; the chat loses answers.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.domain.errors import OutcomeUnknownError, TransientError
from bot.domain.helpdesk import Status
from bot.domain.ids import ConversationId, DeliveryId, ThreadId
from tests.fakes.chat import Posted
from tests.fakes.desk_people import UNDO
from tests.fakes.rig import ALEXANDER, LENA, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")
TOKEN = re.compile(r"<\w+>")
Act = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Version:
    """A text of a reply, from when to when it was published, and when the reply itself was."""

    token: str
    since: datetime
    published_at: datetime
    until: datetime | None = None

    def stood(self, at: datetime) -> bool:
        """Whether it was published then; both of two when one replaced the other in that very instant."""
        return self.since <= at and (self.until is None or at <= self.until)


@dataclass(slots=True, kw_only=True)
class Reply:
    """What the agents know of one reply. ``straight``: it was sent at once and never taken back."""

    thread_id: ThreadId
    token: str
    straight: bool
    versions: list[Version] = field(default_factory=list)

    @property
    def published(self) -> bool:
        return bool(self.versions) and self.versions[-1].until is None

    def shows(self, token: str, now: datetime) -> None:
        """From now on it is published with this text."""
        published_at = self.versions[-1].published_at if self.published else now
        self.hides(now)
        self.token = token
        self.versions.append(Version(token=token, since=now, published_at=published_at))

    def hides(self, now: datetime) -> None:
        """From now on it is not published with the text it had."""
        if self.published:
            self.versions[-1].until = now


class World:
    """Mia's ticket, everybody who has to do with it, and Lena's, into or out of which agents may merge it."""

    def __init__(self, skew: int, *, forgetful: bool) -> None:
        self.rig = Rig(group_seconds=0)
        self.rig.desk.skew = timedelta(seconds=skew)
        self.rig.discord.forgets_idempotency = forgetful
        self.replies: list[Reply] = []
        self.written = 0
        self.process = AsyncExitStack()

    @property
    def conversation_id(self) -> ConversationId:
        """Where Mia's ticket is now."""
        mias, lenas = self.rig.desk.conversations
        return (lenas if mias.merged_away else mias).conversation_id

    @property
    def now(self) -> datetime:
        return self.rig.clock.now()

    async def begin(self) -> None:
        await self.start()
        await self.rig.sweep()
        await self.rig.post(message_id="m1")
        await self.rig.post("No export here.", message_id="m2", author=LENA)

    async def start(self) -> None:
        await self.process.enter_async_context(self.rig.running())

    async def end(self) -> None:
        """Everybody rests, and the bot does what it always does in the end."""
        for _ in range(4):
            await self.rig.sweep()
            await self.rig.pass_time(timedelta(seconds=60))
        await self.rig.pass_time(timedelta(minutes=10))
        await self.process.aclose()

    async def do(self, act: Act) -> None:
        await getattr(self, act[0])(act[1])

    def token(self, kind: str) -> str:
        self.written += 1
        return f"<{kind}{self.written}>"

    # What agents do

    async def reply(self, _: int) -> None:
        token = self.token("reply")
        thread_id = self.rig.desk.agent_replies(self.conversation_id, token)
        self.replies.append(Reply(thread_id=thread_id, token=token, straight=True))
        self.replies[-1].shows(token, self.now)

    async def reply_and_close(self, number: int) -> None:
        await self.reply(number)
        self.rig.desk.set_status_as_agent(self.conversation_id, Status.CLOSED)

    async def note(self, _: int) -> None:
        self.rig.desk.note(self.conversation_id, self.token("note"))

    async def draft(self, _: int) -> None:
        token = self.token("draft")
        thread_id = self.rig.desk.agent_replies(self.conversation_id, token, draft=True)
        self.replies.append(Reply(thread_id=thread_id, token=token, straight=False))

    async def publish(self, number: int) -> None:
        reply = self.chosen(number, published=False)
        if reply is not None:
            self.rig.desk.publish(reply.thread_id)
            reply.shows(reply.token, self.now)

    async def undo(self, number: int) -> None:
        reply = self.chosen(number, published=True)
        if reply is None:
            return
        try:
            self.rig.desk.undo(reply.thread_id)
        except ValueError:
            return  # too late
        reply.straight = False
        reply.hides(self.now)

    async def edit(self, number: int) -> None:
        if not self.replies:
            return
        reply = self.replies[number % len(self.replies)]
        token = self.token("edited")
        self.rig.desk.edit(reply.thread_id, token)
        if reply.published:
            reply.shows(token, self.now)
        reply.token = token

    async def close(self, _: int) -> None:
        self.rig.desk.close(self.conversation_id)

    async def merge(self, into_lenas: int) -> None:
        mias, lenas = self.rig.desk.conversations
        if mias.deleted or lenas.deleted:
            return
        one, other = (mias, lenas) if into_lenas % 2 else (lenas, mias)
        self.rig.desk.merge(one.conversation_id, other.conversation_id)

    def chosen(self, number: int, *, published: bool) -> Reply | None:
        found = [one for one in self.replies if one.published is published]
        return found[number % len(found)] if found else None

    # What people do in chat

    async def member(self, _: int) -> None:
        await self.rig.post(self.token("member"), address=THREAD)

    async def colleague(self, _: int) -> None:
        await self.rig.post(self.token("colleague"), address=THREAD, author=ALEXANDER)

    # What happens to the bot

    async def wait(self, seconds: int) -> None:
        await self.rig.pass_time(timedelta(seconds=seconds))

    async def webhook(self, replied: int) -> None:
        await self.rig.webhook(self.conversation_id, replied=bool(replied % 2))

    async def sweep(self, _: int) -> None:
        await self.rig.sweep()

    async def lost(self, done: int) -> None:
        self.rig.discord.fail_next(OutcomeUnknownError("no answer"), after_work=bool(done % 2), on="send")

    async def busy(self, times: int) -> None:
        self.rig.discord.fail_next(TransientError("busy"), on="send", times=1 + times % 3)

    async def desk_lost(self, done: int) -> None:
        self.rig.desk.fail_next(OutcomeUnknownError("no answer"), after_work=bool(done % 2), on="append")

    async def desk_busy(self, times: int) -> None:
        self.rig.desk.fail_next(TransientError("busy"), on="read", times=1 + times % 3)

    async def kill(self, turns: int) -> None:
        """The process ends in the middle of a sweep and of what its wait brings, and comes up again."""
        under_way: list[Callable[[], Awaitable[None]]] = [
            self.rig.core.reconciliation.sweep,
            lambda: self.rig.clock.advance(timedelta(seconds=16)),
        ]
        tasks = [asyncio.ensure_future(one()) for one in under_way]
        for _ in range(turns):
            await asyncio.sleep(0)
        await self.process.aclose()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.start()

    # What must be true

    def check(self) -> None:
        said = [(token, posted) for posted in self.rig.discord.posted for token in TOKEN.findall(posted.text)]
        told = [one for one in said if "colleague" in one[0] and one[1].message.address != THREAD]
        assert len(told) == len({token for token, _ in told}), "after a merge Lena reads them too, once"
        said = [one for one in said if one not in told]
        versions = {version.token: (reply, version) for reply in self.replies for version in reply.versions}
        assert {token for token, _ in said} <= versions.keys(), "a note, a draft, or somebody's own words"
        for token, posted in said:
            self.check_moment(versions[token][0], token, posted)
        shown = [versions[token][0].thread_id for token, posted in said if posted.message.address == THREAD]
        elsewhere = [versions[token][0].thread_id for token, posted in said if posted.message.address != THREAD]
        assert len(elsewhere) == len(set(elsewhere)), "each once there too"
        published = [reply.thread_id for reply in self.replies if reply.published]
        assert sorted(shown) == sorted(published), "each once"
        in_order = [reply.thread_id for reply in self.replies if reply.straight and not self.waited_anew(reply)]
        assert [one for one in shown if one in in_order] == in_order, "in their order"

    def waited_anew(self, reply: Reply) -> bool:
        """Whether it was changed when it was about to be said, so that it lost its place."""
        return self.rig.store.contents.threads[reply.thread_id].rounds > 1

    def check_moment(self, reply: Reply, token: str, posted: Posted) -> None:
        """It was published then with this text (or, tried before, with a later one), and could not be taken back."""
        delivery = self.rig.store.contents.deliveries[DeliveryId(posted.message.delivery_id)]
        was_tried = delivery.attempts > 1 or delivery.outcome_unknown
        standing = [version for version in reply.versions if version.stood(posted.at)]
        assert standing, "it was taken back"
        assert token in {version.token for version in standing} or was_tried, "it was changed"
        assert posted.at - standing[-1].published_at > UNDO, "it could be taken back"


def acted(acts: str) -> list[Act]:
    """Acts as words, with their number behind a colon."""
    named = [act.partition(":") for act in acts.split()]
    return [(name, int(number or 0)) for name, _, number in named]


NUMBERS = st.integers(0, 5)
ACTS = st.one_of(
    st.tuples(
        st.sampled_from(
            [
                *("reply", "reply", "reply_and_close", "note", "draft", "publish", "undo", "edit", "close"),
                *("merge", "member", "colleague", "webhook", "sweep", "lost", "busy", "desk_lost", "desk_busy"),
            ]
        ),
        NUMBERS,
    ),
    st.tuples(st.just("wait"), st.sampled_from([1, 3, 7, 11, 14, 15, 16, 17, 30])),
    st.tuples(st.just("kill"), st.integers(0, 120)),
)


# Taken back and sent again between two looks: the second sending can be taken back too.
@example(acts=acted("reply webhook wait:11 undo publish wait:7 undo"), skew=0, forgetful=False)
# Taken back although the help desk was heard to say that it is final; the desk's clock is another.
@example(acts=acted("reply webhook:1 wait:3 webhook:1 undo"), skew=240, forgetful=False)
# Changed while it waits behind another one.
@example(acts=acted("reply reply webhook busy:1 wait:16 edit:1 wait:30 sweep"), skew=0, forgetful=False)
# Changed while a later one has waited long enough.
@example(acts=acted("reply reply sweep wait:10 edit sweep wait:7 sweep"), skew=0, forgetful=False)
# Beside a note that looks just like a reply.
@example(acts=acted("note reply webhook wait:16 note sweep"), skew=-240, forgetful=False)
@given(acts=st.lists(ACTS, max_size=14), skew=st.integers(-300, 300), forgetful=st.booleans())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_in_every_order_each_reply_that_stays_is_shown_once_and_nothing_else(
    acts: list[Act], skew: int, forgetful: bool
) -> None:
    asyncio.run(lived_through(acts, skew, forgetful=forgetful))


async def lived_through(acts: list[Act], skew: int, *, forgetful: bool) -> None:
    world = World(skew, forgetful=forgetful)
    await world.begin()
    for act in acts:
        await world.do(act)
    await world.end()
    world.check()
