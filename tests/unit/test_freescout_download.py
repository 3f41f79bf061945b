"""Files come from the help desk's own address, without the key, and never more of one than is wanted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.freescout.client import FreeScout
from bot.domain.errors import PermanentError, TransientError
from bot.domain.helpdesk import DeskFile
from tests.fakes.clock import ManualClock
from tests.unit.freescout_rig import Reports

Play = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Host:
    """A server and the requests it got."""

    url: str = ""
    requests: list[web.BaseRequest] = field(default_factory=list)
    sent: int = 0


@asynccontextmanager
async def hosting(play: Play) -> AsyncIterator[Host]:
    host = Host()

    async def handle(request: web.Request) -> web.StreamResponse:
        host.requests.append(request)
        return await play(request)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    async with TestServer(app) as server:
        host.url = str(server.make_url("")).rstrip("/")
        yield host


@asynccontextmanager
async def desk_at(url: str, *, total_seconds: float = 30) -> AsyncIterator[FreeScout]:
    desk = FreeScout(
        url=url,
        api_key="the-key",
        mailbox_id=1,
        bot_user_id=2,
        health=Reports(),
        clock=ManualClock(),
        total_seconds=total_seconds,
    )
    async with desk:
        yield desk


def file(reference: str, *, size_bytes: int | None = None) -> DeskFile:
    return DeskFile(name="screen.png", mime_type="image/png", size_bytes=size_bytes, reference=reference)


async def well(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b"picture")


@pytest.mark.parametrize("place", ["{url}/storage/a.png?id=1&token=t", "/storage/a.png?id=1&token=t"])
@pytest.mark.parametrize("base", ["", "/", "/helpdesk"])
async def test_the_key_does_not_go_along(place: str, base: str) -> None:
    async with hosting(well) as host, desk_at(host.url + base) as desk:
        assert await desk.download(file(place.format(url=host.url)), limit_bytes=7) == b"picture"
        (request,) = host.requests
        assert "the-key" not in str(request.headers)
        assert "the-key" not in str(request.url)
        assert request.path_qs == "/storage/a.png?id=1&token=t"


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("/storage/a%20b.png?token=%2B+%3D", "/storage/a%20b.png?token=%2B+%3D"),
        ("/storage/a b.png?token=t", "/storage/a%20b.png?token=t"),
        ("/storage/100%25.png?token=t", "/storage/100%25.png?token=t"),
        ("/storage/grün.png", "/storage/gr%C3%BCn.png"),
    ],
)
async def test_a_name_with_odd_letters_is_asked_for_as_it_is(given: str, asked: str) -> None:
    async with hosting(well) as host, desk_at(host.url) as desk:
        await desk.download(file(host.url + given), limit_bytes=10)
        assert host.requests[0].raw_path == asked


@pytest.mark.parametrize(
    "reference",
    [
        "{other}/storage/a.png?id=1&token=t",
        "//{other_host}/a.png",
        "https://{own_host}/a.png",
        "http://{own_host}@{other_host}/a.png",
        "http://{own_host}.evil.example/a.png",
        "http://evil.example\\@{own_host}/a.png",
        "ftp://{own_host}/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "http://[half/a.png",
        "http://{own_name}:99999/a.png",
    ],
)
async def test_another_servers_file_is_not_asked_for(reference: str) -> None:
    async with hosting(well) as host, hosting(well) as other, desk_at(host.url) as desk:
        own_host, other_host = host.url.removeprefix("http://"), other.url.removeprefix("http://")
        url = reference.format(
            other=other.url, other_host=other_host, own_host=own_host, own_name=own_host.partition(":")[0]
        )
        with pytest.raises(PermanentError, match="lies elsewhere") as caught:
            await desk.download(file(url), limit_bytes=10)
        assert "token" not in str(caught.value)
        assert (host.requests, other.requests) == ([], [])


async def test_a_redirect_is_not_followed() -> None:
    async with hosting(well) as other:

        async def leads_away(_: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": f"{other.url}/a.png"})

        async with hosting(leads_away) as host, desk_at(host.url) as desk:
            with pytest.raises(PermanentError, match="elsewhere"):
                await desk.download(file(f"{host.url}/a.png"), limit_bytes=10)
        assert other.requests == []


@pytest.mark.parametrize("status", [401, 403, 404, 410, 400])
async def test_a_refused_file_is_gone_for_good(status: int) -> None:
    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text="no")

    async with hosting(refuse) as host, desk_at(host.url) as desk:
        with pytest.raises(PermanentError):
            await desk.download(file(f"{host.url}/a.png?token=secret"), limit_bytes=10)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_server_in_trouble_is_asked_again(status: int) -> None:
    async def fail(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    async with hosting(fail) as host, desk_at(host.url) as desk:
        with pytest.raises(TransientError):
            await desk.download(file(f"{host.url}/a.png?token=secret"), limit_bytes=10)


async def test_a_file_that_breaks_off_is_asked_for_again() -> None:
    async def breaks_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "10"})
        await response.prepare(request)
        await response.write(b"pict")
        assert request.transport is not None
        request.transport.close()
        return response

    async with hosting(breaks_off) as host, desk_at(host.url) as desk:
        with pytest.raises(TransientError):
            await desk.download(file(f"{host.url}/a.png"), limit_bytes=10)


@pytest.mark.parametrize("size_bytes", [None, 3])
async def test_an_endless_file_is_given_up_at_the_limit(size_bytes: int | None) -> None:
    """Whatever size the help desk told."""
    left = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 1024)
        finally:
            left.set()

    async with hosting(endless) as host, desk_at(host.url) as desk:
        with pytest.raises(PermanentError, match="larger than 100 kB"):
            await desk.download(file(f"{host.url}/a.png", size_bytes=size_bytes), limit_bytes=100 * 1024)
        await asyncio.wait_for(left.wait(), 10)


async def test_a_file_that_says_it_is_too_large_is_not_received() -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000000000"})
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    async with hosting(large) as host, desk_at(host.url) as desk:
        with pytest.raises(PermanentError, match="larger than"):
            await asyncio.wait_for(desk.download(file(f"{host.url}/a.png"), limit_bytes=100), 10)


async def test_a_file_known_to_be_too_large_is_not_asked_for() -> None:
    async with hosting(well) as host, desk_at(host.url) as desk:
        with pytest.raises(PermanentError, match="larger than"):
            await desk.download(file(f"{host.url}/a.png", size_bytes=11), limit_bytes=10)
        assert host.requests == []


async def test_a_server_that_never_answers_is_given_up() -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    async with hosting(silent) as host, desk_at(host.url, total_seconds=0.2) as desk:
        with pytest.raises(TransientError):
            await desk.download(file(f"{host.url}/a.png"), limit_bytes=10)
