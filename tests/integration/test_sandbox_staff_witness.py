"""What counts as seen in #staff: one card, one warning, and a call only where Discord notifies who is on call."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from sandbox.discord import DiscordSimulator, Message
from sandbox.staff_witness import StaffWitness, control
from sandbox.world import SandboxWorld

OVERDUE = "Ticket **#7** Export: its first response was due and is **overdue**"


class Staff:
    """The simulated Discord alone, with what the witness looks at."""

    def __init__(self, discord: DiscordSimulator) -> None:
        self.discord = discord
        self.channel = discord.add_text_channel("staff")
        self.oncall = discord.add_role("On call", mentionable=True)
        seen = SimpleNamespace(discord=discord, staff=self.channel, oncall=self.oncall)
        self.witness = StaffWitness(cast(SandboxWorld, seen))

    async def says(self, content: str, **about: Any) -> Message:
        """The bot writes in #staff."""
        headers = {"Authorization": f"Bot {self.discord.token}"}
        async with httpx.AsyncClient(base_url=self.discord.api_url, headers=headers, trust_env=False) as http:
            answer = await http.post(f"/channels/{self.channel.id}/messages", json={"content": content, **about})
        assert answer.status_code == 200
        return self.discord.messages(self.channel.id)[-1]

    @property
    def ping(self) -> dict[str, Any]:
        """What lets the role through."""
        return {"allowed_mentions": {"roles": [str(self.oncall.id)]}}


@pytest_asyncio.fixture
async def staff() -> AsyncIterator[Staff]:
    """A #staff in which nothing was said yet."""
    discord = DiscordSimulator()
    await discord.start()
    yield Staff(discord)
    await discord.stop()


async def test_a_call_counts_only_when_the_role_was_notified(staff: Staff) -> None:
    quiet: dict[str, Any] = {"allowed_mentions": {"parse": []}}
    await staff.says(f"<@&{staff.oncall.id}> {OVERDUE}", **quiet)
    assert staff.witness.told_once(7, "overdue") is not None
    assert staff.witness.call(7, "overdue") is None
    await staff.says(f"<@&{staff.oncall.id}> This may be a P0: it fails", **quiet)
    assert staff.witness.alarm("it fails") is None
    rung = await staff.says(f"<@&{staff.oncall.id}> This may be a P0: it fails", **staff.ping)
    assert staff.witness.alarm("it fails") is rung


async def test_a_call_for_somebody_besides_is_no_call_for_the_role_alone(staff: Staff) -> None:
    mia = staff.discord.add_member("Mia")
    allowed = {"allowed_mentions": {"roles": [str(staff.oncall.id)], "users": [str(mia.id)]}}
    await staff.says(f"<@&{staff.oncall.id}> <@{mia.id}> {OVERDUE}", **allowed)
    assert staff.witness.call(7, "overdue") is None


async def test_what_is_told_twice_is_not_told_once(staff: Staff) -> None:
    await staff.says(f"<@&{staff.oncall.id}> {OVERDUE}", **staff.ping)
    assert staff.witness.call(7, "overdue") is not None
    await staff.says(OVERDUE)
    assert staff.witness.told_once(7, "overdue") is None
    assert staff.witness.call(7, "overdue") is None


async def test_a_second_card_of_a_ticket_is_a_fault(staff: Staff) -> None:
    card = await staff.says("**#7** Export (by Mia)")
    await staff.says("**#70** Another one (by Mia)")
    assert staff.witness.card(7) is card
    await staff.says("**#7** Export (by Mia)")
    assert staff.witness.card(7) is None


async def test_what_others_write_in_the_channel_is_not_the_bots_word(staff: Staff) -> None:
    await staff.discord.post(staff.discord.add_member("Mia"), staff.channel.id, "**#7** Export")
    assert staff.witness.card(7) is None


async def test_a_control_that_a_card_has_not_is_missed(staff: Staff) -> None:
    button = {"type": 2, "style": 2, "label": "Take it", "custom_id": "card:take:7"}
    card = await staff.says("**#7** Export", components=[{"type": 1, "components": [button]}])
    assert control(card, "take") == "card:take:7"
    with pytest.raises(LookupError):
        control(card, "label")
