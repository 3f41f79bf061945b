"""How this FreeScout differs from another: version, modules, proxy. Each field is a difference between real ones."""

from dataclasses import dataclass

ALL_MODULES = frozenset({"tags", "custom_fields", "webhooks"})


@dataclass(slots=True, kw_only=True)
class Options:
    """The variants; may be changed while the simulator runs.

    number_offset: number = id + offset (an installation with custom numbers; 0 is FreeScout's own default).
    modules: installed ones of tags, custom_fields, webhooks. api: the API module itself; without it all is an HTML 404.
    empty_201: created objects answer with Resource-ID only, as documented; otherwise with the object too.
    refuse_chat_without_customer_id: a new chat conversation needs a customer id (or an e-mail address).
    status_default, state_default: what a list shows when the filter is left out; None: everything.
    status_csv: whether `status=active,pending` is understood; an older version finds nothing with it.
    thread_customer_required: an older version that does not fall back to the conversation's customer.
    max_body_bytes: the proxy's limit, 413 above. skip_attachments: files are dropped without a word.
    auto_reply: the mailbox answers new conversations by mail.
    list_inline_images: whether a thread's attachments name the pictures inside its text (core keeps them apart).

    undo_seconds: how long an agent may take a reply back; its webhook waits as long.
    chat_mode_seconds: the same wait for a reply written in the chat mode view.
    webhook_delay_seconds: until a background job runs. webhook_timeout_seconds: per try.
    webhook_retry_scale: the factor on the pauses between tries, two hours in all.
    duplicate_webhooks: how often each one is sent. reorder: each is held back for a random part of so many seconds.
    empty_webhooks: after each success comes one with nothing in it. drop_webhooks: no cron, so none ever leaves.
    """

    number_offset: int = 1000
    modules: frozenset[str] = ALL_MODULES
    api: bool = True
    empty_201: bool = True
    refuse_chat_without_customer_id: bool = False
    status_default: str | None = "active"
    state_default: str | None = "published"
    status_csv: bool = True
    thread_customer_required: bool = False
    max_body_bytes: int | None = None
    skip_attachments: bool = False
    auto_reply: bool = True
    list_inline_images: bool = False
    undo_seconds: float = 15.0
    chat_mode_seconds: float = 1.0
    webhook_delay_seconds: float = 0.0
    webhook_timeout_seconds: float = 30.0
    webhook_retry_scale: float = 1.0
    duplicate_webhooks: int = 1
    reorder: float = 0.0
    empty_webhooks: bool = False
    drop_webhooks: bool = False
