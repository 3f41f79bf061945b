"""Routes about reactions."""

from sandbox.discord import payloads
from sandbox.discord.backend import Backend
from sandbox.discord.calls import Call
from sandbox.discord.drafts import original
from sandbox.discord.entities import Channel, Message
from sandbox.discord.errors import unknown
from sandbox.discord.permissions import Permission
from sandbox.discord.rest import Answer, Handler


class ReactionRoutes:
    """Everything below /messages/{message_id}/reactions."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        base = "/channels/{channel_id}/messages/{message_id}/reactions"
        return [
            ("PUT", base + "/{emoji_name}/@me", self.add),
            ("DELETE", base + "/{emoji_name}/@me", self.remove),
            ("DELETE", base + "/{emoji_name}/{user_id}", self.remove_of),
            ("GET", base + "/{emoji_name}", self.who),
            ("DELETE", base, self.clear),
        ]

    async def add(self, call: Call) -> Answer:
        """The bot reacts. A reaction that is already there needs no Add Reactions."""
        channel, message = self._target(call)
        emoji = _emoji(call)
        self._backend.require(channel, Permission.READ_MESSAGE_HISTORY)
        if emoji not in message.reactions:
            self._backend.require(channel, Permission.ADD_REACTIONS)
        self._backend.posting.react(message, emoji, self._backend.world.bot_user)
        return 204, None

    async def remove(self, call: Call) -> Answer:
        """The bot takes its reaction back."""
        _, message = self._target(call)
        self._backend.posting.unreact(message, _emoji(call), self._backend.world.bot_user)
        return 204, None

    async def remove_of(self, call: Call) -> Answer:
        """Somebody else's reaction is taken away; needs Manage Messages."""
        channel, message = self._target(call)
        self._backend.require(channel, Permission.MANAGE_MESSAGES)
        user = self._backend.world.users.get(call.id("user_id"))
        if user is None:
            raise unknown("User")
        self._backend.posting.unreact(message, _emoji(call), user)
        return 204, None

    async def who(self, call: Call) -> Answer:
        """Who reacted with an emoji."""
        channel = self._backend.visible(call.id("channel_id"))
        message = original(channel, call.id("message_id"))
        users = message.reactions.get(_emoji(call), set())
        return 200, [payloads.user(self._backend.world.users[each]) for each in sorted(users)]

    async def clear(self, call: Call) -> Answer:
        """Take all reactions away; needs Manage Messages."""
        channel, message = self._target(call)
        self._backend.require(channel, Permission.MANAGE_MESSAGES)
        for emoji, users in tuple(message.reactions.items()):
            for user in tuple(users):
                self._backend.posting.unreact(message, emoji, self._backend.world.users[user])
        return 204, None

    def _target(self, call: Call) -> tuple[Channel, Message]:
        channel = self._backend.visible(call.id("channel_id"))
        message = original(channel, call.id("message_id"))
        self._backend.require_open(channel)
        return channel, message


def _emoji(call: Call) -> str:
    emoji = call.variables["emoji_name"]
    name, colon, custom_id = emoji.partition(":")
    if emoji.isascii() and not (name and colon and custom_id.isdigit()):
        raise unknown("Emoji")
    return emoji
