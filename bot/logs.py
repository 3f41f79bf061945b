"""Logs for people who run the bot: one line per fact, as JSON or for a terminal, and never a secret or a message.

Everything ends in one chain: our own events and what the libraries say through the standard library's logging.
Secrets are removed twice, because either way alone has a hole: by the key they are logged under, and by their text
wherever it stands, tracebacks included. Tokens received while running are made known with ``also_redact``.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor

REDACTED = "[redacted]"
NOT_LOGGED = "[not logged]"

SHORTEST_SECRET = 4
"""Characters; a shorter text is no secret anybody keeps, and removing it would make every line unreadable."""

_SECRET_KEY = re.compile(
    r"token|passw(or)?d|passphrase|api_?key|secret|authorization|cookie|private_?key|store_key", re.IGNORECASE
)
_BODY_KEYS = frozenset({"body", "content", "formatted_body", "html", "text"})

# Secrets that can be told by their form alone: they may come from a place we were never told about.
_BY_FORM = (
    re.compile(r"(?i)(?P<keep>\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}"),
    re.compile(
        r"""(?i)(?P<keep>\b(?:access_token|token|password|api_key|secret)["']?\s*(?:=|["']:)\s*["']?)[^\s"'&,;}]+"""
    ),
    re.compile(r"(?P<keep>\b)[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"),  # a Discord bot token
    re.compile(r"(?P<keep>://[^/\s:@]*:)[^/\s@]+(?=@)"),  # the password inside a URL
)

_LIBRARIES = (
    "aiohttp",
    "alembic",
    "asyncio",
    "discord",
    "nio",
    "peewee",
    "sqlalchemy",
)


class Redactor:
    """The last step before a line is written: nothing that is or looks like a secret leaves it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Remove this text from now on; the forms it takes inside a URL, a repr or JSON too."""
        if len(secret) < SHORTEST_SECRET:
            return
        self._known |= {secret, quote(secret, safe=""), quote(secret), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(known) for known in longest_first))

    def text(self, value: str) -> str:
        """``value`` without secrets."""
        if self._pattern is not None:
            value = self._pattern.sub(REDACTED, value)
        for form in _BY_FORM:
            value = form.sub(rf"\g<keep>{REDACTED}", value)
        return value

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> EventDict:
        """A structlog processor."""
        return {self.text(str(key)): self._value(str(key), value) for key, value in event.items()}

    def _value(self, key: str, value: object) -> object:
        if value is None or isinstance(value, bool):
            return value
        if key in _BODY_KEYS:
            return NOT_LOGGED
        if _SECRET_KEY.search(key):
            return REDACTED
        return self._plain(value)

    def _plain(self, value: object) -> object:
        """Data a renderer writes as it is; of anything else the redacted representation."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            text = str(value)
            return value if self.text(text) == text else REDACTED  # a secret may consist of digits
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._value(str(key), entry) for key, entry in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._plain(entry) for entry in value]
        return self.text(repr(value))


_redactor = Redactor()


def also_redact(secret: str) -> None:
    """Remove a secret that came up after the start, such as the access token a login brought."""
    _redactor.add(secret)


# The name `format` is the setting's own.
def configure(level: str, format: str, secrets: Iterable[str] = (), *, stream: TextIO | None = None) -> None:  # noqa: A002
    """Send all logs to ``stream`` (standard error by default); called once, before anything is logged.

    ``level`` and ``format`` are the settings log.level and log.format; ``secrets`` are removed wherever they appear.
    """
    out = stream if stream is not None else sys.stderr
    for secret in secrets:
        _redactor.add(secret)
    number = logging.getLevelNamesMapping()[level.upper()]
    ending = _ending(console=format == "console" or (format == "auto" and out.isatty()), colours=out.isatty())
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    _route_libraries(number, ending, out)


def _ending(*, console: bool, colours: bool) -> list[Processor]:
    """From an event to its line, the same for our events and the libraries'."""
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if console:
        renderer = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)
    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _redactor,
        renderer,
    ]


def _route_libraries(level: int, ending: list[Processor], out: TextIO) -> None:
    """The libraries' records through the same chain, from warnings on: below, they log what people wrote."""
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
        logger.setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)
    # It warns of voice, which is not used, and logs a traceback for each lost connection; the adapter tells of those.
    logging.getLogger("discord.client").setLevel(logging.CRITICAL)
