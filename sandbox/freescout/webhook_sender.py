"""The background jobs that carry announcements to the registered webhooks (facts 1.4): late, again, out of order.

Nothing here survives the end of the simulator, and delays are real ones.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sqlite3
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

from sandbox.freescout.announcing import Announcement
from sandbox.freescout.call import KEPT_REQUESTS, World
from sandbox.freescout.records import WebhookDelivery
from sandbox.freescout.shapes import threads_json, user_person

# Ten further tries within two hours, each pause longer than the one before; how long each is, is not documented.
RETRY_PAUSES_SECONDS = tuple(60.0 * minutes for minutes in (1, 2, 4, 6, 8, 12, 15, 20, 25, 27))
_NO_ANSWER = 0


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One webhook under way."""

    announcement: Announcement
    url: str
    empty: bool = False
    status: int = _NO_ANSWER
    tries: int = 0
    done: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the latest answer was good."""
        return 200 <= self.status < 300

    def tried(self, status: int) -> None:
        """Count a try and its answer."""
        self.status = status
        self.tries += 1

    def record(self) -> WebhookDelivery:
        """As tests see it."""
        return WebhookDelivery(
            event=self.announcement.event,
            url=self.url,
            conversation_id=self.announcement.conversation_id,
            status=self.status,
            tries=self.tries,
            done=self.done,
            empty=self.empty,
        )


@dataclass(slots=True)
class WebhookSender:
    """Sends between `start` and `stop`; what is announced outside of that is lost."""

    world: World
    secret: str
    sent: deque[Delivery] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))
    _random: Random = field(default_factory=lambda: Random(1))
    _session: aiohttp.ClientSession | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Begin to send."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
            self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """Forget whatever has not been sent."""
        session, self._session = self._session, None
        self._loop = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if session is not None:
            await session.close()

    async def idle(self) -> None:
        """Wait until nothing is left to be sent, to be sent again, or without its answer."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def announce(self, announcement: Announcement) -> None:
        """Queue the job that sends it."""
        options = self.world.options
        if not options.drop_webhooks and "webhooks" in options.modules:
            wait = announcement.wait_seconds + options.webhook_delay_seconds + options.reorder * self._random.random()
            self._spawn(self._job(announcement, wait))

    async def _job(self, announcement: Announcement, wait_seconds: float) -> None:
        await asyncio.sleep(wait_seconds)
        body = self._body(announcement)
        for row in self.world.store.rows("SELECT * FROM webhook ORDER BY id"):
            if _listens(row, announcement):
                for _ in range(self.world.options.duplicate_webhooks):
                    self._spawn(self._deliver(row["id"], row["url"], announcement, body))

    def _body(self, announcement: Announcement) -> bytes:
        """The old snapshot with the threads of this moment."""
        about = dict(announcement.about)
        if announcement.conversation_id is not None:
            row = self.world.store.one("conversation", announcement.conversation_id)
            assignee = None if row is None else user_person(self.world.store, row["assignee_id"])
            threads = threads_json(self.world, announcement.conversation_id, assignee)
            about["_embedded"] = {**about.get("_embedded", {}), "threads": threads}
        return json.dumps(about).encode()

    async def _deliver(self, webhook_id: int, url: str, announcement: Announcement, body: bytes) -> None:
        delivery = self._begin(Delivery(announcement=announcement, url=url))
        scale = self.world.options.webhook_retry_scale
        for pause in (0.0, *RETRY_PAUSES_SECONDS):
            await asyncio.sleep(pause * scale)
            if self.world.store.one("webhook", webhook_id) is None:
                break
            status, error = await self._post(url, body, self._headers(announcement.event, body))
            delivery.tried(status)
            self._remember(webhook_id, error)
            if not error:
                break
        delivery.done = True
        if delivery.succeeded and self.world.options.empty_webhooks:
            await self._deliver_nothing(url, announcement)

    async def _deliver_nothing(self, url: str, announcement: Announcement) -> None:
        delivery = self._begin(Delivery(announcement=announcement, url=url, empty=True))
        status, _ = await self._post(url, b"", {"X-FreeScout-Event": announcement.event})
        delivery.tried(status)
        delivery.done = True

    def _begin(self, delivery: Delivery) -> Delivery:
        self.sent.append(delivery)
        return delivery

    def _headers(self, event: str, body: bytes) -> dict[str, str]:
        digest = hmac.new(self.secret.encode(), body, hashlib.sha1).digest()
        return {
            "Content-Type": "application/json",
            "X-FreeScout-Event": event,
            "X-FreeScout-Signature": base64.b64encode(digest).decode(),
        }

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """(status, what went wrong); status 0 when nobody answered in time."""
        if self._session is None:
            return _NO_ANSWER, "stopped"
        limit = aiohttp.ClientTimeout(total=self.world.options.webhook_timeout_seconds)
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                good = 200 <= answer.status < 300
                return answer.status, "" if good else f"Response status code: {answer.status}"
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            return _NO_ANSWER, str(error) or type(error).__name__

    def _remember(self, webhook_id: int, error: str) -> None:
        store = self.world.store
        store.update("webhook", webhook_id, last_run_time=store.now(), last_run_error=error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._loop is None:
            work.close()
            return
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _listens(row: sqlite3.Row, announcement: Announcement) -> bool:
    mailboxes = json.loads(row["mailboxes"])
    here = announcement.mailbox_id is None or not mailboxes or announcement.mailbox_id in mailboxes
    return here and announcement.event in json.loads(row["events"])
