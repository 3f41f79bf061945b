"""An agent's work in the help desk, as one look at a conversation shows it: replies for the chat, and what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.domain.audience import audience
from bot.domain.delivery import System
from bot.domain.effects import RelayReply, Ticket, WriteNote
from bot.domain.helpdesk import ConversationView, DeskThread, Status
from bot.domain.ids import ConversationId, LinkId, ThreadId
from bot.domain.links import ConversationLink
from bot.domain.relay import KnownThread, RelayRules, is_reply, judge
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.agent_names import AgentNames
from bot.usecases.following import Following
from bot.usecases.own_threads import OwnThreads
from bot.usecases.places import PLATFORM_NAMES, SYSTEM_OF, chat_lane, desk_lane, promise
from bot.usecases.view_order import ViewOrder

log = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=5)
"""While changes of our own are on their way to the help desk, what it shows may be from before them."""

_REMEMBERED_VIEWS = 5000
OWNER = "desk"
FIRST_START = "first-start"


class Replies:
    """Takes views in; each is judged and all that follows from it promised in one transaction."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        wording: Wording,
        names: AgentNames,
        following: Following,
        own: OwnThreads,
        undo: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._names = names
        self._following = following
        self._own = own
        self._undo = undo
        self._judged = ViewOrder(clock=clock, most=_REMEMBERED_VIEWS)
        self._has_started = False

    async def take(self, view: ConversationView, *, replied: bool = False) -> datetime | None:
        """Judge a view; returns when the conversation must be read again, None when nothing waits.

        ``replied``: the help desk itself said that an agent's reply is final. Idempotent.
        """

        async def work(records: Records) -> datetime | None:
            known = await records.threads.known([thread.thread_id for thread in view.threads])
            links = await self._own.links(records, view, known)
            if links is None:
                return self._clock.now() + LOOK_AGAIN
            if not links or view.merged_away or self._judged.is_late(view):
                return None  # a newer view was judged already
            return await self._judge(records, view, known, links, replied=replied)

        again_at = await self._store.write(work)
        self._judged.note(view)
        return again_at

    async def gone(self, conversation_id: ConversationId) -> None:
        """A conversation was deleted for good: nothing is asked about it any more."""

        async def work(records: Records) -> None:
            for link in await records.links.of_conversation(conversation_id):
                if link.conversation_id == conversation_id and (link.asked_at is not None or not link.is_closed):
                    await records.links.save(replace(link.without_question(), status=Status.CLOSED))

        await self._store.write(work)

    async def concerns(self, view: ConversationView) -> bool:
        """Whether this conversation belongs to any ticket of ours, without a write."""

        async def work(records: Records) -> bool:
            if await records.links.of_conversation(view.conversation_id):
                return True
            return bool(await records.threads.known([thread.thread_id for thread in view.threads]))

        return await self._store.read(work)

    async def start(self, as_of: datetime) -> None:
        """Remember, once, since when replies are relayed; earlier ones were answered by hand."""

        async def work(records: Records) -> None:
            if FIRST_START not in await records.memory.recall(OWNER, FIRST_START):
                await records.memory.remember(OWNER, {FIRST_START: min(as_of, self._clock.now()).isoformat()})

        if not self._has_started:
            await self._store.write(work)
            self._has_started = True

    async def _judge(
        self,
        records: Records,
        view: ConversationView,
        known: Mapping[ThreadId, KnownThread],
        links: Sequence[ConversationLink],
        *,
        replied: bool,
    ) -> datetime | None:
        ours = await self._own.replies(records, view, known, links)
        verdict = judge(
            view,
            known,
            await self._rules(records, links),
            replied=replied,
            now=self._clock.now(),
            is_ours=lambda thread: ours.get(thread.thread_id),
        )
        await records.threads.save(*verdict.remember)
        rounds = {one.thread_id: one.rounds for one in verdict.remember}
        for thread in verdict.ready:
            await self._promise(records, view, thread, links, rounds[thread.thread_id])
        if verdict.again_at is not None:
            return verdict.again_at  # an answer comes before the question whether it solved anything
        answering = {thread.author.agent_id for thread in view.threads if thread.author and is_reply(thread)}
        for link in links:
            if not link.followed:
                await self._own.adopt(records, view, link)
            if link.conversation_id != view.conversation_id:
                continue  # a former conversation: only what is said in it counts
            # What was promised above may have changed it.
            current = await records.links.get(link.link_id) or link
            if not await self._following.follow(records, view, current, answering):
                return self._clock.now() + LOOK_AGAIN
        return None

    async def _rules(self, records: Records, links: Sequence[ConversationLink]) -> RelayRules:
        """Replies count from the bot's first start on; of a ticket that is younger than that, all do."""
        found = await records.memory.recall(OWNER, FIRST_START)
        since = datetime.fromisoformat(found[FIRST_START]) if FIRST_START in found else self._clock.now()
        if all(link.followed for link in links):
            since = min(since, *(link.opened_at - timedelta(days=1) for link in links))
        customers = frozenset(link.customer_id for link in links if link.customer_id is not None)
        return RelayRules(undo=self._undo, since=since, customers=customers)

    async def _promise(
        self,
        records: Records,
        view: ConversationView,
        thread: DeskThread,
        links: Sequence[ConversationLink],
        rounds: int,
    ) -> None:
        hearing = audience(links, view.customer_id, is_chat=view.is_chat)
        now = self._clock.now()
        for link in hearing.chosen:
            effect = RelayReply(
                link_id=link.link_id,
                conversation_id=view.conversation_id,
                thread_id=thread.thread_id,
                digest=thread.version,
                speaker=self._names.of(thread.author),
                text=thread.text,
                files=thread.files,
            )
            await _withdraw_question(records, link.link_id)
            cause = ("relay", link.link_id, str(thread.thread_id), str(rounds))
            system = SYSTEM_OF[link.address.platform]
            await records.outbox.add(
                promise(*cause, effect=effect, key=chat_lane(link.link_id), now=now, system=system)
            )
        if hearing.left_out:
            places = ", ".join(_place(link) for link in hearing.left_out)
            note = WriteNote(
                ticket=Ticket(conversation_id=view.conversation_id, number=view.number),
                text=self._wording.say("left_out_note", places=places),
            )
            key = desk_lane(links[0].link_id)
            await records.outbox.add(
                promise(
                    "left out",
                    str(thread.thread_id),
                    str(rounds),
                    effect=note,
                    key=key,
                    now=now,
                    system=System.FREESCOUT,
                )
            )


async def _withdraw_question(records: Records, link_id: LinkId) -> None:
    """The agent has more to say than "solved?": silence must not close it over that."""
    link = await records.links.get(link_id)
    if link is not None and link.question_at is not None:
        await records.links.save(link.without_question())


def _place(link: ConversationLink) -> str:
    kind = "direct message" if link.address.is_private else "public thread"
    return f"{PLATFORM_NAMES[link.address.platform]}, {kind} of {link.author_name}"
