"""Whom a message pings: whoever is named by the core, and nobody by anything that stands in the text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from bot.domain.chat import OutgoingMessage

Json = Mapping[str, Any]

NOBODY: Final[Json] = {"parse": [], "replied_user": False}
"""``allowed_mentions`` that lets nothing through (API reference, "Allowed Mentions Object")."""
_USER, _ROLE = "user:", "role:"
_FORMS = {_USER: "<@{}>", _ROLE: "<@&{}>"}


@dataclass(frozen=True, slots=True)
class Pings:
    """Who is pinged, in the order in which they are named: ``user:ID`` and ``role:ID``, each once."""

    targets: tuple[str, ...] = ()

    @classmethod
    def of(cls, message: OutgoingMessage) -> Self:
        """Whoever is mentioned, then whoever is on call here; who is on call on another platform is left out."""
        named = [f"{_USER}{message.mention}", *message.pages] if message.mention else message.pages
        return cls(tuple(dict.fromkeys(target for target in named if _kind(target))))

    @property
    def front(self) -> str:
        """What stands in front of the text, a blank included; empty for nobody."""
        return "".join(_FORMS[_kind(target)].format(target.partition(":")[2]) + " " for target in self.targets)

    @property
    def allowed(self) -> Json:
        """``allowed_mentions`` that lets these through alone."""
        named = {"users": list(self._ids(_USER)), "roles": list(self._ids(_ROLE))}
        return {**NOBODY, **{kind: ids for kind, ids in named.items() if ids}}

    def _ids(self, kind: str) -> Iterable[str]:
        return (target.removeprefix(kind) for target in self.targets if target.startswith(kind))


def _kind(target: str) -> str:
    """Which form it is, "" for none of Discord's."""
    kind, _, number = target.rpartition(":")
    return f"{kind}:" if f"{kind}:" in _FORMS and number.isascii() and number.isdigit() else ""
