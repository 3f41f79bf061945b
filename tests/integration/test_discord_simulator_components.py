"""Menus, link buttons, forms with menus and changed messages in the Discord simulator, held by the real discord.py."""

import asyncio
from typing import Any

import discord
import pytest

from sandbox.discord import Channel, DiscordSimulator, Member, Message, NoAnswerError, Pings
from tests.integration.discord_library import Connect, LibraryClient, Raw

pytest_plugins = ["tests.integration.discord_fixtures"]

Interaction = discord.Interaction[Any]

NAMES = ["bug", "feature"]


def menu(**parts: Any) -> discord.ui.Select[Any]:
    options = [discord.SelectOption(label=name.title(), value=name) for name in NAMES]
    return discord.ui.Select(options=options, **parts)


class CardForm(discord.ui.Modal, title="Card"):
    label: discord.ui.Label[Any] = discord.ui.Label(text="Label", component=menu(custom_id="label"))
    note: discord.ui.Label[Any] = discord.ui.Label(
        text="Note", component=discord.ui.TextInput(custom_id="note", required=False, max_length=9)
    )

    async def on_submit(self, interaction: Interaction) -> None:
        chosen, field = self.label.component, self.note.component
        assert isinstance(chosen, discord.ui.Select)
        assert isinstance(field, discord.ui.TextInput)
        await interaction.response.send_message(f"{chosen.values[0]} {field.value or '-'}", ephemeral=True)


