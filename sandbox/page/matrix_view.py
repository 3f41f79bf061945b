"""The Matrix rooms as the page shows them: what Jonas reads in the support room, and Alexander in the staff room."""

from typing import Any
from urllib.parse import quote

from sandbox.page.markup import safe_html
from sandbox.room_reader import Event, RoomReader, relation, thread_root
from sandbox.world import SandboxWorld

Json = dict[str, Any]

SHOWN_MESSAGES = 150
DIRECT = "direct"
FILE_KINDS = frozenset({"m.file", "m.image", "m.audio", "m.video"})


def matrix_view(world: SandboxWorld) -> Json:
    """Rooms with their messages, and the people who can write in them."""
    names = {member.user_id: name for name, member in world.matrix_people.items()}
    bot = world.bot_matrix_id
    names[bot] = "Support Bot"
    support = _Room(world.support_reader, world.support_room, names, bot)
    staff = _Room(world.staff_reader, world.staff_room, names, bot)
    direct = {name: _Room(world.reader_of(room), room, names, bot) for name, room in world.direct_rooms.items()}
    return {
        "server": world.synapse.server_name,
        "people": [{"name": name, "triager": name == "Alexander"} for name in world.matrix_people],
        "rooms": [
            support.view("Support", kind="support", people=list(world.matrix_people)),
            _direct_view(["Jonas"], direct),
            staff.view("Support team", kind="staff", people=["Alexander"]),
        ],
    }


def _direct_view(people: list[str], rooms: "dict[str, _Room]") -> Json:
    """One place for direct messages; a person's room with the bot is made with the first one."""
    places = []
    for name in people:
        here = rooms[name].view(name, kind=DIRECT, people=[name]) if name in rooms else {"id": "", "messages": []}
        places.append({"person": name, "id": here["id"], "messages": here["messages"]})
    return {"id": DIRECT, "name": "Direct messages", "kind": DIRECT, "people": people, "messages": [], "places": places}


class _Room:
    def __init__(self, reader: RoomReader, room: str, names: dict[str, str], bot: str) -> None:
        self._room = room
        self._names = names
        self._people = {user_id: name for user_id, name in names.items() if user_id != bot}
        self._bot = bot
        self._events = reader.events(room)
        self._reader = reader

    def view(self, name: str, *, kind: str, people: list[str]) -> Json:
        edits = self._edits()
        messages = [event for event in self._reader.messages(self._room) if _replaced(event) is None]
        threads: dict[str, list[Json]] = {}
        for event in messages:
            if root := thread_root(event):
                threads.setdefault(root, []).append(self._message(event, edits))
        top = [event for event in messages if thread_root(event) is None][-SHOWN_MESSAGES:]
        return {
            "id": self._room,
            "name": name,
            "kind": kind,
            "people": people,
            "messages": [{**self._message(each, edits), "thread": threads.get(each["event_id"], [])} for each in top],
        }

    def _edits(self) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for event in self._reader.messages(self._room):
            target = _replaced(event)
            if target is not None:
                found[target] = event["content"].get("m.new_content") or {}
        return found

    def _message(self, event: Event, edits: dict[str, Json]) -> Json:
        event_id = event["event_id"]
        content: Json = edits[event_id] if event_id in edits else event["content"]
        kind = content.get("msgtype", "m.text")
        rich = content.get("format") == "org.matrix.custom.html"
        return {
            "id": event_id,
            "author": self._name(event),
            "bot": event["sender"] == self._bot,
            "mine": self._people.get(str(event["sender"]), ""),
            "room": self._room,
            "notice": kind == "m.notice",
            "text": "" if kind in FILE_KINDS else str(content.get("body", "")),
            "html": safe_html(str(content.get("formatted_body", ""))) if rich else "",
            "at": event["origin_server_ts"] / 1000,
            "edited": event_id in edits,
            "reactions": self._reactions(event_id),
            "files": [_file(content)] if kind in FILE_KINDS else [],
        }

    def _name(self, event: Event) -> str:
        sender = str(event["sender"])
        return self._names.get(sender, sender)

    def _reactions(self, event_id: str) -> list[Json]:
        reactions = self._reader.reactions(self._room, event_id)
        people: dict[str, list[str]] = {}
        for each in reactions:
            people.setdefault(str(relation(each).get("key", "")), []).append(self._name(each))
        return [{"emoji": key, "count": len(names), "by": names} for key, names in people.items()]


def _replaced(event: Event) -> str | None:
    related = relation(event)
    return str(related["event_id"]) if related.get("rel_type") == "m.replace" and "event_id" in related else None


def _file(content: Json) -> Json:
    details = content.get("info") or {}
    name = str(content.get("filename") or content.get("body", "file"))
    address = str(content.get("url") or "").removeprefix("mxc://")
    return {
        "name": name,
        "size": details.get("size", 0),
        "image": bool(address) and content.get("msgtype") == "m.image",
        "href": f"files/matrix/{address}?name={quote(name, safe='')}" if address else "",
    }
