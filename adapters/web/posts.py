"""One POST: its raw body, bounded, to an endpoint; whatever the endpoint raises becomes a status."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.domain.errors import WebhookError
from bot.ports.inbound import WebAnswer, WebEndpoint

log = structlog.get_logger(__name__)


class BodyRefusedError(Exception):
    """A body that is not taken: the status and the sentence to answer with."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def posted(endpoint: WebEndpoint, *, body_seconds: float) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of an endpoint's path. A body that does not come to its end in time is answered by 408."""

    async def handle(request: web.Request) -> web.Response:
        try:
            body = await read_body(request, seconds=body_seconds, most_bytes=request.client_max_size)
        except BodyRefusedError as error:
            return closing(error.status, error.text)
        answer = await _ask(endpoint, request, body)
        # 204 has no body, not even an empty text.
        return web.Response(status=answer.status, text=None if answer.status == 204 else answer.text + "\n")

    return handle


async def read_body(request: web.Request, *, seconds: float, most_bytes: int) -> bytes:
    """The body as it was sent. One that says beforehand that it is too large is not read at all.

    Raises ``BodyRefusedError``; its answer is to be ``closing``.
    """
    if (request.content_length or 0) > most_bytes:
        raise BodyRefusedError(413, "the body is too large")
    try:
        async with asyncio.timeout(seconds):
            return await request.clone(client_max_size=most_bytes).read()
    except TimeoutError as error:
        raise BodyRefusedError(408, "the body did not come to its end in time") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise BodyRefusedError(413, "the body is too large") from error
    except (ConnectionError, web.RequestPayloadError) as error:
        raise BodyRefusedError(400, "the body is broken") from error


def closing(status: int, text: str) -> web.Response:
    """An answer after which the connection ends: what is left of the body is nobody's next request."""
    answer = web.Response(status=status, text=text + "\n")
    answer.force_close()
    return answer


async def _ask(endpoint: WebEndpoint, request: web.Request, body: bytes) -> WebAnswer:
    try:
        return await endpoint(request.headers, body)
    except WebhookError as error:
        if error.status != 404:  # one that is not set up here has said so itself, once
            log.warning("webhook refused", path=request.path, status=error.status, reason=str(error))
        return WebAnswer(status=error.status, text=str(error))
    except Exception:
        log.exception("webhook failed", path=request.path)
        return WebAnswer(status=500, text="it failed; the log says why")
