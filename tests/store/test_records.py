"""Records in SQLite: taken in once and whole, found by what inquiries point at, in step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.records.event import Parts, RecordEvent
from comity.records.fold import encode_record, fold
from comity.records.ingest import Applied, Batch, Refused
from comity.records.record import Arrest, Charge, Custody, CustodyStatus, Identity, Record
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import (
    Listing,
    SqliteRecords,
    events_after,
    find_by_list,
    find_by_name,
    find_by_state_id,
    find_record,
    forget_quarantined,
    last_position,
    quarantined,
    record_counts,
    rejected_fields,
    take_in_batch,
)
from tests.ledger.samples import UNHURRIED
from tests.records.events import AT, event, histories
from tests.store.record_state import state


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "comity.db", create=True) as opened:
        yield opened


def batch_of(*events: RecordEvent, refused: tuple[Refused, ...] = (), **dropped: int) -> Batch:
    return Batch(events, tuple(f"f:{n}" for n in range(1, len(events) + 1)), refused, dropped)


def take(database: Database, *events: RecordEvent, **more: Any) -> Applied:
    batch = batch_of(*events, **more)
    return database.write(lambda connection: take_in_batch(connection, batch, AT, bytes)).result()


def ids(records: tuple[Record, ...]) -> list[str]:
    return [record.record_id for record in records]


def person(number: int, **parts: Any) -> RecordEvent:
    """The first event of a record that holds just these parts."""
    return event(number=number, record=f"r-{number}", parts=Parts(**parts))


def test_an_event_makes_its_record_and_is_kept(database: Database) -> None:
    assert take(database, event()) == Applied(1)
    reader = database.reader()
    assert find_record(reader, "r-1") == fold(None, event())
    assert find_record(reader, "r-2") is None
    assert events_after(reader, 0, 10) == ((1, event()),)
    assert last_position(reader) == 1
    assert events_after(reader, 1, 10) == ()


def test_what_came_before_changes_nothing(database: Database) -> None:
    events = [event(number=n, record=f"r-{n % 2}") for n in range(4)]
    assert take(database, *events) == Applied(4)
    before = state(database)
    assert take(database, *events) == Applied(0, 4)
    assert take(database, events[2], events[2]) == Applied(0, 2)
    assert state(database) == before


def test_an_event_twice_in_one_batch_is_taken_in_once(database: Database) -> None:
    other = event(source="court")
    assert take(database, event(), other, event()) == Applied(2, 1)
    assert [one for _, one in events_after(database.reader(), 0, 9)] == [event(), other]


def test_the_first_to_come_under_an_id_counts(database: Database) -> None:
    changed = event(parts=Parts(birthplace="elsewhere"))
    take(database, event())
    assert take(database, changed) == Applied(0, 1)
    assert find_record(database.reader(), "r-1") == fold(None, event())


def test_events_of_several_sources_keep_the_order_of_their_arrival(database: Database) -> None:
    events = [event(number=n, source=("jail", "court", "police")[n % 3]) for n in range(9)]
    take(database, *events)
    assert [one for _, one in events_after(database.reader(), 0, 99)] == events


@UNHURRIED
@given(histories(), st.randoms(use_true_random=False), st.integers(1, 6))
def test_the_stored_record_is_the_fold_whatever_the_batches(
    tmp_path_factory: pytest.TempPathFactory, history: list[RecordEvent], dice: Random, most: int
) -> None:
    shuffled = [*history, *history]
    dice.shuffle(shuffled)
    folded: Record | None = None
    for one in history:
        folded = fold(folded, one)
    assert folded is not None
    with Database.open(tmp_path_factory.mktemp("fold") / "comity.db", create=True) as database:
        for start in range(0, len(shuffled), most):
            take(database, *shuffled[start : start + most])
        stored = find_record(database.reader(), "r-1")
        assert stored is not None
        assert encode_record(stored) == encode_record(folded)
        demand_in_step(database)


def demand_in_step(database: Database) -> None:
    """The columns and tables that inquiries search say what the records say."""
    reader = database.reader()
    charged = set(
        reader.execute(
            "SELECT record_id, statute FROM record_statute JOIN record ON record = number"
        )
    )
    expected = set()
    held_ids = [str(row[0]) for row in reader.execute("SELECT record_id FROM record")]
    for record_id in held_ids:
        record = find_record(reader, record_id)
        assert record is not None
        expected |= {(record_id, one.statute) for one in record.charges.values() if one.statute}
        columns = reader.execute(
            "SELECT person_id, birthplace, arrested_at, in_custody FROM record WHERE record_id = ?",
            (record_id,),
        ).fetchall()
        held = record.custody is not None and record.custody.status is CustodyStatus.IN_CUSTODY
        arrested = record.arrest.arrested_at if record.arrest else None
        assert columns == [(record.person_id, record.birthplace, arrested, int(held))]
    assert charged == expected
    assert reader.pragma("foreign_key_check") is None


@pytest.mark.parametrize(
    ("sur_name", "given_name"),
    [
        ("Müller-Lüdenscheid", "José"),
        ("MÜLLER LÜDENSCHEID", "JOSE\u0301"),
        ("mullerludenscheid", "jose"),
        ("Muller - Ludenscheid", " José "),
    ],
)
def test_a_name_is_found_whatever_its_accents_case_and_hyphens(
    database: Database, sur_name: str, given_name: str
) -> None:
    whole = Identity(sur_name="Müller-Lüdenscheid", given_name="José", birth_date="1990-03-04")
    take(database, person(1, identity=whole), person(2, identity=Identity(sur_name="Miller")))
    reader = database.reader()
    assert ids(find_by_name(reader, sur_name, given_name, None, 9)) == ["r-1"]
    assert ids(find_by_name(reader, sur_name, given_name, "1990-03-04", 9)) == ["r-1"]
    assert ids(find_by_name(reader, sur_name, given_name, "1990-03-05", 9)) == []


@pytest.mark.parametrize(("sur_name", "given_name"), [("李", "小龍"), ("O’Neill", "D'Arcy")])
def test_a_name_of_any_script_is_found(database: Database, sur_name: str, given_name: str) -> None:
    take(database, person(1, identity=Identity(sur_name=sur_name, given_name=given_name)))
    take(database, person(2, identity=Identity(sur_name="-", given_name="'")))
    assert ids(find_by_name(database.reader(), sur_name, given_name, None, 9)) == ["r-1"]
    assert ids(find_by_name(database.reader(), "--", "’", None, 9)) == [], "marks are no name"


def test_a_state_id_finds_every_record_of_the_person(database: Database) -> None:
    take(database, *(event(number=n, record=f"r-{n}") for n in (3, 1, 2)))
    reader = database.reader()
    assert ids(find_by_state_id(reader, "00000017", 9)) == ["r-1", "r-2", "r-3"]
    assert ids(find_by_state_id(reader, "00000017", 2)) == ["r-1", "r-2"]
    assert find_by_state_id(reader, "00000018", 9) == ()


LISTED = (
    person(1, arrest=Arrest(arrested_at=AT), charges=(Charge("1", statute="a"),)),
    person(2, custody=Custody(CustodyStatus.IN_CUSTODY), birthplace="Elsewhere"),
    person(3, identity=Identity(sur_name="Velm"), birthplace="Here", charges=(
        Charge("1", statute="a"), Charge("2", statute="b"))),
    person(4, arrest=Arrest(arrested_at=AT), custody=Custody(CustodyStatus.GONE)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("listing", "found"),
    [
        (Listing(), "1234"),
        (Listing(arrested_from=AT), "14"),
        (Listing(arrested_until=AT), ""),
        (Listing(arrested_from=AT, in_custody=False, charge_statute="a"), "1"),
        (Listing(charge_statute="a"), "13"),
        (Listing(charge_statute="b", sur_name="VELM"), "3"),
        (Listing(birthplace="Here"), "3"),
        (Listing(birthplace_not="Here"), "2"),  # unknown is not elsewhere
        (Listing(in_custody=True), "2"),
        (Listing(in_custody=False), "134"),
    ],
)
def test_a_list_finds_what_fits_every_condition(
    database: Database, listing: Listing, found: str
) -> None:
    take(database, *LISTED)
    assert ids(find_by_list(database.reader(), listing, 9)) == [f"r-{n}" for n in found]
    assert len(find_by_list(database.reader(), listing, 1)) == min(len(found), 1)


def test_what_an_inquiry_searches_changes_with_the_record(database: Database) -> None:
    take(database, event())
    renamed = event(
        number=2,
        parts=Parts(
            identity=Identity(sur_name="Orn", given_name="Oda"),
            charges=(Charge("2", statute="new"),),
            charges_dropped=("1",),
            custody=Custody(CustodyStatus.RELEASED),
        ),
    )
    take(database, renamed)
    reader = database.reader()
    assert find_by_name(reader, "Velm", "Oda", None, 9) == ()
    assert find_by_state_id(reader, "00000017", 9) == ()
    assert ids(find_by_name(reader, "Orn", "Oda", None, 9)) == ["r-1"]
    assert ids(find_by_list(reader, Listing(charge_statute="new"), 9)) == ["r-1"]
    assert find_by_list(reader, Listing(charge_statute="18 § 2701"), 9) == ()
    assert find_by_list(reader, Listing(in_custody=True), 9) == ()
    demand_in_step(database)


BAD = Refused("jail", "f:7", "is not JSON", b"{", "line", None)


def test_quarantine_keeps_a_message_once_with_reason_and_place(database: Database) -> None:
    assert take(database, refused=(BAD,)) == Applied(quarantined=1)
    assert take(database, refused=(BAD,)) == Applied(quarantined=1)
    (held,) = quarantined(database.reader())
    assert held.refused == BAD
    database.write(lambda connection: forget_quarantined(connection, [held.number])).result()
    assert quarantined(database.reader()) == ()


def test_what_may_not_be_kept_is_counted_and_not_tried_again(database: Database) -> None:
    take(database, refused=(Refused("jail", "f:1", "why", b""),))
    assert quarantined(database.reader()) == ()
    assert record_counts(database.reader())["quarantine"] == 1


def test_rejected_fields_are_counted_over_batches(database: Database) -> None:
    take(database, citizenship=2, visa=1)
    take(database, citizenship=3)
    assert rejected_fields(database.reader()) == {"citizenship": 5, "visa": 1}


def test_a_file_of_any_size_is_taken_in_batch_by_batch(database: Database) -> None:
    store = SqliteRecords(database, bytes)
    waits = [store.take_in(batch_of(event(number=n, record=f"r-{n}")), AT) for n in range(3)]
    assert [wait() for wait in waits] == [Applied(1)] * 3
    assert record_counts(database.reader())["record"] == 3


def test_finding_what_came_before_does_not_read_the_whole_table(database: Database) -> None:
    """With a million events, a plan that scans them costs a second a batch."""
    from comity.store.sqlite import records

    reader = database.reader()
    for query, values in ((records._KNOWN, ("[]", 1)), (records._EXISTING, ("[]",))):
        plan = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {query}", values)]
        assert plan[0].startswith("SCAN json_each"), plan
        assert "SEARCH" in plan[1], plan
        assert plan[1].endswith(("(source=? AND event_id=?)", "(record_id=?)")), plan
