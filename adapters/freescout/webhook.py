"""Where FreeScout's webhooks arrive: proven to be its own, then only a reason to read the conversation again."""

import json
from collections.abc import Mapping
from typing import Any

import structlog
from typing_extensions import override

from adapters.freescout.wire.webhooks import is_signed, notice_of
from bot.domain.errors import WebhookError
from bot.ports.inbound import HelpDeskEvents, WebAnswer, WebEndpoint

log = structlog.get_logger(__name__)


class FreeScoutWebhook(WebEndpoint):
    """``secret`` is the "Secret Key" of FreeScout's Manage > API & Webhooks; without one nothing is believed.

    Answers at once and keeps nothing of what came; body, secret and signature never reach the log.
    """

    def __init__(self, *, secret: str | None, events: HelpDeskEvents) -> None:
        self._secret = secret
        self._events = events
        self._said_that_no_secret_is_set = False

    @override
    async def __call__(self, headers: Mapping[str, str], body: bytes) -> WebAnswer:
        if not body.strip():
            # Some versions send empty ones, unsigned, and repeat them every minute until they are answered well.
            return WebAnswer(status=204)
        if not self._secret:
            raise self._not_set_up()
        if not is_signed(headers, body, self._secret):
            raise WebhookError("the signature is missing, or not made with freescout.webhook_secret", status=401)
        notice = notice_of(headers, _document(body))
        if notice is None:
            return WebAnswer(status=200, text="not about a conversation")
        self._events.changed(notice.conversation_id, replied=notice.replied)
        return WebAnswer(status=200)

    def _not_set_up(self) -> WebhookError:
        if not self._said_that_no_secret_is_set:
            self._said_that_no_secret_is_set = True
            log.warning("FreeScout's webhooks are refused: freescout.webhook_secret is not set")
        return WebhookError("no webhooks of FreeScout are taken here", status=404)


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookError("the body is no JSON", status=400) from error
    if not isinstance(found, dict):
        raise WebhookError("the body is no JSON object", status=400)
    return found
