"""The bot's board as somebody reads it in a browser: the link with the token, a redirect, a cookie, then the page."""

import html
import re
from collections.abc import Mapping
from typing import Self

import httpx

_ROW = re.compile(r'<tr role="row" class=.*?</tr>', re.DOTALL)
_METER = re.compile(r'role="meter" aria-label="([^"]*)"[^>]*aria-valuetext="([^"]*)"')
_TIMEOUT_SECONDS = 10.0


class BoardReader:
    """One browser. Use it as a context."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.AsyncClient(follow_redirects=True, timeout=_TIMEOUT_SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def open(self) -> bool:
        """Follow the link with the token; True when a cookie came and the token has left the address."""
        page = await self._http.get(self._url)
        return page.is_success and bool(self._http.cookies) and not page.url.query

    async def clocks(self, number: int) -> Mapping[str, str] | None:
        """The bars of a ticket, the words beside them by the clock's name; None where the board has no such row."""
        page = await self._http.get(httpx.URL(self._url).copy_with(query=None))
        page.raise_for_status()
        for row in _ROW.findall(page.text):
            if f">#{number}<" in row:
                return {html.unescape(name): html.unescape(words) for name, words in _METER.findall(row)}
        return None
