"""What the adapter keeps in the store comes back as it was, and gaps shrink from the oldest side only."""

from datetime import UTC, datetime

from adapters.matrix.places import Places
from adapters.matrix.reader import after_own_join
from adapters.matrix.remembered import Gap, Invitation, Parked, Session

ME = "@bot:x.org"


def test_entries_come_back_as_they_were() -> None:
    session = Session(user_id=ME, device_id="D", access_token="t")
    gap = Gap(room_id="!r", windows=(("a", "b"), ("c", "d")), started=True, after_join=True, skipped=3)
    parked = Parked(room_id="!r", event={"event_id": "$e"}, session_id="s", parked_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert Session.load(session.dump()) == session
    assert Gap.load(gap.dump()) == gap
    assert Parked.load(parked.dump()) == parked
    assert parked.name == "parked:!r:$e"


def test_a_gap_not_begun_grows_and_one_under_way_gets_another_window() -> None:
    fresh = Gap(room_id="!r", windows=(("a", "b"),))
    assert fresh.extended("b", "c").windows == (("a", "c"),)
    begun = fresh.advanced("a2")
    assert begun is not None
    assert begun.extended("b", "c").windows == (("a2", "b"), ("b", "c"))
    assert begun.extended("b", "c").extended("c", "d").windows == (("a2", "b"), ("b", "d"))


def test_a_gap_ends_with_its_last_window() -> None:
    gap = Gap(room_id="!r", windows=(("a", "b"), ("b", "c")), started=True)
    rest = gap.advanced(None)
    assert rest is not None
    assert rest.windows == (("b", "c"),)
    assert not rest.started
    assert rest.advanced(None) is None


def _member(user: str, membership: str, before: str = "") -> dict[str, object]:
    return {
        "type": "m.room.member",
        "state_key": user,
        "content": {"membership": membership},
        "unsigned": {"prev_content": {"membership": before}} if before else {},
    }


def test_only_what_follows_the_bots_own_joining_counts() -> None:
    said = [{"type": "m.room.message", "event_id": str(number)} for number in range(3)]
    assert after_own_join([said[0], _member(ME, "join", "invite"), said[1], said[2]], ME) == said[1:]
    assert after_own_join([said[0], _member(ME, "join", "join"), said[1]], ME) is None
    assert after_own_join([said[0], _member("@else:x", "join"), said[1]], ME) is None
    assert after_own_join([_member(ME, "join"), said[0], _member(ME, "leave"), _member(ME, "join"), said[1]], ME) == [
        said[1]
    ]


def test_an_invitation_comes_back_as_it_was_also_from_an_earlier_release() -> None:
    for invitation in (
        Invitation(inviter="@a:x", alias="#room:x", is_direct=True),
        Invitation(inviter="@a:x", is_direct=True),
        Invitation(inviter="@a:x", alias="#room:x"),
    ):
        assert Invitation.load(invitation.dump()) == invitation
    assert Invitation.load("@a:x ") == Invitation(inviter="@a:x")
    assert Invitation.load("@a:x #room:x") == Invitation(inviter="@a:x", alias="#room:x")


def test_what_replaces_a_direct_message_room_is_one_and_what_the_operator_named_never_is() -> None:
    places = Places(["!support"])
    places.keep_private("!one")
    places.keep_private("!support")
    assert places.may_move("!one", "!two")
    places.move("!one", "!two")
    assert places.is_private("!two")
    assert not places.is_private("!support")
    assert not places.may_move("!two", "!support")
    assert not places.may_move("!two", "!one")
    assert not places.may_move("!unwatched", "!three")
    assert places.may_move("!support", "!newer")
