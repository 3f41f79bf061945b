"""What tests of the sandbox's page share beside their fixtures: how they are marked, and the screens they look at."""

import shutil
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import ConsoleMessage, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

MARKS = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.synapse,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
]

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

Open = Callable[[dict[str, int]], Awaitable[Page]]


def is_fault(message: ConsoleMessage) -> bool:
    """An error of the page; that a request was refused, which Chromium notes as well, is part of what is tested."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")