class CardView(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        chosen = menu(custom_id="pick")
        chosen.callback = self.pick  # type: ignore[method-assign]
        self.add_item(chosen)
        self.add_item(discord.ui.Button(label="Open", url="https://desk.example.org/7"))

    async def pick(self, interaction: Interaction) -> None:
        data: Any = interaction.data
        await interaction.response.defer()
        await interaction.edit_original_response(content=f"chosen: {data['values'][0]}")
        await interaction.followup.send("only for you", ephemeral=True)

    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, interaction: Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(CardForm())


async def card(sim: DiscordSimulator, connect: Connect) -> tuple[LibraryClient, Channel, Member, Message]:
    mia, staff = sim.add_member("mia"), sim.add_text_channel("staff")
    client = await connect()
    await client.place(staff.id).send("new", view=CardView())
    return client, staff, mia, sim.messages(staff.id)[0]


async def test_a_choice_reaches_the_bot_and_changes_the_message_for_all(
    sim: DiscordSimulator, connect: Connect
) -> None:
    _, staff, mia, message = await card(sim, connect)
    answer = await sim.choose(mia, message, "pick", "feature")
    beside = await sim.followup(answer)
    assert (beside.content, beside.ephemeral) == ("only for you", True)
    assert message.content == "chosen: feature"
    assert message.edited_at is not None
    assert sim.messages(staff.id) == [message], "what only one person sees is in no channel"


async def test_only_what_is_offered_can_be_chosen(sim: DiscordSimulator, connect: Connect) -> None:
    _, _, mia, message = await card(sim, connect)
    with pytest.raises(ValueError, match="is not offered"):
        await sim.choose(mia, message, "pick", "question")
    with pytest.raises(ValueError, match="is no menu"):
        await sim.choose(mia, message, "form", "bug")
    with pytest.raises(LookupError):
        await sim.choose(mia, message, "elsewhere", "bug")


async def test_a_link_button_opens_an_address_and_tells_no_bot(sim: DiscordSimulator, connect: Connect) -> None:
    _, _, mia, message = await card(sim, connect)
    assert sim.links(message.id) == {"Open": "https://desk.example.org/7"}
    with pytest.raises(LookupError):
        await sim.click(mia, message, "Open")


async def test_a_form_takes_choices_and_words_as_discords_own_does(sim: DiscordSimulator, connect: Connect) -> None:
    _, staff, mia, message = await card(sim, connect)
    form = await sim.click(mia, message, "form")
    for wrong, why in (
        ({}, "'label' must be filled in"),
        ({"label": "question"}, "is not offered"),
        ({"label": "bug", "nte": "x"}, "unknown fields: nte"),
        ({"label": "bug", "note": "x" * 10}, "takes 9 characters"),
    ):
        with pytest.raises(ValueError, match=why):
            await sim.submit_modal(mia, staff.id, form, wrong)
    answer = await sim.submit_modal(mia, staff.id, form, {"label": "bug"})
    assert (answer.content, answer.ephemeral) == ("bug -", True)
    form = await sim.click(mia, message, "form")
    assert (await sim.submit_modal(mia, staff.id, form, {"label": "bug", "note": "why"})).content == "bug why"


async def test_a_click_that_nobody_answers_reads_so_whatever_the_worlds_time(
    sim: DiscordSimulator, connect: Connect
) -> None:
    client, _, mia, message = await card(sim, connect)
    sim.advance(30 * 24 * 3600)
    await sim.followup(await sim.choose(mia, message, "pick", "bug"))
    assert message.edited_at is not None
    assert message.edited_at - message.sent_at > 29 * 24 * 3600
    await client.close()
    with pytest.raises(NoAnswerError):
        await sim.choose(mia, message, "pick", "bug", timeout=0.1)


async def test_an_edit_by_an_interaction_needs_its_token_to_live(sim: DiscordSimulator, connect: Connect) -> None:
    _, _, mia, message = await card(sim, connect)
    sim.faults.add(method="PATCH", path=r"/webhooks/.*", kind="delay", delay_seconds=0.2)
    await sim.choose(mia, message, "pick", "bug")
    sim.advance(901)
    await sim.wait_until(lambda: any(request.status == 401 for request in sim.requests))
    assert message.content == "new"


async def test_it_is_recorded_which_roles_were_pinged(sim: DiscordSimulator, connect: Connect) -> None:
    loud, quiet = sim.add_role("loud", mentionable=True), sim.add_role("quiet")
    staff = sim.add_text_channel("staff")
    client = await connect()
    await client.place(staff.id).send(
        f"{loud.mention} {quiet.mention}",
        allowed_mentions=discord.AllowedMentions(
            everyone=False, users=False, roles=[discord.Object(loud.id), discord.Object(quiet.id)]
        ),
    )
    await client.place(staff.id).send(loud.mention, allowed_mentions=discord.AllowedMentions.none())
    paged, silent = sim.messages(staff.id)
    assert paged.pings == Pings(roles=frozenset({loud.id, quiet.id}))
    assert paged.notified == Pings(roles=frozenset({loud.id}))
    assert silent.notified == Pings()


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def select(count: int = 1, **changes: Any) -> dict[str, Any]:
    options = [{"label": f"l{number}", "value": f"v{number}"} for number in range(count)]
    return {"type": 3, "custom_id": "s", "options": options, **changes}


BUTTON = {"type": 2, "style": 2, "custom_id": "b", "label": "B"}
LINK = {"type": 2, "style": 5, "url": "https://x.org", "label": "L"}


@pytest.mark.parametrize(
    "components",
    [
        [row({**BUTTON, "custom_id": str(number)}) for number in range(6)],
        [row(*({**BUTTON, "custom_id": str(number)} for number in range(6)))],
        [row(select(), BUTTON)],
        [row(BUTTON, BUTTON)],
        [row(select(26))],
        [row(select(0))],
        [row(select(placeholder="x" * 151))],
        [row(select(options=[{"label": "l", "value": "v"}] * 2))],
        [row(select(options=[{"label": "x" * 101, "value": "v"}]))],
        [row({**BUTTON, "label": "x" * 81})],
        [row({**BUTTON, "custom_id": "x" * 101})],
        [row({**LINK, "custom_id": "x"})],
        [row({**LINK, "url": "javascript:x"})],
        [row({**LINK, "url": "https://x.org/" + "x" * 512})],
        [BUTTON],
        [row()],
    ],
)
async def test_components_beyond_the_limits_are_refused_and_noted(
    sim: DiscordSimulator, raw: Raw, components: list[dict[str, Any]]
) -> None:
    staff = sim.add_text_channel("staff")
    status, answer = await raw("POST", f"/channels/{staff.id}/messages", {"content": "x", "components": components})
    assert (status, answer["code"], len(sim.problems)) == (400, 50035, 1)
    well = [row(select(25)), row(BUTTON, LINK)]
    assert (await raw("POST", f"/channels/{staff.id}/messages", {"content": "x", "components": well}))[0] == 200


async def test_a_server_has_fifteen_commands_on_messages_at_most(sim: DiscordSimulator, raw: Raw) -> None:
    path = f"/applications/{sim.bot_user.id}/guilds/{sim.guild.id}/commands"
    menus = [{"name": f"Menu {number}", "type": 3} for number in range(16)]
    assert (await raw("PUT", path, menus[:15]))[0] == 200
    status, answer = await raw("PUT", path, menus)
    assert (status, answer["code"]) == (400, 30032)
    assert len(sim.commands()) == 15


async def test_two_people_may_use_one_message_at_once(sim: DiscordSimulator, connect: Connect) -> None:
    _, _, mia, message = await card(sim, connect)
    tom = sim.add_member("tom")
    both = await asyncio.gather(sim.choose(mia, message, "pick", "bug"), sim.choose(tom, message, "pick", "feature"))
    for answer in both:
        assert (await sim.followup(answer)).content == "only for you"
