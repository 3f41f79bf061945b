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
    agents = {user_id: name for name, user_id in world.agents.items()}
    return {
        "up": world.freescout_up,
        "conversations": [_row(each, agents) for each in latest],
        "count": len(conversations),
        "agents": list(world.agents),
    }


def conversation_view(world: SandboxWorld, conversation: Conversation) -> Json:
    """One conversation with all its threads, oldest first; those an agent may still take back say until when."""
    agents = {user_id: name for name, user_id in world.agents.items()}
    undo_seconds = world.freescout.options.undo_seconds
    threads = [_thread(conversation, each, agents, undo_seconds) for each in conversation.threads]
    return {**_row(conversation, agents), "threads": threads}


def _row(conversation: Conversation, agents: dict[int, str]) -> Json:
    spoken = [each for each in conversation.of_type("customer", "message", "note") if each.state != "draft"]
    return {
        "id": conversation.id,
        "number": conversation.number,
        "subject": conversation.subject,
        "customer": conversation.customer_name,
        "type": conversation.type,
        "status": conversation.status,
        "assignee": agents.get(conversation.assignee_id or 0, ""),
        "tags": list(conversation.tags),
        "fields": [{"name": name, "value": value} for name, value in conversation.custom_fields.items() if value],
        "threads_count": len(spoken),
        "preview": plain_text(_LINK.sub("", spoken[-1].body))[:PREVIEW_LENGTH] if spoken else "",
        "at": conversation.created_at.timestamp(),
        # Changes whenever the page has to fetch the open conversation again.
        "version": "/".join(
            (
                conversation.updated_at.isoformat(),
                conversation.status,
                str(conversation.assignee_id),
                *(f"{each.id}{each.state[0]}{len(each.body)}" for each in conversation.threads),
            )
        ),
    }


def _thread(conversation: Conversation, thread: Thread, agents: dict[int, str], undo_seconds: float) -> Json:
    sent_by_agent = thread.type == "message" and thread.state == "published" and thread.user_id in agents
    return {
        "id": thread.id,
        "type": thread.type,
        "author": thread.author_name,
        "action": thread.action_type.replace("-", " "),
        "html": safe_html(thread.body),
        "at": thread.created_at.timestamp(),
        "draft": thread.state == "draft",
        "agent": agents.get(thread.user_id or 0, ""),
        "undo_until": thread.created_at.timestamp() + undo_seconds if sent_by_agent else 0,
        "files": [_file(conversation, each) for each in thread.attachments],
    }


def _file(conversation: Conversation, attachment: Attachment) -> Json:
    return {
        "name": attachment.file_name,
        "size": attachment.size,
        "image": attachment.mime_type.startswith("image/"),
        "href": f"files/freescout/{conversation.number}/{attachment.id}",
    }
