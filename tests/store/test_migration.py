"""A database of schema version 2 is brought to this one: whole or not at all, and nothing lost."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from comity.disclosure.inquiry import ByName, ByStanding
from comity.disclosure.process import Label, Process
from comity.instant import format_instant
from comity.law.paper import NamedPerson
from comity.ledger.entry import SealedEntry, seal
from comity.ledger.merkle import Frontier, leaf_hash
from comity.records.ingest import Batch
from comity.store.faults import StoreInvalid, StoreUnwritable
from comity.store.sqlite.connection import APPLICATION_ID, SCHEMA_VERSION
from comity.store.sqlite.database import Database
from comity.store.sqlite.inquiries import held_inquiry, subscription_of
from comity.store.sqlite.ledger import check_ledger, entries_between, opened, size
from comity.store.sqlite.records import find_record, take_in_batch
from comity.store.sqlite.registry import process_on_file
from comity.store.sqlite.standing import Expunction, Recipient, expunge_records, recalls
from comity.store.sqlite.tree import shards
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.ledger.samples import seeded
from tests.records.events import AT
from tests.store.planted import DICE, ORI, WHO, identity_event

HERE = Path(__file__).parent
OPERATIONS_MAX = 300
VARIANTS = ("tree", "years")
MARK = b"Marker-Velm"
INQUIRY = {
    "inquiry_id": "q-1",
    "officer": "o-1",
    "purpose": "criminal investigation",
    "data_classes": ["identity"],
}


def old_entries() -> list[SealedEntry]:
    """What the old code had sealed: somebody, a name that found nobody, an expungement, nobody."""
    dice = seeded(3)

    def sealed(subject: dict[str, Any], kind: str, **more: Any) -> SealedEntry:
        return seal(
            subject=subject,
            content=more.pop("content", {"disclosed": {}}),
            request={"ori": ORI},
            decision={"kind": kind, "at": format_instant(AT)},
            randomness=dice,
            **more,
        )

    shown = {"disclosed": {"identity": {"sur_name": "Marker-Velm"}}}
    subject = {"person": "p-planted", "record": "PLANT-1", "terms": {"record_id": "PLANT-1"}}
    terms = msgspec.to_builtins(ByName("Marker-Velm", "Plantéda"))
    told = Recipient(ORI, 3, format_instant(AT), ("identity",))
    kept = msgspec.to_builtins(told)
    del kept["clauses"]  # not kept then
    recipients = {"recipients": [kept]}
    return [
        sealed(subject, "disclosure", content=shown, subject_id="p-planted"),
        sealed({"person": None, "found": [], "terms": terms}, "refusal"),
        sealed({"authority": "ORDER-1"}, "expungement", content=recipients),
        sealed({"person": "p-9", "record": "OTHER-2"}, "disclosure", subject_id="p-9"),
        sealed({"inquiry_id": "i-1"}, "approval"),
    ]


def old_database(path: Path, variant: str) -> list[SealedEntry]:
    """A file as the old code left it, made from the old schema's text."""
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute("BEGIN")
    for name in ("schema_2.sql", f"schema_2_{variant}.sql"):
        connection.execute((HERE / name).read_text("utf-8"))
    entries = old_entries()
    leaves = [leaf_hash(one.commitment) for one in entries]
    for index, one in enumerate(entries):
        row = (
            index,
            one.commitment,
            leaves[index],
            *one.digests,
            *one.openings[2:],
            *one.parts[2:],
        )
        connection.execute("INSERT INTO entries VALUES (?,?,?,?,?,?,?,?,?,?,?)", row)
        personal = (index, one.subject_id, *one.openings[:2], *one.parts[:2])
        connection.execute("INSERT INTO entry_personal VALUES (?,?,?,?,?,?)", personal)
    raw = Frontier().extend(leaves).to_bytes()
    if variant == "tree":
        connection.execute("UPDATE tree SET frontier = ?", (raw,))
        connection.execute("INSERT INTO checkpoint VALUES (5, ?, ?)", (bytes(32), AT))
    else:
        connection.execute("UPDATE shard SET frontier = ?, year = 2018, origin = 'o'", (raw,))
        connection.execute("INSERT INTO checkpoint VALUES (0, 5, ?, ?)", (bytes(32), AT))
    _inquiries(connection)
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", 2)
    connection.execute("COMMIT")
    connection.close()
    return entries


def _inquiries(connection: apsw.Connection) -> None:
    by_name = INQUIRY | {"query": msgspec.to_builtins(ByName("Marker-Velm", "Plantéda"))}
    standing = INQUIRY | {"query": msgspec.to_builtins(ByStanding(record_ids=("PLANT-1",)))}
    bodies = [msgspec.json.encode(one) for one in (by_name, standing)]
    for name in ("i-1", "s-1", "s-2"):
        connection.execute("INSERT INTO inquiry VALUES (?,?,NULL,1,1,?)", (ORI, name, AT))
    connection.execute(
        "INSERT INTO inquiry_held VALUES (?,'i-1',?,'k','n',?,NULL,NULL,NULL,NULL)",
        (ORI, bodies[0], AT),
    )
    for name, closed in (("s-1", None), ("s-2", AT)):
        row = (ORI, name, bodies[1], AT, closed, closed and "cancelled by the agency")
        connection.execute("INSERT INTO subscription VALUES (?,?,?,'k','n',?,0,?,?)", row)
    paper = Process(
        "W-1", Label.WARRANT, "a court", AT, named_person=NamedPerson("Marker-Velm", "Plantéda")
    )
    connection.execute(
        "INSERT INTO process VALUES ('W-1', ?, zeroblob(32), ?)", (msgspec.json.encode(paper), AT)
    )


