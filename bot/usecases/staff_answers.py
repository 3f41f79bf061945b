"""What the team itself writes in a ticket's chat thread: an answer in the help desk, and for the other places too."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.audience import audience
from bot.domain.chat import ChatMessage, Voice
from bot.domain.delivery import Delivery
from bot.domain.effects import FileMessage, Say
from bot.domain.helpdesk import Status, ThreadKind
from bot.domain.links import ConversationLink
from bot.domain.richtext import RichText, bold, join, paragraph
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records
from bot.usecases.files import CollectedFile
from bot.usecases.places import StaffPlaces, chat_lane, promise
from bot.usecases.status_lines import remember_status


class StaffAnswers:
    """What follows from a staff message that was filed."""

    def __init__(self, *, clock: Clock, wording: Wording, staff: StaffPlaces) -> None:
        self._clock = clock
        self._wording = wording
        self._staff = staff

    async def filed(
        self,
        records: Records,
        delivery: Delivery,
        effect: FileMessage,
        kind: ThreadKind,
        files: Sequence[CollectedFile],
    ) -> None:
        """It was filed as a reply, or as a note where it could be none. Members have read it in chat either way, but
        for what the team says among itself.
        """
        if effect.agent_id is None:
            await self._tell_of_unmapped(records, effect.message)
        if effect.thread_kind is not ThreadKind.MESSAGE:
            return
        link = await records.links.get(effect.link_id)
        if link is not None and link.answered_at is None:
            await records.links.save(replace(link, answered_at=effect.message.sent_at))
        if kind is ThreadKind.MESSAGE:
            await remember_status(records, effect.link_id, Status.PENDING, self._clock.now())
        if link is not None and effect.thread_kind is ThreadKind.MESSAGE:
            await self._tell_elsewhere(records, delivery, effect, link, files)

    async def _tell_elsewhere(
        self,
        records: Records,
        delivery: Delivery,
        effect: FileMessage,
        link: ConversationLink,
        files: Sequence[CollectedFile],
    ) -> None:
        """After a merge other members wait for the same answer in their own places."""
        if link.conversation_id is None:
            return
        links = await records.links.of_conversation(link.conversation_id)
        hearing = audience(links, link.customer_id, is_chat=link.is_chat).chosen if len(links) > 1 else ()
        text = join(RichText(blocks=(paragraph(bold(effect.message.author.name), ":"),)), effect.message.text)
        if files:
            names = ", ".join(file.name for file in files)
            text = join(text, self._wording.say("files_elsewhere", names=names))
        for other in hearing:
            if other.link_id != link.link_id:
                say = Say(address=other.address, text=text, link_id=other.link_id, voice=Voice.AGENT)
                key, now = chat_lane(other.link_id), self._clock.now()
                cause = ("elsewhere", delivery.delivery_id, other.link_id)
                await records.outbox.add(promise(*cause, effect=say, key=key, now=now))

    async def _tell_of_unmapped(self, records: Records, message: ChatMessage) -> None:
        """Ask staff, once per person, to map a team member whose words could only be filed in the bot's name."""
        author = message.author
        text = self._wording.say("unmapped", name=author.name, account=author.user_id)
        once = ("unmapped", author.platform, author.user_id)
        await records.outbox.add(*self._staff.tell(text, once=once, now=self._clock.now()))
