"""A chat message as it is written into the help desk: who speaks, what is quoted, which files are missing."""

from collections.abc import Mapping, Sequence

import structlog

from bot.domain.chat import ChatMessage, Platform, QuotedMessage
from bot.domain.delivery import Delivery
from bot.domain.errors import DeliveryError
from bot.domain.helpdesk import Entry, ThreadKind
from bot.domain.richtext import RichText, join
from bot.domain.wording import Wording
from bot.ports.chat import ChatPlatform
from bot.usecases.files import CollectedFile, Files
from bot.usecases.places import PLATFORM_NAMES

log = structlog.get_logger(__name__)


class Entries:
    """Words entries."""

    def __init__(self, *, wording: Wording, files: Files, chats: Mapping[Platform, ChatPlatform]) -> None:
        self._wording = wording
        self._files = files
        self._chats = chats

    def of(
        self,
        delivery: Delivery,
        message: ChatMessage,
        kind: ThreadKind,
        files: Sequence[CollectedFile] = (),
        *,
        by: str,
        before: RichText | None = None,
        quote: QuotedMessage | None = None,
        agent_id: int | None = None,
    ) -> Entry:
        """The entry. ``by`` names the sentence that says who speaks; ``before`` comes before the message's words."""
        text = message.text if before is None else join(before, message.text)
        if delivery.late:
            text = join(self._wording.say("late_entry", time=f"{message.sent_at:%Y-%m-%d %H:%M} UTC"), text)
        return Entry(
            delivery_id=delivery.delivery_id,
            kind=kind,
            text=text,
            speaker=self._wording.line(by, name=message.author.name, platform=self._platform(message)),
            quote=quote,
            source_link=message.link,
            files=tuple(file.content for file in files if file.content is not None),
            missing=tuple(self._files.missing_line(file) for file in files if file.content is None),
            agent_id=agent_id,
        )

    async def starter(self, message: ChatMessage) -> QuotedMessage | None:
        """The message a chat thread hangs on, quoted when somebody asks in a thread that has no ticket yet."""
        address = message.address
        chat = self._chats.get(address.platform)
        if chat is None or address.is_private or address.chat_thread in {None, message.message_id}:
            return None
        assert address.chat_thread is not None
        try:
            return await chat.read_message(address, address.chat_thread)
        except DeliveryError as error:
            log.warning("starter of a chat thread could not be read", reason=str(error))
            return None  # a quotation is a courtesy; the request itself must not wait for it

    @staticmethod
    def _platform(message: ChatMessage) -> str:
        name = PLATFORM_NAMES[message.author.platform]
        return f"{name}, direct message" if message.address.is_private else name


def speaker_of(kind: ThreadKind, agent_id: int | None, *, as_note: bool = False) -> str:
    """The sentence that says who speaks in an entry."""
    if kind is ThreadKind.CUSTOMER or as_note:
        return "speaker"
    return "staff_speaker" if agent_id else "staff_unmapped"
