"""The homeserver over HTTP: requests, answers, and the one place where Matrix errors become ours.

Nothing here repeats a request. Repeating is the work of the outbox and of the sync loop, which know how long to wait
(facts/matrix.md 3.3, traps 5, 10 and 11: a client library that retries by itself floods the server or never returns).
Only aiohttp repeats a GET or PUT at once, and once, on a kept connection that turns out to be closed; every PUT here
carries a transaction id.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.domain.errors import OutcomeUnknownError, PermanentError, RefusedError, TransientError

CLIENT = "/_matrix/client/v3"
REQUEST_SECONDS = 30.0
_REFUSED = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED"})
_BUSY = frozenset({408, 425, 429})
_SERVER_FAULT = 500

Json = dict[str, Any]


class MatrixFault(PermanentError):  # noqa: N818 - a fault is what the server found, as in SettingsFault
    """The homeserver understood and declined; `errcode` is Matrix's own word for why. Repeating does not help."""

    def __init__(self, status: int, errcode: str, text: str, body: Json | None = None) -> None:
        super().__init__(f"Matrix answered {status} {errcode or 'without a code'}: {text}")
        self.status = status
        self.errcode = errcode
        self.text = text
        self.body = body or {}


def escape(part: str) -> str:
    """One path segment; identifiers contain `!`, `#`, `:` and `/`."""
    return quote(part, safe="")


class MatrixApi:
    """One account's connection. `access_token` may be set later, after login; `on_token` learns of each one."""

    def __init__(
        self,
        homeserver: str,
        access_token: str = "",
        *,
        request_seconds: float = REQUEST_SECONDS,
        on_token: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.homeserver = homeserver.rstrip("/")
        self._on_token = on_token
        self._access_token = access_token
        self._seconds = request_seconds
        self._session: aiohttp.ClientSession | None = None

    @property
    def access_token(self) -> str:
        """What requests are signed with; empty before the login."""
        return self._access_token

    @access_token.setter
    def access_token(self, token: str) -> None:
        self._access_token = token
        if token:
            self._on_token(token)

    async def close(self) -> None:
        """Close the connections. A later request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, seconds: float | None = None) -> Json:
        """Read. Raises TransientError, MatrixFault or RefusedError."""
        return await self.request("GET", path, query=query, seconds=seconds)

    async def post(self, path: str, body: Json, *, seconds: float | None = None) -> Json:
        """Change something that may be repeated freely. Errors as `get`."""
        return await self.request("POST", path, body=body, seconds=seconds)

    async def effect(self, method: str, path: str, body: Json) -> Json:
        """Do something others see. A lost answer raises OutcomeUnknownError instead of TransientError."""
        return await self.request(method, path, body=body, effect=True)

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        seconds: float | None = None,
        effect: bool = False,
    ) -> Json:
        """One request to an already escaped `path`, one JSON object back."""
        data = None if body is None else json.dumps(body).encode()
        async with self.open(
            method, path, data=data, content_type="application/json", query=query, seconds=seconds, effect=effect
        ) as response:
            return await read_answer(response, effect=effect)

    def open(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        content_type: str = "",
        query: Mapping[str, str] | None = None,
        seconds: float | None = None,
        effect: bool = False,
    ) -> "_Exchange":
        """`async with` one raw answer, whatever its status; only connection errors are translated."""
        url = URL(self.homeserver + path, encoded=True)
        headers = {"Content-Type": content_type} if data is not None and content_type else {}
        if self.access_token:
            headers["Authorization"] = f"Bearer {self.access_token}"
        timeout = aiohttp.ClientTimeout(total=seconds or self._seconds, sock_connect=10)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64), json_serialize=json.dumps, auto_decompress=True
            )
        request = self._session.request(
            method, url.update_query(query or {}), data=data, headers=headers, timeout=timeout, allow_redirects=False
        )
        return _Exchange(request, effect=effect)


class _Exchange:
    """An `async with` block around one answer that translates connection errors, also those while the body is read."""

    def __init__(self, request: Any, *, effect: bool) -> None:
        self._request = request
        self._effect = effect

    async def __aenter__(self) -> aiohttp.ClientResponse:
        try:
            response: aiohttp.ClientResponse = await self._request.__aenter__()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._translate(error) from error
        return response

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        await self._request.__aexit__(kind, error, trace)
        if isinstance(error, (aiohttp.ClientError, TimeoutError, OSError)):
            raise self._translate(error) from error

    def _translate(self, error: Exception) -> TransientError | OutcomeUnknownError:
        reason = f"Matrix homeserver not reached: {type(error).__name__} {error}".rstrip()
        if self._effect and not isinstance(error, aiohttp.ClientConnectorError):
            return OutcomeUnknownError(reason)
        return TransientError(reason)


async def read_answer(response: aiohttp.ClientResponse, *, effect: bool = False) -> Json:
    """The JSON object of a successful answer; every other answer becomes an error."""
    raw = await response.read()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        body = None
    if 200 <= response.status < 300 and isinstance(body, dict):
        return body
    raise error_of(response, body if isinstance(body, dict) else {}, effect=effect)


def error_of(
    response: aiohttp.ClientResponse, body: Json, *, effect: bool = False
) -> TransientError | OutcomeUnknownError | MatrixFault | RefusedError:
    """What an unsuccessful (or unreadable) answer means for the caller."""
    errcode, text = str(body.get("errcode", "")), str(body.get("error", ""))[:300]
    if errcode in _REFUSED:
        return RefusedError(f"Matrix refused the bot's access token: {errcode} {text}".rstrip())
    if response.status in _BUSY or errcode == "M_LIMIT_EXCEEDED":
        reason = f"Matrix asks to slow down: {errcode or response.status}"
        return TransientError(reason, retry_after=_wait(response, body))
    if response.status >= _SERVER_FAULT or response.status < 400:
        reason = f"Matrix homeserver answered {response.status} {errcode or 'without a readable body'}"
        return OutcomeUnknownError(reason) if effect else TransientError(reason, retry_after=_wait(response, body))
    return MatrixFault(response.status, errcode, text, body)


def _wait(response: aiohttp.ClientResponse, body: Json) -> timedelta | None:
    """How long the server asks to wait: the deprecated body field, else the header (facts/matrix.md 2.5)."""
    milliseconds = body.get("retry_after_ms")
    if isinstance(milliseconds, int | float) and milliseconds > 0:
        return timedelta(milliseconds=float(milliseconds))
    try:
        return timedelta(seconds=max(0.0, float(response.headers.get("Retry-After", ""))))
    except ValueError:
        return None
