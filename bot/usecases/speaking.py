"""What goes to chat: acknowledgements, ticket numbers, everything else the bot says."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.domain.chat import ChatAddress, OutgoingMessage, RoomRole, SentMessage
from bot.domain.delivery import Delivery, System
from bot.domain.effects import AnnounceNumber, React, RunCommand, Say, ShowStatus
from bot.domain.errors import PermanentError
from bot.domain.ids import LinkId
from bot.domain.links import ConversationLink
from bot.domain.richtext import RichText, join
from bot.domain.subject import chat_thread_name
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.inbound import CommandRunner
from bot.ports.store import Records, Store
from bot.usecases.early_reactions import EarlyReactions
from bot.usecases.handling import Made
from bot.usecases.places import StaffPlaces, promise
from bot.usecases.saying import Saying
from bot.usecases.timekeeping import Timekeeping

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakingRules:
    """``notify_author``: mention the member who asked in the first answer; ``privacy_url``: linked there when set."""

    notify_author: bool = True
    privacy_url: str = ""


class Speaking:
    """The handlers of everything that is said in chat."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        wording: Wording,
        saying: Saying,
        early: EarlyReactions,
        staff: StaffPlaces,
        rules: SpeakingRules,
        time: Timekeeping,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._saying = saying
        self._early = early
        self._staff = staff
        self._rules = rules
        self._time = time

    async def react(self, delivery: Delivery) -> Made:
        """Acknowledge a message with the bot's reaction."""
        effect = delivery.effect
        assert isinstance(effect, React)
        chat = self._saying.chat(effect.address)
        try:
            await chat.react(effect.address, effect.message_id, effect.emoji, delivery.delivery_id)
        except PermanentError as error:
            return Made(records=self._tell_once("no_reactions", effect.address, error.reason))
        return Made()

    def _tell_once(self, sentence: str, address: ChatAddress, reason: str) -> Callable[[Records], Awaitable[None]]:
        """What refuses one courtesy refuses all, so staff is told once and none waits for a person."""
        text = self._wording.say(sentence, place=address.room, reason=reason)
        cause = {"no_reactions": "react", "no_status": "status"}[sentence]
        notices = self._staff.tell(text, once=(cause, address.room, reason), now=self._clock.now())

        async def conclude(records: Records) -> None:
            await records.outbox.add(*notices)

        return conclude

    async def announce(self, delivery: Delivery) -> Made:
        """Tell the member the ticket number, in the ticket's chat thread, which is opened where that is needed."""
        effect = delivery.effect
        assert isinstance(effect, AnnounceNumber)
        link = await self._store.read(lambda records: records.links.get(effect.link_id))
        if link is None or link.number is None:
            raise PermanentError("its ticket is not known here any more")
        chat = self._saying.chat(link.address)
        if not link.address.is_private and chat.current(link.address) == link.address:
            await chat.open_chat_thread(link.address, chat_thread_name(link.number, link.subject))
        message = OutgoingMessage(
            delivery_id=delivery.delivery_id,
            address=link.address,
            text=join(self._announcement(effect, link), self._promise(effect)),
            mention=link.author_id if self._rules.notify_author and not link.address.is_private else None,
            about=link.opening_message_id,
        )
        sent = await self._saying.say(delivery, message, link_id=link.link_id)
        log.info("ticket number told", ticket=link.number, platform=link.address.platform, room=link.address.room)
        return Made(records=self._recorded(sent, link.link_id))

    async def say(self, delivery: Delivery) -> Made:
        """Say something."""
        effect = delivery.effect
        assert isinstance(effect, Say)
        message = OutgoingMessage(
            delivery_id=delivery.delivery_id,
            address=await self._where(effect),
            text=effect.text,
            mention=effect.mention,
            about=effect.about,
            voice=effect.voice,
            choices=effect.choices,
            menus=effect.menus,
            links=effect.links,
            pages=effect.pages,
        )
        sent = await self._saying.say(delivery, message, link_id=effect.link_id)
        asked = bool(effect.choices) and effect.link_id is not None
        return Made(records=self._recorded(sent, effect.link_id, asked=asked))

    async def show_status(self, delivery: Delivery) -> Made:
        """Show a ticket's status in chat. It is a courtesy: what is refused is told to staff once."""
        effect = delivery.effect
        assert isinstance(effect, ShowStatus)
        chat = self._saying.chat(effect.address)
        try:
            await chat.show_status(effect.address, effect.status, final=effect.final)
        except PermanentError as error:
            log.info("status not shown", room=effect.address.room, reason=error.reason)
            return Made(records=self._tell_once("no_status", effect.address, error.reason))
        return Made()

    async def _where(self, effect: Say) -> ChatAddress:
        """A ticket's own place may have moved since this was promised."""
        if effect.link_id is None or effect.address.chat_thread is None:
            return effect.address
        link_id = effect.link_id
        link = await self._store.read(lambda records: records.links.get(link_id))
        return link.address if link is not None else effect.address

    def _promise(self, effect: AnnounceNumber) -> RichText:
        """By when somebody answers; a row of a release that kept no clocks promises nothing."""
        if effect.promised_at is None:
            return RichText()
        return self._wording.say("promise", moment=self._time.moment(effect.promised_at))

    def _announcement(self, effect: AnnounceNumber, link: ConversationLink) -> RichText:
        if effect.previous is None:
            return self._first_answer(link)
        sentence = "announce_gone" if effect.gone else "announce_anew"
        return self._wording.say(sentence, number=str(link.number), previous=str(effect.previous))

    def _first_answer(self, link: ConversationLink) -> RichText:
        answer = self._wording.say("first_answer", number=str(link.number))
        if not self._rules.privacy_url:
            return answer
        return join(answer, self._wording.say("privacy", url=self._rules.privacy_url))

    def _recorded(
        self, sent: SentMessage, link_id: LinkId | None, *, asked: bool = False
    ) -> Callable[[Records], Awaitable[None]]:
        async def conclude(records: Records) -> None:
            address = await self._saying.record(records, sent, link_id, asked=asked)
            if asked and link_id is not None and address is not None:
                await self._early.settle(records, link_id, address, sent.message_ids)

        return conclude


class TypedCommands:
    """The handler of commands typed as text: runs them and promises the answer."""

    def __init__(self, *, runner: CommandRunner, clock: Clock, wording: Wording, staff: StaffPlaces) -> None:
        self._runner = runner
        self._clock = clock
        self._wording = wording
        self._staff = staff

    async def run(self, delivery: Delivery) -> Made:
        """Carry out the command; the answer goes to its thread, confidential ones to the staff room."""
        effect = delivery.effect
        assert isinstance(effect, RunCommand)
        reply = await self._runner.run(effect.invocation)
        address = effect.invocation.address
        say = Say(address=address, text=reply.text, about=effect.about)
        if reply.confidential and effect.invocation.room_role is not RoomRole.STAFF:
            place = self._staff.near(address.platform)
            if place is None:
                say = Say(address=address, text=self._wording.say("no_staff_place"), about=effect.about)
            else:
                say = Say(address=place, text=reply.text)

        async def conclude(records: Records) -> None:
            key = f"answer:{delivery.delivery_id}"
            await records.outbox.add(
                promise("answer", delivery.delivery_id, effect=say, key=key, now=self._clock.now())
            )

        return Made(records=conclude)


SYSTEM_NAMES = {
    System.FREESCOUT: "FreeScout",
    System.DISCORD: "Discord",
    System.MATRIX: "Matrix",
    System.BOT: "the bot",
}
