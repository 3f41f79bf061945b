"""The sandbox as a newcomer starts it: the story is played to its end, told readably, and no process stays behind."""

import asyncio
import io
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from rich.console import Console

from sandbox import cast
from sandbox.narration import Narrator, StepFailedError
from sandbox.summary import sum_up
from sandbox.witness import Witness
from sandbox.world import SandboxWorld

PROJECT = Path(__file__).resolve().parents[2]
STORY_SECONDS = 240

pytestmark = pytest.mark.synapse


class Sandbox:
    """One `python -m sandbox` process, its output, and the processes it has started."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._folder = folder
        self._output = folder.with_suffix(".out")
        command = [sys.executable, "-m", "sandbox", "--keep", str(folder), *arguments]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, stdout=output, stderr=output, stdin=subprocess.DEVNULL
            )

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def wait_for(self, text: str, seconds: float = STORY_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.output:
            assert self.process.poll() is None, f"it ended before “{text}”:\n{self.output}"
            assert time.monotonic() < deadline, f"“{text}” was not told:\n{self.output}"
            time.sleep(0.05)

    def wait_for_child(self, words: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not any(words in line for line in self.left_behind()):
            assert time.monotonic() < deadline, f"{words} was not started:\n{self.output}"
            time.sleep(0.02)

    def end(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        return self.process.wait(40)

    def left_behind(self) -> list[str]:
        """The command lines of processes that work in this sandbox's folder, other than itself."""
        found = []
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if str(self._folder) in line and process.pid != self.process.pid:
                found.append(line)
        return found


