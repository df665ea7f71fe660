"""One event as JSON: what is written is read back; what is wrong says where."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given

from comity.instant import format_instant
from comity.records.event import RecordEvent
from comity.records.message import MessageInvalid, decode_event, encode_event
from tests.records.events import AT, event, histories


def read(message: bytes) -> RecordEvent:
    return decode_event(message, AT, Counter(), hold_birthplace=True)


@given(histories())
def test_what_is_written_is_read_back(events: list[RecordEvent]) -> None:
    for one in events:
        assert read(encode_event(one)) == one


def good() -> dict[str, Any]:
    return json.loads(encode_event(event()))  # type: ignore[no-any-return] # an object


def changed(**more: Any) -> bytes:
    return json.dumps({**good(), **more}).encode()


CASES = [
    (b"", "is not JSON"),
    (b"{", "is not JSON"),
    (b"\xff", "is not JSON"),
    (b"[]", "is not a JSON object"),
    (b"[" * 50_000, "is not JSON|nested too deeply"),
    (b'{"a":"' + b"x" * 70_000 + b'"}', "a message of"),
    (changed(verb="deported"), "verb"),
    (changed(surprise=1), "surprise"),
    (changed(parts={"shoe_size": 44}), "shoe_size"),
    (changed(occurred_at="2018-08-31T20:00:00"), "occurred_at"),
    (changed(occurred_at=1535745600000), "occurred_at"),
    (changed(occurred_at=format_instant(AT + 90_000_000)), "a day ahead"),  # type: ignore[arg-type] # an instant
    (changed(record_id=""), "record_id"),
    (changed(record_id="r\n1"), "record_id"),
    (changed(record_id="x" * 201), "record_id"),
    (changed(record_id=7), "record_id"),
    (changed(parts={"custody": {"status": "somewhere"}}), "status"),
    (changed(parts={"arrest": {"arrested_at": "yesterday"}}), "parts.arrest.arrested_at"),
]


@pytest.mark.parametrize(("message", "says"), CASES)
def test_what_is_wrong_says_where(message: bytes, says: str) -> None:
    with pytest.raises(MessageInvalid, match=says):
        read(message)


@pytest.mark.parametrize(
    "field", ["source", "event_id", "verb", "occurred_at", "record_id", "person_id"]
)
def test_nothing_needed_may_be_missing(field: str) -> None:
    message = good()
    del message[field]
    with pytest.raises(MessageInvalid, match=field):
        read(json.dumps(message).encode())


def test_status_of_citizenship_does_not_reach_the_event() -> None:
    dropped: Counter[str] = Counter()
    message = changed(parts={"identity": {"sur_name": "V", "citizenship": "X"}}, alien_number="1")
    read_event = decode_event(message, AT, dropped, hold_birthplace=True)
    assert dropped == {"citizenship": 1, "alien_number": 1}
    assert read_event.parts.identity is not None
