"""One message of the core as the messages that Discord takes, each with the nonce that keeps it from being said twice.

The first part pings, the last one of the text has the menus and buttons and as many files as one message may carry; the
other files come behind it. The same message always gives the same parts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.discord.components import rows_of
from adapters.discord.pings import Pings
from adapters.discord.rendering import fits, render
from bot.domain.chat import FileContent, OutgoingMessage
from bot.domain.ids import delivery_id
from bot.domain.splitting import split

Json = Mapping[str, Any]

FILE_LIMIT_BYTES = 10 * 1024 * 1024
"""What a server without boosts takes (facts/discord.md, "Messages"); likewise the next two."""
_MOST_FILES = 10
_REQUEST_LIMIT_BYTES = 25 * 1024 * 1024 - 64 * 1024
"""25 MiB for all files of a message, less what is around them."""
_NAME_LIMIT = 200
_UNSAFE_IN_NAME = re.compile(r'[\x00-\x1f\x7f"\\/]+')
_NOTHING_SAID = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message as Discord gets it."""

    nonce: str
    content: str
    pings: Pings = field(default_factory=Pings)
    components: tuple[Json, ...] = ()
    files: tuple[FileContent, ...] = ()

    @property
    def attachments(self) -> list[Json]:
        """The files' names, in the order in which they are uploaded."""
        return [{"id": number, "filename": file.name} for number, file in enumerate(self.files)]


def parts_of(message: OutgoingMessage) -> tuple[Part, ...]:
    """The message in order; never empty."""
    pings = Pings.of(message)
    texts = split(message.text, lambda text: fits(text, front=pings.front))
    loads = list(_loads(replace(file, name=file_name(file.name)) for file in message.files))
    parts = [Part(nonce=_nonce(message, at), content=render(text)) for at, text in enumerate(texts)]
    parts[0] = replace(parts[0], content=render(texts[0], front=pings.front), pings=pings)
    rows = rows_of(menus=message.menus, choices=message.choices, links=message.links)
    parts[-1] = replace(parts[-1], components=tuple(rows), files=loads[0] if loads else ())
    parts = [part if part.content or part.files else replace(part, content=_NOTHING_SAID) for part in parts]
    behind = [Part(nonce=_nonce(message, len(parts) + at), content="", files=load) for at, load in enumerate(loads[1:])]
    return (*parts, *behind)


def file_name(name: str) -> str:
    """A file's name without what would end it early in the request; its ending is kept when it is cut."""
    clean = _UNSAFE_IN_NAME.sub("_", name).strip() or "file"
    return clean if len(clean) <= _NAME_LIMIT else clean[: _NAME_LIMIT - 20] + clean[-20:]


def _nonce(message: OutgoingMessage, index: int) -> str:
    return message.delivery_id if index == 0 else delivery_id("part", message.delivery_id, str(index))


def _loads(files: Iterable[FileContent]) -> Iterable[tuple[FileContent, ...]]:
    """The files in order, as many together as one message may carry; one that is too large goes alone."""
    load: list[FileContent] = []
    for file in files:
        size = sum(len(each.content) for each in load) + len(file.content)
        if load and (len(load) == _MOST_FILES or size > _REQUEST_LIMIT_BYTES):
            yield tuple(load)
            load = []
        load.append(file)
    if load:
        yield tuple(load)
