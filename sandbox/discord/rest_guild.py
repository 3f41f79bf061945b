"""Routes about the bot itself and the guild: account, application, gateway address, members, roles, channels."""

from sandbox.discord import payloads
from sandbox.discord.backend import Backend
from sandbox.discord.calls import Call
from sandbox.discord.entities import DIRECT, Guild, Thread
from sandbox.discord.errors import unknown
from sandbox.discord.rest import Answer, Handler


class GuildRoutes:
    """Reads only; the guild is changed by actors."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._world = backend.world

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        return [
            ("GET", "/gateway", self.gateway),
            ("GET", "/gateway/bot", self.gateway_bot),
            ("GET", "/users/@me", self.me),
            ("GET", "/users/@me/guilds", self.my_guilds),
            ("GET", "/users/{user_id}", self.user),
            ("POST", "/users/@me/channels", self.open_direct),
            ("GET", "/oauth2/applications/@me", self.application),
            ("GET", "/applications/@me", self.application),
            ("GET", "/guilds/{guild_id}", self.guild),
            ("GET", "/guilds/{guild_id}/channels", self.channels),
            ("GET", "/guilds/{guild_id}/roles", self.roles),
            ("GET", "/guilds/{guild_id}/members", self.members),
            ("GET", "/guilds/{guild_id}/members/{user_id}", self.member),
        ]

    async def gateway(self, _: Call) -> Answer:
        """Where the gateway is."""
        return 200, {"url": self._backend.gateway.url}

    async def gateway_bot(self, _: Call) -> Answer:
        """The same, with shards and the identify budget (1,000 a day)."""
        used = self._backend.gateway.identifies
        limit = {"total": 1000, "remaining": max(0, 1000 - used), "reset_after": 86_400_000, "max_concurrency": 1}
        return 200, {"url": self._backend.gateway.url, "shards": 1, "session_start_limit": limit}

    async def me(self, _: Call) -> Answer:
        """The bot's account."""
        return 200, payloads.account(self._world.bot_user)

    async def my_guilds(self, _: Call) -> Answer:
        """The one guild, in short."""
        guild = self._world.guild
        bits = str(self._world.bot_role.permissions)
        short = {"id": str(guild.id), "name": guild.name, "icon": None, "banner": None, "owner": False}
        return 200, [{**short, "permissions": bits, "features": []}]

    async def user(self, call: Call) -> Answer:
        """Any account."""
        found = self._world.users.get(call.id("user_id"))
        if found is None:
            raise unknown("User")
        return 200, payloads.user(found)

    async def open_direct(self, call: Call) -> Answer:
        """The direct conversation with a person."""
        found = self._world.users.get(int(call.body.get("recipient_id") or 0))
        if found is None:
            raise unknown("User")
        return 200, payloads.channel(self._world.direct_channel(found), self._world.guild.id)

    async def application(self, _: Call) -> Answer:
        """The bot's application, with its flags."""
        owner = self._world.users[self._world.guild.owner_id]
        enabled = self._backend.gateway.message_content_enabled
        return 200, payloads.application(self._world.bot_user, owner=owner, message_content=enabled)

    async def guild(self, call: Call) -> Answer:
        """The guild; counts on request."""
        guild = self._guild(call)
        payload = payloads.guild(guild)
        if call.asks("with_counts"):
            payload |= {"approximate_member_count": len(guild.members), "approximate_presence_count": 1}
        return 200, payload

    async def channels(self, call: Call) -> Answer:
        """All channels but threads. Discord lists also those that the bot cannot see."""
        guild = self._guild(call)
        found = [each for each in self._world.channels.values() if not isinstance(each, Thread) and each.type != DIRECT]
        return 200, [payloads.channel(each, guild.id) for each in found]

    async def roles(self, call: Call) -> Answer:
        """All roles."""
        return 200, [payloads.role(each) for each in self._guild(call).roles.values()]

    async def members(self, call: Call) -> Answer:
        """Members by id, a page at a time."""
        after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 1))
        found = sorted(each for each in self._guild(call).members if each > after)[:limit]
        return 200, [payloads.member(self._world.guild.members[each]) for each in found]

    async def member(self, call: Call) -> Answer:
        """One member with roles; 10007 when they left."""
        found = self._guild(call).members.get(call.id("user_id"))
        if found is None:
            raise unknown("Member")
        return 200, payloads.member(found)

    def _guild(self, call: Call) -> Guild:
        if call.id("guild_id") != self._world.guild.id:
            raise unknown("Guild")
        return self._world.guild
