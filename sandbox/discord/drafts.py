"""From a request's body to a message of the bot: texts, embeds, files, replies; for channels, posts and answers."""

from typing import Any

from sandbox.discord.backend import Backend
from sandbox.discord.calls import Call, Upload
from sandbox.discord.clock import timestamp
from sandbox.discord.component_checks import SELECT
from sandbox.discord.entities import COMPONENTS_V2, EPHEMERAL, Attachment, Channel, Message, Reference
from sandbox.discord.errors import DiscordError, history_needed_to_reply, invalid_form, unknown
from sandbox.discord.permissions import Permission

Json = dict[str, Any]

_CHOSEN_COUNTS: dict[Any, Json] = {SELECT: {"min_values": 1, "max_values": 1}}
"""What Discord adds to a menu that does not say how much may be chosen."""
SETTABLE_FLAGS = (1 << 2) | (1 << 12) | EPHEMERAL | COMPONENTS_V2


def draft(backend: Backend, channel: Channel, body: Json, files: dict[int, Upload], *, message_id: int) -> Message:
    """The bot's message that a checked body describes; not yet published."""
    world = backend.world
    message = Message(
        id=message_id,
        channel_id=channel.id,
        author=world.bot_user,
        content=body.get("content") or "",
        sent_at=world.clock.now(),
        flags=int(body.get("flags") or 0) & SETTABLE_FLAGS,
        embeds=stored_embeds(body),
        components=stored_components(body.get("components")),
        attachments=stored_files(backend, channel.id, body, files),
    )
    if body.get("poll"):
        message.poll = poll_payload(body["poll"], world.clock.now())
    replied_to = _refer(backend, channel, message, body.get("message_reference"))
    backend.posting.set_pings(message, body.get("allowed_mentions"), replied_to=replied_to)
    return message


def apply_edit(backend: Backend, message: Message, call: Call) -> None:
    """Change a message as a checked edit asks; what the body leaves out stays."""
    body = call.body
    if "content" in body:
        message.content = body["content"] or ""
    if "embeds" in body:
        message.embeds = stored_embeds(body)
    if "components" in body:
        message.components = stored_components(body["components"])
    if "attachments" in body or call.files:
        kept = {int(each["id"]) for each in body.get("attachments") or []}
        message.attachments = [each for each in message.attachments if each.id in kept]
        message.attachments += stored_files(backend, message.channel_id, body, call.files)
    if "flags" in body:
        message.flags = (
            (message.flags & ~SETTABLE_FLAGS) | (int(body["flags"] or 0) & SETTABLE_FLAGS) | (message.flags & EPHEMERAL)
        )
    backend.posting.set_pings(message, body.get("allowed_mentions"), replied_to=None)


def stored_embeds(body: Json) -> list[Json]:
    """Embeds as they are given back: with their type."""
    return [{**each, "type": "rich"} for each in body.get("embeds") or []]


def stored_components(components: Any, *, start: int = 1) -> list[Json]:
    """Components as they are given back: complete, and each with a number of its own within the message."""
    counter = [start]

    def numbered(component: Json) -> Json:
        stored = {**_CHOSEN_COUNTS.get(component.get("type"), {}), **component, "id": counter[0]}
        counter[0] += 1
        if "components" in component:
            stored["components"] = [numbered(each) for each in component["components"]]
        for part in ("component", "accessory"):
            if component.get(part):
                stored[part] = numbered(component[part])
        return stored

    return [numbered(each) for each in components or []]


def stored_files(backend: Backend, channel_id: int, body: Json, files: dict[int, Upload]) -> list[Attachment]:
    """The uploaded files as attachments; names may be set anew by `attachments` in the body."""
    names = {int(each["id"]): each.get("filename") for each in body.get("attachments") or []}
    made = []
    for number, upload in sorted(files.items()):
        attachment = Attachment(
            id=backend.world.ids.next(),
            channel_id=channel_id,
            filename=names.get(number) or upload.filename,
            content_type=upload.content_type,
            content=upload.content,
        )
        backend.links.add(attachment)
        made.append(attachment)
    return made


def poll_payload(body: Json, now: float) -> Json:
    """A poll as it is given back."""
    answers = [
        {"answer_id": number, "poll_media": each["poll_media"]} for number, each in enumerate(body["answers"], start=1)
    ]
    return {
        "question": body["question"],
        "answers": answers,
        "expiry": timestamp(now + 3600 * int(body.get("duration") or 24)),
        "allow_multiselect": bool(body.get("allow_multiselect")),
        "layout_type": 1,
        "results": {"answer_counts": [], "is_finalized": False},
    }


def _refer(backend: Backend, channel: Channel, message: Message, reference: Json | None) -> int | None:
    """Link a reply or a forward; returns the id of the author replied to."""
    if not reference:
        return None
    place = int(reference.get("channel_id") or channel.id)
    target_id = int(reference["message_id"])
    if reference.get("type") == 1:
        target = backend.world.message(place, target_id)
        message.reference = Reference(channel_id=place, message_id=target_id, kind=1)
        message.snapshots = [snapshot(backend.messages.rest(target))]
        return None
    if not backend.may(channel, Permission.READ_MESSAGE_HISTORY):
        raise history_needed_to_reply()
    replied = channel.messages.get(target_id)
    if replied is None:
        if reference.get("fail_if_not_exists", True):
            raise invalid_form("message_reference", "Unknown message")
        return None
    if replied.type not in (0, 19, 20, 23):
        raise DiscordError(400, 50035, "Cannot reply to a system message")
    message.type = 19
    message.reference = Reference(channel_id=place, message_id=target_id)
    return replied.author.id


def snapshot(payload: Json) -> Json:
    """What a forward carries of a message."""
    parts = [
        "type",
        "content",
        "mentions",
        "mention_roles",
        "attachments",
        "embeds",
        "timestamp",
        "edited_timestamp",
        "flags",
        "components",
    ]
    return {part: payload[part] for part in parts}


def original(channel: Channel, message_id: int) -> Message:
    """A message of a channel; 10008 when it is gone."""
    try:
        return channel.messages[message_id]
    except KeyError:
        raise unknown("Message") from None
