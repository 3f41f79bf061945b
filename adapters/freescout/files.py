"""Which of the files sent are really there: FreeScout silently skips what it does not like (facts/freescout.md 1.2)."""

import re
from collections.abc import Sequence

from adapters.freescout.markup import escaped
from adapters.freescout.wire.seen import SeenFile, SeenThread
from bot.domain.chat import FileContent
from bot.domain.helpdesk import Entry


def too_large_line(file: FileContent) -> str:
    """What agents read in place of a file that did not fit into a request."""
    return f"{file.name}: too large for the help desk; see the message"


def skipped_files(entry: Entry, thread: SeenThread) -> tuple[str, ...]:
    """The names of the entry's files that are neither in the thread nor named in it as too large."""
    left_out = [file for file in entry.files if escaped(too_large_line(file)) not in thread.body]
    present = list(thread.files)
    missing = [file for file in left_out if not _take(present, file, by_name=True)]
    return tuple(file.name for file in missing if not _take(present, file, by_name=False))


def _take(present: list[SeenFile], file: FileContent, *, by_name: bool) -> bool:
    """Strike a listed file that is this one: of its name and size or, as FreeScout renames some, of its size alone."""
    for seen in present:
        same_size = seen.size_bytes in (None, len(file.content))
        if same_size and (not by_name or _plain(seen.name) == _plain(file.name)):
            present.remove(seen)
            return True
    return False


def _plain(name: str) -> Sequence[str]:
    """A name without what FreeScout may change in it: blanks and slashes become underscores, `.php` gets one."""
    return re.findall(r"\w+", name.replace("_", " ").lower())
