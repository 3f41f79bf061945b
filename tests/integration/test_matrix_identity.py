"""The bot's device is vouched for: cross-signing, checked signature by signature on what the server gives to others."""

import base64
import json
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from Crypto.Signature import eddsa

from adapters.matrix.api import MatrixApi, MatrixFault
from adapters.matrix.crosssign import CrossSigning, IdentityState
from sandbox.matrix import MatrixMember, SynapseServer
from sandbox.matrix.server import PASSWORD
from tests.integration.matrix_bot import Journal, MatrixBot

NewMember = Callable[[str], Awaitable[MatrixMember]]
NOWHERE = ["!none:sandbox.test"]


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _signed_by(value: dict[str, Any], user_id: str, public: str) -> bool:
    signature = value.get("signatures", {}).get(user_id, {}).get(f"ed25519:{public}")
    if signature is None:
        return False
    bare = {key: part for key, part in value.items() if key not in {"signatures", "unsigned"}}
    text = json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    eddsa.new(eddsa.import_public_key(_bytes(public)), "rfc8032").verify(text.encode(), _bytes(signature))
    return True


async def _published(member: MatrixMember, user_id: str) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    """Master key, self-signing key, the self-signing key's object and the bot's device, as another user gets them."""
    answer = await member.request("POST", "/keys/query", {"device_keys": {user_id: []}})
    master = next(iter(answer["master_keys"][user_id]["keys"].values()))
    signing = answer["self_signing_keys"][user_id]
    device = next(value for name, value in answer["device_keys"][user_id].items() if name.startswith("BOT"))
    return master, next(iter(signing["keys"].values())), signing, device


async def test_others_can_verify_the_bots_device_and_a_restart_changes_nothing(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user, journal = await new_member("alice"), await synapse.register("bot-id"), Journal()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, NOWHERE, journal=journal):
        master, self_signing, signing_object, device = await _published(alice, bot_user.user_id)
    assert _signed_by(signing_object, bot_user.user_id, master)
    assert _signed_by(device, bot_user.user_id, self_signing)
    assert stat.S_IMODE((tmp_path / "matrix-store" / "cross-signing.json").stat().st_mode) == 0o600
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, NOWHERE, journal=journal):
        assert await _published(alice, bot_user.user_id) == (master, self_signing, signing_object, device)


async def test_a_foreign_identity_is_left_alone_until_it_is_reset_on_purpose(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user, journal = await new_member("alice"), await synapse.register("bot-foreign"), Journal()
    api = MatrixApi(synapse.url, bot_user.access_token)
    foreign = CrossSigning(api, tmp_path / "foreign.json", user_id=bot_user.user_id, device_id=bot_user.device_id)
    await foreign.bootstrap()
    await api.close()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, NOWHERE, journal=journal) as bot:
        before, _, _, _ = await _published(alice, bot_user.user_id)
        assert journal.now()[0] == "unverified"
        assert "reset-identity" in journal.now()[1]
        findings = {finding.subject: finding for finding in await bot.client.inspect()}
        assert "reset-identity" in findings["cross-signed device"].fix
    assert not (tmp_path / "matrix-store" / "cross-signing.json").exists()
    with pytest.raises(MatrixFault):
        await bot.client.reset_identity("wrong password")
    assert (await _published(alice, bot_user.user_id))[0] == before
    assert await bot.client.reset_identity(PASSWORD) is IdentityState.VERIFIED
    master, self_signing, signing_object, device = await _published(alice, bot_user.user_id)
    assert master != before
    assert _signed_by(signing_object, bot_user.user_id, master)
    assert _signed_by(device, bot_user.user_id, self_signing)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, NOWHERE, journal=journal):
        assert journal.now()[0] == "connected"


async def test_an_end_right_after_a_reset_was_published_loses_nothing(synapse: SynapseServer, tmp_path: Path) -> None:
    bot_user, journal = await synapse.register("bot-draft"), Journal()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, NOWHERE, journal=journal) as bot:
        pass
    seeds = tmp_path / "matrix-store" / "cross-signing.json"
    old = seeds.read_text()
    await bot.client.reset_identity(PASSWORD)
    seeds.rename(seeds.with_name("cross-signing.json.next"))
    seeds.write_text(old)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, NOWHERE, journal=journal):
        assert journal.now()[0] == "connected"
    assert seeds.read_text() != old
