"""What people are told when a delivery is given up for now, and when a request waits long for its number."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.domain.chat import ChatAddress, ChatMessage, Platform
from bot.domain.delivery import Delivery, DeliveryState, System
from bot.domain.effects import OpenConversation, PostReport, RelayReply, Say, Ticket, WriteNote
from bot.domain.ids import LinkId
from bot.domain.links import ConversationLink
from bot.domain.richtext import plain
from bot.domain.routing import thread_exists
from bot.domain.subject import cut
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.delivery import PAGE
from bot.usecases.places import PLATFORM_NAMES, StaffPlaces, chat_lane, desk_lane, promise
from bot.usecases.speaking import SYSTEM_NAMES

log = structlog.get_logger(__name__)

REASSURE_AFTER = timedelta(minutes=2)
"""After this long without a number the member is told that the request is safe and waiting (behaviour.md)."""

_EXCERPT = 80

WHAT: Mapping[str, str] = {
    "fetch_files": "copying the files of a message",
    "open_conversation": "opening a ticket",
    "file_message": "filing a further message",
    "file_late_files": "filing the files of a message",
    "write_note": "writing an internal note",
    "set_triage": "setting label and priority",
    "set_status": "setting a ticket's status",
    "assign": "assigning a ticket",
    "show_clocks": "showing a ticket's clocks in FreeScout",
    "post_report": "showing the weekly report",
    "react": "acknowledging a message",
    "announce_number": "telling a member the ticket number",
    "say": "a message in chat",
    "relay_reply": "showing an agent's reply in chat",
    "show_status": "showing a ticket's status in chat",
    "note_edit": "noting that a message was edited",
    "run_command": "carrying out a command",
}


class Parking:
    """Tells staff once about each parked delivery, and the member when it is the request itself."""

    def __init__(self, *, clock: Clock, wording: Wording, staff: StaffPlaces) -> None:
        self._clock = clock
        self._wording = wording
        self._staff = staff

    async def __call__(self, records: Records, delivery: Delivery) -> None:
        """Promise the notices, in the transaction that parks the delivery."""
        now = self._clock.now()
        effect = delivery.effect
        if isinstance(effect, OpenConversation):
            await records.outbox.add(
                _to_member(effect.message, effect.link_id, self._wording, "opening_parked", self._clock)
            )
        if isinstance(effect, RelayReply):
            await records.outbox.add(await self._to_agent(records, delivery, effect))
        if isinstance(effect, Say | PostReport) and effect.address in self._staff.places:
            return  # telling staff that staff could not be told leads nowhere; `supportbot outbox list` shows it
        text = self._wording.say(
            "parked",
            system=SYSTEM_NAMES[delivery.system],
            what=WHAT[effect.kind],
            ticket=await _ticket_of(records, delivery),
            reason=delivery.reason,
            delivery=delivery.delivery_id,
        )
        avoid = Platform(delivery.system) if delivery.system in {System.DISCORD, System.MATRIX} else None
        await records.outbox.add(*self._staff.tell(text, once=("parked", delivery.delivery_id), now=now, avoid=avoid))

    async def _to_agent(self, records: Records, delivery: Delivery, effect: RelayReply) -> Delivery:
        """The agent believes that the reply was read: they learn in the conversation itself that it was not."""
        link = await records.links.get(effect.link_id)
        text = self._wording.say(
            "undelivered_note",
            place=PLATFORM_NAMES[link.address.platform] if link is not None else "chat",
            reason=delivery.reason,
            delivery=delivery.delivery_id,
            excerpt=cut(" ".join(plain(effect.text).split()), _EXCERPT),
        )
        note = WriteNote(ticket=Ticket(conversation_id=effect.conversation_id), text=text)
        # As often as it is tried: a retry that fails for another reason has another story to tell.
        cause = ("undelivered", delivery.delivery_id, delivery.reason)
        key, now = desk_lane(effect.link_id), self._clock.now()
        return promise(*cause, effect=note, key=key, now=now, system=System.FREESCOUT)


class Reassurance:
    """Watches for requests that wait long for their number."""

    def __init__(self, *, store: Store, clock: Clock, wording: Wording) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._told: set[LinkId] = set()

    async def run(self) -> None:
        """Look every fifteen seconds, until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=15))
            await self.look()

    async def look(self) -> None:
        """Tell each member whose request is older than two minutes and has no number yet, once."""
        before = self._clock.now() - REASSURE_AFTER
        oldest = await self._store.read(lambda records: records.outbox.oldest_pending())
        if oldest is None or oldest.created_at > before:
            return
        fresh = [effect for effect in await self._store.read(_openings(before)) if effect.link_id not in self._told]
        if not fresh:
            return

        async def work(records: Records) -> None:
            for effect in fresh:
                link = await records.links.get(effect.link_id)
                if link is not None and link.number is None:
                    await records.outbox.add(
                        _to_member(effect.message, effect.link_id, self._wording, "still_waiting", self._clock)
                    )

        await self._store.write(work)
        self._told.update(effect.link_id for effect in fresh)
        log.warning("requests wait for their number", count=len(self._told))


def _openings(before: datetime) -> Callable[[Records], Awaitable[list[OpenConversation]]]:
    """All openings that wait since then or longer; of parked ones the member has been told otherwise."""

    async def work(records: Records) -> list[OpenConversation]:
        found: list[OpenConversation] = []
        after = -1
        while rows := await records.outbox.waiting(after, PAGE):
            after = rows[-1][0]
            for _, delivery in rows:
                is_waiting = delivery.state is DeliveryState.PENDING and delivery.created_at <= before
                if isinstance(delivery.effect, OpenConversation) and is_waiting:
                    found.append(delivery.effect)
        return found

    return work


def _to_member(message: ChatMessage, link_id: LinkId, wording: Wording, sentence: str, clock: Clock) -> Delivery:
    say = Say(
        address=_where(message),
        text=wording.say(sentence),
        mention=message.author.user_id,
        about=message.message_id,
        link_id=link_id,
    )
    # In the lane of the number, so that it never comes after it.
    return promise(sentence, link_id, effect=say, key=chat_lane(link_id), now=clock.now())


def _where(message: ChatMessage) -> ChatAddress:
    if not thread_exists(message):
        return message.address
    return replace(message.address, chat_thread=message.address.chat_thread or message.message_id)


async def _ticket_of(records: Records, delivery: Delivery) -> str:
    effect = delivery.effect
    link_id = getattr(effect, "link_id", None)
    ticket = getattr(effect, "ticket", None)
    if ticket is not None:
        link_id = ticket.link_id
        if ticket.number is not None:
            return f"ticket #{ticket.number}"
    link: ConversationLink | None = await records.links.get(link_id) if link_id is not None else None
    if link is None:
        return "no ticket"
    return f"ticket #{link.number}" if link.number is not None else f"the request of {link.author_name}"
