"""The way of a REST request: read, authorise, faults, rate limit, route, answer; and the record of it all."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.discord.calls import KEPT_HEADERS, Call, RecordedRequest, read_call
from sandbox.discord.clock import Clock
from sandbox.discord.errors import DiscordError, SlowDownError, too_large, unauthorized
from sandbox.discord.faults import Fault, Faults
from sandbox.discord.rate_limits import RateLimits

PREFIX = "/api/v10"
MAJOR_VARIABLES = ("channel_id", "guild_id", "webhook_id", "interaction_id")

Answer = tuple[int, Any]
"""Status and JSON body (None: no body)."""
Handler = Callable[[Call], Awaitable[Answer]]


class Rest:
    """Wraps routes; keeps the record of requests."""

    def __init__(self, clock: Clock, *, token: str, answered: Callable[[], None]) -> None:
        self._clock = clock
        self._answered = answered
        self._token = token
        self.faults = Faults()
        self.limits = RateLimits()
        self.requests: list[RecordedRequest] = []

    def add(
        self, app: web.Application, method: str, route: str, handler: Handler, *, open_to_all: bool = False
    ) -> None:
        """Serve `route` (written as in the OpenAPI description); `open_to_all` ones bear a token in their path."""

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, route, handler, open_to_all=open_to_all)

        app.router.add_route(method, PREFIX + route, serve)

    async def not_found(self, request: web.Request) -> web.StreamResponse:
        """Any route that the simulator does not know; recorded, so that it is noticed."""

        async def refuse(_: Call) -> Answer:
            raise DiscordError(404, 0, "404: Not Found")

        return await self._serve(request, "", refuse, open_to_all=True)

    async def _serve(
        self, request: web.Request, route: str, handler: Handler, *, open_to_all: bool
    ) -> web.StreamResponse:
        response = await self._answer(request, route, handler, open_to_all=open_to_all)
        self._answered()
        return response

    async def _answer(
        self, request: web.Request, route: str, handler: Handler, *, open_to_all: bool
    ) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        record = RecordedRequest(
            method=request.method,
            path=path,
            route=route,
            query=dict(request.query),
            json=None,
            headers={name: request.headers[name] for name in KEPT_HEADERS if name in request.headers},
            at=self._clock.now(),
        )
        self.requests.append(record)
        fault = self.faults.striking(request.method, path)
        if fault is not None and fault.kind == "reset":
            return self._cut(request, record)
        headers: dict[str, str] = {}
        try:
            call = await read_call(request)
            record.json, record.files = call.json, [each.filename for each in call.files.values()]
            if not open_to_all and request.headers.get("Authorization") != f"Bot {self._token}":
                raise unauthorized()
            if fault is not None and fault.kind in ("status", "rate_limit"):
                return self._broken(fault, record)
            if not open_to_all:
                headers = self._count(request, route, path)
            if fault is not None and fault.kind == "delay":
                await asyncio.sleep(fault.delay_seconds)
            record.status, record.answer = await handler(call)
        except SlowDownError as error:
            record.status, record.answer = 429, {**_slow_down(error.retry_after, "user"), "code": error.code}
            headers = {**headers, **_waiting_headers(error.retry_after, "user", via=True)}
        except web.HTTPRequestEntityTooLarge:
            record.status, record.answer = 413, too_large().payload()
        except DiscordError as error:
            record.status, record.answer = error.status, error.payload()
        if fault is not None and fault.kind == "lose_answer":
            return self._cut(request, record)
        return _response(record, headers)

    def _count(self, request: web.Request, route: str, path: str) -> dict[str, str]:
        major = next((request.match_info[name] for name in MAJOR_VARIABLES if name in request.match_info), "")
        verdict = self.limits.ask(request.method, route, path, major)
        if not verdict.allowed:
            raise SlowDownError(verdict.retry_after)
        return verdict.headers

    def _broken(self, fault: Fault, record: RecordedRequest) -> web.Response:
        if fault.kind == "status":
            record.status, record.answer = fault.status, {"message": f"{fault.status}: simulated fault", "code": 0}
            return _response(record, {})
        record.status, record.answer = 429, _slow_down(fault.retry_after, fault.scope)
        return _response(record, _waiting_headers(fault.retry_after, fault.scope, via=fault.via))

    def _cut(self, request: web.Request, record: RecordedRequest) -> web.Response:
        record.status = 0
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def _slow_down(retry_after: float, scope: str) -> dict[str, Any]:
    return {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after, 3),
        "global": scope == "global",
        "code": 0,
    }


def _waiting_headers(retry_after: float, scope: str, *, via: bool) -> dict[str, str]:
    headers = {"Retry-After": str(max(1, round(retry_after))), "X-RateLimit-Scope": scope}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    if via:  # without it the library takes the answer for a ban and gives up at once (facts sheet, section 3)
        headers["Via"] = "1.1 google"
    return headers


def _response(record: RecordedRequest, headers: dict[str, str]) -> web.Response:
    if record.answer is None:
        return web.Response(status=record.status or 204, headers=headers)
    # Exactly this type: with a charset behind it discord.py hands out text instead of JSON (facts sheet, section 3).
    headers = {**headers, "Content-Type": "application/json"}
    return web.Response(status=record.status or 200, body=json.dumps(record.answer).encode(), headers=headers)
