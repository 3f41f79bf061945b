"""Who sees the board: whoever knows the token, for as long as the cookie holds, and nobody else."""

import logging
import re
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.web.board import MOST_FORM_BYTES
from adapters.web.board_session import COOKIE, BoardKey
from adapters.web.server import WebServer
from bot.domain.errors import StoreError
from tests.fakes.board import a_row
from tests.fakes.clock import START
from tests.unit.board_place import TOKEN, Well, place

SECRET = "What only the team may read"
TWELVE_HOURS = timedelta(hours=12)


@pytest.mark.parametrize("path", ["/board", "/board/events", f"/board?token={quote(TOKEN)}"])
async def test_without_a_token_in_the_settings_there_is_no_board(unused_tcp_port: int, path: str) -> None:
    async with (
        WebServer(host="127.0.0.1", port=unused_tcp_port, status=Well()),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client,
    ):
        assert (await client.get(path)).status_code == 404
        assert (await client.post(path)).status_code == 404


def test_an_empty_token_is_no_token() -> None:
    with pytest.raises(ValueError, match="empty"):
        BoardKey("")


async def test_a_stranger_gets_a_form_and_nothing_of_the_tickets(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, [a_row(START, subject=SECRET)]) as here:
        answer = await here.get("/board?label=bug&priority=P1")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert 'action="/board?label=bug&amp;priority=P1"' in answer.text
        assert SECRET not in answer.text
        assert here.board.views == []
        assert (await here.get("/board/events")).status_code == 401


async def test_the_token_in_the_address_is_exchanged_for_a_cookie_and_leaves_the_address(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, [a_row(START, subject=SECRET)]) as here:
        answer = await here.get(f"/board?label=bug&token={quote(TOKEN)}&origin=discord")
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/board?origin=discord&label=bug"
        cookie = answer.headers["Set-Cookie"]
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert parts == {"httponly", "samesite=lax", "path=/board", "max-age=43200"}
        assert TOKEN not in cookie
        page = await here.get(answer.headers["Location"])
        assert page.status_code == 200
        assert SECRET in page.text


@pytest.mark.parametrize("said", ["https", "HTTPS", "https, http"])
async def test_the_cookie_is_for_https_only_when_the_request_came_by_it(unused_tcp_port: int, said: str) -> None:
    async with place(unused_tcp_port) as here:
        answer = await here.get(f"/board?token={quote(TOKEN)}", **{"X-Forwarded-Proto": said})
        assert "; Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("wrong", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "%FF%FE", "%00", "a" * 4000])
async def test_a_wrong_token_is_answered_by_the_form_and_a_kind_sentence(unused_tcp_port: int, wrong: str) -> None:
    async with place(unused_tcp_port, [a_row(START, subject=SECRET)]) as here:
        for answer in (
            await here.get(f"/board?token={wrong if '%' in wrong else quote(wrong)}"),
            await here.client.post("/board", data={"token": wrong}),
        ):
            assert answer.status_code == 401
            assert "not the board’s token" in answer.text
            assert "<form" in answer.text
            assert "Set-Cookie" not in answer.headers
            assert SECRET not in answer.text


async def test_the_form_lets_in_and_keeps_the_filters(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        answer = await here.client.post("/board?priority=P0", data={"token": f" {TOKEN}\n"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/board?priority=P0")
        assert (await here.get()).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"token", b"\xff\xfe=%FF", b"&".join([b"a=b"] * 500), b"token=" + b"\xf0" * 100, b"{}"]
)
async def test_a_body_that_is_no_form_is_a_wrong_token(unused_tcp_port: int, body: bytes) -> None:
    async with place(unused_tcp_port) as here:
        assert (await here.client.post("/board", content=body)).status_code == 401


async def test_a_form_is_small(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        assert (await here.client.post("/board", content=b"x" * (MOST_FORM_BYTES + 1))).status_code == 413


async def test_the_token_may_come_with_each_request(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, [a_row(START, subject=SECRET)], token="plain") as here:
        assert SECRET in (await here.get(Authorization="bearer plain")).text
        for wrong in ("Bearer", "Bearer plai", "Basic plain", "Basic  plain", "plain"):
            answer = await here.get(Authorization=wrong)
            assert answer.status_code == 401
            assert SECRET not in answer.text
        await here.get("/board?token=plain")
        assert (await here.get(Authorization="Bearer wrong")).status_code == 401, "it counts more than the cookie"


async def test_the_cookie_ends_after_twelve_hours(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        await here.sign_in()
        await here.clock.advance(TWELVE_HOURS - timedelta(seconds=1))
        assert (await here.get()).status_code == 200
        await here.clock.advance(timedelta(seconds=1))
        answer = await here.get()
        assert answer.status_code == 401
        assert "sign in again" in answer.text


def test_another_token_ends_all_sessions() -> None:
    cookie = BoardKey("one").cookie(START)
    assert BoardKey("one").session({}, cookie, START) is not None
    assert BoardKey("two").session({}, cookie, START) is None


@pytest.mark.parametrize(
    "forged",
    ["", ".", "x", "9999999999.", "9999999999.AAAA", "{ends}", "{ends}.", "{later}.{mark}", "{ends}.{mark}x",
     "-{ends}.{mark}", "{ends}.{mark}.", "٣.{mark}", "9" * 400 + ".{mark}", "{ends}.\ud800"],
)  # fmt: skip
def test_a_cookie_is_only_good_as_it_was_given(forged: str) -> None:
    key = BoardKey("one")
    ends, mark = key.cookie(START).split(".")
    assert key.session({}, forged.format(ends=ends, later=int(ends) + 1, mark=mark), START) is None


async def test_a_damaged_cookie_is_told_kindly(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        answer = await here.get(Cookie=f"{COOKIE}=9.".encode() + b"\xff\xfe; a=b")
        assert answer.status_code == 401
        assert "sign in again" in answer.text


async def test_every_answer_is_kept_by_nobody_and_runs_nothing_foreign(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        strange = await here.get()
        await here.sign_in()
        nonces = set()
        for answer in (strange, await here.get(), await here.get()):
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            policy = dict(one.strip().split(" ", 1) for one in answer.headers["Content-Security-Policy"].split(";"))
            assert policy["default-src"] == "'none'"
            assert policy["frame-ancestors"] == "'none'"
            assert policy["connect-src"] == "'self'"
            (nonce,) = re.findall(r"'nonce-([\w-]{20,})'", policy["script-src"])
            assert policy["script-src"] == policy["style-src"] == f"'nonce-{nonce}'"
            assert set(re.findall(r"<(?:script|style)\b[^>]*>", answer.text)) <= {
                f'<script nonce="{nonce}">',
                f'<style nonce="{nonce}">',
            }
            nonces.add(nonce)
        assert len(nonces) == 3


async def test_the_token_is_never_logged(unused_tcp_port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with place(unused_tcp_port, token="only-here") as here:
            await here.get("/board?token=only-here")
            await here.get("/board?token=only-here-not")
            await here.get(Authorization="Bearer only-here")
            await here.client.post("/board", data={"token": "only-here"})
    said = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert "only-here" not in f"{logs} {said}"


async def test_a_store_that_cannot_be_read_is_told_and_asked_again(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        await here.sign_in()
        here.board.broken = StoreError("disk I/O error at /var/lib/x")
        answer = await here.get()
        assert answer.status_code == 503
        assert "tries again by itself" in answer.text
        assert "disk" not in answer.text
        here.board.broken = None
        assert (await here.get()).status_code == 200
