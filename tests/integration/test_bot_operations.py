"""What operators do: check the settings, look at the live systems, read the status, back up and restore."""

import asyncio
import json
import stat
import tarfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from sandbox.matrix import SynapseServer
from tests.integration.bot_command import Ended, supportbot
from tests.integration.bot_world import BotWorld, bot_world, number_in, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot on both platforms, for the whole file."""
    folder = tmp_path_factory.mktemp("operations")
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse) as made:
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def get(world: BotWorld, path: str) -> httpx.Response:
    """Ask the bot's web server."""
    async with httpx.AsyncClient(base_url=world.bot.url, trust_env=False) as http:
        return await http.get(path)


# Probes


async def test_the_probes_name_every_part_and_since_when(world: BotWorld) -> None:
    alive = await get(world, "/healthz")
    assert alive.status_code == 200
    ready = await get(world, "/readyz")
    assert ready.status_code == 200
    parts = ready.json()["parts"]
    assert {"store", "discord", "matrix", "freescout"} <= set(parts)
    assert {part["state"] for part in parts.values()} == {"connected"}
    assert all(part["since"] for part in parts.values())


async def test_freescout_being_down_is_told_and_fails_no_probe(world: BotWorld) -> None:
    await world.freescout.go_down()
    mark = word()
    try:
        await world.discord.post(world.mia, world.support.id, mark)
        await world.part_is("freescout", "disconnected")
        ready = await get(world, "/readyz")
        assert ready.status_code == 200
        assert ready.json()["outbox"]["pending"] >= 1
        assert (await get(world, "/healthz")).status_code == 200
    finally:
        await world.freescout.come_back()
    await world.ticket(mark)
    await world.part_is("freescout", "connected")


async def test_the_web_server_serves_nothing_else(world: BotWorld) -> None:
    for path in ("/", "/board", "/metrics", "/webhooks/freescout", "/../config.toml"):
        assert (await get(world, path)).status_code in {404, 405}


# Status


async def test_status_shows_parts_the_oldest_delivery_and_what_is_parked(world: BotWorld) -> None:
    shown = await world.command("status")
    assert shown.code == 0
    for expected in ("store", "discord", "matrix", "freescout", "connected", "0 parked"):
        assert expected in shown.out
    await world.freescout.go_down()
    mark = word()
    try:
        posted = await world.discord.post(world.mia, world.support.id, mark)
        await world.until(lambda: world.acknowledged(posted), "the reaction")
        shown = await world.command("status")
    finally:
        await world.freescout.come_back()
    assert "1 pending, the oldest since" in shown.out
    assert mark not in shown.said
    await world.ticket(mark)


async def test_an_answer_that_could_not_be_said_is_told_elsewhere_and_said_late_once_it_can(world: BotWorld) -> None:
    await world.until(world.drained, "nothing of the tests before waits")
    bits = world.discord.bot_role.permissions
    world.discord.set_bot_permissions(bits & ~(1 << 35))
    mark = word()
    posted = await world.discord.post(world.mia, world.support.id, mark)

    async def told() -> bool:
        events = await world.alexander_matrix.messages(world.staff_room)
        return any("Create Public Threads" in str(one["content"].get("body", "")) for one in events)

    try:
        await world.until(told, "staff is told in Matrix, with the missing permission")
        assert (await get(world, "/readyz")).json()["outbox"]["parked"] == 1
    finally:
        world.discord.set_bot_permissions(bits)
    assert (await world.command("outbox", "retry", "all")).code == 0
    answer = await world.answer(posted)
    assert "late" in answer.content.lower()
    assert number_in(answer.content) == (await world.ticket(mark)).number
    await world.until(world.drained, "nothing waits")
    assert len(world.said(posted.id)) == 1


# Check


async def test_check_says_that_all_is_well(world: BotWorld) -> None:
    checked = await world.command("check")
    assert checked.code == 0
    assert "in order" in checked.out


def stores_in(folder: Path) -> list[Path]:
    """The stores that somebody made there."""
    return list(folder.glob("*.db*"))


FAULTY = """
[store]
url = "mysql://nowhere/db"

[freescout]
url = "help.example.org"
mailbox_id = "first"
bot_user_id = 0
triage_as = "colours"

[discord]
token = "..."
guild_id = 1
support_channels = []
colour = "blue"

[matrix]
homeserver = "https://matrix.example.org"
user_id = "supportbot"
rooms = ["support"]

[intake]
group_seconds = -1

[web]
port = 70000

[nonsense]
a = 1
"""


