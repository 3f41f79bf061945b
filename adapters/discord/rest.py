"""Discord's REST API for everything but the gateway: rate limits and retries are the library's, errors are ours.

It has its own login and outlives gateway connections, so that sending works while the gateway is away.
"""

import asyncio
import io
import json as jsons
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import discord
import structlog
from discord.http import HTTPClient, Route

from adapters.discord.faults import FAULTS, delivery_error
from bot.domain.chat import FileContent
from bot.domain.errors import OutcomeUnknownError, TransientError
from bot.ports.clock import Clock

_log = structlog.get_logger(__name__)

LONGEST_RATE_LIMIT_SECONDS = 30.0
"""Longer ones are raised instead of waited out; the library allows no less (facts/discord.md, section 5)."""
_PATIENCE_SECONDS = 15.0
"""The library repeats 5xx for 25 s; callers want to know sooner, the repeats go on without them."""
_REFUSED_PAUSE = timedelta(minutes=1)
"""10,000 refusals in ten minutes get the address banned (facts/discord.md, "Rate limits")."""


class DiscordRest:
    """One logged-in REST client, made at the first call. Safe to cancel: a request under way is left to finish alone.

    (A request that is cancelled while it waits out a global rate limit would block the library's client for good.)
    """

    def __init__(self, *, token: str, clock: Clock) -> None:
        self._token = token
        self._clock = clock
        self._http: HTTPClient | None = None
        self._own_id = ""
        self._login = asyncio.Lock()
        self._refused_until: datetime | None = None
        self._under_way: set[asyncio.Task[Any]] = set()
        self._by_cause: dict[str, asyncio.Task[Any]] = {}

    async def own_id(self) -> str:
        """The bot's user id. Raises ``TransientError`` when there is no login yet and none can be had."""
        await self._client()
        return self._own_id

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | list[Any] | None = None,
        params: Mapping[str, Any] | None = None,
        uploads: Sequence[FileContent] = (),
        creates: bool = False,
        needs: str = "",
        cause: str = "",
        **in_path: str,
    ) -> Any:
        """One request; ``path`` has ``{placeholders}`` that ``in_path`` fills. The answer's JSON, or "" for none.

        ``uploads`` go with it as ``files[0]``, ``files[1]``...; their names are told by the body's ``attachments``.
        A call with the ``cause`` of one that is still under way joins it, so that impatience never multiplies requests.
        Raises ``TransientError``, ``DeniedError`` (a ``PermanentError``), and with ``creates`` ``OutcomeUnknownError``.
        """
        http = await self._client()
        request = self._by_cause.get(cause)
        if request is None:
            options: dict[str, Any] = _multipart(json, uploads) if uploads else {} if json is None else {"json": json}
            if params is not None:
                options["params"] = dict(params)
            request = self._start(http.request(Route(method, path, **in_path), **options), cause)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await asyncio.wait({request})
        except TimeoutError as error:
            raise delivery_error(error, creates=creates, needs=needs) from error
        return _outcome(request, creates=creates, needs=needs)

    async def close(self) -> None:
        """End the session; requests under way are given up."""
        for request in self._under_way:
            request.cancel()
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _client(self) -> HTTPClient:
        async with self._login:
            self._refuse_early()
            if self._http is None:
                self._http = await self._logged_in()
            return self._http

    async def _logged_in(self) -> HTTPClient:
        http = HTTPClient(asyncio.get_running_loop(), max_ratelimit_timeout=LONGEST_RATE_LIMIT_SECONDS)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                user = await http.static_login(self._token)
        except FAULTS as error:
            await http.close()
            if isinstance(error, discord.LoginFailure):
                self._refused_until = self._clock.now() + _REFUSED_PAUSE
            raise delivery_error(error, creates=False) from error
        except asyncio.CancelledError:
            await http.close()
            raise
        self._own_id = str(_field(user, "id"))
        _log.info("discord_rest_ready", bot_user=self._own_id)
        return http

    def _refuse_early(self) -> None:
        if self._refused_until is not None and self._clock.now() < self._refused_until:
            raise TransientError("Discord refuses the bot's token")

    def _start(self, work: Coroutine[Any, Any, Any], cause: str) -> asyncio.Task[Any]:
        request = asyncio.create_task(work)
        self._under_way.add(request)
        request.add_done_callback(self._over)
        if cause:
            self._by_cause[cause] = request
            request.add_done_callback(lambda _: self._by_cause.pop(cause, None))
        return request

    def _over(self, request: asyncio.Task[Any]) -> None:
        self._under_way.discard(request)
        if request.cancelled():
            return
        error = request.exception()  # whoever waited has seen it; nobody else needs to hear of it
        if isinstance(error, discord.HTTPException) and error.status == 401:  # the token was revoked meanwhile
            self._refused_until = self._clock.now() + _REFUSED_PAUSE


def _multipart(body: Any, uploads: Sequence[FileContent]) -> dict[str, Any]:
    """Body and files as the library sends them, each try from their beginning (API reference, "Uploading Files")."""
    files = [discord.File(io.BytesIO(upload.content), filename=upload.name) for upload in uploads]
    form: list[dict[str, Any]] = [{"name": "payload_json", "value": jsons.dumps(body)}]
    form += [
        {"name": f"files[{n}]", "value": file.fp, "filename": file.filename, "content_type": "application/octet-stream"}
        for n, file in enumerate(files)
    ]
    return {"files": files, "form": form}


def _outcome(request: asyncio.Task[Any], *, creates: bool, needs: str) -> Any:
    if request.cancelled():
        reason = "the connection to Discord was closed meanwhile"
        raise OutcomeUnknownError(reason) if creates else TransientError(reason)
    try:
        return request.result()
    except FAULTS as error:
        raise delivery_error(error, creates=creates, needs=needs) from error


def _field(payload: Any, name: str) -> Any:
    """A field of an answer that the library's types call an object and that is a dictionary."""
    return payload[name]
