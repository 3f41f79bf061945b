"""Requests by mail have the same cards and clocks as those from chat."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.freescout import Conversation
from tests.integration.bot_sla import LABEL, PRIORITY, TAKE, SlaWorld, control, sla_world
from tests.integration.bot_world import word

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sla(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[SlaWorld]:
    """One bot that FreeScout tells nothing: it asks every two seconds."""
    async with sla_world(tmp_path_factory.mktemp("mails"), unused_tcp_port_factory()) as made:
        await made.world.start_bot()
        await made.world.until(lambda: bool(made.world.discord.commands()), "the commands are registered")
        yield made
        made.world.expect_good_conduct()


def mail(sla: SlaWorld, text: str, subject: str = "A question") -> Conversation:
    """Pat writes a mail."""
    return sla.world.freescout.email_conversation("pat@mail.example", "Pat Mail", subject, text)


async def explained(sla: SlaWorld, ticket: Conversation) -> str:
    """What Alexander reads of /sla."""
    discord = sla.world.discord
    answer = await discord.run_command(sla.world.alexander, sla.world.staff.id, "sla", {"ticket": str(ticket.number)})
    assert answer.ephemeral
    return answer.content


async def explains(sla: SlaWorld, ticket: Conversation, text: str) -> str:
    """What /sla says once this is in it."""
    found: list[str] = []

    async def seen() -> bool:
        found[:] = [await explained(sla, ticket)]
        return text in found[0]

    await sla.world.until(seen, f"/sla {ticket.number} says {text!r}", 10)
    return found[0]


async def test_a_mail_gets_a_card_and_clocks_though_freescout_tells_nothing(sla: SlaWorld) -> None:
    assert sla.world.freescout.webhooks() == []
    mark = word()
    ticket = mail(sla, f"Where is the export? {mark}", "Export")
    card = await sla.card(ticket)
    for expected in ("Export", "by Pat Mail, e-mail", mark, "**question**, **P2**"):
        assert expected in card.content
    assert list(sla.world.discord.links(card)) == ["Open"]
    assert control(card, LABEL)
    said = await explained(sla, ticket)
    for expected in ("**triage**", "**first response**", "**resolution**", "of 24 h used up", "to now:"):
        assert expected in said, said


async def test_an_answer_by_mail_stops_the_clock_of_the_first_response(sla: SlaWorld) -> None:
    ticket = mail(sla, "How do I print?")
    await sla.card(ticket)
    assert "first response is due by" in await explained(sla, ticket)
    sla.world.agent.note(ticket, "<div>Somebody should look</div>")
    sla.world.freescout.email_reply(ticket.id, "<div>In colour, please</div>")
    await sla.card(mail(sla, "What is seen with this was seen after that"))
    assert "first response is due by" in await explained(sla, ticket)
    sla.world.ada.answer(ticket, "<div>With Ctrl+P</div>")
    said = await explains(sla, ticket, "The first response was in time")
    assert "resolution waits for an answer from outside" in said
    sla.world.freescout.email_reply(ticket.id, "<div>Nothing comes out</div>")
    said = await explains(sla, ticket, "resolution is due by")
    assert "The first response was in time" in said
    assert "not counted" in said


async def test_the_card_of_a_mail_triages_and_takes_it(sla: SlaWorld) -> None:
    discord = sla.world.discord
    ticket = mail(sla, "Please triage me")
    card = await sla.card(ticket)
    for prefix, value in ((LABEL, "bug"), (PRIORITY, "P1")):
        answer = await discord.choose(sla.world.alexander, card, control(card, prefix)["custom_id"], value)
        await discord.followup(answer)
    await discord.click(sla.world.alexander, card, control(card, TAKE)["custom_id"])
    await sla.world.until(lambda: "looks after it" in card.content, "the card shows it", 10)
    after = await sla.world.settled(ticket)
    assert sorted(after.tags) == ["P1", "bug"]
    assert after.assignee_id == sla.world.agent_id
    assert sla.notes(ticket, "resolution is due by")


async def test_a_mail_that_sounds_critical_calls_who_is_on_call_at_once(sla: SlaWorld) -> None:
    ticket = mail(sla, "Since this morning an outage: nobody can work", "Help")
    said = sla.world.said
    await sla.world.until(lambda: any("“outage”" in one.content for one in said(sla.world.staff.id)), "the call", 10)
    [call] = [one for one in said(sla.world.staff.id) if "“outage”" in one.content and "may be a P0" in one.content]
    assert call.notified.roles == {sla.oncall.id}
    card = await sla.card(ticket)
    assert "**P0**" in card.content
    assert not card.notified.roles
    assert "of 2 h used up, round the clock" in await explained(sla, ticket)


async def test_closing_a_mail_ends_its_clocks_and_spam_never_counted(sla: SlaWorld) -> None:
    closed, spam = mail(sla, "Thanks for yesterday"), mail(sla, "Buy pills")
    await sla.card(closed)
    await sla.card(spam)
    sla.world.agent.close(closed)
    sla.world.freescout.set_status(spam.id, "spam", sla.world.agent_id)
    await explains(sla, closed, "The resolution was in time")
    await explains(sla, spam, "does not count")
    answer = await sla.world.discord.run_command(sla.world.alexander, sla.world.staff.id, "tickets", {})
    assert answer.ephemeral
    assert f"#{closed.number}" not in answer.content
    assert f"#{spam.number}" not in answer.content


async def test_with_webhooks_a_mail_has_its_card_and_its_answer_counts_without_any_sweep(sla: SlaWorld) -> None:
    world = sla.world
    world.kill_bot()
    world.write_settings(freescout={"poll_seconds": 3600})
    await world.install_webhooks()
    await world.start_bot()
    await world.later_message_is_filed(world.support)
    ticket = mail(sla, "Is anybody there?")
    await sla.card(ticket)
    world.agent.answer(ticket, "<div>Yes</div>")
    await explains(sla, ticket, "The first response was in time")
    assert len(sla.cards(ticket)) == 1
