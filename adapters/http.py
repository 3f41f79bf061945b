"""One outside system over HTTP: bounded requests, and the one place where HTTP failures become our errors.

Nothing here repeats a request; that is the outbox' work. Neither bodies nor keys are ever logged or put into an error.
"""

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO

import aiohttp

from bot.domain.errors import DeliveryError, OutcomeUnknownError, PermanentError, TransientError

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0
SLOWEST_UPLOAD = 256 * 1024
"""Bytes per second; a request with files, or for one, may take longer by what they need at this pace, or it would never
succeed.
"""

SETTLES_AFTER = timedelta(seconds=60)
"""A request that timed out, here or at a proxy (504), is often still being worked on; PHP behind nginx ends after 60 s
in most installations.
"""

LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
KEEP_ALIVE_SECONDS = 4.0
"""Shorter than Apache's 5 s: a request on a connection that the server is just closing has an unknown outcome."""

LONGEST_RETRY_AFTER = timedelta(hours=1)
"""A proxy that asks for a day is more often wrong than right, and asking again after an hour harms nobody."""

UNDELIVERED_SECONDS = 30
"""How long the kernel goes on offering bytes that the other side does not take, also after the request was given up: a
request that arrived later than ``SETTLES_AFTER`` would be one that was looked for in vain and sent again.
"""

LARGEST_WHOLE = 64 * 1024
"""A longer body is sent in pieces, so that little of it is still on its way when the request is given up."""

