"""The registry kept: every change of who may ask is rows, an entry and a generation, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from comity.disclosure.inquiry import Ori
from comity.disclosure.process import Label, Process
from comity.disclosure.registry import Agency, Key, Officer, RegistryInvalid, RegistrySnapshot
from comity.errors import ComityError, NotFound
from comity.instant import Instant
from comity.law.paper import NamedPerson
from comity.law.signing import KeyInvalid, PrivateKey, public_half
from comity.store.sqlite.append import generation, size
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.registry import (
    Made,
    add_agency,
    add_key,
    add_officer,
    file_process,
    load_snapshot,
    process_on_file,
    processes_on_file,
    remove_officer,
    resume_agency,
    revoke_key,
    suspend_agency,
)

ICE = Ori("DCICE0900")
FIELD_OFFICE = Ori("PAICE0100")
T0 = Instant(1_500_000_000_000)


def made(at: int = T0) -> Made:
    return Made("clerk", Instant(at), bytes)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "comity.db", create=True) as database:
        yield database


def run(database: Database, job: Callable[[apsw.Connection], Any]) -> Any:
    return database.write(job).result(10)


def snapshot(database: Database) -> RegistrySnapshot:
    return load_snapshot(database.reader())


AGENCY = Agency(ICE, "Immigration and Customs Enforcement", ("ice",), True)
CHILD = Agency(FIELD_OFFICE, "ICE Philadelphia", ("ero-philadelphia",), True, ICE)
PUBLIC = [public_half(PrivateKey(bytes([seed] * 32))) for seed in range(3)]
KEY = Key("ed25519/1", PUBLIC[1], ICE, T0, Instant(T0 + 1000))
PAPER = Process(
    "warrant-1",
    Label.WARRANT,
    "court of common pleas",
    T0,
    court="Philadelphia Court of Common Pleas",
    judicial_officer="Hon. A. Example",
    docket="CP-51-MD-0000001-2018",
    named_person=NamedPerson("Nemo", "Nina", state_id="PA00000001"),
)


def with_agencies(database: Database) -> None:
    run(database, lambda c: add_agency(c, AGENCY, made()))
    run(database, lambda c: add_agency(c, CHILD, made()))


CHANGES: list[tuple[str, Callable[[apsw.Connection], Any]]] = [
    ("agency entered", lambda c: add_agency(c, Agency(Ori("PAPEP0000"), "P", (), True), made())),
    ("agency suspended", lambda c: suspend_agency(c, FIELD_OFFICE, "audit", made())),
    ("agency resumed", lambda c: resume_agency(c, ICE, made())),
    ("key entered", lambda c: add_key(c, KEY, made())),
    ("key revoked", lambda c: revoke_key(c, "ed25519/0", made())),
    ("officer entered", lambda c: add_officer(c, Officer(ICE, "b-2", T0), made())),
    ("officer removed", lambda c: remove_officer(c, ICE, "a-1", made(T0 + 1))),
    ("process filed", lambda c: file_process(c, PAPER, made())),
]


def prepare(database: Database) -> None:
    with_agencies(database)
    run(database, lambda c: suspend_agency(c, ICE, "overdue audit", made(T0 - 10)))
    run(database, lambda c: add_key(c, Key("ed25519/0", PUBLIC[0], ICE, T0), made()))
    run(database, lambda c: add_officer(c, Officer(ICE, "a-1", T0), made()))


@pytest.mark.parametrize(("change", "job"), CHANGES)
def test_each_change_is_an_entry_and_a_generation(
    database: Database, change: str, job: Callable[[apsw.Connection], Any]
) -> None:
    prepare(database)
    reader = database.reader()
    before, entries = generation(reader), size(reader)
    receipt = run(database, job)
    assert (generation(reader), size(reader)) == (before + 1, entries + 1)
    entry = opened(reader, receipt.index)
    assert entry.decision["kind"] == "registry change"
    assert entry.decision["change"] == change
    assert entry.request == {"by": "clerk"}


@pytest.mark.parametrize(("change", "job"), CHANGES)
def test_a_change_that_fails_is_lost_whole(
    database: Database, change: str, job: Callable[[apsw.Connection], Any]
) -> None:
    """Fails and lost: rows, entry and generation go together."""
    prepare(database)
    reader = database.reader()
    before = _dump(reader)

    def fail_at_the_end(connection: apsw.Connection) -> None:
        job(connection)
        raise RuntimeError("after the rows, before the commit")

    with pytest.raises(RuntimeError):
        run(database, fail_at_the_end)
    assert _dump(reader) == before, change


@pytest.mark.parametrize(("change", "job"), CHANGES)
def test_a_change_whose_answer_is_lost_is_kept_whole(
    tmp_path: Path, change: str, job: Callable[[apsw.Connection], Any]
) -> None:
    """Fails and persisted: who asked never hears, and the file holds all of it."""
    with Database.open(tmp_path / "comity.db", create=True) as database:
        prepare(database)
        before = _dump(database.reader())
        database.write(job)  # nobody waits for the future
    with Database.open(tmp_path / "comity.db") as database:
        after = _dump(database.reader())
        assert after["generation"] == [(before["generation"][0][0], before["generation"][0][1] + 1)]
        assert len(after["entries"]) == len(before["entries"]) + 1
        changed = {name for name, rows in after.items() if rows != before[name]}
        assert len(changed) >= 4, change  # two tables of entries, generation, and the rows


def _dump(connection: apsw.Connection) -> dict[str, list[Any]]:
    tables = ("agency", "agency_party", "agency_suspension", "agency_key", "officer", "process")
    return {
        table: list(connection.execute(f"SELECT * FROM {table}"))  # noqa: S608 - names of ours
        for table in (*tables, "entries", "entry_personal", "generation")
    }


def test_an_inquirer_speaks_for_the_parties_of_its_parents(database: Database) -> None:
    prepare(database)
    run(database, lambda c: resume_agency(c, ICE, made()))
    found = snapshot(database).inquirer(FIELD_OFFICE, "system:feed", T0)
    assert found is not None
    assert found.parties == ("ero-philadelphia", "ice")
    assert found.system
    assert found.fault is None
    assert snapshot(database).inquirer("PAXXX0000", None, T0) is None


def test_officers_have_a_term(database: Database) -> None:
    with_agencies(database)
    end = Instant(T0 + 1000)
    run(database, lambda c: add_officer(c, Officer(ICE, "a-1", T0, end), made()))
    registry = snapshot(database)

    def fault(officer: str, at: int) -> str | None:
        found = registry.inquirer(ICE, officer, Instant(at))
        assert found is not None
        return found.fault

    assert fault("a-1", T0) is None
    assert fault("a-1", end - 1) is None
    assert "left the roster" in str(fault("a-1", end))
    assert "not on the roster" in str(fault("a-1", T0 - 1))
    assert "not on the roster" in str(fault("forged", T0))


def test_a_suspension_of_the_parent_stops_the_child_and_ends(database: Database) -> None:
    prepare(database)
    run(database, lambda c: resume_agency(c, ICE, made(T0 + 5)))
    registry = snapshot(database)
    during = registry.inquirer(FIELD_OFFICE, "system:feed", Instant(T0 + 4))
    after = registry.inquirer(FIELD_OFFICE, "system:feed", Instant(T0 + 5))
    assert during is not None
    assert after is not None
    assert "DCICE0900 is suspended: overdue audit" in str(during.fault)
    assert after.fault is None
    assert len(registry.suspensions(ICE)) == 1


def test_keys_count_in_their_period_only(database: Database) -> None:
    prepare(database)
    run(database, lambda c: add_key(c, KEY, made()))
    run(database, lambda c: revoke_key(c, "ed25519/0", made(T0 + 7)))
    registry = snapshot(database)
    assert registry.key("ed25519/1", T0) == KEY
    assert registry.key("ed25519/1", Instant(T0 - 1)) is None
    assert registry.key("ed25519/1", Instant(T0 + 1000)) is None
    assert registry.key("ed25519/0", Instant(T0 + 6)) is not None
    assert registry.key("ed25519/0", Instant(T0 + 7)) is None
    assert "was revoked" in str(registry.keys["ed25519/0"].fault(Instant(T0 + 7)))
    assert registry.key("nobody", T0) is None


REFUSED: list[tuple[type[ComityError], Callable[[apsw.Connection], Any]]] = [
    (RegistryInvalid, lambda c: add_agency(c, Agency(Ori("short"), "x", (), True), made())),
    (RegistryInvalid, lambda c: add_agency(c, AGENCY, made())),
    (RegistryInvalid, lambda c: add_agency(c, Agency(Ori("PAPEP0000"), " ", (), True), made())),
    (
        NotFound,
        lambda c: add_agency(c, Agency(Ori("PAPEP0000"), "x", (), True, Ori("PAXXX0000")), made()),
    ),
    (RegistryInvalid, lambda c: suspend_agency(c, ICE, "again", made())),
    (RegistryInvalid, lambda c: suspend_agency(c, FIELD_OFFICE, "  ", made())),
    (NotFound, lambda c: resume_agency(c, FIELD_OFFICE, made())),
    (RegistryInvalid, lambda c: add_key(c, Key("ed25519/0", PUBLIC[2], ICE, T0), made())),
    (RegistryInvalid, lambda c: add_key(c, Key("other", PUBLIC[0], ICE, T0), made())),
    (KeyInvalid, lambda c: add_key(c, Key("other", b"short", ICE, T0), made())),
    (KeyInvalid, lambda c: add_key(c, Key("other", bytes(32), ICE, T0), made())),
    (RegistryInvalid, lambda c: add_key(c, Key("other", PUBLIC[2], ICE, T0, T0), made())),
    (NotFound, lambda c: add_key(c, Key("o", PUBLIC[2], Ori("PAXXX0000"), T0), made())),
    (NotFound, lambda c: revoke_key(c, "nobody", made())),
    (RegistryInvalid, lambda c: add_officer(c, Officer(ICE, "a-1", T0), made())),
    (RegistryInvalid, lambda c: add_officer(c, Officer(ICE, "system:x", T0), made())),
    (RegistryInvalid, lambda c: add_officer(c, Officer(ICE, "a b", T0), made())),
    (NotFound, lambda c: remove_officer(c, ICE, "nobody", made())),
]


@pytest.mark.parametrize(("error", "job"), REFUSED)
def test_what_cannot_stand_changes_nothing(
    database: Database, error: type[ComityError], job: Callable[[apsw.Connection], Any]
) -> None:
    prepare(database)
    before = _dump(database.reader())
    with pytest.raises(error) as caught:
        run(database, job)
    assert caught.value.what
    assert _dump(database.reader()) == before


def test_an_officer_may_return(database: Database) -> None:
    prepare(database)
    run(database, lambda c: remove_officer(c, ICE, "a-1", made(T0 + 1)))
    run(database, lambda c: add_officer(c, Officer(ICE, "a-1", Instant(T0 + 5)), made(T0 + 5)))
    registry = snapshot(database)
    assert [one.until for one in registry.officers(ICE)] == [T0 + 1, None]


def test_a_filed_process_names_nobody_in_the_open_compartments(database: Database) -> None:
    receipt = run(database, lambda c: file_process(c, PAPER, made()))
    reader = database.reader()
    entry = opened(reader, receipt.index)
    assert entry.decision["process_kind"] == "judicial warrant"
    for compartment in (entry.request, entry.decision, entry.subject, entry.content):
        assert "Nemo" not in str(compartment)
        assert "PA00000001" not in str(compartment)
        assert "CP-51" not in str(compartment)
    assert process_on_file(reader, "warrant-1") == PAPER
    assert processes_on_file(reader) == (PAPER,)
    assert process_on_file(reader, "other") is None
    with pytest.raises(RegistryInvalid):
        run(database, lambda c: file_process(c, PAPER, made()))
