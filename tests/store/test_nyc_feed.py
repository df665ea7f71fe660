"""A real jail's feed, read in place: what it says is kept, and what it cannot say is not added.

Quarter 3 of 2024 (41,436 events) of the custody feed described in data/README.md.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from comity.instant import Instant, parse_instant
from comity.records.fold import decode_record
from comity.records.hold import is_hold
from comity.records.ingest import Message, Taken, messages_of_rows, take_in
from comity.records.mapping import read_mapping
from comity.records.read import Rows
from comity.records.record import CustodyStatus, Record
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import SqliteRecords, record_counts
from tests.conftest import ROOT

AT = parse_instant("2026-01-01T00:00:00Z")
SLICE = 6_000
EXPECTED = {
    "already_in": 6_427,
    "booked": 5_565,
    "charge_changed": 15_959,
    "gone": 5_560,
    "level_changed": 4_014,
    "other_changed": 2_526,
    "reappeared": 122,
    "status_changed": 1_263,
}
"""How often the feed says what, counted by polars without Comity."""

Row = tuple[int, dict[str, Any]]


@pytest.fixture(scope="session")
def feed(shared_dir: Path) -> list[Row]:
    """Every row of the quarter."""
    pytest.importorskip("polars", reason="the extra `columns` is not installed")
    path = shared_dir / "data" / "demo" / "nyc_doc_2024q3_events.parquet"
    if not path.is_file():
        pytest.skip(f"the real feed is not here: {path} does not exist")
    return list(Rows(path))


def messages(rows: list[Row]) -> Iterator[Message]:
    mapping = read_mapping((ROOT / "feeds" / "nyc-doc.toml").read_text("utf-8"), "nyc-doc.toml")
    return messages_of_rows(rows, rows[0][1], mapping, AT, hold_birthplace=False, file="feed")


def taken(database: Database, rows: list[Row], batch: int = 5_000) -> Taken:
    store = SqliteRecords(database, os.urandom)
    return take_in(messages(rows), store, lambda: AT, batch_messages=batch)


def documents(database: Database) -> dict[str, bytes]:
    return dict(database.reader().execute("SELECT record_id, doc FROM record"))


@pytest.fixture(scope="session")
def whole(feed: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database that took the quarter in once."""
    path = tmp_path_factory.mktemp("nyc") / "comity.db"
    with Database.open(path, create=True) as database:
        result = taken(database, feed)
        assert (result.applied, result.messages) == (len(feed), len(feed))
        yield database


def test_the_feed_is_the_one_these_tests_mean(feed: list[Row]) -> None:
    assert Counter(row["event"] for _, row in feed) == EXPECTED


def test_every_event_is_accounted_for_also_the_second_time(
    feed: list[Row], whole: Database
) -> None:
    before = documents(whole)
    assert len(before) == len({row["episode"] for _, row in feed})
    again = taken(whole, feed[:SLICE])
    assert (again.applied, again.duplicates, again.quarantined) == (0, SLICE, 0)
    counts = record_counts(whole.reader())
    assert (counts["event"], counts["quarantine"]) == (len(feed), 0)
    assert documents(whole) == before


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_delivery_does_not_matter(feed: list[Row], tmp_path: Path, seed: int) -> None:
    dice = Random(seed)
    # Whole episodes, so that there is an order that could matter.
    chosen = set(dice.sample(sorted({row["episode"] for _, row in feed}), 1_500))
    rows = [one for one in feed if one[1]["episode"] in chosen]
    shuffled = [*rows, *dice.sample(rows, len(rows) // 4)]
    dice.shuffle(shuffled)
    states = []
    for name, delivered, batch in (("a", rows, 5_000), ("b", shuffled, 777)):
        with Database.open(tmp_path / name, create=True) as database:
            result = taken(database, delivered, batch)
            assert result.applied == len(rows)
            assert result.duplicates == len(delivered) - len(rows)
            states.append(documents(database))
    assert states[0] == states[1]


def last_rows(feed: list[Row]) -> dict[str, dict[str, Any]]:
    """The last row of each episode: the feed is in the order of `seq`."""
    return {f"nyc-{row['episode']}": row for _, row in feed}


def records(database: Database) -> Iterator[Record]:
    for doc in documents(database).values():
        yield decode_record(doc)


def test_gone_is_not_released_and_whoever_reappears_is_in_custody(
    feed: list[Row], whole: Database
) -> None:
    last = last_rows(feed)
    statuses: Counter[str] = Counter()
    for record in records(whole):
        assert record.custody is not None
        gone = last[record.record_id]["event"] == "gone"
        assert record.custody.status is (CustodyStatus.GONE if gone else CustodyStatus.IN_CUSTODY)
        assert record.release is None, "the source cannot tell a release from a transfer"
        statuses[record.custody.status] += 1
    reappeared = {f"nyc-{row['episode']}" for _, row in feed if row["event"] == "reappeared"}
    assert reappeared
    assert statuses[CustodyStatus.GONE] == sum(1 for row in last.values() if row["event"] == "gone")
    assert set(statuses) == {CustodyStatus.GONE, CustodyStatus.IN_CUSTODY}


def test_a_charge_that_is_missing_leaves_the_last_one_known(
    feed: list[Row], whole: Database
) -> None:
    known: dict[str, str] = {}
    missing: defaultdict[str, int] = defaultdict(int)
    for _, row in feed:
        record_id = f"nyc-{row['episode']}"
        if row["top_charge"] is None:
            missing[record_id] += 1
        else:
            known[record_id] = row["top_charge"]
    assert sum(missing.values()) == 4_749
    for record in records(whole):
        named = {charge.statute or charge.description for charge in record.charges.values()}
        assert named == ({known[record.record_id]} if record.record_id in known else set())


def test_no_charge_of_the_feed_is_taken_for_a_hold(whole: Database) -> None:
    for record in records(whole):
        assert not record.holds
        assert not any(is_hold(charge) for charge in record.charges.values())


def test_days_of_the_feed_are_days_of_new_york(whole: Database) -> None:
    seen = {stamp.occurred_at for record in records(whole) for stamp in record.stamps.values()}
    start = parse_instant("2024-07-01T00:00:00-04:00")
    assert min(seen) == start
    assert all((at - start) % 86_400_000 == 0 for at in seen)
    assert max(seen) == Instant(parse_instant("2024-09-30T00:00:00-04:00"))


def test_an_age_is_the_band_fixed_at_booking(feed: list[Row], whole: Database) -> None:
    bands: defaultdict[str, set[str]] = defaultdict(set)
    for _, row in feed:
        if row["age_band"] is not None:
            bands[f"nyc-{row['episode']}"].add(row["age_band"])
    assert {len(found) for found in bands.values()} == {1}, "the feed keeps a band for a stay"
    for record in records(whole):
        band = record.identity.age_band if record.identity else None
        assert band is None or band in bands[record.record_id]
        assert record.identity is None or record.identity.birth_date is None
