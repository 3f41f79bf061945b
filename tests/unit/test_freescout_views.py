"""Reading conversations: nothing is missed while pages move, nothing odd in an answer hides or invents a thread."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.freescout.client import FreeScout
from bot.domain.errors import TransientError
from bot.domain.helpdesk import ConversationView, Status, ThreadKind
from bot.domain.ids import ConversationId, ThreadId
from bot.domain.richtext import plain
from tests.fakes.clock import ManualClock
from tests.unit.freescout_rig import Reports, Rig, entry, freescout

PICTURE = ("screen.png", "image/png", b"\x89PNG" * 50)
THREAD: dict[str, Any] = {
    "id": 5,
    "type": "message",
    "state": "published",
    "body": "<div>Try again.</div>",
    "createdBy": {"id": 3, "type": "user", "firstName": "Lea", "lastName": None},
    "createdAt": "2026-03-02T09:00:00Z",
}


def conversation(*threads: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "number": 1007,
        "type": "chat",
        "status": "active",
        "updatedAt": "2026-03-02T09:00:00Z",
        "_embedded": {"threads": list(threads)},
        **more,
    }


@asynccontextmanager
async def answering(
    answers: dict[str, Callable[[web.Request], Awaitable[web.Response]]], clock: ManualClock | None = None
) -> AsyncIterator[FreeScout]:
    """The adapter before a server that answers these paths below /api as told."""
    app = web.Application()
    for path, answer in answers.items():
        app.router.add_get(f"/api{path}", answer)
    async with TestServer(app) as server:
        desk = FreeScout(
            url=str(server.make_url("")),
            api_key="k",
            mailbox_id=1,
            bot_user_id=2,
            health=Reports(),
            clock=clock or ManualClock(),
        )
        async with desk:
            yield desk


def saying(document: Any, **headers: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(document, headers=headers)

    return answer


async def read(document: Any) -> ConversationView:
    async with answering({"/conversations/7": saying(document, Date="Mon, 02 Mar 2026 09:05:00 GMT")}) as desk:
        view = await desk.read(ConversationId(7))
        assert view is not None
        return view


def listing(*documents: dict[str, Any]) -> dict[str, Any]:
    return {"_embedded": {"conversations": list(documents)}, "page": {"number": 1, "totalPages": 1}}


# --- one conversation ---


async def test_the_help_desks_clock_is_that_of_its_answer() -> None:
    clock = ManualClock(datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC))
    date = "Mon, 02 Mar 2026 11:15:00 GMT"
    async with answering({"/conversations/7": saying(conversation(THREAD), Date=date)}, clock) as desk:
        view = await desk.read(ConversationId(7))
    assert view is not None
    assert view.read_at == clock.now()
    assert view.as_of == datetime(2026, 3, 2, 11, 15, tzinfo=UTC)


async def test_an_answer_shows_nothing_newer_than_the_question() -> None:
    """What was published when it was asked for may be taken back by the time a slow answer comes."""
    clock = ManualClock()
    asked_at = clock.now()

    async def slow(_: web.Request) -> web.Response:
        await clock.advance(timedelta(seconds=9))
        return web.json_response(conversation(THREAD), headers={"Date": "Mon, 02 Mar 2026 11:15:00 GMT"})

    async with answering({"/conversations/7": slow}, clock) as desk:
        view = await desk.read(ConversationId(7))
    assert view is not None
    assert view.read_at == asked_at
    assert view.as_of == datetime(2026, 3, 2, 11, 14, 51, tzinfo=UTC)


async def test_without_a_readable_date_our_clock_stands_in() -> None:
    clock = ManualClock()
    async with answering({"/conversations/7": saying(conversation(THREAD), Date="soon")}, clock) as desk:
        view = await desk.read(ConversationId(7))
    assert view is not None
    assert view.as_of == clock.now()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02T08-09-10Z", "2026-03-02T08:09:10+00:00"),
        ("2026-03-02 08:09:10", "2026-03-02T08:09:10+00:00"),
        ("2026-03-02T08:09:10.123456Z", "2026-03-02T08:09:10+00:00"),
        ("2026-03-02T10:09:10+02:00", "2026-03-02T08:09:10+00:00"),
        ("2026-03-02T10:09:10+0200", "2026-03-02T08:09:10+00:00"),
    ],
)
async def test_dates_are_read_however_they_are_written(written: str, meant: str) -> None:
    view = await read(conversation({**THREAD, "createdAt": written}, closedAt=written))
    assert view.threads[0].created_at.isoformat() == meant
    assert view.closed_at is not None
    assert view.closed_at.isoformat() == meant


@pytest.mark.parametrize("written", [None, "", "yesterday", "2026-13-99T00:00:00Z", 1, []])
async def test_a_thread_without_a_readable_date_counts_as_new(written: object) -> None:
    view = await read(conversation({**THREAD, "createdAt": written}, updatedAt=written, closedAt=written))
    assert view.threads[0].created_at == view.as_of
    assert (view.updated_at, view.closed_at) == (None, None)


async def test_threads_of_one_second_are_in_the_order_of_their_ids() -> None:
    view = await read(conversation(*({**THREAD, "id": number} for number in (9, 5, 7))))
    assert [thread.thread_id for thread in view.threads] == [5, 7, 9]


@pytest.mark.parametrize("kind", ["chat", "phone", "", None, 2])
async def test_a_thread_of_an_unknown_kind_is_left_out(kind: object) -> None:
    view = await read(conversation({**THREAD, "id": 4, "type": kind}, THREAD))
    assert [thread.thread_id for thread in view.threads] == [5]


@pytest.mark.parametrize("state", ["draft", "hidden", "review", "", None, "Published", 2])
async def test_nothing_but_published_is_published(state: object) -> None:
    view = await read(conversation({**THREAD, "state": state}))
    assert not view.threads[0].published


@pytest.mark.parametrize("author", [None, {"id": 3, "type": "customer"}, {"id": 3}, {"type": "user"}, "Lea"])
async def test_an_author_who_is_no_user_is_none(author: object) -> None:
    view = await read(conversation({**THREAD, "createdBy": author}))
    assert view.threads[0].author is None


async def test_a_name_without_a_last_name_is_whole() -> None:
    view = await read(conversation(THREAD))
    assert view.threads[0].author is not None
    assert view.threads[0].author.full_name == "Lea"


async def test_an_odd_conversation_is_read_as_far_as_it_goes() -> None:
    view = await read(
        {"id": 7, "status": "strange", "subject": [], "customer": None, "_embedded": {"threads": ["odd", {}, THREAD]}}
    )
    assert (view.status, view.subject, view.customer_id, view.is_chat) == (Status.ACTIVE, "", None, False)
    assert len(view.threads) == 1


@pytest.mark.parametrize("document", [{}, {"message": "?"}, {"id": 7}])
async def test_an_answer_that_is_no_conversation_is_asked_for_again(document: object) -> None:
    async with answering({"/conversations/7": saying(document)}) as desk:
        with pytest.raises(TransientError):
            await desk.read(ConversationId(7))


async def test_a_missing_api_is_not_taken_for_a_deleted_conversation(tmp_path: Path) -> None:
    async with freescout(tmp_path, api=False) as rig:
        with pytest.raises(TransientError):
            await rig.desk.read(ConversationId(7))


# --- files ---


async def reply_with_picture(rig: Rig, body: str, **more: Any) -> tuple[ConversationId, ThreadId]:
    ticket = await rig.open()
    agent = rig.sim.add_user("Lea", "Brandt", "lea@help.example")
    made = rig.sim.agent_reply(ticket.conversation_id, agent, body, **more)
    return ticket.conversation_id, ThreadId(made.id)


@pytest.mark.parametrize("listed", [True, False])
async def test_a_picture_in_the_text_is_a_file_whether_it_is_listed_or_not(tmp_path: Path, listed: bool) -> None:
    async with freescout(tmp_path, list_inline_images=listed) as rig:
        body = '<div>Look: <img src="cid:screen.png"></div>'
        log = ("app.log", "text/plain", b"boom")
        conversation_id, thread_id = await reply_with_picture(rig, body, inline=[PICTURE], files=[log])
        view = await rig.desk.read(conversation_id)
        assert view is not None
        reply = view.thread(thread_id)
        assert reply is not None
        assert sorted(file.name for file in reply.files) == ["app.log", "screen.png"]
        assert sorted([await rig.desk.download(file, limit_bytes=1000) for file in reply.files]) == sorted(
            [PICTURE[2], log[2]]
        )


async def test_a_new_token_in_a_files_link_is_no_new_text() -> None:
    link = "https://help.example.org/storage/attachment/0/0/1/a.png?id=1&amp;token="
    one = await read(conversation({**THREAD, "body": f'<img src="{link}0a1b">'}))
    other = await read(conversation({**THREAD, "body": f'<img src="{link}ffff">'}))
    assert one.threads[0].digest == other.threads[0].digest


def attached(**more: Any) -> dict[str, Any]:
    file = {"id": 1, "fileName": "a.png", "fileUrl": "https://x/?id=1&token=a", "mimeType": "image/png", "size": 9}
    return {**THREAD, "_embedded": {"attachments": [{**file, **more}]}}


@pytest.mark.parametrize("other", [{"fileName": "b.png"}, {"size": 10}])
async def test_another_file_is_another_version(other: dict[str, Any]) -> None:
    one, two = await read(conversation(attached())), await read(conversation(attached(**other)))
    assert one.threads[0].digest != two.threads[0].digest


async def test_another_token_is_the_same_file() -> None:
    one = await read(conversation(attached()))
    two = await read(conversation(attached(fileUrl="https://x/?id=1&token=b")))
    assert one.threads[0].digest == two.threads[0].digest
    assert one.threads[0].files != two.threads[0].files


# --- many conversations ---


async def many(rig: Rig, count: int) -> list[int]:
    return [
        rig.sim.email_conversation(f"mia{number}@example.org", "Mia", f"Request {number}", "Hello").id
        for number in range(count)
    ]


async def test_a_page_of_one_second_is_followed_by_the_next(tmp_path: Path) -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    async with freescout(tmp_path, clock=lambda: now) as rig:
        ids = await many(rig, 120)
        views = [view async for view in rig.desk.changed(now)]
        assert [view.conversation_id for view in views] == ids


async def test_what_changes_while_pages_are_read_hides_no_other(tmp_path: Path) -> None:
    """It moves to the end of the list, and everything behind its place moves one forward."""
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    ticks = 0

    def clock() -> datetime:
        nonlocal ticks
        ticks += 1
        return now + timedelta(seconds=ticks)

    async with freescout(tmp_path, clock=clock) as rig:
        ids = await many(rig, 120)
        seen: list[int] = []
        async for view in rig.desk.changed(now):
            seen.append(view.conversation_id)
            if len(seen) == 50:
                for conversation_id in ids[:3]:
                    rig.sim.close(conversation_id)
                    rig.sim.set_status(conversation_id, "active")
        assert set(seen) == set(ids)
        assert len(seen) == len(ids) + 3


async def test_nothing_is_shown_twice_while_nothing_changes(tmp_path: Path) -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    made = 0

    def clock() -> datetime:
        return now + timedelta(seconds=made // 9)

    async with freescout(tmp_path, clock=clock) as rig:
        ids = []
        for made in range(130):
            ids += [rig.sim.email_conversation(f"mia{made}@example.org", "Mia", "Request", "Hello").id]
        assert [view.conversation_id async for view in rig.desk.changed(now)] == ids


async def test_every_mailbox_is_looked_at(tmp_path: Path) -> None:
    async with freescout(tmp_path) as rig:
        ticket = await rig.open()
        rig.sim.move(ticket.conversation_id, rig.sim.add_mailbox("Sales", "sales@help.example"))
        since = rig.desk_clock_now() - timedelta(minutes=1)
        assert [view.conversation_id async for view in rig.desk.changed(since)] == [ticket.conversation_id]


@pytest.mark.parametrize("listed", [{"_embedded": None}, {"_embedded": {}}, {"_embedded": {"threads": []}}])
async def test_a_list_that_shows_no_threads_has_each_conversation_read_by_itself(listed: dict[str, Any]) -> None:
    bare = {**conversation(), "_embedded": {}, **listed}

    async def gone(_: web.Request) -> web.Response:
        return web.json_response({"message": "Not Found"}, status=404)

    answers = {
        "/conversations": saying(listing(bare, {**bare, "id": 8})),
        "/conversations/7": saying(conversation(THREAD)),
        "/conversations/8": gone,
    }
    async with answering(answers) as desk:
        views = [view async for view in desk.changed(datetime(2026, 3, 2, tzinfo=UTC))]
    assert {view.conversation_id for view in views} == {7}
    assert {plain(view.threads[0].text).strip() for view in views} == {"Try again."}


async def test_a_list_that_ignores_the_order_is_read_page_by_page() -> None:
    hours = {1: 10, 2: 9, 3: 11, 4: 9}
    dated = [conversation(THREAD, id=one, updatedAt=f"2026-03-02T{hour:02}:00:00Z") for one, hour in hours.items()]

    async def listed(request: web.Request) -> web.Response:
        found = [one for one in dated if one["updatedAt"] >= request.query.get("updatedSince", "")]
        if request.query["status"] != "active" or request.query["state"] != "published":
            found = []
        number = int(request.query["page"])
        page = {"number": number, "totalPages": -(-len(found) // 3)}
        return web.json_response({"_embedded": {"conversations": found[3 * number - 3 : 3 * number]}, "page": page})

    async with answering({"/conversations": listed}) as desk:
        views = [view async for view in desk.changed(datetime(2026, 3, 2, tzinfo=UTC))]
    assert [view.conversation_id for view in views] == [1, 2, 3, 4]


# --- merged, told by a redirect ---


async def moved(request: web.Request) -> web.Response:
    return web.Response(status=301, headers={"Location": str(request.url.with_path("/api/conversations/9"))})


async def test_a_redirect_is_a_merge_and_leads_to_the_survivor() -> None:
    survivor = conversation(THREAD, id=9, number=1009)
    async with answering({"/conversations/7": moved, "/conversations/9": saying(survivor)}) as desk:
        view = await desk.read(ConversationId(7))
        assert view is not None
        assert view.conversation_id == 7
        assert view.merged_away
        assert [thread.kind for thread in view.threads] == [ThreadKind.LINEITEM]
        found = await desk.survivor(view, [])
    assert found is not None
    assert found.conversation_id == 9
    assert not found.merged_away
    assert found.thread(ThreadId(5)) is not None


async def test_redirects_in_a_circle_lead_nowhere() -> None:
    async with answering({"/conversations/7": moved, "/conversations/9": moved}) as desk:
        assert await desk.read(ConversationId(7)) is None


async def test_an_opened_conversation_tells_its_first_thread(tmp_path: Path) -> None:
    for empty_201 in (True, False):
        folder = tmp_path / str(empty_201)
        folder.mkdir()
        async with freescout(folder, empty_201=empty_201) as rig:
            new = await rig.new()
            opened = await rig.desk.open_conversation(new)
            assert opened.thread_id == rig.only().threads[0].id
            await rig.desk.append(opened.conversation_id, entry("more"))
            assert await rig.desk.find_opened(new) == opened


# --- what response times need to know ---


@pytest.mark.parametrize(
    ("customer", "name"),
    [
        ({"id": 4, "firstName": "Mia", "lastName": "(Discord)", "email": ""}, "Mia (Discord)"),
        ({"id": 4, "firstName": "Mia", "lastName": None, "email": "mia@example.org"}, "Mia"),
        ({"id": 4, "firstName": None, "lastName": " ", "email": "mia@example.org"}, "mia@example.org"),
        ({"id": 4}, ""),
        (None, ""),
    ],
)
async def test_a_customer_is_called_by_name_or_else_by_address(customer: Any, name: str) -> None:
    assert (await read(conversation(THREAD, customer=customer))).customer_name == name


async def test_when_and_where_a_conversation_began_is_told_as_far_as_it_is_readable() -> None:
    told = await read(conversation(THREAD, createdAt="2026-03-02T08:00:00Z", mailboxId=3))
    assert (told.created_at, told.mailbox_id) == (datetime(2026, 3, 2, 8, tzinfo=UTC), 3)
    silent = await read(conversation(THREAD, createdAt="yesterday", mailboxId=None))
    assert (silent.created_at, silent.mailbox_id) == (None, None)


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ({"status": "closed"}, Status.CLOSED),
        ({"status": "active"}, Status.ACTIVE),
        ({"status": "nochange"}, None),
        ({"status": "mended"}, None),
        ({}, None),
        ({"status": "pending", "state": "draft"}, None),
    ],
)
async def test_a_thread_tells_the_status_it_left_where_the_help_desk_does(
    shown: dict[str, Any], status: Status | None
) -> None:
    (thread,) = (await read(conversation({**THREAD, "source": {"type": "web", "via": "user"}, **shown}))).threads
    assert thread.status is status


@pytest.mark.parametrize(
    ("kind", "shown", "status"),
    [
        ("customer", "active", Status.ACTIVE),
        ("message", "active", Status.PENDING),
        ("note", "active", None),
        ("message", "closed", Status.CLOSED),
    ],
)
async def test_of_what_came_through_the_api_a_status_of_active_says_nothing(
    kind: str, shown: str, status: Status | None
) -> None:
    """Core does not keep it there; the column says "active" by itself."""
    document = conversation({**THREAD, "type": kind, "status": shown, "source": {"type": "api", "via": "user"}})
    (thread,) = (await read(document)).threads
    assert thread.status is status
