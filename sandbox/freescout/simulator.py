"""The FreeScout simulator: the documented API with its real quirks, what people do in it, and faults on the way."""

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from sandbox.freescout import mails
from sandbox.freescout.actions import People
from sandbox.freescout.call import World
from sandbox.freescout.clock import Clock, wall_clock
from sandbox.freescout.faults import Faults
from sandbox.freescout.inspection import read_conversation, read_customers, read_webhooks
from sandbox.freescout.options import ALL_MODULES, Options
from sandbox.freescout.records import (
    Conversation,
    Customer,
    Mail,
    Problem,
    RecordedRequest,
    Webhook,
    WebhookDelivery,
)
from sandbox.freescout.server import Server
from sandbox.freescout.store import Store, new_key
from sandbox.freescout.webhook_sender import WebhookSender


class FreeScoutSimulator(People):
    """A help desk of one mailbox. Everything is in `database`: a new simulator on the same file forgets nothing.

    Reading and the actions of people work at any time, also while the server is down. All calls belong on one thread.
    `options` holds the variants (see `Options`), which may be changed while it runs. All dates are those of `clock`,
    which `advance` puts forward.
    """

    def __init__(
        self,
        *,
        database: Path | str,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str = "",
        number_offset: int = 1000,
        modules: Collection[str] = ALL_MODULES,
        api: bool = True,
        empty_201: bool = True,
        refuse_chat_without_customer_id: bool = False,
        status_default: str | None = "active",
        state_default: str | None = "published",
        status_csv: bool = True,
        thread_customer_required: bool = False,
        max_body_bytes: int | None = None,
        skip_attachments: bool = False,
        auto_reply: bool = True,
        list_inline_images: bool = False,
        webhook_secret: str = "",
        undo_seconds: float = 15.0,
        chat_mode_seconds: float = 1.0,
        webhook_delay_seconds: float = 0.0,
        webhook_timeout_seconds: float = 30.0,
        webhook_retry_scale: float = 1.0,
        duplicate_webhooks: int = 1,
        reorder: float = 0.0,
        empty_webhooks: bool = False,
        drop_webhooks: bool = False,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self.options = Options(
            number_offset=number_offset,
            modules=frozenset(modules),
            api=api,
            empty_201=empty_201,
            refuse_chat_without_customer_id=refuse_chat_without_customer_id,
            status_default=status_default,
            state_default=state_default,
            status_csv=status_csv,
            thread_customer_required=thread_customer_required,
            max_body_bytes=max_body_bytes,
            skip_attachments=skip_attachments,
            auto_reply=auto_reply,
            list_inline_images=list_inline_images,
            undo_seconds=undo_seconds,
            chat_mode_seconds=chat_mode_seconds,
            webhook_delay_seconds=webhook_delay_seconds,
            webhook_timeout_seconds=webhook_timeout_seconds,
            webhook_retry_scale=webhook_retry_scale,
            duplicate_webhooks=duplicate_webhooks,
            reorder=reorder,
            empty_webhooks=empty_webhooks,
            drop_webhooks=drop_webhooks,
        )
        self.faults = Faults()
        self._clock = Clock(clock)
        store = Store(database, self._clock)
        with store.transaction():
            self.api_key = store.setting("api_key", lambda: api_key or new_key())
            self.webhook_secret = store.setting("webhook_secret", lambda: webhook_secret or new_key())
            mailbox_id = int(
                store.setting("mailbox_id", lambda: str(store.add_mailbox("Support", "support@help.example")))
            )
            admin_id = int(store.setting("admin_id", lambda: str(_add_admin(store))))
            self.bot_user_id = int(store.setting("bot_user_id", lambda: str(_add_bot(store))))
        world = World(store=store, options=self.options, bot_user_id=self.bot_user_id)
        super().__init__(world, mailbox_id=mailbox_id, admin_id=admin_id)
        self._sender = WebhookSender(world, self.webhook_secret)
        world.announced = self._sender.announce
        self._server = Server(self._world, self.faults, api_key=self.api_key, host=host, port=port)

    # --- the server ---

    @property
    def url(self) -> str:
        """`http://host:port`, known once started; the API is at /api below it."""
        return self._server.url

    async def start(self) -> None:
        """Listen, and send webhooks. After a stop: on the same port, with the same data."""
        await self._server.listen()
        await self._sender.start()

    async def stop(self) -> None:
        """Cut all connections, free the port and close the database; webhooks not yet sent are forgotten."""
        await self._sender.stop()
        await self._server.hang_up(reserve=False)
        self._world.store.close()

    async def go_down(self) -> None:
        """Cut all connections and refuse new ones; people can go on working, as behind a broken proxy.

        Webhooks still leave, for nothing is wrong with the way out.
        """
        await self._server.hang_up(reserve=True)

    async def come_back(self) -> None:
        """Listen again on the same port."""
        await self._server.listen()

    def now(self) -> datetime:
        """The present in the help desk."""
        return self._clock()

    def advance(self, seconds: float) -> None:
        """Move the help desk's time forward: replies can no longer be taken back, everything grows older."""
        self._clock.advance(seconds)

    # --- setting it up ---

    def add_user(
        self, first_name: str, last_name: str, email: str, *, role: str = "user", subscribed: bool = True
    ) -> int:
        """A new agent; returns the user id. `subscribed`: gets a mail for every customer post."""
        return self._world.store.add_user(first_name, last_name, email, role=role, subscribed=subscribed)

    def add_mailbox(self, name: str, email: str) -> int:
        """A further mailbox; returns its id."""
        return self._world.store.add_mailbox(name, email)

    def add_custom_field(self, name: str, type: str = "text", options: Sequence[str] = ()) -> int:  # noqa: A002 - FreeScout's word
        """A custom field of the mailbox: dropdown (its options are numbered from 1) or text; returns its id."""
        numbered = {str(place): option for place, option in enumerate(options, start=1)}
        return self._world.store.insert(
            "custom_field", mailbox_id=self.mailbox_id, name=name, type=type, options=json.dumps(numbered)
        )

    # --- looking into it ---

    def conversations(self) -> list[Conversation]:
        """All conversations, oldest first, deleted ones included."""
        rows = self._world.store.rows("SELECT * FROM conversation ORDER BY id")
        return [read_conversation(self._world, row) for row in rows]

    def conversation_count(self) -> int:
        """How many conversations there are; cheap enough to poll."""
        return int(self._world.store.rows("SELECT count(*) AS found FROM conversation")[0]["found"])

    def thread_count(self) -> int:
        """How many threads there are in all conversations; cheap enough to poll."""
        return int(self._world.store.rows("SELECT count(*) AS found FROM thread")[0]["found"])

    def customers(self) -> list[Customer]:
        """All customers, oldest first."""
        return read_customers(self._world.store)

    def webhooks(self) -> list[Webhook]:
        """The registered webhooks."""
        return read_webhooks(self._world.store)

    @property
    def webhook_deliveries(self) -> list[WebhookDelivery]:
        """The webhooks sent so far, in the order of their first try; kept in memory, so gone with this object."""
        return [each.record() for each in self._sender.sent]

    async def webhooks_sent(self, timeout_seconds: float = 10.0) -> None:
        """Wait until no webhook is waiting, on its way, or to be tried again; TimeoutError otherwise."""
        async with asyncio.timeout(timeout_seconds):
            await self._sender.idle()

    @property
    def mails(self) -> list[Mail]:
        """Mails to customers that the real one would have sent, oldest first."""
        return mails.recorded(self._world, notifications_only=False)

    @property
    def agent_mails(self) -> list[Mail]:
        """Notifications to agents that the real one would have sent, oldest first."""
        return mails.recorded(self._world, notifications_only=True)

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests so far, oldest first; kept in memory, so gone with this object."""
        return list(self._world.requests)

    @property
    def problems(self) -> list[Problem]:
        """What was odd about requests though FreeScout did not say so: unknown fields, active HTML, skipped files."""
        return list(self._world.problems)

    def forget_requests(self) -> None:
        """Empty `requests` and `problems`, for instance between two parts of a test."""
        self._world.requests.clear()
        self._world.problems.clear()


def _add_admin(store: Store) -> int:
    return store.add_user("Ines", "Admin", "admin@help.example", role="admin", subscribed=False)


def _add_bot(store: Store) -> int:
    """The user in whose name the bot works; nobody reads its mail."""
    return store.add_user("Support", "Bot", "bot@help.example", subscribed=False)
