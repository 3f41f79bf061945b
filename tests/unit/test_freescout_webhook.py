"""A webhook is believed only when FreeScout signed exactly these bytes, and then it only says what to read again."""

import hmac
import json
from base64 import b64encode
from typing import Any

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from adapters.freescout.webhook import FreeScoutWebhook
from adapters.freescout.wire import webhooks
from bot.domain.errors import WebhookError
from bot.domain.ids import ConversationId
from bot.ports.inbound import HelpDeskEvents, WebAnswer

SECRET = "5f4dcc3b5aa765d61d8327deb882cf99"
CONVERSATION: dict[str, Any] = {"id": 7, "number": 1007, "status": "active", "_embedded": {"threads": []}}


class Heard(HelpDeskEvents):
    def __init__(self) -> None:
        self.changes: list[tuple[ConversationId, bool]] = []

    @override
    def changed(self, conversation_id: ConversationId, *, replied: bool) -> None:
        self.changes.append((conversation_id, replied))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def webhook(heard: Heard) -> FreeScoutWebhook:
    return FreeScoutWebhook(secret=SECRET, events=heard)


def signature(body: bytes, secret: str = SECRET) -> str:
    return b64encode(hmac.new(secret.encode(), body, "sha1").digest()).decode()


def sent(body: bytes, event: str = webhooks.AGENT_REPLY) -> dict[str, str]:
    return {"X-FreeScout-Event": event, "X-FreeScout-Signature": signature(body)}


def as_json(document: object) -> bytes:
    return json.dumps(document).encode()


async def status(webhook: FreeScoutWebhook, headers: dict[str, str], body: bytes) -> int:
    try:
        return (await webhook(headers, body)).status
    except WebhookError as error:
        return error.status


def test_the_signature_is_the_documented_one() -> None:
    """The sum of a known body under a known secret, made with another program."""
    headers = {"X-FreeScout-Signature": "3nybhbi3iqa8ino29wqQcBydtNk="}
    assert webhooks.is_signed(headers, b"The quick brown fox jumps over the lazy dog", "key")


async def test_a_signed_reply_wakes_the_reader_of_its_conversation(webhook: FreeScoutWebhook, heard: Heard) -> None:
    body = as_json(CONVERSATION)
    assert await webhook(sent(body), body) == WebAnswer(status=200)
    assert heard.changes == [(7, True)]


@pytest.mark.parametrize("event", [event for event in webhooks.EVENTS if event != webhooks.AGENT_REPLY])
async def test_no_other_event_says_that_a_reply_can_no_longer_be_taken_back(
    webhook: FreeScoutWebhook, heard: Heard, event: str
) -> None:
    """A note's least of all."""
    body = as_json(CONVERSATION)
    assert await status(webhook, sent(body, event), body) == 200
    assert heard.changes == [(7, False)]


@pytest.mark.parametrize("event", ["convo.custom", "workflow.escalated", "", "convo.agent.reply.created.later"])
async def test_an_unknown_event_of_a_conversation_wakes_the_reader_too(
    webhook: FreeScoutWebhook, heard: Heard, event: str
) -> None:
    body = as_json(CONVERSATION)
    assert await status(webhook, sent(body, event), body) == 200
    assert heard.changes == [(7, False)]


async def test_headers_are_known_in_any_case(webhook: FreeScoutWebhook, heard: Heard) -> None:
    body = as_json(CONVERSATION)
    for change in (str.lower, str.upper, str.title):
        assert await status(webhook, {change(name): value for name, value in sent(body).items()}, body) == 200
    assert heard.changes == [(7, True)] * 3


@pytest.mark.parametrize(
    "given",
    [
        "",
        "AAAA",
        signature(as_json(CONVERSATION), "another secret"),
        signature(as_json(CONVERSATION) + b" "),
        signature(as_json(CONVERSATION)).lower(),
        signature(as_json(CONVERSATION))[:-1],
        signature(as_json(CONVERSATION)) * 2,
        "ü\udcff",
        hmac.new(SECRET.encode(), as_json(CONVERSATION), "sha1").hexdigest(),
    ],
)
async def test_a_wrong_signature_is_refused(webhook: FreeScoutWebhook, heard: Heard, given: str) -> None:
    headers = {"X-FreeScout-Event": webhooks.AGENT_REPLY, "X-FreeScout-Signature": given}
    with pytest.raises(WebhookError) as caught:
        await webhook(headers, as_json(CONVERSATION))
    assert caught.value.status == 401
    assert heard.changes == []


