"""A planted person is expunged out of every place, found in no byte of any file, and nobody else is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec
import pytest

from comity.disclosure.inquiry import ByIdentifier, ByName, ByStanding
from comity.disclosure.registry import RegistryInvalid
from comity.law.paper import NamedPerson
from comity.records.event import Parts
from comity.records.ingest import EXPUNGED, Batch
from comity.records.record import Identity
from comity.store.sqlite.database import Database
from comity.store.sqlite.inquiries import held_inquiry, subscription_of
from comity.store.sqlite.ledger import check_ledger, opened, size
from comity.store.sqlite.named import GONE
from comity.store.sqlite.personal import KeysMissing
from comity.store.sqlite.records import SqliteRecords, find_record
from comity.store.sqlite.registry import process_on_file, processes_on_file
from comity.store.sqlite.standing import Expunction, expunge_records, recalls
from tests.records.events import AT
from tests.store.planted import (
    ALIAS,
    BY_NAME,
    BY_NAME_ALONE,
    BY_NUMBER,
    BY_STATE_ID,
    DICE,
    MARKS,
    NAMED,
    ORI,
    PLACES,
    RECORD,
    STRAY,
    WHO,
    Planted,
    identity_event,
)


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Planted]:
    with Database.open(tmp_path / "comity.db", create=True) as database:
        yield Planted(database)


@pytest.mark.parametrize("place", PLACES)
def test_no_byte_is_left_wherever_it_stood(planted: Planted, place: str) -> None:
    PLACES[place](planted)
    planted.database.purge_journal().result(20)
    assert planted.left(), "the search finds what is there"
    entries = size(planted.database.reader())
    planted.expunge()
    # A subscription that goes on for somebody else keeps the case it is for.
    but = (b"PLANTED-CASE",) if place == "subscribed with another" else ()
    assert planted.left(*but) == []
    reader = planted.database.reader()
    assert check_ledger(reader) == (), "what is left still verifies"
    assert size(reader) > entries, "the expungement itself is entered"
    beside = opened(reader, planted.beside)
    assert beside.content is not None
    assert find_record(reader, "OTHER-2") is not None


def test_no_byte_is_left_of_all_of_it_together(planted: Planted) -> None:
    alone = {"held", "approved", "subscribed", "process"}  # these take one id each
    for name, plant in PLACES.items():
        if name.partition(" ")[0].rstrip(",") not in alone:
            plant(planted)
    planted.file(NAMED)
    planted.hold(BY_NAME, "i-1", RECORD)
    planted.subscribe(ByStanding(record_ids=(RECORD,)), "s-1")
    told = planted.expunge()
    assert {one.ori for one in told} == {ORI}
    planted.take(STRAY)
    planted.database.purge_journal().result(20)
    assert planted.left() == []
    assert check_ledger(planted.database.reader()) == ()


def test_a_stray_event_afterwards_keeps_that_it_came_and_nothing_else(planted: Planted) -> None:
    planted.expunge()
    planted.take(STRAY)
    planted.database.purge_journal().result(20)
    assert planted.left() == []
    reader = planted.database.reader()
    assert reader.execute("SELECT reason, body FROM quarantine").fetchall() == [(EXPUNGED, b"")]


@pytest.mark.parametrize("place", ["answered", "nobody found by name", "opened by a code"])
def test_a_copy_made_before_without_the_keys_opens_nothing(
    planted: Planted, tmp_path: Path, place: str
) -> None:
    """The old pages are all there; only the key table is not."""
    PLACES[place](planted)
    entries = range(planted.beside + 1, size(planted.database.reader()))
    copy = tmp_path / "copy.db"
    copied_without_keys(planted.database.path, copy)
    assert not any(mark in copy.read_bytes() for mark in MARKS)
    with Database.open(copy) as old:
        assert check_ledger(old.reader()) == ()
        for index in entries:
            assert opened(old.reader(), index).subject is None
        with pytest.raises(KeysMissing, match="not in this copy"):
            Planted.ask(_over(old, planted), BY_NAME)
        keys = planted.database.reader().execute("SELECT * FROM person_key").fetchall()
        old.write(lambda c: c.executemany("INSERT INTO person_key VALUES (?, ?, ?)", keys)).result(
            20
        )
        for index in entries:
            assert opened(old.reader(), index).subject is not None, (
                "their own backup brings it back"
            )
    planted.expunge()
    left = planted.database.reader().execute("SELECT number FROM person_key").fetchall()
    assert len(left) < len(keys)


def copied_without_keys(path: Path, copy: Path) -> None:
    """A copy without the keys, and here without what is kept in clear, to search its bytes."""
    direct = apsw.Connection(str(path))
    direct.execute("VACUUM INTO ?", (str(copy),))
    direct.close()
    direct = apsw.Connection(str(copy))
    for table in ("person_key", "record", "record_listed", "event", "quarantine", "opening_code"):
        direct.execute(f"DELETE FROM {table}")  # noqa: S608 - fixed names
    direct.execute("VACUUM")
    direct.close()


def _over(database: Database, planted: Planted) -> Planted:
    other = object.__new__(type(planted))
    other.database = database
    return other


def test_an_older_write_ahead_file_holds_no_text_either(planted: Planted, tmp_path: Path) -> None:
    """A write-ahead file of after the key was made: the entry in it, and not its key."""
    planted.ask(BY_NUMBER, RECORD)
    planted.database.purge_journal().result(20)
    planted.ask(BY_NAME, RECORD)
    wal = planted.database.path.with_name("comity.db-wal")
    kept = Path(shutil.copy(wal, tmp_path / "kept")).read_bytes()
    assert len(kept) > 4096
    planted.expunge()
    assert not any(mark in kept for mark in (b"Marker-Velm", b"MARKER-VELM", b"SIDPLANT7"))


def test_held_and_subscribed_are_closed_with_a_reason_and_an_entry(planted: Planted) -> None:
    planted.hold(BY_NAME, "i-1", RECORD)
    planted.hold(ByIdentifier(record_id="OTHER-2"), "i-2", "OTHER-2")
    planted.subscribe(ByStanding(record_ids=(RECORD,)), "s-1")
    planted.subscribe(ByStanding(record_ids=(RECORD, "OTHER-2")), "s-2")
    planted.subscribe(ByStanding(record_ids=(RECORD,), charge_statute="18 § 3929"), "s-3")
    planted.subscribe(ByStanding(record_ids=("OTHER-2",)), "s-4")
    before = size(planted.database.reader())
    planted.expunge()
    reader = planted.database.reader()
    assert held_inquiry(reader, ORI, "i-1") is None
    assert held_inquiry(reader, ORI, "i-2") is not None
    ended, cut, by_charge, untouched = (
        subscription_of(reader, ORI, name) for name in ("s-1", "s-2", "s-3", "s-4")
    )
    assert ended is not None
    assert (ended.closed_reason, ended.body) == (GONE, b"")
    for one in (cut, by_charge, untouched):
        assert one is not None
        assert one.closed_at is None
    assert cut is not None
    assert b"OTHER-2" in cut.body
    said = [opened(reader, index).decision for index in range(before, size(reader))]
    assert [one["kind"] for one in said] == [
        "held inquiry closed",
        "subscription closed",
        "subscription cut",
        "subscription cut",
        "expungement",
    ]
    assert {one["ori"] for one in said[:-1]} == {ORI}
    planted.expunge("OTHER-2")
    left = subscription_of(planted.database.reader(), ORI, "s-2")
    assert left is not None
    assert left.closed_reason == GONE, "what was cut is found again by what is left of it"


def test_a_paper_keeps_its_id_and_says_nothing_more(planted: Planted) -> None:
    planted.file(NAMED)
    planted.file(NamedPerson("Otherone", "Ida", "1970-01-01"), "W-2")
    planted.ask(ByIdentifier(state_id="9"))
    planted.expunge()
    reader = planted.database.reader()
    assert process_on_file(reader, "W-1") is None
    assert [one.process_id for one in processes_on_file(reader)] == ["W-2"]
    with pytest.raises(RegistryInvalid, match="on file already"):
        planted.file(NAMED)


@pytest.mark.parametrize(
    ("who", "stays"),
    [
        (WHO, True),
        (Identity(sur_name="marker velm", given_name="PLANTEDA", birth_date="1991-02-03"), True),
        (Identity(sur_name="Marker-Velm", given_name="Plantéda", birth_date="1960-12-31"), False),
        (Identity(sur_name="Marker-Velm", given_name="Other"), False),
    ],
)
def test_what_names_two_people_goes_with_the_last_of_them(
    planted: Planted, who: Identity, *, stays: bool
) -> None:
    planted.take(identity_event(3, who, "SECOND-3", "p-second"))
    index = planted.ask(BY_NAME)
    planted.file(NAMED)
    planted.expunge()
    assert (opened(planted.database.reader(), index).subject is not None) is stays
    assert (process_on_file(planted.database.reader(), "W-1") is not None) is stays
    planted.expunge("SECOND-3")
    assert opened(planted.database.reader(), index).subject is None


def test_another_record_of_the_same_person_keeps_its_history(planted: Planted) -> None:
    planted.take(identity_event(3, WHO, "SECOND-3"))
    first, second = planted.ask(BY_NUMBER, RECORD), planted.ask(BY_STATE_ID, "SECOND-3")
    planted.expunge()
    reader = planted.database.reader()
    assert opened(reader, first).subject is None
    kept = opened(reader, second)
    assert kept.subject is not None
    assert kept.subject["record"] == "SECOND-3"


@pytest.mark.parametrize(
    "query",
    [
        ByName("Marker-Velm", "Someone"),
        ByName("Marker-Velm", "Plantéda", "1900-01-01"),
        ByName("Someone", "Plantéda"),
        ByIdentifier(state_id="SIDPLANT77"),
        ByIdentifier(record_id="PLANT-11"),
    ],
)
def test_what_asked_for_somebody_else_stays(planted: Planted, query: ByName | ByIdentifier) -> None:
    index = planted.ask(query)
    planted.expunge()
    assert opened(planted.database.reader(), index).subject is not None


def test_a_former_name_counts_even_where_no_event_repeats_it(planted: Planted) -> None:
    index = planted.ask(ByName("aliasvelm", "planteda", ALIAS.birth_date))
    planted.expunge()
    assert opened(planted.database.reader(), index).subject is None


def test_a_record_without_a_date_of_birth_takes_every_inquiry_for_its_name(
    planted: Planted,
) -> None:
    planted.take(identity_event(1, Identity(sur_name="Undated", given_name="Una"), "U-7", "p-u"))
    indices = [planted.ask(ByName("Undated", "Una", day)) for day in ("1980-01-01", None)]
    planted.expunge("U-7")
    assert [opened(planted.database.reader(), index).subject for index in indices] == [None, None]


def test_the_digest_of_a_body_goes_too(planted: Planted) -> None:
    planted.hold(BY_NAME_ALONE, "i-1", RECORD)
    planted.hold(ByIdentifier(record_id="OTHER-2"), "i-2", "OTHER-2")
    planted.expunge()
    kept = "SELECT inquiry_id, body_digest FROM inquiry ORDER BY inquiry_id"
    rows = planted.database.reader().execute(kept).fetchall()
    assert rows == [("i-1", None), ("i-2", "d")]


def test_recalls_name_agencies_and_nobody_else(planted: Planted) -> None:
    first, second = planted.ask(BY_NUMBER, RECORD), planted.ask(BY_NAME, RECORD)
    planted.ask(BY_NAME, RECORD, party="stranger")
    told = planted.expunge()
    assert [(one.ori, one.entry) for one in told] == [(ORI, first), (ORI, second)]
    assert [one.data_classes for one in told] == [("charges", "existence", "identity")] * 2
    (recall,) = recalls(planted.database.reader())
    assert recall.recipients == told
    planted.database.write(lambda c: c.execute("DELETE FROM person_key WHERE number > 0")).result()
    assert recalls(planted.database.reader()) == (recall,), "it needs no entry, and no key"


TABLES = (
    *(
        "record",
        "record_listed",
        "event",
        "quarantine",
        "tombstone",
        "inquiry",
        "inquiry_held",
        "subscription",
    ),
    *("process", "entries", "entry_personal", "person_key", "person_mark", "named_in", "recall"),
    "journal",
)


def dump(database: Database) -> dict[str, list[object]]:
    reader = database.reader()
    return {table: list(reader.execute(f"SELECT * FROM {table}")) for table in TABLES}  # noqa: S608 - names of ours


def plant_much(planted: Planted) -> None:
    for place in ("answered", "nobody found by name", "held by name", "subscribed with another"):
        PLACES[place](planted)
    planted.file(NAMED)
    planted.quarantine(b"a row of SIDPLANT7")


ORDER = Expunction((RECORD,), "ORDER-9", "custodian", AT)


def test_an_expungement_that_fails_is_lost_whole(planted: Planted) -> None:
    plant_much(planted)
    before = dump(planted.database)

    def fail_at_the_end(connection: apsw.Connection) -> None:
        expunge_records(connection, ORDER, DICE)
        raise RuntimeError("after everything, before the commit")

    with pytest.raises(RuntimeError):
        planted.write(fail_at_the_end)
    assert dump(planted.database) == before
    planted.expunge()
    assert planted.left(b"PLANTED-CASE") == [], "and the next try finds all of it"


def test_an_expungement_whose_answer_is_lost_is_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    with Database.open(path, create=True) as database:
        planted = Planted(database)
        plant_much(planted)
        before = dump(database)
        database.write(lambda c: expunge_records(c, ORDER, DICE))  # nobody waits for the future
    with Database.open(path) as database:
        after = dump(database)
        changed = {table for table in TABLES if after[table] != before[table]}
        assert changed == set(TABLES)
        assert check_ledger(database.reader()) == ()


def test_an_expungement_that_comes_in_a_file_leaves_no_byte_by_itself(planted: Planted) -> None:
    PLACES["answered"](planted)
    gone = identity_event(8, WHO, verb="expunged", authority="ORDER-9")
    gone = msgspec.structs.replace(gone, parts=Parts())
    records = SqliteRecords(planted.database, DICE)
    applied = records.take_in(Batch([gone], ["1"], (), {}), AT)()
    assert applied.recalls == 1
    planted.write(lambda _: None)  # behind the purge in the queue
    assert planted.left() == []