Start = Callable[..., Sandbox]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts sandboxes; whatever a failed test leaves running is ended."""
    started: list[Sandbox] = []

    def start_one(*arguments: str) -> Sandbox:
        started.append(Sandbox(tmp_path / f"sandbox-{len(started)}", *arguments))
        return started[-1]

    yield start_one
    for sandbox in started:
        if sandbox.process.poll() is None:
            sandbox.end(signal.SIGTERM)


def test_once_plays_every_step_ends_with_zero_and_leaves_no_process(start: Start) -> None:
    sandbox = start("--once")
    assert sandbox.process.wait(STORY_SECONDS) == 0, sandbox.output
    assert sandbox.left_behind() == []
    told = sandbox.output
    assert [int(number) for number in re.findall(r"^ (\d+) +\S", told, re.MULTILINE)] == list(range(1, 14))
    assert "✗" not in told
    for seen in (
        "50% of",
        "75% of",
        "90% of",
        "@On call",
        "A note in #1004",
        "The board shows #1004 in red: first response,",
    ):
        assert seen in " ".join(told.split()), seen
    requests, answers = told.split("What was asked, and what arrived")[1].split("What the team wrote")
    assert requests.count(" once ") == 7
    assert (len(re.findall(r"\bonce\b", answers)), len(re.findall(r"\bnever\b", answers))) == (4, 2)
    assert max(map(len, told.splitlines())) <= 80


def test_after_the_story_it_stays_up_until_ctrl_c_and_then_leaves_no_process(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sandbox = start("--port", str(port))
        sandbox.wait_for("Ctrl-C ends everything.")
    assert f"Port {port} is taken" in sandbox.output
    address = re.findall(r"http://127\.0\.0\.1:\d+", sandbox.output)[-1]
    shown = httpx.get(f"{address}/api/worlds", trust_env=False).json()
    assert shown["status"]["ready"]
    assert len(shown["freescout"]["conversations"]) == 5
    assert sandbox.end(signal.SIGINT) == 0
    assert sandbox.left_behind() == []
    assert "Traceback" not in sandbox.output


@pytest.mark.parametrize(
    ("moment", "by"),
    [("--generate-keys", signal.SIGINT), ("synapse.app.homeserver -c", signal.SIGTERM), ("bot run", signal.SIGINT)],
)
def test_an_early_end_leaves_no_process_and_no_traceback(start: Start, moment: str, by: signal.Signals) -> None:
    sandbox = start("--once")
    sandbox.wait_for_child(moment)
    assert sandbox.end(by) == 128 + by
    assert sandbox.left_behind() == []
    assert "Traceback" not in sandbox.output


async def test_a_step_that_is_not_seen_says_what_was_expected_and_what_was_seen() -> None:
    written = io.StringIO()
    narrator = Narrator(Console(file=written, width=80))
    narrator.step("Mia asks")
    with pytest.raises(StepFailedError) as caught:
        await narrator.see(lambda: None, expected="a ticket", seen=lambda: "none", tell=str, within_seconds=0)
    narrator.failed(caught.value)
    assert re.search(r"expected +a ticket, within 0 s", written.getvalue())
    assert re.search(r"seen +none", written.getvalue())
    assert "✓" not in written.getvalue()


async def test_a_step_is_told_only_after_it_was_seen() -> None:
    written = io.StringIO()
    narrator = Narrator(Console(file=written, width=80))
    arrived: list[int] = []
    telling = asyncio.create_task(
        narrator.see(
            lambda: arrived[0] if arrived else None, expected="a ticket", seen=lambda: "none", tell=lambda n: f"#{n}"
        )
    )
    await asyncio.sleep(0)
    assert "#7" not in written.getvalue()
    arrived.append(7)
    assert await telling == 7
    assert "✓ #7" in written.getvalue()


async def test_when_one_world_cannot_start_nothing_of_the_others_stays_behind(tmp_path: Path) -> None:
    world = SandboxWorld(tmp_path / "sandbox")
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "freescout.db").mkdir()
    try:
        with pytest.raises(sqlite3.Error):
            await world.start()
    finally:
        await world.stop()
    assert not any(str(tmp_path) in " ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"]))


async def test_the_summary_fails_when_an_answer_is_missing_or_doubled_or_a_note_is_in_chat(tmp_path: Path) -> None:
    world = SandboxWorld(tmp_path)
    tell = Narrator(Console(file=io.StringIO(), width=80))
    try:
        await world.start()
        asked: dict[str, list[str]] = {}
        for line in cast.REQUESTS:
            asked.setdefault(line.ticket, []).append(line.text)
        made = {
            ticket: world.freescout.email_conversation(f"{place}@example.org", ticket, "s", " ".join(texts))
            for place, (ticket, texts) in enumerate(asked.items())
        }
        numbers = {ticket: conversation.number for ticket, conversation in made.items()}
        world.freescout.agent_reply(made["Pat"].id, world.alexander_user_id, cast.ALEXANDER_APOLOGIZES.text)
        for answer in cast.ANSWERS[:-1]:
            await world.discord.post(world.alexander, world.support.id, answer.key)
        with pytest.raises(StepFailedError, match=f"“{cast.ADA_ANSWERS.key}” never in chat instead of once"):
            sum_up(tell, world, numbers)
        await world.jonas_matrix.send_text(world.support_room, cast.ADA_ANSWERS.key)
        await tell.see(
            lambda: Witness(world).times_in_chat(cast.ADA_ANSWERS) or None,
            expected="her answer",
            seen=lambda: "none",
            tell=str,
        )
        sum_up(tell, world, numbers)
        again = await world.discord.post(world.mia, world.support.id, cast.ALEXANDER_ADDS.key)
        with pytest.raises(StepFailedError, match=f"“{cast.ALEXANDER_ADDS.key}” 2 times in chat"):
            sum_up(tell, world, numbers)
        await world.discord.delete(world.support.id, again.id)
        private = await world.discord.post(
            world.mia, world.discord.direct_channel(world.mia).id, cast.ALEXANDER_NOTES.key
        )
        with pytest.raises(StepFailedError, match=f"“{cast.ALEXANDER_NOTES.key}” once in chat instead of never"):
            sum_up(tell, world, numbers)
        await world.discord.delete(private.channel_id, private.id)
        apology = cast.ALEXANDER_APOLOGIZES
        world.freescout.agent_reply(made["Pat"].id, world.alexander_user_id, apology.text)
        with pytest.raises(StepFailedError, match=f"“{apology.key}” 2 times by mail and never in chat"):
            sum_up(tell, world, numbers)
    finally:
        await world.stop()
