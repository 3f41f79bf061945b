"""Commands, suggestions, buttons and forms in the Discord simulator, held by the real discord.py."""

import asyncio
from typing import Any

import discord
import pytest
from discord import app_commands

from sandbox.discord import DiscordError, DiscordSimulator, NoAnswerError
from tests.integration.discord_library import Connect, LibraryClient, Raw

pytest_plugins = ["tests.integration.discord_fixtures"]

Interaction = discord.Interaction[Any]


class FlagForm(discord.ui.Modal, title="Flag"):
    reason: discord.ui.Label[Any] = discord.ui.Label(text="Reason", component=discord.ui.TextInput(custom_id="reason"))

    async def on_submit(self, interaction: Interaction) -> None:
        field = self.reason.component
        assert isinstance(field, discord.ui.TextInput)
        await interaction.response.send_message(f"flagged: {field.value}", ephemeral=True)


class Buttons(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Done", custom_id="done")
    async def done(self, interaction: Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.edit_message(content="was done", view=None)

    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, interaction: Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(FlagForm())


class CommandClient(LibraryClient):
    """A bot with one command of each kind."""

    def __init__(self, guild_id: int) -> None:
        super().__init__()
        self.guild = discord.Object(guild_id)
        self.release = asyncio.Event()
        self.refusals: list[int] = []

    async def setup_hook(self) -> None:
        self.add_view(Buttons())
        for callback, name in ((self.triage, "triage"), (self.ping, "ping"), (self.late, "late")):
            command: app_commands.Command[Any, Any, Any] = app_commands.Command(
                name=name, description=name, callback=callback
            )
            self.tree.add_command(command, guild=self.guild)
        self.tree.get_command("triage", guild=self.guild).autocomplete("ticket")(self.suggest)  # type: ignore[union-attr]
        menu = app_commands.ContextMenu(name="Flag message", callback=flag)
        self.tree.add_command(menu, guild=self.guild)
        group = app_commands.Group(name="ticket", description="tickets")
        group.add_command(app_commands.Command(name="close", description="close", callback=self.close_ticket))
        self.tree.add_command(group, guild=self.guild)
        await self.tree.sync(guild=self.guild)

    async def triage(self, interaction: Interaction, label: str, ticket: str | None = None) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(content=f"{label} {ticket}")
        await interaction.followup.send("more", ephemeral=True)

    async def suggest(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        label = interaction.namespace.label
        return [app_commands.Choice(name=f"#{typed}{n} {label}", value=f"{typed}{n}") for n in range(3)]

    async def ping(self, interaction: Interaction) -> None:
        await interaction.response.send_message("pong", view=Buttons())

    async def late(self, interaction: Interaction) -> None:
        await self.release.wait()
        try:
            await interaction.response.send_message("sorry")
        except discord.HTTPException as error:
            self.refusals.append(error.code)
            self.note("refused")

    async def close_ticket(self, interaction: Interaction, number: int, who: discord.Member) -> None:
        await interaction.response.send_message(f"closed {number} for {who.name}", ephemeral=True)


async def flag(interaction: Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"flag {message.content}", ephemeral=True)


async def ready_bot(sim: DiscordSimulator, connect: Connect) -> CommandClient:
    client = await connect(CommandClient(sim.guild.id))
    assert isinstance(client, CommandClient)
    return client


async def test_synced_commands_are_registered_for_the_guild(sim: DiscordSimulator, connect: Connect) -> None:
    await ready_bot(sim, connect)
    assert {each["name"] for each in sim.commands()} == {"triage", "ping", "late", "Flag message", "ticket"}
    assert {each["guild_id"] for each in sim.commands()} == {str(sim.guild.id)}
    assert sim.problems == []


async def test_a_second_sync_keeps_the_ids(sim: DiscordSimulator, connect: Connect) -> None:
    client = await ready_bot(sim, connect)
    before = {each["name"]: each["id"] for each in sim.commands()}
    await client.tree.sync(guild=client.guild)
    assert {each["name"]: each["id"] for each in sim.commands()} == before


async def test_a_deferred_command_is_answered_by_the_edit(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    answer = await sim.run_command(mia, support.id, "triage", {"label": "bug", "ticket": "#12"})
    assert (answer.content, answer.ephemeral, answer.deferred) == ("bug #12", True, True)
    assert answer.acknowledged_after_seconds < 3
    await sim.wait_until(lambda: answer.followups)
    assert answer.followups[0].content == "more"
    assert sim.messages(support.id) == [], "an ephemeral answer is in no channel"


async def test_a_direct_answer_is_a_message_in_the_channel(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await ready_bot(sim, connect)
    answer = await sim.run_command(mia, support.id, "ping")
    assert (answer.content, answer.ephemeral, answer.deferred) == ("pong", False, False)
    await client.until(lambda: client.received)
    assert client.received[0].interaction_metadata is not None


async def test_a_subcommand_gets_typed_options(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    answer = await sim.run_command(mia, support.id, "ticket close", {"number": 12, "who": mia})
    assert answer.content == "closed 12 for mia"


async def test_suggestions_see_what_is_typed_and_filled_in(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    choices = await sim.autocomplete(mia, support.id, "triage", option="ticket", value="12", options={"label": "bug"})
    assert [(each["name"], each["value"]) for each in choices] == [(f"#12{n} bug", f"12{n}") for n in range(3)]


async def test_the_form_lets_no_wrong_options_through(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    with pytest.raises(LookupError):
        await sim.run_command(mia, support.id, "nothing")
    with pytest.raises(ValueError, match="required options missing: label"):
        await sim.run_command(mia, support.id, "triage")
    with pytest.raises(ValueError, match="unknown options: lable"):
        await sim.run_command(mia, support.id, "triage", {"lable": "bug"})


async def test_a_late_first_response_is_10062(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await ready_bot(sim, connect)
    with pytest.raises(NoAnswerError):
        await sim.run_command(mia, support.id, "late", timeout=0.2)
    sim.advance(3)
    client.release.set()
    await client.until(lambda: client.refusals)
    assert client.refusals == [10062]


async def test_a_second_first_response_is_40060(sim: DiscordSimulator, connect: Connect, raw: Raw) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    await sim.run_command(mia, support.id, "ping")
    callback = next(each for each in sim.requests if each.path.endswith("/callback"))
    status, answer = await raw("POST", callback.path, {"type": 5})
    assert (status, answer["code"]) == (400, 40060)


async def test_an_interactions_token_lives_fifteen_minutes(sim: DiscordSimulator, connect: Connect, raw: Raw) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    await sim.run_command(mia, support.id, "triage", {"label": "bug"})
    edit = next(each for each in sim.requests if each.path.endswith("@original"))
    assert (await raw("PATCH", edit.path, {"content": "x"}))[0] == 200
    sim.advance(901)
    assert (await raw("PATCH", edit.path, {"content": "y"}))[0] == 401


async def test_a_pressed_button_edits_its_message(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    shown = await sim.run_command(mia, support.id, "ping")
    assert shown.message_id is not None
    answer = await sim.click(mia, shown.message_id, "done")
    assert answer.content == "was done"
    assert sim.messages(support.id)[0].components == []


async def test_a_form_is_opened_filled_in_and_answered(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    shown = await sim.run_command(mia, support.id, "ping")
    assert shown.message_id is not None
    form = await sim.click(mia, shown.message_id, "form")
    assert form.modal is not None
    assert form.modal["title"] == "Flag"
    answer = await sim.submit_modal(mia, support.id, form, {"reason": "rude"})
    assert (answer.content, answer.ephemeral) == ("flagged: rude", True)


async def test_a_context_menu_command_gets_its_message(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    message = await sim.post(mia, support.id, "nonsense")
    answer = await sim.run_message_command(mia, "Flag message", support.id, message.id)
    assert answer.content == "flag nonsense"


async def test_no_command_runs_in_an_archived_thread(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await ready_bot(sim, connect)
    thread = await sim.create_thread(mia, support.id, "t")
    assert (await sim.run_command(mia, thread.id, "ping")).content == "pong"
    await sim.archive_thread(thread.id)
    with pytest.raises(DiscordError) as refused:
        await sim.run_command(mia, thread.id, "ping")
    assert refused.value.code == 50083


@pytest.mark.parametrize(
    "change",
    [{"name": "Two Words"}, {"name": "UPPER"}, {"description": None}, {"description": ""}],
    ids=["blank", "upper case", "no description", "empty description"],
)
async def test_bad_commands_are_refused_and_noted(sim: DiscordSimulator, raw: Raw, change: dict[str, Any]) -> None:
    body = {"name": "fine", "description": "fine", "type": 1, **change}
    path = f"/applications/{sim.bot_user.id}/guilds/{sim.guild.id}/commands"
    for method, sent in (("POST", body), ("PUT", [body])):
        status, answer = await raw(method, path, sent)
        assert (status, answer["code"]) == (400, 50035)
    assert len(sim.problems) == 2
    assert (await raw("PUT", path, [{**body, "name": "fine", "description": "fine"}]))[0] == 200
