"""Direct messages, their commands and buttons, and uploads in the Discord simulator, held by the real discord.py."""

import io

import discord
import pytest

from sandbox.discord import DiscordSimulator, NoAnswerError
from tests.integration.discord_library import Connect, Raw

pytest_plugins = ["tests.integration.discord_fixtures"]

INTENTS = discord.Intents(33281 | 1 << 12)
MIB = 1 << 20


def command(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "type": 1, "description": "it", **more}


async def test_only_global_commands_for_them_can_be_run_in_direct_messages(sim: DiscordSimulator, raw: Raw) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    application = f"/applications/{sim.bot_user.id}"
    both, servers = command("both", contexts=[0, 1]), command("servers", contexts=[0])
    await raw("PUT", f"{application}/commands", [both, servers, command("anywhere")])
    await raw("PUT", f"{application}/guilds/{sim.guild.id}/commands", [command("ours")])
    direct = sim.direct_channel(mia).id
    for name in ("servers", "ours"):
        with pytest.raises(LookupError):
            await sim.run_command(mia, direct, name)
    for place, name in ((direct, "both"), (direct, "anywhere"), (support.id, "servers"), (support.id, "ours")):
        with pytest.raises(NoAnswerError):  # nobody listens, but it was let through
            await sim.run_command(mia, place, name, timeout=0.01)


async def test_an_interaction_in_direct_messages_names_a_user_and_no_guild(
    sim: DiscordSimulator, connect: Connect
) -> None:
    mia = sim.add_member("mia")
    client = await connect(intents=INTENTS)
    seen: list[discord.Interaction] = []

    class Asking(discord.ui.View):
        @discord.ui.button(label="Yes", custom_id="yes")
        async def yes(self, interaction: discord.Interaction, _: "discord.ui.Button[Asking]") -> None:
            seen.append(interaction)
            await interaction.response.send_message("fine", ephemeral=True)

    await (await client.fetch_user(mia.id)).send("solved?", view=Asking())
    (question,) = sim.messages(sim.direct_channel(mia).id)
    answer = await sim.click(mia, question, "yes")
    assert (answer.content, answer.ephemeral) == ("fine", True)
    (interaction,) = seen
    assert interaction.guild_id is None
    assert isinstance(interaction.user, discord.User)
    assert isinstance(interaction.channel, discord.DMChannel)
    assert interaction.context.dm_channel


async def test_edits_and_deletions_of_direct_messages_are_told(sim: DiscordSimulator, connect: Connect) -> None:
    mia = sim.add_member("mia")
    client = await connect(intents=INTENTS)
    said = await sim.post(mia, sim.direct_channel(mia).id, "hi")
    await sim.edit(mia, said.channel_id, said.id, "hello")
    await sim.delete(said.channel_id, said.id)
    await client.until(lambda: {"edit", "delete"} <= {name for name, _ in client.happened})


async def test_who_takes_no_direct_messages_refuses_with_50007(sim: DiscordSimulator, connect: Connect) -> None:
    mia = sim.add_member("mia")
    user = await (await connect()).fetch_user(mia.id)
    sim.close_direct(mia)
    with pytest.raises(discord.Forbidden) as refused:
        await user.send("hello")
    assert refused.value.code == 50007
    sim.close_direct(mia, closed=False)
    await user.send("hello")


@pytest.mark.parametrize("sizes", [[10 * MIB + 1], [9 * MIB] * 3])
async def test_too_much_to_upload_is_413_with_40005(sim: DiscordSimulator, connect: Connect, sizes: list[int]) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    files = [discord.File(io.BytesIO(b"x" * size), f"{number}.bin") for number, size in enumerate(sizes)]
    with pytest.raises(discord.HTTPException) as refused:
        await place.send("look", files=files)
    assert (refused.value.status, refused.value.code) == (413, 40005)
    assert sim.messages(place.id) == []


async def test_the_limit_of_a_file_can_be_set(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    sim.file_limit_bytes = 10
    with pytest.raises(discord.HTTPException):
        await place.send(file=discord.File(io.BytesIO(b"x" * 11), "x.bin"))
    await place.send(file=discord.File(io.BytesIO(b"x" * 10), "x.bin"))


async def test_a_message_carries_ten_files(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    await place.send(files=[discord.File(io.BytesIO(b"x"), f"{number}.txt") for number in range(10)])
    form = [{"name": f"files[{number}]", "value": b"x", "filename": f"{number}.txt"} for number in range(11)]
    route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=place.id)
    with pytest.raises(discord.HTTPException) as refused:
        await place._state.http.request(route, form=[{"name": "payload_json", "value": "{}"}, *form])
    assert refused.value.code == 50035
    assert sim.problems == ["refused with 50035: too many files"]
