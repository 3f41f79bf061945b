"""What people do in Matrix: write, change and take back, react."""

from sandbox.matrix import MatrixMember
from sandbox.page.body import Act, Body, Json, RefusedError
from sandbox.page.matrix_view import DIRECT
from sandbox.room_reader import Event, relation
from sandbox.world import SandboxWorld

EVENT_ID_LENGTH = 255
EMOJI_LENGTH = 40


class MatrixActions:
    """The POST routes of the Matrix column."""

    def __init__(self, world: SandboxWorld) -> None:
        self._world = world

    def routes(self) -> dict[str, Act]:
        """By path."""
        return {
            "/api/matrix/messages": self._message,
            "/api/matrix/edits": self._edit,
            "/api/matrix/redactions": self._redact,
            "/api/matrix/reactions": self._react,
        }

    async def _message(self, body: Body) -> Json:
        member = self._member(body)
        direct = body.text("room") == DIRECT
        room = await self._world.direct_room(body.text("member")) if direct else self._room(body)
        thread = body.text("thread", required=False) or None
        files = body.files()
        text = body.text("text", required=not files)
        if text:
            await member.send_text(room, text, thread=thread)
        for each in files:
            await member.send_file(room, each.content, each.name, each.content_type, thread=thread)
        return {"sent": len(files) + bool(text)}

    async def _edit(self, body: Body) -> Json:
        member, room, event = self._own(body)
        await member.edit_text(room, event["event_id"], body.text("text"))
        return {}

    async def _redact(self, body: Body) -> Json:
        member, room, event = self._own(body)
        await member.redact(room, event["event_id"])
        return {}

    async def _react(self, body: Body) -> Json:
        """Put a reaction on a message, or take the same one back."""
        member, room = self._member(body), self._room(body)
        event_id, emoji = self._known(body)["event_id"], body.text("emoji", longest=EMOJI_LENGTH)
        reactions = self._world.reader_of(room).reactions(room, event_id)
        mine = [each for each in reactions if each["sender"] == member.user_id and relation(each).get("key") == emoji]
        for each in mine:
            await member.redact(room, each["event_id"])
        if not mine:
            await member.react(room, event_id, emoji)
        return {"reacted": not mine}

    # What they are about

    def _member(self, body: Body) -> MatrixMember:
        return body.one_of("member", self._world.matrix_people)

    def _room(self, body: Body) -> str:
        rooms = [self._world.support_room, self._world.staff_room, *self._world.direct_rooms.values()]
        return body.one_of("room", {each: each for each in rooms})

    def _known(self, body: Body) -> Event:
        room, wanted = self._room(body), body.text("event", longest=EVENT_ID_LENGTH)
        for event in self._world.reader_of(room).messages(room):
            if event["event_id"] == wanted:
                return event
        raise RefusedError("This message is gone.", status=404)

    def _own(self, body: Body) -> tuple[MatrixMember, str, Event]:
        """A message with its author, who is one of the people here, and its room."""
        event = self._known(body)
        for member in self._world.matrix_people.values():
            if member.user_id == event["sender"]:
                return member, self._room(body), event
        raise RefusedError("Only people's own messages can be changed.")
