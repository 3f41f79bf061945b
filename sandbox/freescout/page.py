"""What a browser gets: a plain page per conversation, so that links open something, and the stored files."""

import html
import re
from collections.abc import Mapping
from hmac import compare_digest

from sandbox.freescout.answers import Answer
from sandbox.freescout.answers import html as html_answer
from sandbox.freescout.call import World
from sandbox.freescout.inspection import read_conversation

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>#{number} {subject}</title>
<style>body{{font:15px/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}}
article{{border-top:1px solid #ccc;padding:.5rem 0}}
pre{{white-space:pre-wrap;font:inherit}}.note{{background:#fff8dc}}</style></head>
<body><h1>#{number} {subject}</h1><p>{status} · {type} · {customer} · {tags}</p>
{threads}</body></html>
"""
_THREAD = '<article class="{type}"><b>{author}</b> · {type} · {state} · {at}<pre>{body}</pre>{files}</article>'


def browse(world: World, path: str, query: Mapping[str, str]) -> Answer:
    """GET of anything outside the API."""
    conversation = re.fullmatch(r"/conversation/(\d+)", path)
    if conversation is not None:
        return _conversation(world, int(conversation.group(1)))
    if path.startswith("/storage/attachment/"):
        return _file(world, query)
    return html_answer(404, "Not Found")


def _conversation(world: World, conversation_id: int) -> Answer:
    row = world.store.one("conversation", conversation_id)
    if row is None:
        return html_answer(404, "Not Found")
    shown = read_conversation(world, row)
    threads = [
        _THREAD.format(
            type=html.escape(thread.type),
            author=html.escape(thread.author_name),
            state=html.escape(thread.state),
            at=thread.created_at.isoformat(),
            # Shown as source: what people typed is never run here, not even by mistake.
            body=html.escape(thread.body),
            files="".join(
                f'<a href="{html.escape(file.url)}">{html.escape(file.file_name)}</a> ' for file in thread.attachments
            ),
        )
        for thread in shown.threads
    ]
    text = _PAGE.format(
        number=shown.number,
        subject=html.escape(shown.subject),
        status=html.escape(shown.status),
        type=html.escape(shown.type),
        customer=html.escape(shown.customer_name),
        tags=html.escape(", ".join(shown.tags)),
        threads="\n".join(threads),
    )
    return Answer(status=200, body=text, content_type="text/html")


def _file(world: World, query: Mapping[str, str]) -> Answer:
    """A stored file: the token is enough, nobody has to log in."""
    row = world.store.one("attachment", query.get("id"))
    if row is None:
        return html_answer(404, "Not Found")
    if not compare_digest(query.get("token", "").encode(), str(row["token"]).encode()):
        return html_answer(403, "Forbidden")
    disposition = (
        'attachment; filename="' + row["file_name"].replace('"', "_").encode("ascii", "replace").decode() + '"'
    )
    return Answer(
        status=200, body=row["data"], content_type=row["mime_type"], headers={"Content-Disposition": disposition}
    )