async def test_check_and_run_name_all_faults_at_once_with_their_keys(tmp_path: Path) -> None:
    config = tmp_path / "faulty.toml"
    config.write_text(FAULTY, encoding="utf-8")
    environment = {"SUPPORTBOT_FREESCOUT__API_KEYS": "misspelt"}
    outcomes = await asyncio.gather(
        supportbot("check", config=config, environment=environment),
        supportbot("run", config=config, environment=environment),
    )
    for ended in outcomes:
        assert ended.code == 2
        assert ended.out == ""
        assert "Traceback" not in ended.err
        for key in (
            "freescout.url",
            "freescout.api_key",
            "freescout.mailbox_id",
            "freescout.bot_user_id",
            "freescout.triage_as",
            "discord.token",
            "discord.support_channels",
            "discord.colour",
            "matrix.user_id",
            "matrix.rooms",
            "matrix.password",
            "intake.group_seconds",
            "web.port",
            "nonsense",
            "SUPPORTBOT_FREESCOUT__API_KEYS",
        ):
            assert key in ended.err, key
    assert stores_in(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "expected"), [("[freescout\nurl=", "line"), ("", "freescout"), (None, "missing.toml")]
)
async def test_a_file_that_is_no_toml_empty_or_absent_is_said_without_a_traceback(
    tmp_path: Path, text: str | None, expected: str
) -> None:
    config = tmp_path / ("missing.toml" if text is None else "config.toml")
    if text is not None:
        config.write_text(text, encoding="utf-8")
    ended = await supportbot("check", config=config)
    assert ended.code == 2
    assert expected in ended.err
    assert "Traceback" not in ended.err


async def test_secrets_come_from_environment_and_files_too_and_are_never_shown(world: BotWorld, tmp_path: Path) -> None:
    settings = world.settings
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "discord__token").write_text(settings["discord"]["token"] + "\n", encoding="utf-8")
    lines = world.bot.config.read_text(encoding="utf-8").splitlines()
    config = tmp_path / "config.toml"
    config.write_text("\n".join(one for one in lines if not one.startswith(("token", "api_key"))), encoding="utf-8")
    without = await supportbot("check", config=config)
    assert without.code == 2
    environment = {
        "SUPPORTBOT_SECRETS_DIR": str(secrets),
        "SUPPORTBOT_FREESCOUT__API_KEY": settings["freescout"]["api_key"],
    }
    checked = await supportbot("check", "--live", config=config, environment=environment)
    assert checked.code == 0, checked.said
    for secret in (settings["discord"]["token"], settings["freescout"]["api_key"], settings["matrix"]["password"]):
        assert secret not in checked.said


# Check live


def lines_to_fix(ended: Ended) -> list[str]:
    """What a live check found wrong, each with its fix."""
    lines = ended.out.splitlines()
    return [
        line.strip() + " " + (lines[place + 1].strip() if place + 1 < len(lines) else "")
        for place, line in enumerate(lines)
        if line.strip().startswith("fix")
    ]


async def test_a_live_check_beside_the_running_bot_finds_everything_in_order(world: BotWorld) -> None:
    before = len(world.filed())
    checked = await world.command("check", "--live")
    assert checked.code == 0, checked.said
    assert lines_to_fix(checked) == []
    for part in ("freescout", "discord", "matrix"):
        assert part in checked.out
    assert "Everything is in order" in checked.out
    assert len(world.filed()) == before
    await world.matrix_ask("still there after the check?")


