"""The gateway's raw events about messages: what counts as written, edited and deleted, and where it belongs."""

from typing import Any

import pytest

from adapters.discord.incoming import READERS, Kind
from adapters.discord.places import Watch, direct_place
from adapters.discord.surroundings import NOT_OURS, Surroundings

IDS = {"id": "7", "channel_id": "20"}
EDITED_AT = "2026-03-02T09:00:00+00:00"


def told(event: str, **payload: Any) -> list[tuple[Kind, str, str]]:
    return [(each.kind, each.channel_id, each.message_id) for each in READERS[event](payload)]


def test_each_event_says_what_happened_to_which_message() -> None:
    assert told("MESSAGE_CREATE", **IDS) == [(Kind.WRITTEN, "20", "7")]
    assert told("MESSAGE_UPDATE", **IDS, edited_timestamp=EDITED_AT) == [(Kind.EDITED, "20", "7")]
    assert told("MESSAGE_DELETE", **IDS) == [(Kind.DELETED, "20", "7")]
    assert told("MESSAGE_DELETE_BULK", channel_id="20", ids=["7", "8"]) == [
        (Kind.DELETED, "20", "7"),
        (Kind.DELETED, "20", "8"),
    ]


def test_an_update_without_a_time_of_editing_is_none() -> None:
    assert told("MESSAGE_UPDATE", **IDS, embeds=[{}], edited_timestamp=None) == []
    assert told("MESSAGE_UPDATE", **IDS, flags=32) == []


@pytest.mark.parametrize("event", ["MESSAGE_CREATE", "MESSAGE_DELETE"])
@pytest.mark.parametrize("ids", [{}, {"id": "7"}, {"id": "x", "channel_id": "20"}, {"id": None, "channel_id": "20"}])
def test_without_ids_it_is_malformed(event: str, ids: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no ids"):
        told(event, **ids)


def test_only_one_persons_direct_messages_and_watched_threads_are_ours() -> None:
    watch = Watch(guild_id="10", support_channels=frozenset({"20"}), staff_channel="30")
    surroundings = Surroundings(watch)
    assert surroundings.place_in({"id": "5", "type": 1}) == direct_place("5")
    assert surroundings.place_in({"id": "5", "type": 3}) == NOT_OURS
    assert surroundings.place_in({"id": "5", "type": 11, "parent_id": "20", "name": "x"}).room == "20"
    assert surroundings.place_in({"id": "5", "type": 11, "parent_id": "21", "name": "x"}) == NOT_OURS
    assert surroundings.place_in({"id": "20", "type": 0}) == NOT_OURS
