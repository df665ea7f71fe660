"""Any order and any repetition of the same events gives the same record."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.instant import Instant
from comity.records.event import Parts, RecordEvent
from comity.records.fold import decode_record, encode_record, fold
from comity.records.record import Charge, Custody, CustodyStatus, Record, Standing
from tests.records.events import AT, event, histories


def folded(events: list[RecordEvent]) -> Record:
    record = None
    for one in events:
        record = fold(record, one)
    assert record is not None
    return record


@given(histories(), st.randoms(use_true_random=False))
def test_order_does_not_matter(events: list[RecordEvent], dice: object) -> None:
    shuffled = list(events)
    dice.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' Random
    assert encode_record(folded(events)) == encode_record(folded(shuffled))


@given(histories(), st.data())
def test_repetition_does_not_matter(events: list[RecordEvent], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=4))
    assert encode_record(folded(events)) == encode_record(folded(events + again))


@given(histories())
def test_a_record_survives_its_encoding(events: list[RecordEvent]) -> None:
    record = folded(events)
    assert decode_record(encode_record(record)) == record


def test_an_older_event_changes_only_what_no_newer_one_touched() -> None:
    newer = event(number=2, parts=Parts(custody=Custody(CustodyStatus.RELEASED)))
    older = event(number=1)
    record = folded([newer, older])
    assert record.custody == Custody(CustodyStatus.RELEASED)
    assert record.identity == older.parts.identity


def test_a_dropped_charge_does_not_come_back_with_a_late_event() -> None:
    dropped = event(number=3, parts=Parts(charges_dropped=("1",)))
    late = event(number=1, parts=Parts(charges=(Charge("1"), Charge("2"))))
    assert set(folded([dropped, late]).charges) == {"2"}


def test_restored_undoes_sealed_and_hidden_but_not_a_later_one() -> None:
    sealed, restored, hidden = (
        event(verb, number) for number, verb in enumerate(("sealed", "restored", "hidden"))
    )
    assert folded([restored, sealed]).standing is Standing.OPEN
    assert folded([hidden, restored, sealed]).standing is Standing.HIDDEN


def test_of_two_events_at_one_instant_the_greater_id_counts() -> None:
    first, second = (
        event(number=number, occurred_at=Instant(AT), parts=Parts(birthplace=str(number)))
        for number in (1, 2)
    )
    assert folded([second, first]).birthplace == "2"
