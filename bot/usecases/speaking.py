"""What goes to chat: acknowledgements, ticket numbers, everything else the bot says."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from bot.domain.chat import ChatAddress, OutgoingMessage, Platform, SentMessage, message_key
from bot.domain.delivery import Delivery, System
from bot.domain.effects import AnnounceNumber, React, RunCommand, Say
from bot.domain.errors import PermanentError
from bot.domain.ids import LinkId
from bot.domain.links import ConversationLink
from bot.domain.richtext import RichText, join
from bot.domain.subject import chat_thread_name
from bot.domain.wording import Wording
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock
from bot.ports.inbound import CommandRunner
from bot.ports.store import Records, Store
from bot.usecases.handling import Made
from bot.usecases.places import StaffPlaces, promise

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
        chats: Mapping[Platform, ChatPlatform],
        staff: StaffPlaces,
        rules: SpeakingRules,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._chats = chats
        self._staff = staff
        self._rules = rules

    async def react(self, delivery: Delivery) -> Made:
        """Acknowledge a message with the bot's reaction."""
        effect = delivery.effect
        assert isinstance(effect, React)
        chat = self._chat(effect.address)
        try:
            await chat.react(effect.address, effect.message_id, effect.emoji, delivery.delivery_id)
        except PermanentError as error:
            return Made(records=self._tell_of_reactions(effect.address, error.reason))
        return Made()

    def _tell_of_reactions(self, address: ChatAddress, reason: str) -> Callable[[Records], Awaitable[None]]:
        """A reaction is a courtesy: what refuses one refuses all, so staff is told once and none waits for a person."""
        text = self._wording.say("no_reactions", place=address.room, reason=reason)
        notices = self._staff.tell(text, once=("react", address.room, reason), now=self._clock.now())

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
        chat = self._chat(link.address)
        await chat.open_chat_thread(link.address, chat_thread_name(link.number, link.subject))
        message = OutgoingMessage(
            delivery_id=delivery.delivery_id,
            address=link.address,
            text=self._late(delivery, self._first_answer(link)),
            mention=link.author_id if self._rules.notify_author else None,
            about=link.opening_message_id,
        )
        sent = await self._say(delivery, message)
        log.info("ticket number told", ticket=link.number, platform=link.address.platform, room=link.address.room)
        return self._recorded(sent, link.address, link.link_id)

    async def say(self, delivery: Delivery) -> Made:
        """Say something."""
        effect = delivery.effect
        assert isinstance(effect, Say)
        message = OutgoingMessage(
            delivery_id=delivery.delivery_id,
            address=effect.address,
            text=self._late(delivery, effect.text),
            mention=effect.mention,
            about=effect.about,
        )
        sent = await self._say(delivery, message)
        return self._recorded(sent, effect.address, effect.link_id)

    def _chat(self, address: ChatAddress) -> ChatPlatform:
        chat = self._chats.get(address.platform)
        if chat is None:
            raise PermanentError(f"{address.platform} is switched off in the settings")
        return chat

    async def _say(self, delivery: Delivery, message: OutgoingMessage) -> SentMessage:
        chat = self._chat(message.address)
        if delivery.outcome_unknown and delivery.tried_at is not None:
            found = await chat.find_sent(message, delivery.tried_at)
            if found is not None:
                return found
        return await chat.send(message)

    def _first_answer(self, link: ConversationLink) -> RichText:
        answer = self._wording.say("first_answer", number=str(link.number))
        if not self._rules.privacy_url:
            return answer
        return join(answer, self._wording.say("privacy", url=self._rules.privacy_url))

    def _late(self, delivery: Delivery, text: RichText) -> RichText:
        if not delivery.late:
            return text
        return join(self._wording.say("sent_late", time=f"{delivery.created_at:%Y-%m-%d %H:%M} UTC"), text)

    def _recorded(self, sent: SentMessage, address: ChatAddress, link_id: LinkId | None) -> Made:
        keys = [message_key(address.platform, address.room, message_id) for message_id in sent.message_ids]

        async def conclude(records: Records) -> None:
            if link_id is not None:
                await records.inbox.record_sent(keys, link_id=link_id, at=sent.sent_at)

        return Made(records=conclude)


class TypedCommands:
    """The handler of commands typed as text: runs them and promises the answer."""

    def __init__(self, *, runner: CommandRunner, clock: Clock, staff: StaffPlaces) -> None:
        self._runner = runner
        self._clock = clock
        self._staff = staff

    async def run(self, delivery: Delivery) -> Made:
        """Carry out the command; the answer goes to its thread, confidential ones to the staff room."""
        effect = delivery.effect
        assert isinstance(effect, RunCommand)
        reply = await self._runner.run(effect.invocation)
        address = effect.invocation.address
        about = effect.about
        if reply.confidential:
            address = self._staff.choose() or address
            about = None

        async def conclude(records: Records) -> None:
            say = Say(address=address, text=reply.text, about=about)
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