def schema_of(path: Path) -> set[tuple[str, str, str]]:
    connection = apsw.Connection(str(path))
    try:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql NOT NULL")
        return {(kind, name, " ".join(sql.split())) for kind, name, sql in rows}
    finally:
        connection.close()


def on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob("comity.db*")))


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_old_file_becomes_one_of_today(tmp_path: Path, variant: str) -> None:
    path, fresh = tmp_path / "comity.db", tmp_path / "fresh.db"
    entries = old_database(path, variant)
    assert MARK in path.read_bytes()
    Database.open(fresh, create=True).close()
    with Database.open(path) as database:
        reader = database.reader()
        assert reader.pragma("user_version") == SCHEMA_VERSION
        assert reader.pragma("integrity_check") == "ok"
        assert check_ledger(reader) == ()
        for stored, before in zip(entries_between(reader, 0, 9), entries, strict=True):
            assert stored.commitment == before.commitment
            assert (stored.openings, stored.parts) == (before.openings, before.parts)
        (shard,) = shards(reader)
        assert (shard.first, shard.end) == (0, 5)
        assert shard.frontier == Frontier().extend([leaf_hash(one.commitment) for one in entries])
        assert reader.execute("SELECT * FROM checkpoint").fetchall() == [(0, 5, bytes(32), AT)]
        (recall,) = recalls(reader)
        assert recall.recipients == (Recipient(ORI, 3, format_instant(AT), ("identity",)),)
    assert schema_of(path) == schema_of(fresh)


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_was_there_before_can_be_expunged_without_a_trace(
    tmp_path: Path, variant: str
) -> None:
    path = tmp_path / "comity.db"
    old_database(path, variant)
    with Database.open(path) as database:
        kept = on_disk(path)
        assert kept.count(MARK) == 2, "the held inquiry, and the paper: these are kept in clear"

        def expunge(connection: apsw.Connection) -> object:
            batch = Batch([identity_event(1, WHO)], ["1"], (), {})
            take_in_batch(connection, batch, AT, DICE)
            order = Expunction(("PLANT-1",), "ORDER-2", "custodian", AT)
            return expunge_records(connection, order, DICE)

        told = database.write(expunge).result(20)
        assert told == (Recipient(ORI, 0, format_instant(AT), ("identity",)),)
        assert database.purge_journal().result(20)
        reader = database.reader()
        assert find_record(reader, "PLANT-1") is None
        assert held_inquiry(reader, ORI, "i-1") is None
        assert process_on_file(reader, "W-1") is None
        ended = [subscription_of(reader, ORI, name) for name in ("s-1", "s-2")]
        assert [one.body for one in ended if one] == [b"", b""]
        assert [opened(reader, index).subject is None for index in range(5)] == [
            True,
            True,
            False,
            False,
            False,
        ]
        assert check_ledger(reader) == ()
    assert MARK not in on_disk(path)


def test_nothing_of_what_stood_in_clear_is_left_in_a_page(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    entries = old_database(path, "years")
    Database.open(path).close()
    held = on_disk(path)
    for one in entries:
        about_nobody = one.parts[0] in (entries[2].parts[0], entries[4].parts[0])
        assert (one.openings[0] in held) is about_nobody
        assert (one.parts[1] in held and one.parts[1] != b'{"disclosed":{}}') is (one is entries[2])


@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError], ids=["full", "ioerr"])
@pytest.mark.parametrize("persisted", [False, True], ids=["lost", "persisted"])
def test_a_disk_that_fails_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, persisted: bool, error: type[apsw.Error]
) -> None:
    struck: list[str] = []
    for nth in range(1, OPERATIONS_MAX):
        folder = tmp_path / str(nth)
        folder.mkdir()
        path = folder / "comity.db"
        old_database(path, "tree")
        with FailingVfs() as disk:
            disk.arm(Fault(nth, error, persisted))
            with suppress(StoreUnwritable):
                Database.open(path, vfs=disk.name).close()
            disk.lift()
            struck += disk.struck
            with Database.open(path, vfs=disk.name) as database:
                reader = database.reader()
                assert reader.pragma("user_version") == SCHEMA_VERSION
                assert size(reader) == 5
                assert check_ledger(reader) == ()
                assert opened(reader, 0).subject is not None
        if not disk.struck:
            break
    else:
        pytest.fail(f"a migration has {OPERATIONS_MAX} disk operations or more")
    assert {"xWrite comity.db-wal", "xSync comity.db-wal"} <= set(struck)


def version_of(path: Path) -> int:
    connection = apsw.Connection(str(path))
    try:
        version: int = connection.pragma("user_version")
    finally:
        connection.close()
    return version


def test_two_may_try_and_a_locked_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    old_database(path, "years")
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnwritable, match="could not be brought to schema version"):
        Database.open(path, busy_timeout_ms=20)
    other.execute("ROLLBACK")
    other.close()
    assert version_of(path) == 2
    with Database.open(path), Database.open(path) as second:
        assert size(second.reader()) == 5


def test_a_file_that_is_not_what_it_says_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE entries (x)")
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", 2)
    connection.close()
    before = schema_of(path)
    with pytest.raises(StoreInvalid, match="not the version 2 that it says"):
        Database.open(path)
    assert schema_of(path) == before


def test_a_newer_version_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    Database.open(path, create=True).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", SCHEMA_VERSION + 1)
    connection.close()
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(StoreInvalid, match="made by a newer Comity") as refused:
        Database.open(path)
    assert refused.value.remedy == "upgrade Comity; nothing was changed"
    assert hashlib.sha256(path.read_bytes()).digest() == before
