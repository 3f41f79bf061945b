"""Each failure on the way becomes the error that names the right next step, and is told to the health reports."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.http import (
    LONGEST_RETRY_AFTER,
    AccessError,
    Answer,
    Connection,
    StatusError,
    TooLargeError,
    raise_for_failure,
    retry_after,
)
from bot.domain.chat import FileContent
from bot.domain.errors import DeliveryError, OutcomeUnknownError, PermanentError, TransientError
from bot.domain.helpdesk import Status
from bot.domain.ids import ConversationId
from bot.ports.inbound import PartState
from tests.unit.freescout_rig import MIA, Rig, entry, freescout

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def failure(status: int, *, creates: bool, headers: dict[str, str] | None = None) -> DeliveryError:
    answer = Answer(status=status, headers=headers or {}, body=b"")
    with pytest.raises(DeliveryError) as raised:
        raise_for_failure(answer, system="It", creates=creates, now=NOW, words=lambda _: "said so")
    return raised.value


@pytest.mark.parametrize(
    ("status", "of_post", "of_get"),
    [
        (301, TransientError, TransientError),
        (400, StatusError, StatusError),
        (401, AccessError, AccessError),
        (403, AccessError, AccessError),
        (404, StatusError, StatusError),
        (405, StatusError, StatusError),
        (408, TransientError, TransientError),
        (409, StatusError, StatusError),
        (412, StatusError, StatusError),
        (413, TooLargeError, TooLargeError),
        (415, StatusError, StatusError),
        (429, TransientError, TransientError),
        (500, OutcomeUnknownError, TransientError),
        (501, StatusError, StatusError),
        (502, OutcomeUnknownError, TransientError),
        (503, TransientError, TransientError),
        (504, OutcomeUnknownError, TransientError),
        (520, OutcomeUnknownError, TransientError),
    ],
)
def test_every_status_names_the_next_step(
    status: int, of_post: type[DeliveryError], of_get: type[DeliveryError]
) -> None:
    assert type(failure(status, creates=True)) is of_post
    assert type(failure(status, creates=False)) is of_get


def test_a_changed_key_parks_nothing() -> None:
    assert issubclass(AccessError, TransientError)
    assert not issubclass(AccessError, PermanentError)


def test_a_reason_holds_the_servers_own_words() -> None:
    assert str(failure(400, creates=True)) == "It answered 400: said so"


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_raises_nothing(status: int) -> None:
    raise_for_failure(
        Answer(status=status, headers={}, body=b""), system="It", creates=True, now=NOW, words=lambda _: ""
    )


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("0.5", timedelta(seconds=0.5)),
        ("Mon, 02 Mar 2026 09:01:30 GMT", timedelta(seconds=90)),
        ("Mon, 02 Mar 2026 08:00:00 GMT", timedelta()),
        ("-3", timedelta()),
        ("999999", LONGEST_RETRY_AFTER),
        ("1e400", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, wait: timedelta | None) -> None:
    assert retry_after(value, NOW) == wait


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_was_asked_for_is_passed_on(status: int) -> None:
    error = failure(status, creates=True, headers={"retry-after": "12"})
    assert isinstance(error, TransientError)
    assert error.retry_after == timedelta(seconds=12)


async def test_a_refused_connection_was_surely_not_done(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        new = await rig.new()
        await rig.sim.go_down()
        with pytest.raises(TransientError, match="cannot be reached"):
            await rig.desk.open_conversation(new)
        await rig.sim.come_back()
        await rig.desk.open_conversation(new)
        assert rig.health.states == [PartState.CONNECTED, PartState.DISCONNECTED, PartState.CONNECTED]


@pytest.mark.parametrize("kind", ["lose_answer", "reset", "html_200", "blank_200", "delay"])
async def test_a_creation_without_a_usable_answer_has_an_unknown_outcome(tmp_path: Path, kind: str) -> None:
    async with freescout(tmp_path, desk={"total_seconds": 0.3}) as rig:
        new = await rig.new()
        rig.sim.faults.add(kind=kind, method="POST", delay_seconds=5)
        with pytest.raises(OutcomeUnknownError):
            await rig.desk.open_conversation(new)


@pytest.mark.parametrize("kind", ["reset", "html_200", "blank_200", "delay"])
async def test_what_may_be_repeated_freely_is_merely_tried_again(tmp_path: Path, kind: str) -> None:
    async with freescout(tmp_path, desk={"total_seconds": 0.3}) as rig:
        opened = await rig.open()
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: rig.desk.set_status(opened.conversation_id, Status.CLOSED),
            lambda: rig.desk.find_appended(opened.conversation_id, entry("x")),
            lambda: rig.desk.find_customer(MIA, NOW),
            lambda: rig.desk.conversation(opened.number),
        ]
        for attempt in attempts:
            rig.sim.faults.add(kind=kind, delay_seconds=5)
            with pytest.raises(TransientError):
                await attempt()
        assert rig.health.states[-1] is PartState.DISCONNECTED


async def test_a_wrong_key_parks_nothing_and_is_reported_as_refused(tmp_path: Path) -> None:
    async with freescout(tmp_path, api_key="0" * 32) as rig:
        with pytest.raises(TransientError, match="401: Not Authorized"):
            await rig.desk.create_customer(MIA)
        assert rig.health.states == [PartState.REFUSED]


async def test_a_missing_api_module_parks_nothing_and_names_it(tmp_path: Path) -> None:
    async with freescout(tmp_path, api=False) as rig:
        with pytest.raises(TransientError, match="API & Webhooks"):
            await rig.desk.append(ConversationId(1), entry("x"))
        assert rig.health.states == [PartState.REFUSED]


async def test_a_refused_request_is_permanent_and_says_why_and_the_help_desk_is_well(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk={"mailbox_id": 77}) as rig:
        with pytest.raises(PermanentError, match="mailboxId: Mailbox not found"):
            await rig.open()
        assert rig.health.states == [PartState.CONNECTED]


async def test_a_text_that_is_itself_too_large_is_permanent(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        new = await rig.new(files=(FileContent(name="a", mime_type="a/b", content=b"x"),))
        rig.sim.options.max_body_bytes = 10
        with pytest.raises(TooLargeError):
            await rig.desk.open_conversation(new)


async def test_health_is_told_changes_only_and_every_success(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        await _work(rig)
        assert rig.health.states == [PartState.CONNECTED]
        assert rig.health.successes == len(rig.sim.requests)


async def test_an_endless_answer_is_cut_off(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        connection = Connection(system="It", base_url=rig.sim.url, headers={}, largest_answer_bytes=10)
        with pytest.raises(TransientError, match="too large"):
            await connection.send("GET", "/", creates=False)
        with pytest.raises(OutcomeUnknownError, match="too large"):
            await connection.send("POST", "/", creates=True)
        await connection.aclose()


async def test_no_reason_and_no_log_line_holds_the_key_or_the_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with freescout(tmp_path) as rig:
        for kind in ("lose_answer", "reset", "html_200", "status"):
            rig.sim.faults.add(kind=kind, method="POST", path="/conversations", status=500)
            with pytest.raises(DeliveryError) as raised:
                await rig.open("secret words")
            for told in (str(raised.value), caplog.text, str(rig.health.reports)):
                assert rig.sim.api_key not in told
                assert "secret words" not in told


async def _work(rig: Rig) -> None:
    opened = await rig.open()
    await rig.desk.append(opened.conversation_id, entry("more"))
    await rig.desk.set_triage(opened.conversation_id, "bug", "P0")
