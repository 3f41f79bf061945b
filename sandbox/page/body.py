"""What the page sends, checked: every wrong request is answered with a sentence, never with a traceback."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web

Json = dict[str, Any]
T = TypeVar("T")

MAX_TEXT = 2000
MAX_FILES = 5


class RefusedError(Exception):
    """The request cannot be carried out; the text is shown on the page."""

    def __init__(self, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file chosen on the page."""

    name: str
    content_type: str
    content: bytes


class Body:
    """The JSON object of one request."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    @classmethod
    async def of(cls, request: web.Request) -> "Body":
        """Read it; anything but a JSON object is refused."""
        try:
            values = await request.json()
        except ValueError:
            raise RefusedError("The request is no JSON.") from None
        if not isinstance(values, dict):
            raise RefusedError("The request is no JSON object.")
        return cls(values)

    def text(self, name: str, *, longest: int = MAX_TEXT, required: bool = True) -> str:
        """A text without blanks around it."""
        value = self._values.get(name, "")
        text = value.strip() if isinstance(value, str) else ""
        if required and not text:
            raise RefusedError(f"Please fill in: {name}.")
        if len(text) > longest:
            raise RefusedError(f"At most {longest} characters fit into: {name}.")
        return text

    def flag(self, name: str) -> bool:
        """True or false."""
        return self._values.get(name) is True

    def one_of(self, name: str, known: Mapping[str, T]) -> T:
        """What a name stands for."""
        value = self._values.get(name)
        if not isinstance(value, str) or value not in known:
            raise RefusedError(f"Choose one of {', '.join(known)} for: {name}.")
        return known[value]

    def id(self, name: str) -> int | None:
        """A Discord id, sent as text because it is too large for JavaScript's numbers."""
        value = self._values.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, str) or not value.isdecimal():
            raise RefusedError(f"This is no id: {name}.")
        return int(value)

    def number(self, name: str) -> int:
        """A positive whole number."""
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 53:
            raise RefusedError(f"This is no number: {name}.")
        return value

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts; empty ones are left out."""
        value = self._values.get(name) or {}
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise RefusedError(f"These are no texts: {name}.")
        return {key: each.strip() for key, each in value.items() if each.strip()}

    def files(self, name: str = "files") -> list[SentFile]:
        """Files as objects of `name`, `type` and base64 `data`."""
        value = self._values.get(name) or []
        if not isinstance(value, list) or len(value) > MAX_FILES:
            raise RefusedError(f"At most {MAX_FILES} files at once.")
        try:
            return [
                SentFile(
                    name=str(each["name"])[:200] or "file",
                    content_type=str(each.get("type") or "application/octet-stream")[:100],
                    content=base64.b64decode(each["data"], validate=True),
                )
                for each in value
            ]
        except (KeyError, TypeError, AttributeError, binascii.Error, ValueError):
            raise RefusedError("A file arrived broken.") from None


Act = Callable[[Body], Awaitable[Json]]
"""One thing people do: what the page sent in, what it is answered out."""
