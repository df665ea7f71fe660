"""The journal: written with its entries or not at all, and blanked with its persons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec
import pytest

from comity.disclosure.inquiry import ByIdentifier
from comity.ledger.append import AlreadyUsed, Guard, Once
from comity.store.sqlite.append import append_entries, append_guarded
from comity.store.sqlite.database import Database
from comity.store.sqlite.journal import forms, inquiries_before, line_count
from comity.store.sqlite.ledger import erase_personal, size
from tests.store.journal_rows import kept
from tests.store.planted import (
    BY_NAME,
    BY_NUMBER,
    BY_STATE_ID,
    LAW,
    MARKS,
    PLACES,
    RECORD,
    Planted,
)


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Planted]:
    with Database.open(tmp_path / "comity.db", create=True) as database:
        yield Planted(database)


def test_a_line_stands_beside_each_entry_of_an_inquiry(planted: Planted) -> None:
    shown = planted.ask(BY_NUMBER, RECORD)
    refused = planted.ask(BY_STATE_ID, RECORD, "OTHER-2", party="stranger")
    nobody = planted.ask(BY_NAME)
    planted.seal_record()
    by_index = {line["index"]: line for line in kept(planted.database)}
    assert sorted(by_index) == [planted.beside, shown, refused, nobody]
    assert by_index[shown]["outcome"] == "permit"
    assert by_index[shown]["about"]["grade"] == "M1"
    assert by_index[refused]["about"] == by_index[shown]["about"], "two of one kind, one line"
    assert by_index[nobody]["about"]["on_file"] is False
    assert size(planted.database.reader()) > line_count(planted.database.reader())


def test_what_the_numbers_mean_stands_once_a_law(planted: Planted) -> None:
    for _ in range(3):
        planted.ask(BY_NUMBER, RECORD)
    ((number, form),) = forms(planted.database.reader()).items()
    assert form == LAW.form
    assert msgspec.json.decode(form.clauses) == list(LAW.ranks)
    assert number == 1


def test_no_line_without_its_entry(planted: Planted) -> None:
    before = kept(planted.database)
    sealed = planted.sealed(BY_NUMBER, RECORD)
    once = Guard(once=(Once("inquiry x", "1", 0),))
    planted.write(lambda c: append_guarded(c, sealed, once))
    assert len(kept(planted.database)) == len(before) + 1
    with pytest.raises(AlreadyUsed):
        planted.write(lambda c: append_guarded(c, planted.sealed(BY_NUMBER, RECORD), once))

    def fail(connection: apsw.Connection) -> None:
        append_guarded(connection, sealed, Guard())
        raise RuntimeError("before the commit")

    with pytest.raises(RuntimeError):
        planted.write(fail)
    assert len(kept(planted.database)) == len(before) + 1


def test_an_expungement_takes_what_was_known_and_leaves_who_asked(planted: Planted) -> None:
    shown, nobody = planted.ask(BY_NUMBER, RECORD), planted.ask(BY_NAME)
    together = planted.ask(BY_STATE_ID, RECORD, "OTHER-2", party="stranger")
    before = {line["index"]: line for line in kept(planted.database)}
    planted.expunge()
    after = {line["index"]: line for line in kept(planted.database)}
    assert after.keys() == before.keys(), "the counts stay"
    for index in (shown, nobody, together):
        assert after[index] == before[index] | {"about": None}
    assert after[planted.beside] == before[planted.beside]


def test_erasing_a_person_by_id_does_the_same(planted: Planted) -> None:
    shown = planted.ask(BY_NUMBER, RECORD)
    planted.write(lambda c: erase_personal(c, "p-planted"))
    (line,) = [one for one in kept(planted.database) if one["index"] == shown]
    assert line["about"] is None


def test_an_expungement_that_fails_leaves_every_line(planted: Planted) -> None:
    planted.ask(BY_NUMBER, RECORD)
    before = kept(planted.database)

    def fail(connection: apsw.Connection) -> None:
        erase_personal(connection, "p-planted")
        raise RuntimeError("before the commit")

    with pytest.raises(RuntimeError):
        planted.write(fail)
    assert kept(planted.database) == before


def test_the_bytes_of_what_was_known_leave_the_disk(planted: Planted) -> None:
    """Beside the marks, which no line ever held: the one attribute that only they have."""
    marker = b'[true,"open",false,true,false,false,"M1",null,null]'
    other = ByIdentifier(record_id="OTHER-2")
    planted.write(lambda c: c.execute("DELETE FROM record WHERE record_id = 'OTHER-2'"))
    planted.write(lambda c: erase_personal(c, "p-other"))
    assert planted.database.purge_journal().result(20)
    assert marker not in planted.on_disk()
    planted.ask(BY_NUMBER, RECORD)
    assert marker in planted.on_disk()
    planted.expunge()
    assert marker not in planted.on_disk()
    assert planted.ask(other) > 0, "and it goes on"


@pytest.mark.parametrize("place", PLACES)
def test_no_line_names_whoever_is_in_it(planted: Planted, place: str) -> None:
    PLACES[place](planted)
    rows = planted.database.reader().execute("SELECT asked, about, ruled FROM journal")
    whole = b"".join(part for row in rows for part in row)
    assert whole
    assert [mark for mark in (*MARKS, b"p-planted", b"o-1") if mark in whole] == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal SET asked = x'00'",
        "UPDATE journal SET about = x'5b5d'",
        "UPDATE journal SET outcome = 'permit ', about = x''",
        "DELETE FROM journal",
        "UPDATE journal_clauses SET law = 'another'",
    ],
)
def test_a_line_is_kept_or_blanked_and_never_changed(planted: Planted, change: str) -> None:
    before = kept(planted.database)
    with pytest.raises(apsw.ConstraintError):
        planted.write(lambda c: c.execute(change))
    assert kept(planted.database) == before


def test_inquiries_from_before_the_journal_are_counted(tmp_path: Path) -> None:
    with Database.open(tmp_path / "old.db", create=True) as database:
        planted = object.__new__(Planted)
        planted.database = database
        old = planted.sealed(BY_NUMBER)
        bare = [msgspec.structs.replace(one, journal=()) for one in old]
        planted.write(lambda c: append_entries(c, bare))
        row = "INSERT INTO inquiry VALUES ('XX', ?, NULL, ?, 1, 0)"
        planted.write(lambda c: c.execute(row, ("before", 0)))
        assert inquiries_before(database.reader()) == 1
        planted.write(lambda c: append_entries(c, old))
        planted.write(lambda c: c.execute(row, ("after", 1)))
        assert inquiries_before(database.reader()) == 1
