"""A conversation as FreeScout showed it, in the core's words."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from mimetypes import guess_type
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from adapters.freescout.endpoint import Told
from adapters.freescout.reading import last_fragment, read_body
from adapters.freescout.wire.seen import SeenConversation, SeenFile, SeenThread
from bot.domain.helpdesk import ConversationView, DeskFile, DeskThread, Status, ThreadKind

_KINDS = frozenset(map(str, ThreadKind))
_TOKEN = re.compile(r"(?<=token=)[\w-]+", re.ASCII)
"""The secret in a file's link, which an installation may make anew without anybody having changed a word."""

_BY_API: Mapping[str, Status] = {ThreadKind.CUSTOMER: Status.ACTIVE, ThreadKind.MESSAGE: Status.PENDING}
"""What a post through the API makes of its conversation when it names no status, as the bot never does (facts 1.2).

Core stores nothing of that with the thread, which shows its column's default, "active" (``Thread::createExtended``).
"""


def view_of(told: Told, seen: SeenConversation, *, own_url: str) -> ConversationView:
    """The view; threads of kinds the core does not know are left out."""
    threads = [_thread(one, told, own_url) for one in seen.threads if one.kind in _KINDS]
    return ConversationView(
        conversation_id=seen.conversation_id,
        number=seen.number,
        subject=seen.subject,
        status=seen.known_status,
        is_chat=seen.kind == "chat",
        deleted=seen.state == "deleted",
        read_at=told.asked_at,
        as_of=told.as_of,
        updated_at=seen.updated_at,
        user_updated_at=seen.user_updated_at,
        customer_id=seen.customer_id,
        assignee=seen.assignee,
        closed_by=seen.closed_by,
        closed_at=seen.closed_at,
        created_at=seen.created_at,
        mailbox_id=seen.mailbox_id,
        customer_name=seen.customer_name,
        threads=tuple(sorted(threads, key=lambda one: (one.created_at, one.thread_id))),
    )


def _thread(seen: SeenThread, told: Told, own_url: str) -> DeskThread:
    """One thread. Without a readable date it counts as new: a reply waits longer rather than being left out."""
    body = read_body(seen.body, own_url=own_url)
    inline = [(image.url, image.name) for image in body.images]
    return DeskThread(
        thread_id=seen.thread_id,
        kind=ThreadKind(seen.kind),
        published=seen.state == "published",
        text=body.text,
        digest=_digest(seen),
        created_at=seen.created_at or told.as_of,
        author=seen.author,
        files=tuple(_files(seen.files, inline, own_url)),
        mark=last_fragment(seen.body),
        action=seen.action,
        customer_id=seen.customer_id,
        stamp=seen.created_at.isoformat() if seen.created_at is not None else "",
        status=_status(seen),
    )


def _status(seen: SeenThread) -> Status | None:
    """What it left the conversation in. A draft has left nothing yet, whatever it shows."""
    if seen.state != "published":
        return None
    if seen.source == "api" and seen.status in ("", Status.ACTIVE):
        return _BY_API.get(seen.kind)
    return Status(seen.status) if seen.status in tuple(Status) else None


def _digest(seen: SeenThread) -> str:
    """Changes with what people read: kind, body, names and sizes of files."""
    files = [(file.name, file.size_bytes) for file in seen.files]
    told = repr((seen.kind, _TOKEN.sub("", seen.body), files))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _files(attached: tuple[SeenFile, ...], inline: list[tuple[str, str]], own_url: str) -> Iterator[DeskFile]:
    """The attachments, then the images in the text that are none of them."""
    known = set()
    for file in attached:
        known.add(_identity(file.url, own_url))
        yield DeskFile(
            name=file.name or "file",
            mime_type=file.mime_type or "application/octet-stream",
            size_bytes=file.size_bytes,
            reference=file.url,
        )
    for url, name in inline:
        if _identity(url, own_url) not in known:
            known.add(_identity(url, own_url))
            mime_type = guess_type(name)[0] or "image/png"
            yield DeskFile(name=name or "image", mime_type=mime_type, size_bytes=None, reference=url)


def _identity(url: str, own_url: str) -> str:
    """What makes two links the same file: FreeScout's id of it, else where it lies; never the token."""
    try:
        parts = urlsplit(urljoin(own_url + "/", url))
    except ValueError:
        return url
    file_id = parse_qs(parts.query).get("id")
    return f"id {file_id[0]}" if file_id else f"{parts.netloc}{unquote(parts.path)}"
