"""The webhook is registered once, with every event, and `check --live` says when it is not there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.freescout.client import FreeScout
from adapters.freescout.wire.webhooks import EVENTS, registered_webhook
from bot.domain.errors import PermanentError, TransientError
from bot.domain.findings import Finding
from sandbox.freescout.webhooks import EVENTS as KNOWN_EVENTS
from tests.fakes.clock import ManualClock
from tests.unit.freescout_rig import Reports, Rig, freescout

URL = "https://bot.example.org/webhooks/freescout"
SET_UP = {"webhook_url": URL, "webhook_signed": True, "poll_seconds": 45}


async def register(rig: Rig, url: str = URL, events: tuple[str, ...] = EVENTS, **more: Any) -> None:
    """An operator adds one by hand."""
    body = {"url": url, "events": list(events), **more}
    async with httpx.AsyncClient(headers={"X-FreeScout-API-Key": rig.sim.api_key}) as client:
        answer = await client.post(f"{rig.sim.url}/api/webhooks", json=body)
        assert answer.status_code == 201


def finding_of(findings: Any) -> Finding:
    (found,) = [one for one in findings if one.subject.startswith("webhook")]
    assert bool(found.fix) is not found.well
    assert isinstance(found, Finding)
    return found


def test_every_wanted_event_is_one_that_freescout_has() -> None:
    assert set(EVENTS) < KNOWN_EVENTS
    assert len(set(EVENTS)) == len(EVENTS)


async def test_installing_registers_it_with_every_event(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        said = await rig.desk.install_webhook(URL)
        (hook,) = rig.sim.webhooks()
        assert (hook.url, set(hook.events)) == (URL, set(EVENTS))
        assert URL in said
        assert rig.sim.problems == []


@pytest.mark.parametrize("url", [URL, URL + "/"])
async def test_installing_again_changes_nothing(tmp_path: Path, url: str) -> None:
    async with freescout(tmp_path) as rig:
        await rig.desk.install_webhook(URL)
        before = rig.sim.webhooks()
        assert "already" in await rig.desk.install_webhook(url)
        assert rig.sim.webhooks() == before


async def test_one_that_lacks_an_event_is_made_anew(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        await register(rig, events=EVENTS[1:])
        said = await rig.desk.install_webhook(URL)
        (hook,) = rig.sim.webhooks()
        assert set(hook.events) == set(EVENTS)
        assert "anew" in said


async def test_one_that_is_whole_is_enough_though_another_lacks_events(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        await register(rig, events=EVENTS[1:])
        await register(rig)
        assert "already" in await rig.desk.install_webhook(URL)
        assert len(rig.sim.webhooks()) == 2


async def test_one_of_other_mailboxes_is_made_anew(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        await register(rig, mailboxes=[rig.sim.add_mailbox("Sales", "sales@help.example")])
        assert "anew" in await rig.desk.install_webhook(URL)
        await register(rig, "https://bot.example.org/other", mailboxes=[rig.sim.mailbox_id])
        assert "already" in await rig.desk.install_webhook("https://bot.example.org/other")


async def test_webhooks_of_others_are_left_alone(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        for url in ("https://other.example/hook", URL + "/x", URL.replace("https", "http")):
            await register(rig, url, EVENTS[:1])
        await rig.desk.install_webhook(URL)
        assert len(rig.sim.webhooks()) == 4


async def test_one_is_found_behind_a_page_of_others(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        for number in range(60):
            await register(rig, f"https://other.example/{number}")
        await rig.desk.install_webhook(URL)
        assert "already" in await rig.desk.install_webhook(URL)


async def test_a_version_that_lists_no_webhooks_is_named_with_what_to_do_by_hand(tmp_path: Path) -> None:
    async with freescout(tmp_path, modules={"tags"}) as rig:
        with pytest.raises(PermanentError, match="too old") as caught:
            await rig.desk.install_webhook(URL)
        assert URL in str(caught.value)
        assert all(event in str(caught.value) for event in EVENTS)


async def test_trouble_on_the_way_is_not_taken_for_an_old_version(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        rig.sim.faults.add(kind="status", status=503)
        with pytest.raises(TransientError):
            await rig.desk.install_webhook(URL)
        assert rig.sim.webhooks() == []


# --- check --live ---


async def test_without_a_public_address_it_is_said_how_answers_are_found(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk={"poll_seconds": 45}) as rig:
        found = finding_of(await rig.desk.inspect())
        assert found.well
        assert "every 45 s" in found.subject


async def test_an_address_without_a_secret_is_a_fault(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk={**SET_UP, "webhook_signed": False}) as rig:
        await rig.desk.install_webhook(URL)
        found = finding_of(await rig.desk.inspect())
        assert not found.well
        assert "freescout.webhook_secret" in found.fix


async def test_a_missing_webhook_is_a_fault_with_the_command_that_mends_it(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk=SET_UP) as rig:
        found = finding_of(await rig.desk.inspect())
        assert not found.well
        assert "supportbot webhooks install" in found.fix
        await rig.desk.install_webhook(URL)
        assert finding_of(await rig.desk.inspect()).well


async def test_one_that_lacks_events_is_a_fault(tmp_path: Path) -> None:
    async with freescout(tmp_path, desk=SET_UP) as rig:
        await register(rig, events=EVENTS[1:])
        found = finding_of(await rig.desk.inspect())
        assert not found.well
        assert "lacks events" in found.fix


async def test_a_version_that_lists_no_webhooks_is_well_with_a_remark(tmp_path: Path) -> None:
    async with freescout(tmp_path, modules={"tags"}, desk=SET_UP) as rig:
        found = finding_of(await rig.desk.inspect())
        assert found.well
        assert "does not tell" in found.subject


@asynccontextmanager
async def listing(*entries: dict[str, Any]) -> AsyncIterator[FreeScout]:
    async def answer(request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2]
        found = list(entries) if name == "webhooks" else [{"id": 1, "name": "Support"}]
        return web.json_response({"id": 2, "_embedded": {name: found}, "page": {"number": 1, "totalPages": 1}})

    app = web.Application()
    app.router.add_get("/api/{tail:.*}", answer)
    async with TestServer(app) as server:
        url = str(server.make_url(""))
        desk = FreeScout(
            url=url,
            api_key="k",
            mailbox_id=1,
            bot_user_id=2,
            health=Reports(),
            clock=ManualClock(),
            webhook_url=URL,
            webhook_signed=True,
        )
        async with desk:
            yield desk


HOOK = {"id": 4, "url": URL, "events": list(EVENTS), "mailboxes": [], "lastRunTime": "2026-03-02T09:00:00Z"}


@pytest.mark.parametrize("error", ["", None, []])
async def test_a_last_run_without_error_is_well(error: object) -> None:
    async with listing({**HOOK, "lastRunError": error}) as desk:
        assert finding_of(await desk.inspect()).well


async def test_what_freescout_says_of_its_last_try_is_shown() -> None:
    async with listing({**HOOK, "lastRunError": "cURL error 7:\n Failed to connect"}) as desk:
        found = finding_of(await desk.inspect())
        assert not found.well
        assert "cURL error 7: Failed to connect" in found.fix


@pytest.mark.parametrize(
    ("mailboxes", "known"),
    [
        (None, frozenset[int]()),
        ("", frozenset[int]()),
        ([1, "2"], frozenset({1, 2})),
        ([{"id": 1}], frozenset({1})),
        ({"1": 3}, frozenset({3})),
    ],
)
def test_mailboxes_are_read_however_they_are_written(mailboxes: object, known: frozenset[int]) -> None:
    hook = registered_webhook({**HOOK, "mailboxes": mailboxes})
    assert hook is not None
    assert hook.mailbox_ids == known


def test_an_odd_entry_is_none() -> None:
    assert registered_webhook({"url": URL}) is None
