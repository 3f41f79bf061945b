"""What is posted to the bot: bounded in size and time, answered at once, whatever an endpoint does."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from adapters.web.server import MAX_BODY_BYTES, WebServer
from bot.domain.errors import StoreError, WebhookError
from bot.ports.inbound import WebAnswer, WebEndpoint, WebStatus

PATH = "/webhooks/freescout"


@dataclass(slots=True)
class Recorder(WebEndpoint):
    """Keeps what it gets and answers as told."""

    answer: WebAnswer = field(default_factory=lambda: WebAnswer(status=200))
    error: Exception | None = None
    got: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    @override
    async def __call__(self, headers: Mapping[str, str], body: bytes) -> WebAnswer:
        self.got.append((headers, body))
        if self.error is not None:
            raise self.error
        return self.answer


class Well(WebStatus):
    @override
    async def alive(self) -> tuple[bool, Mapping[str, object]]:
        return True, {}

    @override
    async def ready(self) -> tuple[bool, Mapping[str, object]]:
        return True, {}


@dataclass(slots=True, kw_only=True)
class Place:
    """A running server with one endpoint."""

    port: int
    endpoint: Recorder
    client: httpx.AsyncClient

    async def post(self, content: bytes, path: str = PATH, **headers: str) -> httpx.Response:
        return await self.client.post(path, content=content, headers=headers)

    async def raw(self, sent: bytes) -> bytes:
        """Everything that comes back for these bytes until the server ends the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        try:
            return await asyncio.wait_for(reader.read(), 30)
        finally:
            writer.close()


