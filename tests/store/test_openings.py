"""Codes: kept as a digest, one a record, gone with it; and every act upon one is an entry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.disclosure.opening_code import OpeningCode
from comity.errors import NotFound
from comity.instant import Instant
from comity.ledger.entry import seal
from comity.records.ingest import Batch
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, entries_of, opened, size
from comity.store.sqlite.openings import (
    CodeHeld,
    NoSuchCode,
    RangeOrder,
    Used,
    enter_range,
    make_code,
    revoke_code,
    use_code,
)
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.registry import Made
from comity.store.sqlite.standing import Expunction, expunge_records
from tests.ledger.samples import seeded
from tests.records.events import AT, event

DICE = seeded(11)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "comity.db", create=True) as opened_one:
        batch = Batch([event(number=n, record=f"r-{n}") for n in (1, 2)], ["1", "2"], (), {})
        opened_one.write(lambda c: take_in_batch(c, batch, AT, DICE)).result()
        yield opened_one


def made(by: str = "clerk") -> Made:
    return Made(by, Instant(AT + 5), DICE)


def make(database: Database, record: str = "r-1", *, renew: bool = False) -> OpeningCode:
    code, _ = database.write(lambda c: make_code(c, record, made(), renew=renew)).result()
    return code


def use(database: Database, code: OpeningCode) -> Used:
    return database.write(lambda c: use_code(c, code, Instant(AT + 9), DICE)).result()


def person(database: Database) -> str:
    found: str = (
        database.reader().execute("SELECT person_id FROM record WHERE record_id = 'r-1'").get
    )
    return found


def test_a_code_opens_what_is_about_its_person(database: Database) -> None:
    about = seal(
        subject={"person": person(database), "record": "r-1"},
        content={"disclosed": {}},
        request={"ori": "XXBUR0100"},
        decision={"kind": "refusal"},
        randomness=DICE,
        subject_id=person(database),
    )
    database.write(lambda c: append_entries(c, (about,))).result()
    code = make(database)
    used = use(database, code)
    assert used.indices == (0, 1), "the refusal, and the making of the code"
    again = use(database, code)
    assert again.indices == (0, 1, used.receipt.index), "each use is an entry about them, too"
    entry = opened(database.reader(), used.receipt.index)
    assert (entry.decision["kind"], entry.decision["of"]) == ("opening", "subject")
    assert entry.content == {"entries": 2}
    assert check_ledger(database.reader()) == ()


def test_only_a_digest_is_kept_and_no_entry_points_to_anybody(database: Database) -> None:
    code = make(database)
    use(database, code)
    database.write(lambda c: revoke_code(c, "r-1", made())).result()
    make(database)
    database.purge_journal().result()
    whole = b"".join(file.read_bytes() for file in database.path.parent.iterdir())
    for text in (code.text, code.text.replace("-", "")):
        assert text.encode() not in whole
    assert code.number.to_bytes(14, "big") not in whole
    for index in range(size(database.reader())):
        entry = opened(database.reader(), index)
        told = repr((entry.request, entry.decision))
        assert "r-1" not in told
        assert person(database) not in told


def test_a_code_is_made_once_and_renewed_when_asked(database: Database) -> None:
    first = make(database)
    before = size(database.reader())
    with pytest.raises(CodeHeld, match="r-1"):
        make(database)
    assert size(database.reader()) == before
    second = make(database, renew=True)
    assert opened(database.reader(), before).decision["renewed"] is True
    with pytest.raises(NoSuchCode):
        use(database, first)
    assert use(database, second).indices


def test_revoked_expunged_and_never_made_are_the_same(database: Database) -> None:
    revoked, expunged = make(database, "r-1"), make(database, "r-2")
    database.write(lambda c: revoke_code(c, "r-1", made())).result()
    order = Expunction(("r-2",), "CP-51-MD-1", "custodian", AT)
    database.write(lambda c: expunge_records(c, order, DICE)).result()
    before = size(database.reader())
    said = set()
    for code in (revoked, expunged, OpeningCode(5)):
        with pytest.raises(NoSuchCode) as told:
            use(database, code)
        said.add((str(told.value), told.value.remedy))
    assert len(said) == 1
    assert size(database.reader()) == before, "a wrong code leaves no entry"
    rows = database.reader().execute("SELECT count(*) FROM opening_code").get
    assert rows == 0


def test_an_expunged_records_code_leaves_nothing_of_the_person(database: Database) -> None:
    code = make(database)
    use(database, code)
    order = Expunction(("r-1",), "CP-51-MD-1", "custodian", AT)
    whose = person(database)
    database.write(lambda c: expunge_records(c, order, DICE)).result()
    assert entries_of(database.reader(), whose) == ()
    for index in (0, 1):
        entry = opened(database.reader(), index)
        assert entry.decision["kind"].startswith("opening")
        assert entry.subject is None
    assert check_ledger(database.reader()) == ()


@pytest.mark.parametrize("record", ["r-9", ""])
def test_a_record_that_is_not_there(database: Database, record: str) -> None:
    with pytest.raises(NotFound, match="no such record"):
        make(database, record)
    with pytest.raises(NotFound, match="no such record"):
        database.write(lambda c: revoke_code(c, record, made())).result()
    with pytest.raises(NotFound, match="has no code"):
        database.write(lambda c: revoke_code(c, "r-1", made())).result()
    assert size(database.reader()) == 0


def test_the_entry_of_a_range(database: Database) -> None:
    order = RangeOrder(3, 9, "order of 1 May", "town/log", 12)
    receipt = database.write(lambda c: enter_range(c, order, made("auditor"))).result()
    entry = opened(database.reader(), receipt.index)
    assert entry.subject == {}
    assert entry.content == {"authority": "order of 1 May"}
    assert entry.request == {"by": "auditor"}
    assert (entry.decision["start"], entry.decision["stop"]) == (3, 9)
    assert entry.decision["compartments"] == ["request", "decision"]
