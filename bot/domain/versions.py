"""Edited messages: the newest version is what counts, whenever it is written down."""

from dataclasses import dataclass

from bot.domain.chat import ChatMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageVersion:
    """The newest version of an edited message. ``filed`` names the version that the help desk has: "" for the first."""

    dedup_key: str
    message: ChatMessage
    filed: str = ""

    @property
    def is_filed(self) -> bool:
        """Whether the help desk has the newest version."""
        return self.filed == self.message.version