async def test_a_missing_signature_is_refused(webhook: FreeScoutWebhook, heard: Heard) -> None:
    assert await status(webhook, {"X-FreeScout-Event": webhooks.AGENT_REPLY}, as_json(CONVERSATION)) == 401
    assert heard.changes == []


async def test_the_signature_is_of_the_bytes_not_of_what_they_mean(webhook: FreeScoutWebhook) -> None:
    body = as_json(CONVERSATION)
    same = json.dumps(CONVERSATION, indent=1).encode()
    assert await status(webhook, sent(body), same) == 401


async def test_signatures_are_compared_in_constant_time(
    webhook: FreeScoutWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare)
    body = as_json(CONVERSATION)
    assert await status(webhook, sent(body), body) == 401
    assert compared == [(signature(body).encode(), signature(body).encode())]


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t \n"])
@pytest.mark.parametrize("secret", [SECRET, None])
async def test_an_empty_body_is_well_and_ignored_before_any_signature(
    heard: Heard, body: bytes, secret: str | None
) -> None:
    """Some versions send them every minute until they are."""
    assert await status(FreeScoutWebhook(secret=secret, events=heard), {}, body) == 204
    assert heard.changes == []


@pytest.mark.parametrize("secret", [None, ""])
async def test_without_a_secret_nothing_is_believed_and_the_log_says_so_once(heard: Heard, secret: str | None) -> None:
    webhook = FreeScoutWebhook(secret=secret, events=heard)
    body = as_json(CONVERSATION)
    headers = {**sent(body), "X-FreeScout-Signature": signature(body, "")}
    with capture_logs() as logs:
        assert [await status(webhook, headers, body) for _ in range(3)] == [404] * 3
    assert heard.changes == []
    (line,) = logs
    assert "freescout.webhook_secret" in line["event"]


@pytest.mark.parametrize("body", [b"x", b"{", b"[]", b'"7"', b"7", b"null", b"\xff\xfe", b"[" * 100_000, b"\x00"])
async def test_what_is_no_json_object_is_malformed(webhook: FreeScoutWebhook, heard: Heard, body: bytes) -> None:
    assert await status(webhook, sent(body), body) == 400
    assert heard.changes == []


@pytest.mark.parametrize(
    ("event", "document"),
    [
        ("customer.created", {"id": 7, "firstName": "Mia"}),
        ("customer.updated", {**CONVERSATION, "firstName": "Mia"}),
        ("", {"id": 7, "firstName": "Mia"}),
        ("custom", {"id": 7}),
        (webhooks.AGENT_REPLY, {}),
        (webhooks.AGENT_REPLY, {**CONVERSATION, "id": None}),
        (webhooks.AGENT_REPLY, {**CONVERSATION, "id": True}),
        (webhooks.AGENT_REPLY, {**CONVERSATION, "id": 0}),
        (webhooks.AGENT_REPLY, {**CONVERSATION, "id": -7}),
        (webhooks.AGENT_REPLY, {**CONVERSATION, "id": []}),
    ],
)
async def test_what_is_about_no_conversation_is_well_and_ignored(
    webhook: FreeScoutWebhook, heard: Heard, event: str, document: object
) -> None:
    body = as_json(document)
    assert await status(webhook, sent(body, event), body) == 200
    assert heard.changes == []


async def test_nothing_of_it_reaches_the_log_or_an_answer(webhook: FreeScoutWebhook) -> None:
    secrets = ("call me at night", SECRET)
    with capture_logs() as logs:
        for body in (as_json({**CONVERSATION, "subject": secrets[0]}), secrets[0].encode()):
            for headers in (sent(body), {**sent(body), "X-FreeScout-Signature": secrets[0]}, {}):
                try:
                    told = repr(await webhook(headers, body))
                except WebhookError as error:
                    told = str(error)
                assert not any(secret in told for secret in (*secrets, signature(body)))
    assert logs == []
