"""The board in the browser: who may see it, its page, its stream."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qs

import structlog
from aiohttp import web

from adapters.web.board_filters import BOARD, EVENTS, address, filter_of
from adapters.web.board_html import Page, board_page, sign_in_page, trouble_page
from adapters.web.board_session import COOKIE, SESSION, BoardKey, Session
from adapters.web.board_stream import BoardStreams
from adapters.web.posts import BodyRefusedError, closing, read_body
from bot.domain.errors import StoreError
from bot.domain.sla_ticket import BoardFilter
from bot.ports.board import Board
from bot.ports.clock import Clock

log = structlog.get_logger(__name__)

MOST_FORM_BYTES = 4096
_FORM_SECONDS = 10.0
_MOST_FIELDS = 8

ASK = "Whoever knows the board’s token may look at it. The people who run the bot have it: it is web.board_token."
WRONG = "That is not the board’s token. Please look whether all of it was copied; it may also have been changed."
ENDED = "You are signed in for twelve hours, and they are over, or the token was changed. Please sign in again."
UNREADABLE = (
    "The bot cannot read its tickets just now. This page tries again by itself; nothing that was written is lost."
)
FULL = "Too many people watch the board live. The page still shows what is new whenever it is loaded."

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ASK_FOR_TOKEN = {"WWW-Authenticate": 'Bearer realm="board"'}


def _policy(nonce: str) -> str:
    """Nothing from elsewhere, and no script or style sheet but the page's own.

    Style attributes are allowed: they say how far a bar is, and matplotlib writes them. They can run nothing.
    """
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
        "img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class BoardPages:
    """The board's addresses. Raises ``ValueError`` for an empty token."""

    def __init__(self, *, board: Board, token: str, clock: Clock) -> None:
        self._board = board
        self._clock = clock
        self._key = BoardKey(token)
        self.streams = BoardStreams(board, clock)

    def add_to(self, app: web.Application) -> None:
        """Serve them there; streams end when the application shuts down."""
        app.router.add_get(BOARD, self._page)
        app.router.add_post(BOARD, self._sign_in)
        app.router.add_get(EVENTS, self._events, allow_head=False)
        app.on_shutdown.append(self._end)

    async def _end(self, _: web.Application) -> None:
        self.streams.end()

    async def _page(self, request: web.Request) -> web.Response:
        chosen = filter_of(request.query)
        if "token" in request.query:
            return self._let_in(request, chosen, request.query["token"])
        if self._session(request) is None:
            return self._stranger(request, chosen)
        try:
            view = await self._board.view(chosen)
        except StoreError as error:
            log.warning("board cannot be read", reason=str(error))
            return _answer(503, trouble_page(UNREADABLE), {"Retry-After": "10"})
        return _answer(200, board_page(view, await self._board.report(), chosen), pack=True)

    async def _sign_in(self, request: web.Request) -> web.Response:
        try:
            body = await read_body(request, seconds=_FORM_SECONDS, most_bytes=MOST_FORM_BYTES)
            fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
        except BodyRefusedError as error:
            return closing(error.status, error.text)
        except ValueError:
            fields = {}
        return self._let_in(request, filter_of(request.query), fields.get("token", [""])[0].strip())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            return web.Response(status=401, text=ENDED + "\n", headers={**HEADERS, **ASK_FOR_TOKEN})
        if self.streams.is_full:
            return web.Response(status=503, text=FULL + "\n", headers={**HEADERS, "Retry-After": "60"})
        return await self.streams.serve(request, filter_of(request.query), session, HEADERS)

    def _session(self, request: web.Request) -> Session | None:
        return self._key.session(request.headers, request.cookies.get(COOKIE, ""), self._clock.now())

    def _let_in(self, request: web.Request, chosen: BoardFilter, token: str) -> web.Response:
        """The token for a cookie, and on to the page: the address that stays in the history does not have it."""
        if not self._key.opens(token):
            log.info("board's token was wrong")
            return _refused(chosen, WRONG)
        answer = web.Response(status=303, headers={**HEADERS, "Location": address(chosen)})
        answer.set_cookie(
            COOKIE,
            self._key.cookie(self._clock.now()),
            max_age=int(SESSION.total_seconds()),
            path=BOARD,
            httponly=True,
            samesite="Lax",
            secure=_came_by_https(request),
        )
        return answer

    @staticmethod
    def _stranger(request: web.Request, chosen: BoardFilter) -> web.Response:
        if "Authorization" in request.headers:
            return _refused(chosen, WRONG)
        return _refused(chosen, ENDED if COOKIE in request.cookies else ASK)


def _came_by_https(request: web.Request) -> bool:
    """A proxy says so. Whoever makes it up only gets a cookie that a browser sends to fewer places."""
    said = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip().lower()
    return request.secure or said == "https"


def _refused(chosen: BoardFilter, sentence: str) -> web.Response:
    return _answer(401, sign_in_page(chosen, sentence), ASK_FOR_TOKEN)


def _answer(
    status: int, page: Page, headers: Mapping[str, str] = MappingProxyType({}), *, pack: bool = False
) -> web.Response:
    answer = web.Response(
        status=status,
        body=page.html.encode("utf-8", "replace"),
        content_type="text/html",
        charset="utf-8",
        headers={**HEADERS, **headers, "Content-Security-Policy": _policy(page.nonce)},
    )
    if pack:
        answer.enable_compression()
    return answer
