"""Permission bits and how Discord adds them up for a channel (API reference, "Permissions").

Only the bot's permissions are enforced: members of the simulated guild are actors who do what a test asks of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag


class Permission(IntFlag):
    """The bits a support bot meets."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


ALL = (1 << 53) - 1

EVERYONE_DEFAULT = int(
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)
"""What @everyone may do in a fresh community server."""

BOT_DEFAULT = 326_417_632_320 | int(Permission.USE_APPLICATION_COMMANDS)
"""Everything a support bot needs: its invitation's number, and Use Application Commands."""


@dataclass(slots=True, kw_only=True)
class Overwrite:
    """One exception to the roles' permissions in one channel; `kind` 0 is a role, 1 a member."""

    target_id: int
    kind: int
    allow: int = 0
    deny: int = 0


def guild_permissions(role_bits: Iterable[int]) -> int:
    """All bits of a member's roles together; an administrator has every bit."""
    bits = 0
    for each in role_bits:
        bits |= each
    return ALL if bits & Permission.ADMINISTRATOR else bits


def channel_permissions(
    base: int, overwrites: Iterable[Overwrite], *, everyone_id: int, role_ids: Iterable[int], member_id: int
) -> int:
    """A member's bits in a channel: overwrites of @everyone, then of the roles, then of the member."""
    if base == ALL:
        return ALL
    by_target = {overwrite.target_id: overwrite for overwrite in overwrites}
    bits = base
    if everyone := by_target.get(everyone_id):
        bits = (bits & ~everyone.deny) | everyone.allow
    allow = deny = 0
    for role_id in role_ids:
        if role := by_target.get(role_id):
            allow, deny = allow | role.allow, deny | role.deny
    bits = (bits & ~deny) | allow
    if member := by_target.get(member_id):
        bits = (bits & ~member.deny) | member.allow
    return bits
