"""What this process has said in Discord: so that a message broken off is gone on with, and none is taken for another's.

It knows what history does not tell, since that promises no nonces; after a restart history alone has to do.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.discord.parts import Part

_REMEMBERED = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """A part that was said, without its files."""

    nonce: str
    content: str
    message_id: str


class Said:
    """The latest deliveries and their messages, in order; only as many as one process needs to remember."""

    def __init__(self) -> None:
        self._deliveries: OrderedDict[str, list[_Words]] = OrderedDict()
        self._deliveries_of: dict[str, str] = {}

    def remember(self, delivery_id: str, parts: Sequence[Part], message_ids: Sequence[str]) -> None:
        """These messages are the delivery's first parts."""
        self._forget(delivery_id)
        self._deliveries[delivery_id] = [
            _Words(nonce=part.nonce, content=part.content, message_id=message_id)
            for part, message_id in zip(parts, message_ids, strict=False)
        ]
        self._deliveries_of.update(dict.fromkeys(message_ids, delivery_id))
        while len(self._deliveries) > _REMEMBERED:
            self._forget(next(iter(self._deliveries)))

    def of(self, delivery_id: str, parts: Sequence[Part]) -> list[str]:
        """The messages said of it, in order, as far as they say what the delivery says now."""
        known = self._deliveries.get(delivery_id, [])
        same = all(
            (words.nonce, words.content) == (part.nonce, part.content)
            for words, part in zip(known, parts, strict=False)
        )
        return [words.message_id for words in known[: len(parts)]] if same else []

    def is_anothers(self, message_id: str, delivery_id: str) -> bool:
        """Whether this message is known to be another delivery's."""
        return self._deliveries_of.get(message_id, delivery_id) != delivery_id

    def _forget(self, delivery_id: str) -> None:
        for words in self._deliveries.pop(delivery_id, ()):
            self._deliveries_of.pop(words.message_id, None)
