"""Identifiers, each its own type, so that a ticket number is never taken for an API key.

FreeScout's API and addresses take the ``ConversationId``; people see the ``TicketNumber``. Both look like integers and
differ where ``APP_CUSTOM_NUMBER`` is set (facts/freescout.md 1.1).
"""

import hashlib
from base64 import b32encode
from typing import NewType

ConversationId = NewType("ConversationId", int)
TicketNumber = NewType("TicketNumber", int)
ThreadId = NewType("ThreadId", int)
CustomerId = NewType("CustomerId", int)
AgentId = NewType("AgentId", int)
LinkId = NewType("LinkId", str)
DeliveryId = NewType("DeliveryId", str)

_KEY_LENGTH = 24
"""120 bits; short enough for Discord's nonce of at most 25 characters (facts/discord.md, "Sending idempotently")."""


def _derive(*parts: str) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return b32encode(digest).decode().lower()[:_KEY_LENGTH]


def delivery_id(*parts: str) -> DeliveryId:
    """The id of one promised effect, derived from what caused it: the same cause always gives the same id.

    It is the idempotency key towards Discord (nonce) and Matrix (transaction id), and the mark in FreeScout.
    24 characters of ``a-z2-7``.
    """
    return DeliveryId(_derive("delivery", *parts))


def link_id(*parts: str) -> LinkId:
    """The id of the bond between a chat place and a conversation, derived from the message that opened it."""
    return LinkId(_derive("link", *parts))
