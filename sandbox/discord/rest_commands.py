"""Routes about application commands: global ones and those of the guild."""

from typing import Any

from sandbox.discord.backend import Backend
from sandbox.discord.calls import Call
from sandbox.discord.errors import DiscordError, missing_access, unknown
from sandbox.discord.rest import Answer, Handler

Json = dict[str, Any]

DAILY_CREATIONS = 200
DAY_SECONDS = 86_400.0


class CommandRoutes:
    """Both scopes behave alike; a path without {guild_id} means the global one."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._world = backend.world
        self._created_at: list[float] = []

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        found: list[tuple[str, str, Handler]] = []
        for scope in ("/applications/{application_id}", "/applications/{application_id}/guilds/{guild_id}"):
            found += [
                ("GET", scope + "/commands", self.read_all),
                ("PUT", scope + "/commands", self.replace),
                ("POST", scope + "/commands", self.create),
                ("GET", scope + "/commands/{command_id}", self.read),
                ("PATCH", scope + "/commands/{command_id}", self.change),
                ("DELETE", scope + "/commands/{command_id}", self.remove),
            ]
        return found

    async def read_all(self, call: Call) -> Answer:
        """The commands of a scope."""
        return 200, [*self._scope(call).values()]

    async def read(self, call: Call) -> Answer:
        """One command."""
        return 200, self._command(call)

    async def replace(self, call: Call) -> Answer:
        """Put a whole scope; a command of the same kind and name keeps its id and is no creation."""
        scope = self._scope(call)
        if not isinstance(call.json, list):
            raise DiscordError(400, 50109, "The request body contains invalid JSON.")
        self._backend.checks.commands(call.json)
        names = [_key(body) for body in call.json]
        if len(set(names)) != len(names):
            raise DiscordError(400, 50035, "Invalid Form Body")
        made = [self._stored(call, body, _same(scope, body)) for body in call.json]
        scope.clear()
        scope.update({int(each["id"]): each for each in made})
        self._world.touched()
        return 200, made

    async def create(self, call: Call) -> Answer:
        """One command more, or a new version of one by the same name (then 200 instead of 201)."""
        scope = self._scope(call)
        self._backend.checks.command(call.body)
        earlier = _same(scope, call.body)
        made = self._stored(call, call.body, earlier)
        scope[int(made["id"])] = made
        self._world.touched()
        return (201 if earlier is None else 200), made

    async def change(self, call: Call) -> Answer:
        """Change a command in part."""
        scope, earlier = self._scope(call), self._command(call)
        kept: Json = {key: value for key, value in earlier.items() if key in ("name", "type", "description", "options")}
        body: Json = {**kept, **call.body}
        self._backend.checks.command(body)
        made = self._stored(call, body, earlier)
        scope[int(made["id"])] = made
        self._world.touched()
        return 200, made

    async def remove(self, call: Call) -> Answer:
        """Remove a command."""
        del self._scope(call)[int(self._command(call)["id"])]
        self._world.touched()
        return 204, None

    def _scope(self, call: Call) -> dict[int, Json]:
        if call.id("application_id") != self._world.application_id:
            raise missing_access()
        if "guild_id" not in call.variables:
            return self._world.global_commands
        if call.id("guild_id") != self._world.guild.id:
            raise missing_access()
        return self._world.guild_commands

    def _command(self, call: Call) -> Json:
        found = self._scope(call).get(call.id("command_id"))
        if found is None:
            raise unknown("application command")
        return found

    def _stored(self, call: Call, body: Json, earlier: Json | None) -> Json:
        if earlier is None:
            self._count_creation()
        bits = body.get("default_member_permissions")
        stored: Json = {
            "id": str(self._world.ids.next()) if earlier is None else earlier["id"],
            "application_id": str(self._world.application_id),
            "version": str(self._world.ids.next()),
            "type": body.get("type") or 1,
            "name": body["name"],
            "description": body.get("description") or "",
            "default_member_permissions": None if bits is None else str(bits),
            "dm_permission": body.get("dm_permission", True),
            "contexts": body.get("contexts"),
            "integration_types": body.get("integration_types") or [0],
            "nsfw": bool(body.get("nsfw")),
        }
        if body.get("options"):
            stored["options"] = body["options"]
        if "guild_id" in call.variables:
            stored["guild_id"] = call.variables["guild_id"]
        return stored

    def _count_creation(self) -> None:
        now = self._world.clock.now()
        self._created_at = [at for at in self._created_at if at > now - DAY_SECONDS]
        if len(self._created_at) >= DAILY_CREATIONS:
            raise DiscordError(400, 30034, "Max number of daily application command creates has been reached (200)")
        self._created_at.append(now)


def _key(body: Json) -> tuple[Any, Any]:
    return body.get("type") or 1, body.get("name")


def _same(scope: dict[int, Json], body: Json) -> Json | None:
    return next((each for each in scope.values() if _key(each) == _key(body)), None)
