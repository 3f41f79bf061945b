"""What people's clients put into rooms and events."""

from typing import Any

HTML = "org.matrix.custom.html"
ENCRYPTED = [
    {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}},
]
"""The first state of a room that is encrypted."""


def direct_room(user_id: str, *, encrypted: bool) -> dict[str, Any]:
    """What a client asks for to make a room for direct messages with somebody."""
    state = ENCRYPTED if encrypted else []
    return {"preset": "trusted_private_chat", "is_direct": True, "invite": [user_id], "initial_state": state}


def text_content(
    body: str, formatted: str | None = None, thread: str | None = None, reply_to: str | None = None
) -> dict[str, Any]:
    """A text: in the thread of root event `thread`, in reply to `reply_to`, or both."""
    content: dict[str, Any] = {"msgtype": "m.text", "body": body, "m.mentions": {}}
    if formatted is not None:
        content |= {"format": HTML, "formatted_body": formatted}
    if thread is not None:
        content["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": reply_to is None,
            "m.in_reply_to": {"event_id": reply_to or thread},
        }
    elif reply_to is not None:
        content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
    return content


def edit_content(event_id: str, body: str) -> dict[str, Any]:
    """The new text of an own message."""
    return {
        "msgtype": "m.text",
        "body": f"* {body}",
        "m.new_content": {"msgtype": "m.text", "body": body, "m.mentions": {}},
        "m.mentions": {},
        "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
    }


def file_content(address: str, name: str, content_type: str, size: int) -> dict[str, Any]:
    """What makes a text an uploaded file: an image when the type says so."""
    kind = "m.image" if content_type.startswith("image/") else "m.file"
    return {
        "msgtype": kind,
        "url": address,
        "filename": name,
        "info": {"mimetype": content_type, "size": size},
    }


def voice_content(address: str, size: int) -> dict[str, Any]:
    """What makes a text a recorded voice message."""
    details = {"mimetype": "audio/ogg", "size": size, "duration": 1000}
    return {"msgtype": "m.audio", "url": address, "info": details, "org.matrix.msc3245.voice": {}}
