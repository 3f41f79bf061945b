"""What tests of the board in a browser share beside their fixtures: how they are marked, and their time."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page

from tests.fakes.clock import START
from tests.integration.page_browser import CHROMIUM

MARKS = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
]

NOW = START
LONG = "How do I move a workspace to another organisation without losing the history? " + "x" * 90

Open = Callable[..., Awaitable[Page]]