@asynccontextmanager
async def place(port: int, *, body_seconds: float = 10) -> AsyncIterator[Place]:
    endpoint = Recorder()
    async with (
        WebServer(host="127.0.0.1", port=port, status=Well(), posts={PATH: endpoint}, body_seconds=body_seconds),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield Place(port=port, endpoint=endpoint, client=client)


async def test_an_endpoint_gets_the_bytes_and_the_headers(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        here.endpoint.answer = WebAnswer(status=202, text="well")
        answer = await here.post(b'{"a":\xff}', **{"X-Some-Thing": "x", "Content-Type": "application/hal+json"})
        assert (answer.status_code, answer.text.strip()) == (202, "well")
        ((headers, body),) = here.endpoint.got
        assert body == b'{"a":\xff}'
        assert headers["x-some-thing"] == "x"


@pytest.mark.parametrize("kind", ["", "text/html", "multipart/form-data", "application/x-www-form-urlencoded", "odd"])
async def test_the_type_of_the_content_does_not_matter(unused_tcp_port: int, kind: str) -> None:
    async with place(unused_tcp_port) as here:
        assert (await here.post(b"a=b", **{"Content-Type": kind})).status_code == 200
        assert [body for _, body in here.endpoint.got] == [b"a=b"]


async def test_packed_bytes_stay_packed(unused_tcp_port: int) -> None:
    """Signatures are made over what was sent, and a small body must not grow."""
    packed = gzip.compress(b"x" * 10_000_000)
    async with place(unused_tcp_port) as here:
        assert (await here.post(packed, **{"Content-Encoding": "gzip"})).status_code == 200
        assert [body for _, body in here.endpoint.got] == [packed]


async def test_an_answer_without_content_has_none(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        here.endpoint.answer = WebAnswer(status=204, text="unseen")
        answer = await here.post(b"")
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_post_is_taken(unused_tcp_port: int, method: str) -> None:
    async with place(unused_tcp_port) as here:
        answer = await here.client.request(method, PATH)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
        assert here.endpoint.got == []


async def test_other_paths_are_not_there(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        for path in ("/", "/webhooks", PATH + "/", PATH + "/x"):
            assert (await here.post(b"", path)).status_code == 404
        assert (await here.client.get("/healthz")).status_code == 200


async def test_what_an_endpoint_refuses_is_said_with_its_status(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        here.endpoint.error = WebhookError("the signature is wrong", status=401)
        with capture_logs() as logs:
            answer = await here.post(b"call me at night")
        assert (answer.status_code, answer.text.strip()) == (401, "the signature is wrong")
        assert [(line["event"], line["status"]) for line in logs] == [("webhook refused", 401)]
        assert "night" not in str(logs)


async def test_what_is_not_set_up_fills_no_log(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        here.endpoint.error = WebhookError("nothing here", status=404)
        with capture_logs() as logs:
            assert (await here.post(b"x")).status_code == 404
        assert logs == []


@pytest.mark.parametrize("error", [RuntimeError("call me at night"), StoreError("disk full"), KeyError("x")])
async def test_an_endpoint_that_fails_is_logged_and_tells_the_sender_nothing(
    unused_tcp_port: int, error: Exception
) -> None:
    async with place(unused_tcp_port) as here:
        here.endpoint.error = error
        with capture_logs() as logs:
            answer = await here.post(b"body")
        assert answer.status_code == 500
        assert str(error) not in answer.text
        assert [(line["event"], line["log_level"]) for line in logs] == [("webhook failed", "error")]
        here.endpoint.error = None
        assert (await here.post(b"body")).status_code == 200


async def test_the_largest_body_is_taken_and_one_byte_more_is_not(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        assert (await here.post(b"x" * MAX_BODY_BYTES)).status_code == 200
        assert (await here.post(b"x" * (MAX_BODY_BYTES + 1))).status_code == 413
        assert [len(body) for _, body in here.endpoint.got] == [MAX_BODY_BYTES]


def head(*lines: str) -> bytes:
    return "\r\n".join([f"POST {PATH} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        answer = await here.raw(head(f"Content-Length: {10**12}") + b"x")
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert here.endpoint.got == []


async def pour(writer: asyncio.StreamWriter, chunk: bytes, times: int) -> None:
    for _ in range(times):
        writer.write(chunk)
        await writer.drain()


async def test_a_body_without_end_is_not_read_to_the_end(unused_tcp_port: int) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with place(unused_tcp_port) as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(head("Transfer-Encoding: chunked"))
        answer = asyncio.create_task(reader.readline())
        await pour(writer, chunk, MAX_BODY_BYTES // len(chunk) + 2)
        assert (await asyncio.wait_for(answer, 10)).startswith(b"HTTP/1.1 413 ")
        assert here.endpoint.got == []
        with pytest.raises(ConnectionError):
            await pour(writer, chunk, 100_000)
        writer.close()


@pytest.mark.parametrize("started", [b"", b"x" * 9])
async def test_a_body_that_does_not_come_is_not_waited_for(unused_tcp_port: int, started: bytes) -> None:
    async with place(unused_tcp_port, body_seconds=0.2) as here:
        answer = await here.raw(head("Content-Length: 10") + started)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert here.endpoint.got == []
        assert (await here.post(b"body")).status_code == 200


async def test_a_body_that_drips_is_not_waited_for(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, body_seconds=0.3) as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(head("Content-Length: 1000000"))
        answer = asyncio.create_task(reader.readline())
        while not answer.done():
            writer.write(b"x")
            await asyncio.wait([answer], timeout=0.02)
        assert (await answer).startswith(b"HTTP/1.1 408 ")
        assert here.endpoint.got == []
        writer.close()


async def test_a_sender_that_leaves_in_the_middle_disturbs_nobody(
    unused_tcp_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with place(unused_tcp_port) as here:
        _, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(head("Content-Length: 10") + b"x")
        for body in (b"while it is there", b"when it has left"):
            assert (await here.post(body)).status_code == 200
            writer.close()
        assert (await here.post(b"later")).status_code == 200
        assert len(here.endpoint.got) == 3
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_broken_chunks_are_refused(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        answer = await here.raw(head("Transfer-Encoding: chunked") + b"zz\r\nx\r\n")
        assert answer.split()[1] == b"400"
        assert here.endpoint.got == []


async def test_one_slow_sender_holds_up_no_other(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        _, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(head("Content-Length: 10"))
        await writer.drain()
        assert (await asyncio.wait_for(here.post(b"body"), 5)).status_code == 200
        writer.close()
