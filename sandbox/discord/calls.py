"""A REST request as routes see it, and as it is recorded for those who look at it afterwards."""

import json
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from typing import Any

from aiohttp import web

from sandbox.discord.errors import DiscordError, unknown

Json = dict[str, Any]

KEPT_HEADERS = ("Authorization", "Content-Type", "User-Agent", "X-Audit-Log-Reason")


@dataclass(slots=True, kw_only=True)
class RecordedRequest:
    """One request as it came and what it was answered. `route` is the path's template; `status` is None while the
    work goes on, and 0 when the connection was cut instead of an answer."""

    method: str
    path: str
    route: str
    query: dict[str, str]
    json: Any
    headers: dict[str, str]
    files: list[str] = field(default_factory=list)
    at: float = 0.0
    status: int | None = None
    answer: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file of a multipart request."""

    filename: str
    content_type: str
    content: bytes


@dataclass(slots=True, kw_only=True)
class Call:
    """A request with its body read: path variables, query, JSON, and files by their number."""

    variables: dict[str, str]
    query: dict[str, str]
    json: Any
    files: dict[int, Upload]

    def id(self, name: str) -> int:
        """A path variable that is an id; 404 when it is none."""
        value = self.variables[name]
        if not value.isascii() or not value.isdigit():
            raise unknown("Channel" if name == "channel_id" else "Message")
        return int(value)

    @property
    def body(self) -> Json:
        """The JSON body as an object; 50109 when it is something else."""
        if not isinstance(self.json, dict):
            raise DiscordError(400, 50109, "The request body contains invalid JSON.")
        return self.json

    def asks(self, flag: str) -> bool:
        """Whether a query flag is set."""
        return self.query.get(flag, "").lower() in ("1", "true")


async def read_call(request: web.Request) -> Call:
    """Read a request's body once: JSON, or multipart with `payload_json` and `files[n]`."""
    raw = await request.read()
    files: dict[int, Upload] = {}
    body: Any = None
    if raw and request.content_type == "multipart/form-data":
        body, files = _read_multipart(request.headers["Content-Type"], raw)
    elif raw:
        body = _parse(raw)
    return Call(variables=dict(request.match_info), query=dict(request.query), json=body, files=files)


def _read_multipart(content_type: str, raw: bytes) -> tuple[Any, dict[int, Upload]]:
    # A multipart body is a MIME message; reading it whole keeps one way for every route.
    message = BytesParser(policy=policy.HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + raw)
    body: Any = None
    files: dict[int, Upload] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        if name == "payload_json":
            body = _parse(content)
        elif name.startswith("files[") and name[6:-1].isdigit():
            filename = part.get_filename() or "file"
            files[int(name[6:-1])] = Upload(filename=filename, content_type=part.get_content_type(), content=content)
    return body, files


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise DiscordError(400, 50109, "The request body contains invalid JSON.") from None