_NOT_DONE = (
    aiohttp.ClientConnectorError,  # refused, unknown host, TLS
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
"""Failures before the first byte of the request was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> object:
        """The JSON in it; None when it is empty, white space, HTML or broken."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None

    @property
    def blank(self) -> bool:
        """Whether nothing but white space came."""
        return not self.body.strip()


class StatusError(PermanentError):
    """The system understood and declined; another try cannot help."""

    def __init__(self, reason: str, *, answer: Answer) -> None:
        super().__init__(reason)
        self.answer = answer


class TooLargeError(StatusError):
    """413: the same with fewer bytes may pass."""


class OversizedError(PermanentError):
    """The answer is larger than the caller wants."""


class AccessError(TransientError):
    """401, 403: the key was changed or the address is wrong. Nothing is parked: work goes on once that is mended."""


class Connection:
    """One system. ``system`` is its name as people read it in reasons; ``headers`` go with every request."""

    def __init__(
        self,
        *,
        system: str,
        base_url: str,
        headers: Mapping[str, str],
        total_seconds: float = TOTAL_SECONDS,
        largest_answer_bytes: int = LARGEST_ANSWER_BYTES,
        max_connections: int = 16,
    ) -> None:
        self._system = system
        self._base = base_url.rstrip("/")
        self._total_seconds = total_seconds
        self._largest = largest_answer_bytes
        self._session = aiohttp.ClientSession(
            # What is accepted must not depend on which decoders happen to be installed.
            headers={"Accept-Encoding": "gzip, deflate", **headers},
            # The whole is bounded in `send`. Waiting for one of the connections counts as connecting.
            timeout=aiohttp.ClientTimeout(total=None, connect=min(CONNECT_SECONDS, total_seconds)),
            connector=aiohttp.TCPConnector(
                limit=max_connections, keepalive_timeout=KEEP_ALIVE_SECONDS, socket_factory=_socket
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_once,),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the connections; requests after that fail."""
        await self._session.close()

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        creates: bool,
        largest_bytes: int | None = None,
    ) -> Answer:
        """The answer, of any status. ``creates``: repeating the request would make a second one.

        Raises ``TransientError`` when it surely was not done or may be repeated freely, else ``OutcomeUnknownError``;
        ``OversizedError`` for an answer over ``largest_bytes``, which is not received to its end.
        """
        content = None if body is None else _encoded(body)
        size = len(content or b"") + (largest_bytes or 0)
        try:
            async with asyncio.timeout(self._total_seconds + size / SLOWEST_UPLOAD):
                return await self._exchange(method, path, params, content, largest_bytes or self._largest)
        except _NOT_DONE as error:
            raise TransientError(f"{self._system} cannot be reached ({_name(error)})") from error
        except (aiohttp.ClientError, OSError, _OversizedError) as error:
            if largest_bytes is not None and isinstance(error, _OversizedError):
                raise OversizedError(f"{self._system}'s answer is too large") from error
            reason = f"{self._system} gave no usable answer ({_name(error)})"
            raise _lost(reason, creates=creates, timed_out=isinstance(error, TimeoutError)) from error

    async def _exchange(
        self, method: str, path: str, params: Mapping[str, str] | None, content: bytes | None, largest: int
    ) -> Answer:
        await _hear_closings()
        response = await self._session.request(
            method,
            self._base + path,
            params=params,
            data=BytesIO(content) if content and len(content) > LARGEST_WHOLE else content,
            headers=None if content is None else {"Content-Type": "application/json"},
            allow_redirects=False,
        )
        try:
            if (response.content_length or 0) > largest:
                raise _OversizedError
            received = bytearray()
            # The library unpacks piece by piece, and only as fast as the pieces are taken here.
            async for chunk in response.content.iter_any():
                received += chunk
                if len(received) > largest:
                    raise _OversizedError
        finally:
            # After the whole answer the connection is among the free ones again and stays; before, it ends here.
            response.close()
        return Answer(status=response.status, headers=response.headers, body=bytes(received))


def raise_for_failure(
    answer: Answer, *, system: str, creates: bool, now: datetime, words: Callable[[Answer], str]
) -> None:
    """Raise the error that an answer's status means; return when it tells of success.

    ``words`` finds the system's own words in an answer, for the reason. 500, 502 and 504 may come from a proxy that
    lost patience after the work was done, so the outcome of a creation is unknown; 429 and 503 refuse before any work.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    said = words(answer)
    reason = f"{system} answered {status}" + (f": {said}" if said else "")
    match status:
        case 401 | 403:
            raise AccessError(reason)
        case 408 | 425 | 429 | 503:
            raise TransientError(reason, retry_after=retry_after(answer.headers.get("retry-after"), now))
        case 413:
            raise TooLargeError(reason, answer=answer)
        case 501:
            raise StatusError(reason, answer=answer)
        case _ if status >= 500:
            raise _lost(reason, creates=creates, timed_out=status == 504)
        case _ if status < 400:
            raise TransientError(f"{reason} (redirect to {_place(answer)}); is its address right in the settings?")
        case _:
            raise StatusError(reason, answer=answer)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait of a ``Retry-After`` header (RFC 9110 10.2.3: seconds or a date); None when there is no sensible one."""
    if not value:
        return None
    try:
        wait = timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), LONGEST_RETRY_AFTER)


class _OversizedError(Exception):
    """The answer is larger than any honest one."""


class _BrokenOffError(aiohttp.ClientError):
    """The connection ended while a request was on it."""


async def _hear_closings() -> None:
    """Let the event loop notice connections that the server closed: one that is used all the same costs a look-up.

    One turn polls the sockets, the next one handles what was found.
    """
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request once: aiohttp would repeat a GET or PUT whose connection broke, which it tells by these errors."""
    try:
        return await handler(request)
    except _NOT_DONE:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenOffError(type(error).__name__) from error


def _socket(address: aiohttp.AddrInfoType) -> socket.socket:
    made = socket.socket(*address[:3])
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNDELIVERED_SECONDS * 1000)
    return made


def _lost(reason: str, *, creates: bool, timed_out: bool) -> DeliveryError:
    if not creates:
        return TransientError(reason)
    return OutcomeUnknownError(reason, settles_after=SETTLES_AFTER if timed_out else timedelta())


def _encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _place(answer: Answer) -> str:
    """Where a redirect leads, without a query that might hold secrets."""
    return answer.headers.get("location", "nowhere").partition("?")[0][:200]


def _name(error: Exception) -> str:
    """What went wrong, in the class's own word: an error's text may hold the URL with what somebody asked for."""
    names = {
        "_BrokenOffError": "the connection broke off",
        "_OversizedError": "the answer is too large",
        "TimeoutError": "timeout",
    }
    return names.get(type(error).__name__, type(error).__name__)
