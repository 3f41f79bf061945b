"""From what an agent does in a FreeScout that sends webhooks, over HTTP, to the reader being woken."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from typing_extensions import override

from adapters.freescout.webhook import FreeScoutWebhook
from adapters.web.server import WebServer
from bot.domain.ids import ConversationId
from bot.ports.inbound import HelpDeskEvents, WebStatus
from tests.unit.freescout_rig import Rig, freescout

PATH = "/webhooks/freescout"


class Heard(HelpDeskEvents):
    def __init__(self) -> None:
        self.changes: list[tuple[ConversationId, bool]] = []

    @override
    def changed(self, conversation_id: ConversationId, *, replied: bool) -> None:
        self.changes.append((conversation_id, replied))


class Well(WebStatus):
    @override
    async def alive(self) -> tuple[bool, Mapping[str, object]]:
        return True, {}

    @override
    async def ready(self) -> tuple[bool, Mapping[str, object]]:
        return True, {}


@asynccontextmanager
async def listening(tmp_path: Path, port: int, *, secret: str = "", **sim: Any) -> AsyncIterator[tuple[Rig, Heard]]:
    heard = Heard()
    async with freescout(tmp_path, undo_seconds=0.0, **sim) as rig:
        webhook = FreeScoutWebhook(secret=secret or rig.sim.webhook_secret, events=heard)
        async with WebServer(host="127.0.0.1", port=port, status=Well(), posts={PATH: webhook}):
            await rig.desk.install_webhook(f"http://127.0.0.1:{port}{PATH}")
            yield rig, heard


async def act(rig: Rig) -> ConversationId:
    ticket = await rig.open()
    agent = rig.sim.add_user("Lea", "Brandt", "lea@help.example")
    await rig.sim.webhooks_sent()
    rig.sim.agent_note(ticket.conversation_id, agent, "She is a big customer.")
    await rig.sim.webhooks_sent()
    rig.sim.agent_reply(ticket.conversation_id, agent, "Try again.")
    await rig.sim.webhooks_sent()
    return ticket.conversation_id


async def test_each_act_wakes_the_reader_and_a_reply_alone_says_that_it_is_final(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    async with listening(tmp_path, unused_tcp_port) as (rig, heard):
        conversation_id = await act(rig)
        assert {woken for woken, _ in heard.changes} == {conversation_id}
        assert [replied for _, replied in heard.changes].count(True) == 1
        events = {sent.event for sent in rig.sim.webhook_deliveries}
        assert {"convo.created", "convo.note.created", "convo.agent.reply.created"} <= events


async def test_what_another_secret_signed_wakes_nobody(tmp_path: Path, unused_tcp_port: int) -> None:
    async with listening(tmp_path, unused_tcp_port, secret="another", webhook_retry_scale=0.0) as (rig, heard):
        await act(rig)
        assert heard.changes == []
        assert {sent.status for sent in rig.sim.webhook_deliveries} == {401}


async def test_empty_ones_are_answered_well_and_wake_nobody(tmp_path: Path, unused_tcp_port: int) -> None:
    async with listening(tmp_path, unused_tcp_port, empty_webhooks=True) as (rig, heard):
        await act(rig)
        empty = [sent for sent in rig.sim.webhook_deliveries if sent.empty]
        assert {sent.status for sent in empty} == {204}
        assert len(heard.changes) == len(rig.sim.webhook_deliveries) - len(empty)
