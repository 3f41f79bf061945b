"""Reactions to a question that come before it is on record that this message is one.

A message can be read before the homeserver's answer to it is; after a kill just then, reactions of a whole downtime
come first. They are kept until the question is recorded.
"""

import json
from collections.abc import Sequence

from bot.domain.chat import Author, ChatAddress, Reacted, message_key
from bot.domain.confirmation import read_reaction
from bot.domain.ids import LinkId
from bot.domain.links import ConversationLink
from bot.ports.store import Records
from bot.usecases.confirming import Confirming
from bot.usecases.places import chat_lane

OWNER = "reactions"


class EarlyReactions:
    """Keeps and settles them, within somebody else's transaction."""

    def __init__(self, *, confirming: Confirming) -> None:
        self._confirming = confirming

    async def keep(self, records: Records, reaction: Reacted) -> None:
        """Keep it if a question, or a reminder of one, is on its way to this room."""
        here = [link for link in await records.links.asked() if link.address.room == reaction.address.room]
        if not any([link.question_at is None or await _is_spoken_to(records, link) for link in here]):
            return
        author, name = reaction.author, f"{reaction.message_key} {reaction.reaction_id}"
        earlier = await records.memory.recall(OWNER, f"{reaction.message_key} ")
        if name not in earlier:
            told = [len(earlier), reaction.emoji, author.user_id, author.name, reaction.dedup_key]
            await records.memory.remember(OWNER, {name: json.dumps(told)})

    async def settle(self, records: Records, link_id: LinkId, address: ChatAddress, ids: Sequence[str]) -> None:
        """The question is on record now: whoever may and was first to answer it counts."""
        link = await records.links.get(link_id)
        for message_id in ids:
            prefix = f"{message_key(address.platform, address.room, message_id)} "
            kept = await records.memory.recall(OWNER, prefix)
            await records.memory.remember(OWNER, dict.fromkeys(kept))
            for _, emoji, user_id, author_name, cause in sorted(map(json.loads, kept.values())):
                author = Author(platform=address.platform, user_id=user_id, name=author_name)
                answer = read_reaction(emoji)
                if link is not None and answer is not None and self._confirming.may_answer(link, author):
                    await self._confirming.answer(records, link_id, answer, author, cause)


async def _is_spoken_to(records: Records, link: ConversationLink) -> bool:
    return await records.outbox.is_busy(chat_lane(link.link_id))
