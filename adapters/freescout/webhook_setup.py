"""Registering the bot's webhook in FreeScout, and seeing whether it is there."""

from collections.abc import Sequence
from functools import partial

from adapters.freescout.endpoint import PART, AbsentError, Endpoint
from adapters.freescout.wire import requests
from adapters.freescout.wire.webhooks import EVENTS, RegisteredWebhook, registered_webhook, same_address
from adapters.http import StatusError
from bot.domain.errors import PermanentError
from bot.domain.findings import Finding

INSTALL = "supportbot webhooks install"


class WebhookSetup:
    """The bot's webhook at ``url`` ("" for none). ``has_secret``: whether the bot knows what FreeScout signs with.

    ``poll_seconds`` is how often the bot looks by itself.
    """

    def __init__(self, *, endpoint: Endpoint, mailbox_id: int, url: str, has_secret: bool, poll_seconds: float) -> None:
        self._endpoint = endpoint
        self._mailbox_id = mailbox_id
        self._url = url
        self._has_secret = has_secret
        self._poll_seconds = poll_seconds

    async def install(self, url: str) -> str:
        """Register it, unless it is there; says what was done. Raises ``PermanentError`` where it cannot be seen."""
        try:
            found = await self._registered(url)
        except (StatusError, AbsentError) as error:
            if not _is_too_old(error):
                raise
            raise PermanentError(
                f"FreeScout's API & Webhooks module is too old to list its webhooks ({error}). Update it, or add the"
                f" webhook by hand in FreeScout's Manage > API & Webhooks: {url} with the events {', '.join(EVENTS)}."
            ) from error
        if any(one.tells_all(self._mailbox_id) for one in found):
            return f"FreeScout sends its webhooks to {url} already; nothing was changed."
        for one in found:
            await self._endpoint.change(requests.delete_webhook(one.webhook_id))
        await self._endpoint.create(requests.create_webhook(url, EVENTS))
        if found:
            return f"FreeScout's webhook to {url} lacked events and was made anew, with all of them."
        return f"FreeScout now sends its webhooks to {url}."

    async def finding(self) -> Finding:
        """For ``check --live``. Raises ``DeliveryError`` when FreeScout cannot be asked."""
        poll = f"every {self._poll_seconds:g} s"
        if not self._url:
            subject = f'webhook: none, since "web.public_url" is not set; answers are found by asking {poll}'
            return Finding(part=PART, subject=subject, well=True)
        if not self._has_secret:
            fix = (
                "Webhooks are refused without their secret. Put the Secret Key from Manage > API & Webhooks in"
                ' FreeScout into "freescout.webhook_secret".'
            )
            return Finding(part=PART, subject="webhook", well=False, fix=fix)
        try:
            found = await self._registered(self._url)
        except (StatusError, AbsentError) as error:
            if not _is_too_old(error):
                raise
            subject = f"webhook: this version of FreeScout's module does not tell whether {self._url} is registered"
            return Finding(part=PART, subject=subject, well=True)
        return self._judged(found, poll)

    def _judged(self, found: Sequence[RegisteredWebhook], poll: str) -> Finding:
        whole = [one for one in found if one.tells_all(self._mailbox_id)]
        if not whole:
            lack = "lacks events" if found else "is not registered"
            fix = f"The webhook {lack}: run “{INSTALL}”. Until then answers are found by asking {poll}."
            return Finding(part=PART, subject=f"webhook {self._url}", well=False, fix=fix)
        failed = next((one.last_error for one in whole if one.last_error), "")
        if failed:
            fix = f"FreeScout could not deliver it the last time ({failed}). Does its server reach this address?"
            return Finding(part=PART, subject=f"webhook {self._url}", well=False, fix=fix)
        return Finding(part=PART, subject=f"webhook {self._url}", well=True)

    async def _registered(self, url: str) -> list[RegisteredWebhook]:
        listed = self._endpoint.listed(partial(requests.listed, "/webhooks"), "webhooks")
        found = [registered_webhook(entry) async for entry in listed]
        return [one for one in found if one is not None and same_address(one.url, url)]


def _is_too_old(error: StatusError | AbsentError) -> bool:
    """405, or nothing at this address though the rest of the API is there."""
    return isinstance(error, AbsentError) or error.answer.status in (404, 405)
