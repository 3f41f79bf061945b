"""The shared HTTP client on bare sockets: each request leaves once, and its outcome is never guessed."""

import asyncio
import gzip
import socket
import struct
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from adapters import http
from adapters.http import SETTLES_AFTER, Connection
from bot.domain.errors import DeliveryError, OutcomeUnknownError, TransientError

METHODS = ("POST", "PUT", "GET")
OUTCOME: dict[str, type[DeliveryError]] = {"POST": OutcomeUnknownError, "PUT": TransientError, "GET": TransientError}
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass(slots=True, kw_only=True)
class Caller:
    """One connection as the server sees it."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def hang_up(self, *, hard: bool = False) -> None:
        if hard:
            linger = struct.pack("ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.close()


@dataclass(slots=True, kw_only=True)
class Server:
    """What came in: heads and bodies, in order, and on how many connections."""

    url: str = ""
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    callers: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)


Play = Callable[[Caller], Awaitable[None]]


@asynccontextmanager
async def serving(play: Play, *, reads_bodies: bool = True) -> AsyncIterator[Server]:
    """Call ``play`` after each request; a connection that the client ended is told by ``left``."""
    server = Server()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = Caller(number=server.callers, reader=reader, writer=writer)
        server.callers += 1
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                server.heads.append(head)
                server.asked.set()
                length = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0
                )
                if reads_bodies:
                    server.bodies.append(await reader.readexactly(length))
                await play(caller)
        except (asyncio.IncompleteReadError, ConnectionError):
            server.left.set()
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


@asynccontextmanager
async def connected(url: str, **more: Any) -> AsyncIterator[Connection]:
    connection = Connection(system="It", base_url=url, headers=more.pop("headers", {}), **more)
    try:
        yield connection
    finally:
        await connection.aclose()


async def failure(connection: Connection, method: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await connection.send(method, "/", body=None if method == "GET" else {"a": 1}, creates=method == "POST")
    assert type(raised.value) is OUTCOME[method]
    return raised.value


async def answer_well(caller: Caller) -> None:
    await caller.answer(WELL)


async def stay_silent(caller: Caller) -> None:
    await caller.reader.read()


# --- once ---


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("method", METHODS)
async def test_a_request_whose_connection_breaks_was_sent_once(method: str, hard: bool) -> None:
    async def play(caller: Caller) -> None:
        if len(server.heads) == 1:
            await caller.answer(WELL)
        else:
            await caller.hang_up(hard=hard)

    async with serving(play) as server, connected(server.url) as connection:
        await connection.send("GET", "/", creates=False)
        error = await failure(connection, method)
        assert [head.split()[0].decode() for head in server.heads] == ["GET", method]
        assert "broke off" in str(error)
        assert server.callers == 1, "the second request was to go out on the connection of the first"


@pytest.mark.parametrize("method", METHODS)
async def test_a_request_on_a_new_connection_that_breaks_was_sent_once(method: str) -> None:
    async with serving(Caller.hang_up) as server, connected(server.url) as connection:
        await failure(connection, method)
        assert len(server.heads) == 1


async def test_a_connection_that_the_server_closed_while_it_was_idle_is_not_used() -> None:
    async def play(caller: Caller) -> None:
        await caller.answer(WELL)
        await caller.hang_up()
        await caller.writer.wait_closed()
        closed.set()

    closed = asyncio.Event()
    async with serving(play) as server, connected(server.url) as connection:
        for number in range(1, 4):
            closed.clear()
            await connection.send("POST", "/", body={}, creates=True)
            await closed.wait()
            assert server.callers == len(server.heads) == number


async def test_connections_are_used_again_but_not_after_servers_may_have_closed_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert http.KEEP_ALIVE_SECONDS < 5, "Apache's own limit"
    monkeypatch.setattr(http, "KEEP_ALIVE_SECONDS", 0.2)
    async with serving(answer_well) as server, connected(server.url) as connection:
        await connection.send("GET", "/", creates=False)
        await connection.send("POST", "/", body={}, creates=True)
        assert server.callers == 1
        await asyncio.sleep(0.3)
        await connection.send("POST", "/", body={}, creates=True)
        assert server.callers == 2


# --- surely not done ---


async def test_a_refused_connection_was_not_done(unused_tcp_port: int) -> None:
    async with connected(f"http://127.0.0.1:{unused_tcp_port}") as connection:
        await _not_done(connection)


async def test_a_host_without_an_address_was_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    async with connected("http://help.example.org") as connection:
        await _not_done(connection)


async def test_what_fails_in_the_tls_handshake_was_not_done() -> None:
    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(speak_plainly, "127.0.0.1", 0)
    async with listening, connected(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}") as connection:
        await _not_done(connection)


async def test_a_connection_that_does_not_come_about_in_time_was_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.2)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        async with connected(f"http://127.0.0.1:{full.getsockname()[1]}") as connection:
            await _not_done(connection)
        for one in waiting:
            one.close()


async def test_what_waited_in_vain_for_a_free_connection_was_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.2)
    async with serving(stay_silent) as server, connected(server.url, max_connections=1) as connection:
        busy = asyncio.create_task(connection.send("GET", "/", creates=False))
        await asyncio.wait_for(server.asked.wait(), 5)
        await _not_done(connection)
        assert len(server.heads) == 1
        busy.cancel()


async def _not_done(connection: Connection) -> None:
    with pytest.raises(TransientError, match="cannot be reached"):
        await connection.send("POST", "/", body={}, creates=True)


# --- outcome unknown ---


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "odd",
    [
        b"\x16\x03\x01 this is no HTTP\r\n\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_an_answer_that_is_broken_is_none(method: str, odd: bytes) -> None:
    async def play(caller: Caller) -> None:
        await caller.answer(odd)
        await caller.hang_up()

    async with serving(play) as server, connected(server.url) as connection:
        error = await failure(connection, method)
        assert len(server.heads) == 1
        assert not isinstance(error, OutcomeUnknownError) or error.settles_after == timedelta()


@pytest.mark.parametrize("method", METHODS)
async def test_a_request_given_up_may_still_be_worked_on_and_its_connection_ends(method: str) -> None:
    async with serving(stay_silent) as server, connected(server.url, total_seconds=0.2) as connection:
        error = await failure(connection, method)
        assert not isinstance(error, OutcomeUnknownError) or error.settles_after == SETTLES_AFTER
        assert "timeout" in str(error)
        await asyncio.wait_for(_next_caller_is_new(server, connection), 5)


async def _next_caller_is_new(server: Server, connection: Connection) -> None:
    with pytest.raises(TransientError):
        await connection.send("GET", "/", creates=False)
    assert server.callers == 2


async def test_a_gateway_that_lost_patience_leaves_work_behind_it_too() -> None:
    assert timedelta(seconds=60) <= SETTLES_AFTER
    for status, wait in ((504, SETTLES_AFTER), (502, timedelta()), (500, timedelta())):
        answer = http.Answer(status=status, headers={}, body=b"")
        with pytest.raises(OutcomeUnknownError) as raised:
            http.raise_for_failure(answer, system="It", creates=True, now=NOW, words=lambda _: "")
        assert raised.value.settles_after == wait


async def test_an_upload_that_nobody_takes_is_given_up_in_time_and_does_not_arrive_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "SLOWEST_UPLOAD", 1024**3)
    given_up, taken = asyncio.Event(), asyncio.Queue[int]()

    async def play(caller: Caller) -> None:
        await given_up.wait()
        taken.put_nowait(len(await caller.reader.read()))

    async with serving(play, reads_bodies=False) as server, connected(server.url, total_seconds=0.3) as connection:
        began = monotonic()
        with pytest.raises(OutcomeUnknownError) as raised:
            await connection.send("POST", "/", body={"data": "x" * 20_000_000}, creates=True)
        assert raised.value.settles_after == SETTLES_AFTER
        assert monotonic() - began < 5
        given_up.set()
        assert await asyncio.wait_for(taken.get(), 10) < 20_000_000


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux only")
async def test_the_kernel_gives_up_what_nobody_takes_before_it_is_sent_again() -> None:
    assert timedelta(seconds=http.UNDELIVERED_SECONDS) < SETTLES_AFTER
    with http._socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))) as made:
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == http.UNDELIVERED_SECONDS * 1000


# --- sizes ---


async def test_a_large_body_arrives_whole() -> None:
    async with serving(answer_well) as server, connected(server.url) as connection:
        await connection.send("POST", "/", body={"data": "ä" * 3_000_000}, creates=True)
        assert server.bodies == [b'{"data":"' + "ä".encode() * 3_000_000 + b'"}']


@pytest.mark.parametrize("hangs_up", [False, True])
async def test_a_refusal_before_the_whole_body_was_taken_is_heard(hangs_up: bool) -> None:
    async def play(caller: Caller) -> None:
        await caller.answer(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        if hangs_up:
            await caller.hang_up()
        else:
            await asyncio.sleep(30)

    async with serving(play, reads_bodies=False) as server, connected(server.url, total_seconds=5) as connection:
        answer = await connection.send("POST", "/", body={"data": "x" * 20_000_000}, creates=True)
        assert answer.status == 413


@pytest.mark.parametrize("method", METHODS)
async def test_an_answer_that_never_ends_is_cut_off(method: str) -> None:
    async def play(caller: Caller) -> None:
        await caller.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
        while True:
            await caller.answer(b" " * 100_000)

    async with serving(play) as server, connected(server.url, largest_answer_bytes=1_000_000) as connection:
        assert "too large" in str(await failure(connection, method))
        await asyncio.wait_for(server.left.wait(), 5)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_packed_answer_counts_as_unpacked_and_is_never_unpacked_whole(chunked: bool) -> None:
    bomb = gzip.compress(b" " * 300_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
    if chunked:
        packed = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(bomb) + bomb + b"\r\n0\r\n\r\n"
    else:
        packed = head + b"Content-Length: %d\r\n\r\n" % len(bomb) + bomb

    async def play(caller: Caller) -> None:
        await caller.answer(packed)

    async with serving(play) as server, connected(server.url, largest_answer_bytes=1_000_000) as connection:
        tracemalloc.start()
        try:
            assert "too large" in str(await failure(connection, "GET"))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 10_000_000


@pytest.mark.parametrize("encoding", [b"gzip", b"identity"])
async def test_a_packed_answer_is_read_as_any_other(encoding: bytes) -> None:
    body = b'{"a": "' + b"b" * 500_000 + b'"}'
    sent = gzip.compress(body) if encoding == b"gzip" else body

    async def play(caller: Caller) -> None:
        await caller.answer(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (encoding, len(sent)) + sent
        )

    async with serving(play) as server, connected(server.url) as connection:
        for _ in range(2):
            answer = await connection.send("GET", "/", creates=False)
            assert answer.document() == {"a": "b" * 500_000}
        assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in server.heads[0]
        assert server.callers == 1


# --- keys and cookies ---


async def test_the_key_goes_nowhere_else_and_cookies_are_not_kept() -> None:
    async def redirect(caller: Caller) -> None:
        await caller.answer(
            b"HTTP/1.1 302 Found\r\nSet-Cookie: session=1; Path=/\r\nLocation: %b/\r\nContent-Length: 0\r\n\r\n"
            % other.url.encode()
        )

    async with serving(answer_well) as other, serving(redirect) as server:
        async with connected(server.url, headers={"X-Key": "secret"}) as connection:
            for method in METHODS * 2:
                answer = await connection.send(method, "/", creates=method == "POST")
                assert answer.status == 302
        assert len(server.heads) == 6
        assert all(b"\r\nX-Key: secret\r\n" in head and b"Cookie" not in head for head in server.heads)
        assert other.heads == []


async def test_proxies_of_the_environment_do_not_get_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answer_well) as proxy, serving(answer_well) as server, connected(server.url) as connection:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        await connection.send("GET", "/", creates=False)
        assert (len(proxy.heads), len(server.heads)) == (0, 1)


async def test_eight_requests_run_side_by_side() -> None:
    async def play(caller: Caller) -> None:
        await all_there.wait()
        await caller.answer(WELL)

    all_there = asyncio.Barrier(8)
    async with serving(play) as server, connected(server.url, total_seconds=5) as connection:
        await asyncio.gather(*(connection.send("POST", "/", body={}, creates=True) for _ in range(8)))
        assert len(server.heads) == 8
