"""Getting a file out of FreeScout: from its own address only, without the key, and never more than is wanted."""

from urllib.parse import SplitResult, urljoin, urlsplit

from adapters.freescout.endpoint import SYSTEM
from adapters.http import Answer, Connection, OversizedError, raise_for_failure
from bot.domain.errors import PermanentError
from bot.domain.helpdesk import DeskFile
from bot.domain.sizes import readable_size
from bot.ports.clock import Clock

_PORTS = {"http": 80, "https": 443}
_NOT_TO_BE_HAD = frozenset({401, 403, 404, 410})


class Downloads:
    """Has its own connections: a file's link opens without a login, so the API key stays where it is needed.

    Links are secrets: errors name the file alone.
    """

    def __init__(self, *, url: str, clock: Clock, total_seconds: float) -> None:
        self._url = url.rstrip("/") + "/"
        own = urlsplit(self._url)
        self._origin = _origin(own)
        self._clock = clock
        # Whatever an address in a reply looks like to whom: what is asked is this server.
        self._connection = Connection(
            system=SYSTEM, base_url=f"{own.scheme}://{own.netloc}", headers={}, total_seconds=total_seconds
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    async def get(self, file: DeskFile, *, limit_bytes: int) -> bytes:
        """The bytes. Whoever writes a reply may put any address into it: another server's is not asked."""
        place = self._place(file)
        if file.size_bytes is not None and file.size_bytes > limit_bytes:
            raise _too_large(file, limit_bytes)
        try:
            answer = await self._connection.send("GET", place, creates=False, largest_bytes=limit_bytes)
        except OversizedError as error:
            raise _too_large(file, limit_bytes) from error
        self._judge(file, answer)
        return answer.body

    def _place(self, file: DeskFile) -> str:
        """Path and query of the file."""
        elsewhere = PermanentError(f"{file.name} lies elsewhere, not in {SYSTEM}")
        try:
            parts = urlsplit(urljoin(self._url, file.reference))
            if _origin(parts) != self._origin or "@" in parts.netloc or not parts.path.startswith("/"):
                raise elsewhere
        except ValueError as error:
            raise elsewhere from error
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _judge(self, file: DeskFile, answer: Answer) -> None:
        if 300 <= answer.status < 400:
            raise PermanentError(f"{file.name} lies elsewhere: {SYSTEM} answered with a redirect")
        if answer.status in _NOT_TO_BE_HAD:
            raise PermanentError(f"{file.name} is not to be had from {SYSTEM} any more ({answer.status})")
        raise_for_failure(answer, system=SYSTEM, creates=False, now=self._clock.now(), words=lambda _: "")


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _too_large(file: DeskFile, limit_bytes: int) -> PermanentError:
    return PermanentError(f"{file.name} is larger than {readable_size(limit_bytes)}")
