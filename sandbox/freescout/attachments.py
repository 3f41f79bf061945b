"""Files of threads: taken as base64, silently left out when something is wrong with them, listed with a secret link."""

import base64
import binascii
import secrets
from typing import Any

from sandbox.freescout.call import Call, as_object, as_text, is_empty
from sandbox.freescout.cleaning import file_name
from sandbox.freescout.store import Store

_KNOWN = ("fileName", "mimeType", "data", "fileUrl")


def take(call: Call, thread_id: int, given: list[Any]) -> None:
    """Store the files of a request. FreeScout says nothing about those it skips; they are noted as problems."""
    for item in given:
        entry = as_object(item)
        call.expect(entry, _KNOWN, "attachment")
        if call.options.skip_attachments:
            continue
        name, data = as_text(entry.get("fileName")), _decoded(entry.get("data"))
        if not is_empty(entry.get("fileUrl")) and not data:
            call.problem("attachment by fileUrl is skipped: loopback and private hosts are refused")
        elif not name or not data:
            call.problem("attachment without name or valid base64 data is skipped")
        else:
            add(call.store, thread_id, name, as_text(entry.get("mimeType")) or "application/octet-stream", data)


def add(store: Store, thread_id: int, name: str, mime_type: str, data: bytes, *, embedded: bool = False) -> int:
    """Store one file and return its id; `embedded`: it stands inside the text."""
    return store.insert(
        "attachment",
        thread_id=thread_id,
        file_name=file_name(name),
        mime_type=mime_type[:127],
        size=len(data),
        token=secrets.token_hex(32),
        embedded=int(embedded),
        data=data,
    )


def _decoded(value: object) -> bytes:
    """Bytes of base64 text as PHP reads it, nothing when it holds none."""
    try:
        return base64.b64decode(as_text(value))
    except (binascii.Error, ValueError):
        return b""
