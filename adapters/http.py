"""One outside system over HTTP: bounded requests, and the one place where HTTP failures become our errors.

Nothing here repeats a request; that is the outbox' work. Neither bodies nor keys are ever logged or put into an error.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from bot.domain.errors import DeliveryError, OutcomeUnknownError, PermanentError, TransientError

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
KEEP_ALIVE_SECONDS = 4.0
"""Shorter than Apache's 5 s: a request on a connection that the server is just closing has an unknown outcome."""

LONGEST_RETRY_AFTER = timedelta(hours=1)
"""A proxy that asks for a day is more often wrong than right, and asking again after an hour harms nobody."""

_NOT_DONE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
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
        self._client = httpx.AsyncClient(
            headers=dict(headers),
            timeout=httpx.Timeout(total_seconds, connect=min(CONNECT_SECONDS, total_seconds)),
            limits=httpx.Limits(max_connections=max_connections, keepalive_expiry=KEEP_ALIVE_SECONDS),
            follow_redirects=False,
        )

    async def aclose(self) -> None:
        """Close the connections; requests after that fail."""
        await self._client.aclose()

    async def send(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None, creates: bool
    ) -> Answer:
        """The answer, of any status. ``creates``: repeating the request would make a second one.

        Raises ``TransientError`` when it surely was not done or may be repeated freely, else ``OutcomeUnknownError``.
        """
        try:
            async with asyncio.timeout(self._total_seconds):
                return await self._exchange(method, path, params, body)
        except _NOT_DONE as error:
            raise TransientError(f"{self._system} cannot be reached ({_name(error)})") from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, _OversizedError) as error:
            raise _lost(f"{self._system} gave no usable answer ({_name(error)})", creates=creates) from error

    async def _exchange(self, method: str, path: str, params: Mapping[str, str] | None, body: object) -> Answer:
        request = self._client.build_request(
            method,
            self._base + path,
            params=params,
            content=None if body is None else _encoded(body),
            headers=None if body is None else {"Content-Type": "application/json"},
        )
        response = await self._client.send(request, stream=True)
        try:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > self._largest:
                    raise _OversizedError
        finally:
            await response.aclose()
        return Answer(status=response.status_code, headers=response.headers, body=bytes(content))


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
            raise _lost(reason, creates=creates)
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


def _lost(reason: str, *, creates: bool) -> DeliveryError:
    return OutcomeUnknownError(reason) if creates else TransientError(reason)


def _encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _place(answer: Answer) -> str:
    """Where a redirect leads, without a query that might hold secrets."""
    return answer.headers.get("location", "nowhere").partition("?")[0][:200]


def _name(error: Exception) -> str:
    """What went wrong, in the class's own word: an error's text may hold the URL with what somebody asked for."""
    names = {"_OversizedError": "the answer is too large", "TimeoutError": "timeout"}
    return names.get(type(error).__name__, type(error).__name__)
