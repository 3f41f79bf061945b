"""An intake in place of the core, for tests of the Discord adapter: it keeps what arrived, and rows."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from typing_extensions import override

from bot.domain.chat import (
    ChatAddress,
    ChatEvent,
    ChatMessage,
    MessageDeleted,
    MessageEdited,
    MessageKind,
    Platform,
    Reacted,
)
from bot.domain.errors import StoreError
from bot.domain.ids import link_id
from bot.domain.richtext import plain
from bot.ports.inbound import Accepted, Arrival, Duplicate, Ignored, IntakeResult, MessageIntake

_Event = TypeVar("_Event")


class FakeIntake(MessageIntake):
    """Keeps people's messages once each, what became of them, and rows; all survive the adapter, as the store does."""

    def __init__(self) -> None:
        self.messages: list[ChatMessage] = []
        self.notices: list[ChatMessage] = []
        self.edits: list[MessageEdited] = []
        self.deletions: list[MessageDeleted] = []
        self.happened: list[str] = []
        self.arrivals: list[Arrival] = []
        self.rows: dict[str, str] = {}
        self.asked_for: list[ChatAddress] = []
        self.broken = False
        self._seen: set[str] = set()
        self._changed = asyncio.Condition()

    @override
    async def accept(self, arrival: Arrival) -> Sequence[IntakeResult]:
        await asyncio.sleep(0)
        if self.broken:
            raise StoreError("the store is broken")
        self.arrivals.append(arrival)
        for name, value in arrival.remember.items():
            if value is None:
                self.rows.pop(name, None)
            else:
                self.rows[name] = value
        results = [self._take(event) for event in arrival.events]
        async with self._changed:
            self._changed.notify_all()
        return results

    @override
    async def standing_in(self, address: ChatAddress) -> Sequence[str]:
        self.asked_for.append(address)
        gone = {deletion.message_key for deletion in self.deletions}
        here = [message for message in self.messages if message.address == address and message.dedup_key not in gone]
        return [message.message_id for message in here[-100:]]

    @override
    async def recall(self, platform: Platform, prefix: str = "") -> Mapping[str, str]:
        return {name: value for name, value in self.rows.items() if name.startswith(prefix)}

    @property
    def texts(self) -> list[str]:
        """What was said, in the order in which it was taken in."""
        return [plain(message.text) for message in self.messages]

    async def until(self, count: int, *, seconds: float = 10.0) -> list[str]:
        """The texts, once there are so many."""
        await self._until(lambda: len(self.messages) >= count, seconds)
        return self.texts

    async def until_happened(self, count: int, *, seconds: float = 10.0) -> list[str]:
        """What happened in its order ("said", "edited", "deleted" with the words), once it is so much."""
        await self._until(lambda: len(self.happened) >= count, seconds)
        return self.happened

    async def until_row(self, name: str, value: str | None = None, *, seconds: float = 10.0) -> str:
        """A row's value, once it is there (and is ``value``)."""
        await self._until(lambda: name in self.rows and value in (None, self.rows[name]), seconds)
        return self.rows[name]

    async def until_no_row(self, name: str, *, seconds: float = 10.0) -> None:
        """Returns once the row is gone."""
        await self._until(lambda: name not in self.rows, seconds)

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(holds)

    def _take(self, event: ChatEvent) -> IntakeResult:
        if event.dedup_key in self._seen:
            return Duplicate()
        self._seen.add(event.dedup_key)
        match event:
            case ChatMessage():
                return self._admit(event)
            case MessageEdited():
                return self._edit(event)
            case MessageDeleted():
                return self._delete(event)
            case Reacted():
                raise NotImplementedError("Discord has buttons instead")

    def _admit(self, message: ChatMessage) -> IntakeResult:
        self._seen.add(MessageEdited(message=message).dedup_key)
        if message.kind is not MessageKind.PERSON:
            self.notices.append(message)
            return Ignored(reason=message.kind)
        self.messages.append(message)
        self.happened.append(f"said {plain(message.text)}")
        return Accepted(link_id=link_id(message.dedup_key), opened=True)

    def _edit(self, edit: MessageEdited) -> IntakeResult:
        assert edit.message.version, "an edit has a version"
        return self._change(edit.message.dedup_key, self.edits, edit, f"edited {plain(edit.message.text)}")

    def _delete(self, deletion: MessageDeleted) -> IntakeResult:
        words = [plain(message.text) for message in self.messages if message.dedup_key == deletion.message_key]
        return self._change(deletion.message_key, self.deletions, deletion, f"deleted {''.join(words)}")

    def _change(self, key: str, kept: list[_Event], event: _Event, story: str) -> IntakeResult:
        if not any(message.dedup_key == key for message in self.messages):
            return Ignored(reason="no ticket")
        kept.append(event)
        self.happened.append(story)
        return Accepted(link_id=link_id(key), opened=False)
