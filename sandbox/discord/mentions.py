"""Whom a message pings: the mentions in its text, cut down by allowed_mentions (API reference, "Allowed Mentions")."""

import re
from typing import Any

from sandbox.discord.entities import Pings
from sandbox.discord.errors import invalid_form

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")
_CODE = re.compile(r"```.*?```|``.+?``|`[^`\n]+`", re.DOTALL)


def written(content: str) -> Pings:
    """The mentions that stand in a text, outside code."""
    if "@" not in content:
        return Pings()
    text = _CODE.sub(" ", content)
    return Pings(
        everyone=bool(_EVERYONE.search(text)),
        roles=frozenset(int(each) for each in _ROLE.findall(text)),
        users=frozenset(int(each) for each in _USER.findall(text)),
    )


def let_through(content: str, allowed: dict[str, Any] | None, *, replied_to: int | None) -> Pings:
    """The pings that allowed_mentions permits; without it Discord parses everything and pings the replied-to author.

    Raises 50035 when `parse` and an explicit list name the same kind.
    """
    found = written(content)
    if allowed is None:
        reply = frozenset() if replied_to is None else frozenset({replied_to})
        return Pings(everyone=found.everyone, roles=found.roles, users=found.users | reply)
    parse = allowed.get("parse") or []
    for kind in ("roles", "users"):
        if kind in parse and allowed.get(kind):
            raise invalid_form("allowed_mentions", f"parse:{kind!r} and {kind}: [ids...] are mutually exclusive.")
    users = found.users if "users" in parse else found.users & _ids(allowed.get("users"))
    roles = found.roles if "roles" in parse else found.roles & _ids(allowed.get("roles"))
    if replied_to is not None and allowed.get("replied_user"):
        users |= {replied_to}
    return Pings(everyone=found.everyone and "everyone" in parse, roles=roles, users=users)


def _ids(values: list[Any] | None) -> frozenset[int]:
    return frozenset(int(each) for each in values or [])
