"""Who did something and from where, in the words of notes and of the audit log."""

from bot.domain.chat import Author
from bot.domain.commands import Invocation
from bot.usecases.places import PLATFORM_NAMES


def actor_of(author: Author) -> str:
    """The account, so that it can be told apart from another of the same name."""
    return f"{author.name} ({author.platform}:{author.user_id})"


def place_of(invocation: Invocation) -> str:
    """The platform by its name."""
    return PLATFORM_NAMES[invocation.author.platform]
