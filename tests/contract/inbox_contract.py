"""What every store promises about messages: each once, where it stands, and its ticket."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.chat import Author, ChatAddress, ChatMessage, Platform
from bot.domain.ids import LinkId
from bot.ports.store import ASKED, DELETED, SENT, Received, Records, Store
from tests.contract.samples import AT, LATER, message
from tests.contract.store_acts import HealthyStore

PLACE = ChatAddress(platform=Platform.DISCORD, room="42", chat_thread="7")
TICKET = LinkId("l")
OPENED, CONTINUED = "opened", "continued"


class InboxContract:
    """Each message once, and what became of it."""

    async def test_a_message_that_was_ignored_can_become_a_tickets(self, store: HealthyStore) -> None:
        ignored, new, others = message("1"), message("2"), message("3")

        async def work(records: Records) -> None:
            await records.inbox.admit(ignored.dedup_key, decision="staff", link_id=None, at=AT)
            await records.inbox.admit(
                others.dedup_key, decision="opened", link_id=LinkId("other"), at=AT, message=others
            )
            for one in (ignored, new, others):
                await records.inbox.adopt(one, decision="opened", link_id=LinkId("l"), at=AT)

        await store.write(work)
        for one, link in ((ignored, "l"), (new, "l"), (others, "other")):
            assert await store.read(lambda records, key=one.dedup_key: records.inbox.link_of(key)) == link  # type: ignore[misc]
        standing = await store.read(lambda records: records.inbox.standing_in(new.address, ("opened",), 9))
        assert set(standing) == {ignored.dedup_key, new.dedup_key, others.dedup_key}

    async def test_a_message_is_admitted_once(self, store: HealthyStore) -> None:
        async def work(records: Records) -> list[bool]:
            first = await records.inbox.admit("k", decision=OPENED, link_id=TICKET, at=AT, message=said("1"))
            second = await records.inbox.admit("k", decision="ignored", link_id=None, at=LATER)
            return [first, second]

        assert await store.write(work) == [True, False]
        assert await received(store, "k") == Received(decision=OPENED, link_id=TICKET, author_id="ann")
        assert await store.read(lambda records: records.inbox.link_of("k")) == "l"

    async def test_what_is_known_of_a_message_is_its_decision_its_ticket_and_its_author(
        self, store: HealthyStore
    ) -> None:
        await admit(store, said("1", author="бoб\n"))
        await store.write(lambda records: records.inbox.admit("noise", decision="ignored", link_id=None, at=AT))
        found = await received(store, "discord:42:1")
        assert found == Received(decision=OPENED, link_id=TICKET, author_id="бoб\n")
        assert await received(store, "noise") == Received(decision="ignored", link_id=None, author_id="")
        assert await received(store, "discord:42:2") is None

    async def test_a_message_the_bot_sent_belongs_to_its_ticket_and_is_known(self, store: HealthyStore) -> None:
        async def work(records: Records) -> None:
            await records.inbox.record_sent(["s1", "s2"], address=PLACE, link_id=TICKET, at=AT)
            await records.inbox.record_sent(["s2"], address=PLACE, link_id=LinkId("other"), at=AT, decision=ASKED)
            await records.inbox.record_sent([], address=PLACE, link_id=None, at=AT)

        await store.write(work)
        assert await received(store, "s2") == Received(decision=SENT, link_id=TICKET, author_id="")
        assert await store.read(lambda records: records.inbox.link_of("s2")) == "l"
        assert await store.read(lambda records: records.inbox.link_of("unknown")) is None
        assert not await store.write(lambda records: records.inbox.admit("s1", decision=OPENED, link_id=None, at=AT))

    async def test_a_message_the_bot_sent_is_known_as_that_also_when_its_echo_was_recorded_first(
        self, store: HealthyStore
    ) -> None:
        for name, decision in (("1", SENT), ("2", ASKED)):
            await echo(store, name)
            await send(store, name, decision=decision, at=LATER)
            assert await received(store, f"discord:42:{name}") == Received(decision=decision, link_id=TICKET)
        await send(store, "3", at=AT + timedelta(seconds=1))
        assert await standing(store, SENT, ASKED) == ["2", "1", "3"]

    async def test_a_message_of_a_ticket_is_not_taken_for_one_the_bot_sent(self, store: HealthyStore) -> None:
        await admit(store, said("1"))
        await send(store, "1", decision=ASKED)
        assert await received(store, "discord:42:1") == Received(decision=OPENED, link_id=TICKET, author_id="ann")

    async def test_a_message_by_which_the_bot_asked_is_told_from_the_others_it_sent(self, store: HealthyStore) -> None:
        await send(store, "1", decision=ASKED)
        await send(store, "2")
        assert await received(store, "discord:42:1") == Received(decision=ASKED, link_id=TICKET)
        assert await received(store, "discord:42:2") == Received(decision=SENT, link_id=TICKET)

    async def test_a_decision_can_be_replaced_and_nothing_else_changes(self, store: HealthyStore) -> None:
        await admit(store, said("1"))
        await admit(store, said("2"))
        await store.write(lambda records: records.inbox.redecide("discord:42:1", DELETED))
        assert await received(store, "discord:42:1") == Received(decision=DELETED, link_id=TICKET, author_id="ann")
        assert await received(store, "discord:42:2") == Received(decision=OPENED, link_id=TICKET, author_id="ann")
        assert await standing(store, OPENED, DELETED) == ["2", "1"]

    async def test_a_message_that_is_not_known_gets_no_decision(self, store: HealthyStore) -> None:
        await store.write(lambda records: records.inbox.redecide("unknown", DELETED))
        assert await received(store, "unknown") is None

    async def test_known_messages_are_told_from_unknown_ones_however_many(self, store: HealthyStore) -> None:
        keys = [f"discord:1:{number}" for number in range(1200)]

        async def work(records: Records) -> None:
            await records.inbox.record_sent(keys[::2], address=PLACE, link_id=None, at=AT)

        await store.write(work)
        assert await store.read(lambda records: records.inbox.known(keys)) == set(keys[::2])
        assert await store.read(lambda records: records.inbox.known([])) == set()


class StandingContract:
    """Which messages stand where."""

    async def test_the_newest_messages_of_a_place_come_first_whenever_they_were_recorded(
        self, store: HealthyStore
    ) -> None:
        for name, minutes in (("2", 2), ("9", 1), ("1", 4), ("3", 3)):
            await admit(store, said(name), at=AT + timedelta(minutes=minutes))
        assert await standing(store, OPENED) == ["1", "3", "2", "9"]
        assert await standing(store, OPENED, limit=2) == ["1", "3"]

    async def test_only_messages_with_one_of_the_decisions_count(self, store: HealthyStore) -> None:
        await admit(store, said("1"), at=AT)
        await admit(store, said("2"), decision=CONTINUED, at=AT + timedelta(minutes=1))
        await send(store, "3", at=AT + timedelta(minutes=2))
        await send(store, "4", decision=ASKED, at=AT + timedelta(minutes=3))
        assert await standing(store, OPENED, CONTINUED) == ["2", "1"]
        assert await standing(store, SENT, ASKED) == ["4", "3"]
        assert await standing(store, ASKED, limit=1) == ["4"]
        assert await standing(store, DELETED) == []
        assert await standing(store) == []

    async def test_a_chat_thread_its_room_and_other_rooms_are_places_of_their_own(self, store: HealthyStore) -> None:
        room = replace(PLACE, chat_thread=None)
        places = {
            "thread": PLACE,
            "other thread": replace(PLACE, chat_thread="70"),
            "room": room,
            "longer room": replace(room, room="421"),
            "same thread elsewhere": replace(PLACE, room="421"),
            "other platform": replace(PLACE, platform=Platform.MATRIX),
            "room named as the thread": replace(room, room="7"),
            "direct": replace(PLACE, room="5", chat_thread="5"),
        }
        for name, place in places.items():
            await admit(store, said(f"received {name}", place=place))
            await send(store, f"sent {name}", place=place, at=LATER)
        found = {name: await standing(store, OPENED, SENT, place=place) for name, place in places.items()}
        assert found == {name: [f"sent {name}", f"received {name}"] for name in places}

    async def test_a_message_recorded_without_itself_stands_nowhere(self, store: HealthyStore) -> None:
        await store.write(
            lambda records: records.inbox.admit("discord:42:1", decision=OPENED, link_id=TICKET, at=AT, message=None)
        )
        assert await standing(store, OPENED) == []
        assert await standing(store, OPENED, place=replace(PLACE, chat_thread=None)) == []


def said(name: str, *, place: ChatAddress = PLACE, author: str = "ann") -> ChatMessage:
    person = Author(platform=place.platform, user_id=author, name="Ann")
    return replace(message(name), address=place, author=person)


async def admit(store: Store, one: ChatMessage, *, decision: str = OPENED, at: datetime = AT) -> None:
    async def work(records: Records) -> None:
        assert await records.inbox.admit(one.dedup_key, decision=decision, link_id=TICKET, at=at, message=one)

    await store.write(work)


async def send(store: Store, name: str, *, place: ChatAddress = PLACE, decision: str = SENT, at: datetime = AT) -> None:
    keys = [said(name, place=place).dedup_key]
    await store.write(
        lambda records: records.inbox.record_sent(keys, address=place, link_id=TICKET, at=at, decision=decision)
    )


async def echo(store: Store, name: str) -> None:
    """The platform shows the bot its own message: it is of no ticket."""
    key = said(name).dedup_key
    await store.write(lambda records: records.inbox.admit(key, decision="ignored", link_id=None, at=AT))


async def received(store: Store, key: str) -> Received | None:
    return await store.read(lambda records: records.inbox.get(key))


async def standing(store: Store, *decisions: str, place: ChatAddress = PLACE, limit: int = 50) -> list[str]:
    """The ids of the messages that stand there."""
    keys = await store.read(lambda records: records.inbox.standing_in(place, decisions, limit))
    prefix = f"{place.platform}:{place.room}:"
    assert all(key.startswith(prefix) for key in keys)
    return [key.removeprefix(prefix) for key in keys]