async def test_a_live_check_names_what_is_missing_each_with_its_fix(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with bot_world(tmp_path, unused_tcp_port_factory(), synapse=synapse) as other:
        public = other.discord.add_text_channel("open-to-all")
        other.discord.set_bot_permissions(other.discord.bot_role.permissions & ~((1 << 35) | (1 << 16)))
        other.discord.message_content_enabled = False
        other.freescout.options.modules = frozenset()
        stranger = await other.alexander_matrix.create_room("Not invited", public=False)
        other.write_settings(
            freescout={"mailbox_id": 99, "bot_user_id": 98, "triage_as": "tags"},
            discord={"staff_channel": public.id, "triager_roles": [12345]},
            matrix={"rooms": [other.room, stranger, "#nowhere:sandbox.test"]},
        )
        checked = await other.command("check", "--live")
        assert checked.code == 2
        assert "Traceback" not in checked.said
        wrong = "\n".join(lines_to_fix(checked))
        for expected in (
            "mailbox",
            "98",
            "Tags",
            "intent",
            "Create Public Threads",
            "Read Message History",
            "staff channel",
            "12345",
            stranger,
            "#nowhere:sandbox.test",
        ):
            assert expected.lower() in wrong.lower(), expected


async def test_a_live_check_with_wrong_secrets_names_each_part(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> None:
    wrong = {
        "freescout": {"api_key": "f" * 32},
        "discord": {"token": "wrong.token.indeed"},
        "matrix": {"password": "not-the-password"},
    }
    async with bot_world(tmp_path, unused_tcp_port_factory(), synapse=synapse, sections=wrong) as other:
        checked = await other.command("check", "--live")
        assert checked.code == 2
        assert "Traceback" not in checked.said
        wrong_lines = "\n".join(lines_to_fix(checked))
        for expected in ("freescout.api_key", "discord.token", "password"):
            assert expected in wrong_lines
        for secret in ("f" * 32, "wrong.token.indeed", "not-the-password"):
            assert secret not in checked.said


async def test_a_live_check_while_nothing_answers_names_each_part(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with bot_world(tmp_path, unused_tcp_port_factory()) as other:
        await other.freescout.go_down()
        await other.discord.stop()
        checked = await other.command("check", "--live")
        assert checked.code == 2
        assert "Traceback" not in checked.said
        assert len(lines_to_fix(checked)) >= 2


# Logs


async def test_logs_hold_no_words_of_members_and_no_secrets_at_any_level(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> None:
    secrets = {
        "freescout": {"webhook_secret": "webhook-secret-7391"},
        "matrix": {"store_key": "store-key-7391"},
        "web": {"board_token": "board-token-7391"},
        "log": {"level": "debug"},
    }
    async with bot_world(tmp_path, unused_tcp_port_factory(), synapse=synapse, sections=secrets) as other:
        await other.start_bot()
        said = [word() for _ in range(8)]
        asked, _ = await other.ask(said[0])
        other.freescout.faults.add(kind="status", status=400, method="POST", path="/threads$")
        other.freescout.faults.add(kind="reset", method="POST", path="/threads$")
        files = [(f"{said[2]}.txt", "text/plain", said[3].encode())]
        await other.discord.post(other.mia, asked.id, said[1], attachments=files)
        await other.discord.post(other.lena, asked.id, said[4])
        await other.entry(said[4], 40)
        event_id, _ = await other.matrix_ask(said[5])
        await other.alexander_matrix.send_text(other.room, f"!triage bug P1 {said[6]}", thread=event_id)
        await other.matrix_answer(event_id, "is now")
        await other.discord.run_command(
            other.alexander, asked.id, "triage", {"label": "bug", "priority": "P1", "note": said[7]}
        )
        await other.discord.gateway_malformed()
        other.upset_gateway()
        await other.until(lambda: other.discord.handshakes >= 2 and other.discord.connected, "connected again", 30)
        assert await other.bot.stop() == 0
        log = other.log_text()
        for text in said:
            assert text not in log
        settings = other.settings
        for secret in (
            settings["discord"]["token"],
            settings["matrix"]["password"],
            settings["freescout"]["api_key"],
            "webhook-secret-7391",
            "store-key-7391",
            "board-token-7391",
        ):
            assert secret not in log
        assert "access_token" not in log.replace("matrix.access_token", "")
        assert "syt_" not in log
        events = {entry["event"] for entry in other.log_entries()}
        for fact in ("ticket opened", "ticket number told", "command carried out", "ticket triaged", "part changed"):
            assert fact in events
        for line in log.splitlines():
            assert isinstance(json.loads(line), dict)


# Backup


async def test_a_backup_made_while_it_runs_can_be_restored_and_goes_on_without_doubling(
    world: BotWorld, tmp_path: Path
) -> None:
    """The machine is lost after the backup; what came since is fetched again, what was there is known."""
    posted, ticket = await world.ask("before the backup")
    event_id, matrix_ticket = await world.matrix_ask("before the backup")
    await world.until(world.drained, "nothing waits")
    file = tmp_path / "backup.tar"
    made = await world.command("backup", str(file))
    assert made.code == 0, made.said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = await world.command("backup", str(file))
    assert again.code == 1
    assert "Traceback" not in again.said

    world.kill_bot()
    assert (await world.command("status")).code == 1
    in_ticket, in_channel, in_matrix = word(), word(), word()
    await world.discord.post(world.mia, posted.id, in_ticket)
    await world.discord.post(world.mia, world.support.id, in_channel)
    await world.jonas.send_text(world.room, in_matrix, thread=event_id)
    restore(world, file, tmp_path / "unpacked")
    await world.restart_bot()
    for mark in (in_ticket, in_channel, in_matrix):
        await world.entry(mark, 40)
    await world.until(world.drained, "nothing waits")
    assert world.entries(in_ticket)[0].conversation_id == ticket.id
    assert world.entries(in_matrix)[0].conversation_id == matrix_ticket.id
    for mark in (in_ticket, in_channel, in_matrix):
        assert len(world.entries(mark)) == 1
    assert [number_in(one.content) for one in world.said(posted.id)] == [ticket.number]
    assert len(await world.matrix_said(event_id)) == 1
    assert (await world.part("matrix"))["state"] == "connected"


def restore(world: BotWorld, file: Path, unpacked: Path) -> None:
    """Put the parts of a backup where the settings point, after losing what stood there."""
    world.lose_store()
    with tarfile.open(file) as archive:
        archive.extractall(unpacked, filter="data")
    for part in unpacked.rglob("*"):
        if part.is_file():
            inside = part.relative_to(unpacked)
            target = world.folder / "supportbot.db" if part.suffix == ".db" and len(inside.parts) == 1 else None
            target = target or world.folder / "matrix-store" / part.name
            target.parent.mkdir(mode=0o700, exist_ok=True)
            target.write_bytes(part.read_bytes())
            target.chmod(0o600)
