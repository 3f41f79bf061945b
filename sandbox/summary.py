"""The end of the story: what was written, and how often it arrived, counted on the other side."""

from sandbox import cast
from sandbox.narration import Narrator, StepFailedError
from sandbox.witness import Witness
from sandbox.world import SandboxWorld


def sum_up(tell: Narrator, world: SandboxWorld, numbers: dict[str, int]) -> None:
    """Every request is in its own conversation once, every answer in chat once, nothing internal in chat at all."""
    witness = Witness(world)
    wrong = [*_requests(tell, world, witness, numbers), *_answers(tell, witness)]
    if wrong or len(world.freescout.conversations()) != len(numbers):
        expected = f"{len(numbers)} conversations, and every message in its own place exactly once"
        raise StepFailedError(expected=expected, seen="; ".join([witness.inbox(), *wrong]))


def _requests(tell: Narrator, world: SandboxWorld, witness: Witness, numbers: dict[str, int]) -> list[str]:
    tags = {each.number: ", ".join(each.tags) for each in world.freescout.conversations()}
    rows, wrong = [], []
    for line in cast.REQUESTS:
        number = numbers[line.ticket]
        places = [each.number for each in witness.filed(line)]
        if places != [number]:
            wrong.append(f"“{line.key}” in {places or 'no conversation'} instead of {number}")
        rows.append((line.who, f"… {line.key} …", f"#{number}", _times(len(places)), tags[number] or "–"))
    tell.table("What was asked, and what arrived", ("Who", "Wrote", "Ticket", "Arrived", "Tags"), rows)
    return wrong


def _answers(tell: Narrator, witness: Witness) -> list[str]:
    wanted = [(line, 1) for line in cast.ANSWERS] + [(line, 0) for line in cast.KEPT_INSIDE]
    rows, wrong = [], []
    for line, times in wanted:
        found = witness.times_in_chat(line)
        if found != times:
            wrong.append(f"“{line.key}” {_times(found)} in chat instead of {_times(times)}")
        kind = "answer" if times else "note" if line is cast.ALEXANDER_NOTES else "taken back"
        rows.append((line.who, f"… {line.key} …", kind, _times(found)))
    for line in cast.MAILED:
        mailed, found = witness.times_mailed(line), witness.times_in_chat(line)
        if (mailed, found) != (1, 0):
            wrong.append(f"“{line.key}” {_times(mailed)} by mail and {_times(found)} in chat instead of once by mail")
        rows.append((line.who, f"… {line.key} …", "e-mail", _times(mailed)))
    tell.table("What the team wrote, and what customers read", ("Who", "Wrote", "As", "Read"), rows)
    return wrong


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")
