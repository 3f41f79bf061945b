"""The FreeScout inbox as the page shows it."""

import re
from typing import Any

from sandbox.freescout.records import Attachment, Conversation, Thread
from sandbox.page.markup import plain_text, safe_html
from sandbox.world import SandboxWorld

Json = dict[str, Any]

SHOWN_CONVERSATIONS = 100
PREVIEW_LENGTH = 110
_LINK = re.compile(r"<a\b.*?</a>", re.IGNORECASE | re.DOTALL)


def freescout_view(world: SandboxWorld) -> Json:
    """The latest conversations, newest first, from the help desk's own database: also while FreeScout is down."""
    conversations = [each for each in world.freescout.conversations() if each.state != "deleted"]
    latest = conversations[-SHOWN_CONVERSATIONS:][::-1]
    return {"up": world.freescout_up, "conversations": [_row(each) for each in latest], "count": len(conversations)}


def conversation_view(conversation: Conversation) -> Json:
    """One conversation with all its threads, oldest first."""
    return {**_row(conversation), "threads": [_thread(conversation, each) for each in conversation.threads]}


def _row(conversation: Conversation) -> Json:
    spoken = conversation.of_type("customer", "message", "note")
    return {
        "id": conversation.id,
        "number": conversation.number,
        "subject": conversation.subject,
        "customer": conversation.customer_name,
        "type": conversation.type,
        "status": conversation.status,
        "tags": list(conversation.tags),
        "fields": [{"name": name, "value": value} for name, value in conversation.custom_fields.items() if value],
        "threads_count": len(spoken),
        "preview": plain_text(_LINK.sub("", spoken[-1].body))[:PREVIEW_LENGTH] if spoken else "",
        "at": conversation.created_at.timestamp(),
        # Changes whenever the page has to fetch the open conversation again.
        "version": f"{len(conversation.threads)}/{conversation.updated_at.isoformat()}/{conversation.status}",
    }


def _thread(conversation: Conversation, thread: Thread) -> Json:
    return {
        "id": thread.id,
        "type": thread.type,
        "author": thread.author_name,
        "action": thread.action_type.replace("-", " "),
        "html": safe_html(thread.body),
        "at": thread.created_at.timestamp(),
        "draft": thread.state == "draft",
        "files": [_file(conversation, each) for each in thread.attachments],
    }


def _file(conversation: Conversation, attachment: Attachment) -> Json:
    return {
        "name": attachment.file_name,
        "size": attachment.size,
        "image": attachment.mime_type.startswith("image/"),
        "href": f"files/freescout/{conversation.number}/{attachment.id}",
    }
