"""What else happens in chat and people must be told of."""

from dataclasses import replace

from typing_extensions import override

from bot.domain.chat import Author, ChatAddress, Pressed
from bot.domain.commands import CommandReply
from bot.domain.confirmation import read_choice
from bot.domain.delivery import Delivery
from bot.domain.effects import Say
from bot.domain.richtext import RichText
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.inbound import ChatEvents
from bot.ports.store import Records, Store
from bot.usecases.card_presses import CardPresses
from bot.usecases.cards import PREFIX
from bot.usecases.confirming import Confirming
from bot.usecases.places import StaffPlaces, promise


class ChatIncidents(ChatEvents):
    """Promises the notices about messages that cannot be read or fetched, and takes pressed buttons."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        wording: Wording,
        staff: StaffPlaces,
        confirming: Confirming,
        cards: CardPresses,
    ) -> None:
        self._cards = cards
        self._confirming = confirming
        self._store = store
        self._clock = clock
        self._wording = wording
        self._staff = staff

    @override
    async def unreadable(self, address: ChatAddress, message_id: str, author: Author, link: str) -> None:
        now = self._clock.now()
        where = replace(address, chat_thread=address.chat_thread or message_id)
        ask = Say(address=where, text=self._wording.say("resend"), mention=author.user_id, about=message_id)
        text = self._wording.say("unreadable_staff", name=author.name, place=address.room, link=link)
        notices = (
            promise("resend", address.room, message_id, effect=ask, key=f"resend:{message_id}", now=now),
            *self._staff.tell(text, once=("unreadable", address.room, message_id), now=now),
        )
        await self._promise(*notices)

    @override
    async def left(self, address: ChatAddress, dedup: str) -> None:
        text = self._wording.say("left", place=address.room)
        await self._promise(*self._staff.tell(text, once=("left", address.room, dedup), now=self._clock.now()))

    @override
    async def gap_skipped(self, address: ChatAddress, description: str, dedup: str) -> None:
        text = self._wording.say("gap_skipped", description=description)
        await self._promise(*self._staff.tell(text, once=("gap", address.room, dedup), now=self._clock.now()))

    @override
    async def pressed(self, pressed: Pressed) -> CommandReply:
        if pressed.choice.startswith(PREFIX):
            return await self._cards.pressed(pressed)
        read = read_choice(pressed.choice)
        if read is None:
            return CommandReply(text=self._wording.say("unknown_button"))
        answer, link_id = read
        key = f"pressed:{pressed.author.platform}:{pressed.press_id}"

        async def work(records: Records) -> RichText:
            link = await records.links.get(link_id)
            if link is None:
                return self._wording.say("question_over")
            if not self._confirming.may_answer(link, pressed.author):
                return self._wording.say("not_yours_to_answer", name=link.author_name)
            if not await records.inbox.admit(key, decision="pressed", link_id=link_id, at=self._clock.now()):
                return self._wording.say("answer_taken")
            said = await self._confirming.answer(records, link_id, answer, pressed.author, key)
            return said or self._wording.say("question_over")

        return CommandReply(text=await self._store.write(work), done=True)

    async def leg_refused(self, part: str, reason: str) -> None:
        """A system refused the bot's login: staff is told where that is still possible."""
        text = self._wording.say("leg_refused", part=part.capitalize(), reason=reason)
        avoid = next((place.platform for place in self._staff.places if place.platform == part), None)
        now = self._clock.now()
        await self._promise(*self._staff.tell(text, once=("refused", part, now.isoformat()), now=now, avoid=avoid))

    async def _promise(self, *notices: Delivery) -> None:
        async def work(records: Records) -> None:
            await records.outbox.add(*notices)

        if notices:
            await self._store.write(work)
