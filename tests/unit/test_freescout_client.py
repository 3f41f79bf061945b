"""The adapter's own rules: few requests, the right number, its own failures never turned into a second thread."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from adapters.freescout.markup import carries_mark
from bot.domain.chat import FileContent
from bot.domain.errors import OutcomeUnknownError, PermanentError, TransientError
from bot.domain.helpdesk import NewCustomer, ThreadKind
from bot.domain.ids import TicketNumber, delivery_id
from tests.unit.freescout_rig import MIA, WRITTEN, entry, freescout

FILE = FileContent(name="a b.php", mime_type="text/plain", content=b"<?php")


@pytest.mark.parametrize(("empty_201", "gets"), [(True, 1), (False, 0)])
async def test_opening_takes_one_request_and_another_only_where_the_number_is_not_in_the_answer(
    tmp_path: Path, empty_201: bool, gets: int
) -> None:
    async with freescout(tmp_path, empty_201=empty_201) as rig:
        new = await rig.new()
        rig.sim.forget_requests()
        opened = await rig.desk.open_conversation(new)
        assert opened.number == rig.only().number
        assert [request.method for request in rig.sim.requests] == ["POST"] + ["GET"] * gets


async def test_appending_takes_one_request(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        opened = await rig.open()
        rig.sim.forget_requests()
        for kind in WRITTEN:
            await rig.desk.append(opened.conversation_id, entry(f"more {kind}", kind=kind))
        assert [request.method for request in rig.sim.requests] == ["POST"] * 3
        assert rig.sim.problems == []


async def test_nothing_the_bot_writes_sends_mail_to_anybody_but_agents(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        opened = await rig.open()
        for kind in WRITTEN:
            await rig.desk.append(opened.conversation_id, entry(f"more {kind}", kind=kind))
        assert rig.sim.mails == []


async def test_a_further_message_leaves_the_customer_an_agent_put_in(tmp_path: Path) -> None:
    async with freescout(tmp_path, thread_customer_required=True) as rig:
        opened = await rig.open()
        other = await rig.desk.create_customer(replace(MIA, platform_id="@other:example.org"))
        rig.sim.change_customer(opened.conversation_id, other)
        await rig.desk.append(opened.conversation_id, entry("more"))
        await rig.desk.append(opened.conversation_id, entry("still more"))
        assert rig.only().customer_id == other


@pytest.mark.parametrize("kind", WRITTEN)
async def test_every_thread_ends_with_its_mark(tmp_path: Path, kind: ThreadKind) -> None:
    async with freescout(tmp_path) as rig:
        opened = await rig.open()
        await rig.desk.append(opened.conversation_id, replace(entry("more", kind=kind), source_link=""))
        first, second = rig.only().threads
        assert carries_mark(first.body, delivery_id("opening"))
        assert carries_mark(second.body, delivery_id("more"))
        assert f"{rig.sim.url}/conversation/{opened.conversation_id}#{delivery_id('more')}" in second.body


async def test_a_number_that_cannot_be_read_after_opening_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        new = await rig.new()
        rig.sim.faults.add(kind="status", method="GET", status=503)
        with pytest.raises(OutcomeUnknownError):
            await rig.desk.open_conversation(new)
        found = await rig.desk.find_opened(new)
        assert found is not None
        assert found.number == rig.only().number


async def test_files_that_cannot_be_checked_after_appending_leave_the_outcome_unknown(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        opened = await rig.open()
        more = entry("more", files=(FILE,))
        rig.sim.faults.add(kind="lose_answer", method="GET")
        with pytest.raises(OutcomeUnknownError):
            await rig.desk.append(opened.conversation_id, more)
        found = await rig.desk.find_appended(opened.conversation_id, more)
        assert found is not None
        assert found.skipped == ()


async def test_a_file_that_freescout_renames_is_not_taken_for_skipped(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        assert (await rig.open(files=(FILE,))).skipped == ()
        (stored,) = rig.only().threads[0].attachments
        assert stored.file_name != FILE.name


async def test_one_skipped_file_among_others_of_its_size_is_named(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        empty = FileContent(name="empty.txt", mime_type="text/plain", content=b"")
        twin = FileContent(name="twin.txt", mime_type="text/plain", content=b"12345")
        assert (await rig.open(files=(FILE, empty, twin))).skipped == ("empty.txt",)


async def test_files_too_large_are_named_in_the_text_also_when_the_answer_was_lost(tmp_path: Path) -> None:
    async with freescout(tmp_path, max_body_bytes=1500) as rig:
        large = FileContent(name="<dump>.bin", mime_type="", content=b"x" * 3000)
        new = await rig.new(files=(large,))
        # The first request is refused for its size, the answer of the second, without the file, is lost.
        rig.sim.faults.add(kind="lose_answer", method="POST", times=2)
        rig.sim.options.max_body_bytes = 1500
        with pytest.raises(OutcomeUnknownError):
            await rig.desk.open_conversation(new)
        rig.sim.faults.clear()
        opened = await rig.desk.find_opened(new) or await rig.desk.open_conversation(new)
        assert opened.skipped == ()
        again = await rig.desk.find_opened(new)
        assert again == opened
        assert "&lt;dump&gt;.bin: too large for the help desk" in rig.only().threads[0].body


async def test_an_opening_is_found_though_an_agent_changed_its_customer(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        new = await rig.new()
        opened = await rig.desk.open_conversation(new)
        other = await rig.desk.create_customer(replace(MIA, platform_id="@other:example.org"))
        rig.sim.change_customer(opened.conversation_id, other)
        assert await rig.desk.find_opened(new) == opened


async def test_an_opening_is_found_behind_more_than_one_page_of_others(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        new = await rig.new("the last")
        for number in range(55):
            await rig.desk.open_conversation(replace(new, entry=entry(f"other {number}")))
        opened = await rig.desk.open_conversation(new)
        assert await rig.desk.find_opened(new) == opened


async def test_a_customer_is_found_behind_more_than_one_page_of_namesakes(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        asked_after = rig.desk_clock_now()
        made = await rig.desk.create_customer(MIA)
        for number in range(55):
            await rig.desk.create_customer(replace(MIA, platform_id=f"@mia{number}:example.org"))
        assert await rig.desk.find_customer(MIA, asked_after) == made


@pytest.mark.parametrize("name", ["0", "<b>Mia</b>", "x" * 100, "Mia <3 \ud800"])
async def test_a_customer_of_any_name_is_made_and_found(tmp_path: Path, name: str) -> None:
    async with freescout(tmp_path) as rig:
        asked_after = rig.desk_clock_now()
        odd = NewCustomer(platform=MIA.platform, platform_id=MIA.platform_id, name=name)
        made = await rig.desk.create_customer(odd)
        assert await rig.desk.find_customer(odd, asked_after) == made
        assert rig.sim.problems == []


async def test_the_number_of_one_conversation_that_is_the_id_of_another_is_not_confused(tmp_path: Path) -> None:
    async with freescout(tmp_path, number_offset=1) as rig:
        opened = [await rig.open(f"request {number}") for number in range(3)]
        assert [one.number for one in opened] == [2, 3, 4]
        for one in opened:
            found = await rig.desk.conversation(one.number)
            assert found is not None
            assert found.conversation_id == one.conversation_id
        assert await rig.desk.conversation(TicketNumber(1)) is None


async def test_a_number_that_is_the_id_takes_one_request(tmp_path: Path) -> None:
    async with freescout(tmp_path, number_offset=0) as rig:
        opened = await rig.open()
        rig.sim.forget_requests()
        assert await rig.desk.conversation(opened.number) is not None
        assert len(rig.sim.requests) == 1


async def test_an_entry_sought_in_a_merged_conversation_is_left_to_a_person(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        first, second = await rig.open("first"), await rig.open("second")
        await rig.desk.append(first.conversation_id, entry("more"))
        rig.sim.merge(first.conversation_id, into=second.conversation_id)
        with pytest.raises(PermanentError, match="merged"):
            await rig.desk.find_appended(first.conversation_id, entry("more"))


async def test_an_agent_who_quotes_a_mark_is_not_taken_for_the_bot(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        opened = await rig.open()
        wanted = entry("wanted", kind=ThreadKind.NOTE)
        agent = rig.sim.add_user("Ada", "Agent", "ada@help.example")
        rig.sim.agent_note(opened.conversation_id, agent, f'<a href="https://x.example/#{delivery_id("wanted")}">x</a>')
        assert await rig.desk.find_appended(opened.conversation_id, wanted) is None


@pytest.mark.parametrize("kind", ["lose_answer", "reset", "html_200", "blank_200", "status_after"])
@pytest.mark.parametrize("empty_201", [True, False])
async def test_thirty_percent_of_broken_answers_double_nothing(tmp_path: Path, kind: str, empty_201: bool) -> None:
    async with freescout(tmp_path, empty_201=empty_201) as rig:
        mailed = rig.sim.email_conversation("lena@example.org", "Lena", "Invoice", "Hello")
        rig.sim.faults.add(kind=kind, probability=0.3, times=None, seed=7, status=502)
        new, opened, unknown = None, None, False
        customer_id, asked_after = None, rig.desk_clock_now()
        while customer_id is None:
            try:
                customer_id = await rig.desk.find_customer(MIA, asked_after) if unknown else None
                customer_id = customer_id or await rig.desk.create_customer(MIA)
            except (OutcomeUnknownError, TransientError) as error:
                unknown = unknown or isinstance(error, OutcomeUnknownError)
        rig.sim.faults.clear()
        new = replace(await rig.new(), customer_id=customer_id)
        rig.sim.faults.add(kind=kind, probability=0.3, times=None, seed=8, status=502)
        unknown = False
        while opened is None:
            try:
                opened = await rig.desk.find_opened(new) if unknown else None
                opened = opened or await rig.desk.open_conversation(new)
            except (OutcomeUnknownError, TransientError) as error:
                unknown = unknown or isinstance(error, OutcomeUnknownError)
        kinds = Random(3).choices(WRITTEN, k=12)
        for number, thread_kind in enumerate(kinds):
            part, unknown, done = entry(f"part {number}", kind=thread_kind), False, None
            while done is None:
                try:
                    done = await rig.desk.find_appended(opened.conversation_id, part) if unknown else None
                    done = done or await rig.desk.append(opened.conversation_id, part)
                except (OutcomeUnknownError, TransientError) as error:
                    unknown = unknown or isinstance(error, OutcomeUnknownError)
        (filed,) = [one for one in rig.sim.conversations() if one.id != mailed.id]
        threads = filed.threads
        assert [thread.type for thread in threads] == ["customer", *kinds]
        for number, thread in enumerate(threads[1:]):
            assert carries_mark(thread.body, delivery_id(f"part {number}"))
        assert len([one for one in rig.sim.customers() if one.notes.endswith(MIA.platform_id)]) == 2


async def test_what_was_made_is_found_though_the_clocks_are_hours_apart(tmp_path: Path) -> None:
    """A machine in the wrong time zone must not have every lost answer filed twice."""
    async with freescout(tmp_path) as rig:
        new = await rig.new()
        ahead = replace(new, asked_after=new.asked_after + timedelta(hours=13))
        opened = await rig.desk.open_conversation(ahead)
        assert await rig.desk.find_opened(ahead) == opened
        assert await rig.desk.find_customer(MIA, ahead.asked_after) == new.customer_id
