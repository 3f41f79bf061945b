"""``supportbot outbox``: what a retry and a discard leave in the store."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.engine import open_store
from adapters.system.clock import SystemClock
from bot.domain.chat import ChatAddress, Platform
from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.effects import Say
from bot.domain.errors import CommandError
from bot.domain.richtext import from_plain
from bot.operations import discard, retry
from bot.settings import Settings, load_settings
from bot.usecases.places import promise

ROOM = ChatAddress(platform=Platform.DISCORD, room="2")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(
        f'[store]\nurl = "sqlite+aiosqlite:///{tmp_path}/bot.db"\n'
        '[freescout]\nurl = "https://help.example.org"\napi_key = "key"\nmailbox_id = 1\nbot_user_id = 2\n'
        '[discord]\ntoken = "token"\nguild_id = 1\nsupport_channels = [2]\n'
    )
    return load_settings(file, {"SUPPORTBOT_SECRETS_DIR": str(tmp_path)})


async def keep(settings: Settings, *deliveries: Delivery) -> None:
    async with open_store(settings.store.url, clock=SystemClock()) as store:
        await store.write(lambda records: records.outbox.add(*deliveries))


async def kept(settings: Settings, delivery: Delivery) -> Delivery | None:
    async with open_store(settings.store.url, clock=SystemClock()) as store:
        return await store.read(lambda records: records.outbox.get(delivery.delivery_id))


def parked_one() -> Delivery:
    long_ago = SystemClock().now() - timedelta(hours=1)
    made = promise("it", effect=Say(address=ROOM, text=from_plain("words")), key="one", now=long_ago)
    return replace(made, state=DeliveryState.PARKED, attempts=3, reason="refused")


async def test_a_retry_is_late_and_looks_first(settings: Settings) -> None:
    """A refusal may have come after the work, or a part of it, was done."""
    parked = parked_one()
    await keep(settings, parked)
    await retry(settings, parked.delivery_id)
    freed = await kept(settings, parked)
    assert freed is not None
    assert (freed.state, freed.attempts, freed.late) == (DeliveryState.PENDING, 0, True)
    assert freed.outcome_unknown
    assert freed.tried_at == parked.created_at


async def test_what_is_discarded_cannot_be_retried(settings: Settings) -> None:
    parked = parked_one()
    await keep(settings, parked)
    await discard(settings, parked.delivery_id)
    with pytest.raises(CommandError, match="is not parked: it is discarded"):
        await retry(settings, parked.delivery_id)
