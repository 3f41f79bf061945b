"""A Discord of its own: gateway version 10 and the REST routes a bot uses, with people in it and faults on demand.

It is spoken to by the unmodified client library: point it at `api_url` and `gateway_url`.
"""

from sandbox.discord.actors import File, Poll
from sandbox.discord.calls import RecordedRequest
from sandbox.discord.entities import Attachment, Channel, Guild, Member, Message, Pings, Role, Thread, User
from sandbox.discord.errors import DiscordError, NoAnswerError
from sandbox.discord.faults import Fault, Faults
from sandbox.discord.interactions import InteractionAnswer
from sandbox.discord.permissions import BOT_DEFAULT, Permission
from sandbox.discord.simulator import DiscordSimulator

__all__ = [
    "BOT_DEFAULT",
    "Attachment",
    "Channel",
    "DiscordError",
    "DiscordSimulator",
    "Fault",
    "Faults",
    "File",
    "Guild",
    "InteractionAnswer",
    "Member",
    "Message",
    "NoAnswerError",
    "Permission",
    "Pings",
    "Poll",
    "RecordedRequest",
    "Role",
    "Thread",
    "User",
]
