"""Which records a list finds by class: every way to search finds the same, and reads little."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from comity.instant import Instant
from comity.records.fold import decode_record
from comity.records.ingest import Batch
from comity.store.sqlite import lists
from comity.store.sqlite.connection import SCHEMA_VERSION
from comity.store.sqlite.database import Database
from comity.store.sqlite.lists import (
    Listing,
    classes_after,
    count_unlisted,
    find_listed,
    listed_key,
)
from comity.store.sqlite.records import find_by_list, take_in_batch
from tests.ledger.samples import seeded
from tests.web.registers import AT, DAY_MS, NAMES, PLACES, STATUTES, events

LISTINGS = [
    Listing(),
    Listing(sur_name="velm"),
    Listing(sur_name="Örth", arrested_from=Instant(AT - 6 * DAY_MS)),
    Listing(sur_name="", birthplace="Here"),
    Listing(charge_statute=STATUTES[0]),
    Listing(charge_statute=STATUTES[1], birthplace=PLACES[0], sur_name=NAMES[2]),
    Listing(arrested_from=Instant(AT - 9 * DAY_MS), arrested_until=Instant(AT - 3 * DAY_MS)),
    Listing(arrested_until=Instant(AT - 3 * DAY_MS), charge_statute=STATUTES[2]),
    Listing(birthplace="There", birthplace_not="There"),
    Listing(birthplace="There", arrested_from=Instant(AT - 9 * DAY_MS)),
    Listing(birthplace_not="Here"),
    Listing(birthplace="' OR TRUE --"),
]


def fill(database: Database, count: int = 60) -> None:
    every = events(random.Random(5), count)
    batch = Batch(every, [str(number) for number, _ in enumerate(every)], (), {})
    database.write(lambda c: take_in_batch(c, batch, AT, seeded(1))).result(20)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "comity.db", create=True) as made:
        fill(made)
        yield made


@pytest.mark.parametrize("listing", LISTINGS, ids=str)
@pytest.mark.parametrize("lead", range(4))
def test_whichever_index_leads_the_same_is_found(
    database: Database, monkeypatch: pytest.MonkeyPatch, listing: Listing, lead: int
) -> None:
    def forced(_: object, listing: Listing, values: object) -> object:
        ways = list(lists._leads(listing))
        return ways[lead % len(ways)]

    monkeypatch.setattr(lists, "_lead", forced)
    reader = database.reader()
    known = classes_after(reader, 0)
    everything = find_by_list(reader, listing, 1000)
    for classes in (list(known), list(known)[::2], []):
        wanted = {lists._ENCODE(known[number]).decode() for number in classes}
        expected = [one.record_id for one in everything if listed_key(one)[0] in wanted]
        found = find_listed(reader, listing, classes, 1000)
        assert found is not None
        assert [one.record_id for one in found] == expected
        for most in (0, len(expected) - 1):
            beyond = find_listed(reader, listing, classes, most) if most >= 0 else ()
            assert (beyond is None) is (most >= 0 and len(expected) > most)


@pytest.mark.parametrize("listing", LISTINGS, ids=str)
def test_no_search_walks_what_is_held_about_people(database: Database, listing: Listing) -> None:
    reader = database.reader()
    classes = list(classes_after(reader, 0))
    values = lists._values(listing, classes) | {"most": 5}
    for lead in lists._leads(listing):
        query = (
            f"EXPLAIN QUERY PLAN {lists._SEEN} SELECT l.record, l.class FROM {lead.tables}"  # noqa: S608
            f" WHERE {' AND '.join(lead.where)} LIMIT :most"
        )
        plan = [row[3] for row in reader.execute(query, values)]
        assert not [step for step in plan if step.startswith("SCAN") and "record" in step], plan
        assert not [step for step in plan if "TABLE record " in step or " record " in step], plan


def test_the_way_that_reads_least_leads(database: Database) -> None:
    reader = database.reader()
    classes = list(classes_after(reader, 0))
    database.write(
        lambda c: c.execute("UPDATE record_listed SET sur_key = 'one' WHERE record = 1")
    ).result(10)
    listing = Listing(sur_name="one", charge_statute=STATUTES[0])
    lead = lists._lead(reader, listing, lists._values(listing, classes))
    assert "by_name" in lead.tables
    listing = Listing(sur_name="velm", charge_statute="nobody's")
    lead = lists._lead(reader, listing, lists._values(listing, classes))
    assert "record_statute" in lead.tables


def test_a_file_from_before_lists_gets_its_classes(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    kept = (
        "SELECT record, attributes, arrested_at, sur_key, birthplace FROM record_listed"
        " JOIN record_class ON class = record_class.number ORDER BY record"
    )
    with Database.open(path, create=True) as database:
        fill(database)
        before = database.reader().execute(kept).fetchall()
    connection = apsw.Connection(str(path))
    connection.execute("DROP TABLE record_listed; DROP TABLE record_class")
    connection.pragma("user_version", 4)
    connection.close()
    with Database.open(path) as database:
        reader = database.reader()
        assert reader.pragma("user_version") == SCHEMA_VERSION
        assert reader.execute(kept).fetchall() == before
        assert count_unlisted(reader) == 0
        assert reader.pragma("integrity_check") == "ok"


def test_an_expunged_record_leaves_nothing_in_the_lists(database: Database) -> None:
    database.write(lambda c: c.execute("DELETE FROM record WHERE number = 1")).result(10)
    reader = database.reader()
    assert count_unlisted(reader) == 0
    assert reader.execute("SELECT count(*) FROM record_listed WHERE record = 1").get == 0


def test_a_class_holds_closed_words_only(database: Database) -> None:
    """The form of a class is what old rows were written in: change it, and add a migration."""
    attributes = {name for one in classes_after(database.reader(), 0).values() for name in one}
    assert attributes == {
        "on_file", "standing", "juvenile", "charged", "convicted", "in_custody", "grade",
        "released_after",
    }  # fmt: skip
    for (doc,) in database.reader().execute("SELECT doc FROM record"):
        assert not any(name.casefold() in listed_key(decode_record(doc))[0] for name in NAMES)
