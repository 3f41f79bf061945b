"""``supportbot webhooks install`` and what the live check says about the webhook."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from tests.integration.bot_world import BotWorld, bot_world

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One running bot of which FreeScout does not know yet."""
    async with bot_world(tmp_path_factory.mktemp("webhooks-command"), unused_tcp_port_factory()) as made:
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def test_the_live_check_names_a_missing_webhook_with_its_fix_and_finds_it_once_it_is_installed(
    world: BotWorld,
) -> None:
    assert world.freescout.webhooks() == []
    missing = await world.command("check", "--live")
    assert missing.code == 2
    assert "The webhook is not registered: run “supportbot webhooks install”" in missing.said
    await world.install_webhooks()
    installed = await world.command("check", "--live")
    assert installed.code == 0, installed.said
    assert f"webhook {world.bot.url}/webhooks/freescout" in installed.said


async def test_installing_it_again_changes_nothing(world: BotWorld) -> None:
    await world.install_webhooks()
    before = world.freescout.webhooks()
    [webhook] = before
    assert webhook.url == f"{world.bot.url}/webhooks/freescout"
    assert {"convo.agent.reply.created", "convo.status", "convo.deleted_forever"} <= set(webhook.events)
    again = await world.command("webhooks", "install")
    assert again.code == 0
    assert "already; nothing was changed" in again.said
    assert world.freescout.webhooks() == before


async def test_without_an_address_for_freescout_it_says_which_setting_is_missing(world: BotWorld) -> None:
    config = world.folder / "no-address.toml"
    lines = world.bot.config.read_text(encoding="utf-8").splitlines()
    config.write_text("\n".join(one for one in lines if not one.startswith("public_url")), encoding="utf-8")
    refused = await world.command("webhooks", "install", config=config)
    assert refused.code != 0
    assert "web.public_url" in refused.said
