"""Who hears an agent's answer when several places in chat belong to one conversation, as after a merge."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.ids import CustomerId
from bot.domain.links import ConversationLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The places that hear it, and those that must not."""

    chosen: tuple[ConversationLink, ...]
    left_out: tuple[ConversationLink, ...] = ()


def audience(links: Sequence[ConversationLink], customer_id: CustomerId | None, *, is_chat: bool) -> Audience:
    """Every linked place; where private and public ones are mixed, only that of the customer the help desk names.

    What was asked in private may be quoted in the answer, so it must not appear in public (behaviour.md, "Statuses");
    neither of the same member: their direct messages hear it, their public threads do not. A conversation that is not
    of type chat (``is_chat``) is a private place too: its answers go out as mails.
    """
    private = [link for link in links if link.address.is_private]
    if is_chat and (not private or len(private) == len(links)):
        return Audience(chosen=tuple(links))
    theirs = [link for link in links if link.customer_id == customer_id]
    chosen = tuple(link for link in theirs if link.address.is_private) or tuple(theirs)
    return Audience(chosen=chosen, left_out=tuple(link for link in links if link not in chosen))
