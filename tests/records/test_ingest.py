"""Every message ends in one of four ways, and nothing that is dropped at the door is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import Instant
from comity.records.ingest import (
    NOT_KEPT,
    REASONS_MAX,
    Applied,
    Batch,
    Message,
    Refused,
    message_again,
    messages_of_lines,
    take_in,
)
from comity.records.message import MessageInvalid, decode_event, encode_event
from tests.records.events import AT, event

SECRET = "MARKERSECRET"


class Memory:
    """A store that keeps batches and says what it is told to."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.batches: list[Batch] = []
        self.waiting = 0
        self.most_waiting = 0
        self._fails_at = fails_at

    def take_in(self, batch: Batch, at: Instant) -> Callable[[], Applied]:
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        number = len(self.batches)
        self.batches.append(batch)

        def wait() -> Applied:
            self.waiting -= 1
            if number == self._fails_at:
                raise OSError("the disk is full")
            return Applied(len(batch.events), 0, (), len(batch.refused))

        return wait


def lines(*messages: bytes, source: str = "jail", signed: bool = False) -> list[Message]:
    return list(
        messages_of_lines(
            enumerate(messages, start=1), source, AT, hold_birthplace=False, signed=signed
        )
    )


def good(number: int = 1, **more: Any) -> dict[str, Any]:
    return {**json.loads(encode_event(event(number=number))), **more}


def refused(message: Message) -> Refused:
    assert isinstance(message[1], Refused)
    return message[1]


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 7))
def test_every_message_is_counted_once_whatever_the_batch(kinds: list[bool], most: int) -> None:
    made = [encode_event(event(number=n)) if kind else b"{" for n, kind in enumerate(kinds)]
    store = Memory()
    seen: list[int] = []
    taken = take_in(lines(*made), store, lambda: AT, seen.append, most)
    assert taken.messages == sum(seen) == len(kinds)
    assert taken.applied == sum(kinds)
    assert taken.quarantined == len(kinds) - sum(kinds)
    assert len(taken.first_reasons) == min(taken.quarantined, REASONS_MAX)
    assert all(len(one.events) + len(one.refused) <= most for one in store.batches)
    assert store.most_waiting <= 2, "memory is bounded by two batches"
    assert store.waiting == 0


def test_a_fault_of_the_store_is_not_swallowed() -> None:
    made = lines(*(encode_event(event(number=n)) for n in range(4)))
    with pytest.raises(OSError, match="disk is full"):
        take_in(made, Memory(fails_at=1), lambda: AT, batch_messages=1)


@pytest.mark.parametrize(
    "message",
    [
        json.dumps(good(citizenship=SECRET, surprise=1)).encode(),
        json.dumps(good(parts={"identity": {"nc:PersonNationalityText": SECRET, "x": 1}})).encode(),
        json.dumps(good(birthplace=SECRET, surprise=1)).encode(),
        json.dumps(good(alien_number=SECRET)).encode()[:-1],
        f"jail,citizenship,{SECRET}".encode(),
        b'{"immigration status": "' + SECRET.encode() + b'"',
        b'{"a_number": "' + SECRET.encode() + b"x" * 70_000 + b'"}',
        b'{"citizenship":"' + SECRET.encode() + b'","x":' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
def test_quarantine_keeps_no_value_of_a_rejected_field(message: bytes) -> None:
    (found,) = lines(message)
    assert SECRET not in repr(found)
    if not refused(found).body:
        assert NOT_KEPT in refused(found).reason


@pytest.mark.parametrize("message", [b"{", b"\xff\xfe", b"not JSON at all", b"[1, 2]", b"7"])
def test_quarantine_keeps_a_bad_message_byte_for_byte(message: bytes) -> None:
    (found,) = lines(message)
    assert refused(found).body == message
    assert refused(found).record_id is None


def test_quarantine_knows_the_record_a_bad_message_names() -> None:
    (found,) = lines(json.dumps(good(surprise=1)).encode())
    assert refused(found).record_id == "r-1"


@pytest.mark.parametrize("depth", [10, 300, 500, 600, 900, 20_000])
def test_deep_nesting_is_refused_and_not_a_crash(depth: int) -> None:
    message = b'{"x":' + b"[" * depth + b"]" * depth + b"}"
    assert refused(lines(message)[0]).reason


@pytest.mark.parametrize(
    "parts",
    [
        {"identity": {"nickname": "x"}},
        {"charges": [{"sequence": "1", "note": "x"}]},
        {"custody": {"status": "gone", "bed": "4"}},
        {"identity": {"birth_date": "03/04/1990"}},
        {"identity": {"birth_date": "1990-02-30"}},
        {"identity": {"birth_date": "19900304"}},
    ],
)
def test_nothing_is_dropped_without_a_word(parts: dict[str, Any]) -> None:
    """A field nobody reads would be lost; a day in another form would never be found."""
    with pytest.raises(MessageInvalid):
        decode_event(json.dumps(good(parts=parts)).encode(), AT, {}, hold_birthplace=False)  # type: ignore[arg-type] # nothing is dropped here


def test_a_key_speaks_for_its_own_source_also_when_tried_again() -> None:
    message = json.dumps(good(source="court")).encode()
    (found,) = lines(message, source="jail", signed=True)
    assert "court" in refused(found).reason
    for _ in range(2):
        found = message_again(refused(found), None, AT, hold_birthplace=False)
        assert refused(found).source == "jail"
        assert "court" in refused(found).reason
    assert not isinstance(lines(message, source="file")[0][1], Refused)


def test_a_message_tried_again_is_good_once_it_is_good() -> None:
    early = encode_event(event(occurred_at=Instant(AT + 90_000_000)))
    (found,) = lines(early)
    later = Instant(AT + 86_400_000)
    position, message, _ = message_again(refused(found), None, later, hold_birthplace=False)
    assert position == "1"
    assert not isinstance(message, Refused)
