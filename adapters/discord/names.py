"""The names behind the ids in a message, so that an agent reads "@Ana" and "#support" instead of numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

Lookup: TypeAlias = Callable[[str], str | None]
"""From an id to a name, where it is known."""


def _unknown(_: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people, roles and channels are called, by id."""

    users: Mapping[str, str] = field(default_factory=dict)
    roles: Lookup = _unknown
    channels: Lookup = _unknown

    def user(self, user_id: str) -> str:
        """``@Ana``, or the number where the name is unknown."""
        return "@" + (self.users.get(user_id) or user_id)

    def role(self, role_id: str) -> str:
        """``@Moderators``, or the number."""
        return "@" + (self.roles(role_id) or role_id).removeprefix("@")

    def channel(self, channel_id: str) -> str:
        """``#support``, or the number."""
        return "#" + (self.channels(channel_id) or channel_id)

    def with_users(self, users: Mapping[str, str]) -> "Names":
        """The same with more people."""
        return replace(self, users={**self.users, **users})


NOBODY = Names()
