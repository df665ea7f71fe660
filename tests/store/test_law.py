"""Acts of law kept: one act is a row, an entry and a generation, or nothing at all."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from comity.errors import IntegrityFault, NotFound, NotPermitted
from comity.instant import Instant, format_instant
from comity.law.instrument import Instrument
from comity.law.lifecycle import LawAct, LawActInvalid, LawStatus
from comity.law.parse import parse_instrument
from comity.law.problem import InstrumentInvalid
from comity.law.signing import KeyInvalid, PublicKey, sign_act, signed_bytes
from comity.store.faults import StoreUnwritable
from comity.store.sqlite.append import generation, size
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import (
    add_party_key,
    check_law,
    law_mark,
    load_register,
    party_keys,
    record_act,
    record_act_in,
    revoke_party_key,
)
from comity.store.sqlite.ledger import check_ledger, opened
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.law.parties import (
    KEYS,
    STAKEHOLDERS,
    adopted,
    adopted_by_all,
    local,
    party_key,
    philadelphia,
    private_key,
    revoked,
    shipped,
    suspended,
)

FIRST = shipped("philadelphia/pars-ice-2008.md")
SECOND = shipped("philadelphia/pars-ice-2010.md")
ORDER = shipped("philadelphia/executive-order-5-16.md")
T0 = local("2008-08-01")
_SALT = itertools.count()


def randomness(count: int) -> bytes:
    """Different each time, and the same in every run."""
    return (next(_SALT).to_bytes(8, "big") * (count // 8 + 1))[:count]


def run(database: Database, job: Callable[[apsw.Connection], Any]) -> Any:
    return database.write(job).result(10)


def enter_keys(database: Database, at: Instant = T0) -> None:
    for key in KEYS:
        job = partial(
            add_party_key,
            party=key.party,
            public_key=key.public_key,
            randomness=randomness,
            recorded_at=at,
        )
        run(database, job)


def record(
    database: Database, act: LawAct, text: Instrument | None = None, at: Instant | None = None
) -> Any:
    return record_act(
        database, act, randomness=randomness, recorded_at=at or act.recorded_at, text=text
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "comity.db", create=True) as database:
        enter_keys(database)
        yield database


def state(database: Database) -> tuple[Any, ...]:
    connection = database.reader()
    return law_mark(connection), generation(connection), size(connection)


def test_an_act_is_a_row_an_entry_and_a_generation(database: Database) -> None:
    mark, before, entries = state(database)
    act = adopted(ORDER, "city", local("2016-01-04"))
    receipt = record(database, act, ORDER)
    assert receipt.index == entries
    assert state(database) == (
        msgspec.structs.replace(mark, texts=1, acts=1),
        before + 1,
        entries + 1,
    )
    entry = opened(database.reader(), receipt.index)
    assert entry.decision == {
        "kind": "law change",
        "at": format_instant(act.recorded_at),
        "change": "adopted",
        "ref": ORDER.ref,
        "digest": ORDER.digest,
        "effective_at": format_instant(act.at),
    }
    assert entry.request == {
        "party": "city",
        "key_id": party_key("city").key_id,
        "message": signed_bytes(act).hex(),
        "signature": act.signature.hex(),
    }
    assert entry.subject == entry.content == {}
    assert check_ledger(database.reader()) == ()
    assert list(check_law(database.reader())) == []


def test_philadelphia_is_kept_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    texts, acts = philadelphia("nny")
    with Database.open(path, create=True) as database:
        enter_keys(database)
        for act in acts:
            record(database, act, next(one for one in texts if one.ref == act.ref))
        known = load_register(database.reader())
        assert list(check_law(database.reader())) == []
    with Database.open(path) as database:
        again = load_register(database.reader())
    midnight = local("2018-08-31T24:00")
    for register in (known, again):
        assert register.acts == tuple(
            sorted(acts, key=lambda act: (act.recorded_at, msgspec.json.encode(act)))
        )
        assert register.status(SECOND.ref, Instant(midnight - 1)).status is LawStatus.IN_FORCE
        assert register.status(SECOND.ref, midnight).status is LawStatus.NOT_RENEWED
    assert again.instrument(FIRST.ref) == FIRST


def test_the_stack_names_the_texts_that_bind(database: Database) -> None:
    record(database, adopted(ORDER, "city", local("2016-01-04")), ORDER)
    for act in adopted_by_all(SECOND, local("2016-01-05")):
        record(database, act, SECOND)
    at = local("2016-07-01")
    connection = database.reader()
    whole = load_register(connection).in_force(at)
    assert [one.ref for one in whole.instruments] == [ORDER.ref, SECOND.ref]
    bound = load_register(connection, [ORDER.id]).in_force(at)
    assert [one.ref for one in bound.instruments] == [ORDER.ref]
    assert load_register(connection, ["no-such-text"]).in_force(at).instruments == ()


def test_recording_takes_the_custodian_s_clock(database: Database) -> None:
    late = Instant(local("2016-02-01"))
    record(database, adopted(ORDER, "city", local("2016-01-04")), ORDER, at=late)
    known = load_register(database.reader())
    at = local("2016-03-01")
    assert known.status(ORDER.ref, at, Instant(late - 1)).status is LawStatus.DRAFT
    assert known.status(ORDER.ref, at, late).status is LawStatus.IN_FORCE
    assert known.acts[0].recorded_at == late


def _unsigned(act: LawAct) -> LawAct:
    return msgspec.structs.replace(act, signature=bytes(64))


ACT = adopted(ORDER, "city", local("2016-01-04"))
CHANGED = parse_instrument(ORDER.canonical.replace("Signed by", "Issued by"), ORDER.path)
UNSOUND = parse_instrument(ORDER.canonical.replace("custodian: city", "custodian: cty"), "x.md")


@pytest.mark.parametrize(
    ("act", "text", "fault"),
    [
        (_unsigned(ACT), ORDER, IntegrityFault),
        (ACT, None, NotFound),
        (adopted(ORDER, "us-ice", ACT.at), ORDER, LawActInvalid),
        (sign_act(ACT, private_key("us-ice")), ORDER, NotPermitted),
        (sign_act(ACT, private_key("a stranger")), ORDER, NotPermitted),
        (adopted(CHANGED, "city", ACT.at), ORDER, LawActInvalid),
        (adopted(UNSOUND, "cty", ACT.at), UNSOUND, InstrumentInvalid),
        (suspended(ORDER, "city", ACT.at, ACT.at), ORDER, LawActInvalid),
    ],
    ids=[
        "unsigned",
        "no text",
        "not its part",
        "other's key",
        "stranger",
        "other digest",
        "unsound",
        "dates",
    ],
)
def test_an_act_that_is_refused_leaves_nothing(
    database: Database, act: LawAct, text: Instrument | None, fault: type[Exception]
) -> None:
    before = state(database)
    with pytest.raises(fault):
        record(database, act, text)
    assert state(database) == before


def test_a_text_that_others_may_have_signed_cannot_change(database: Database) -> None:
    record(database, ACT, ORDER)
    before = state(database)
    with pytest.raises(LawActInvalid, match="another text of this version") as caught:
        record(database, adopted(CHANGED, "city", ACT.at), CHANGED)
    assert "`version`" in str(caught.value.remedy)
    assert state(database) == before


def test_an_act_is_recorded_once(database: Database) -> None:
    record(database, ACT, ORDER)
    before = state(database)
    with pytest.raises(LawActInvalid, match="already"):
        record(database, ACT, at=Instant(ACT.recorded_at + 1))
    assert state(database) == before


def test_keys_are_entered_and_revoked_with_an_entry_each(database: Database) -> None:
    before = state(database)
    city = party_key("city")
    receipt = run(
        database,
        lambda c: revoke_party_key(
            c, "city", city.key_id, randomness=randomness, recorded_at=local("2016-01-01")
        ),
    )
    assert opened(database.reader(), receipt.index).decision["change"] == "party key revoked"
    assert state(database)[1:] == (before[1] + 1, before[2] + 1)
    assert state(database)[0] != before[0]
    with pytest.raises(NotPermitted, match="counts no longer"):
        record(database, ACT, ORDER)
    with pytest.raises(NotFound):
        run(
            database,
            lambda c: revoke_party_key(
                c, "city", city.key_id, randomness=randomness, recorded_at=T0
            ),
        )
    assert {key.party: key.revoked_at for key in party_keys(database.reader())} == {
        "city": local("2016-01-01"),
        "district-attorney": None,
        "first-judicial-district": None,
        "us-ice": None,
    }


def test_acts_of_a_revoked_key_stand_also_of_the_same_millisecond(database: Database) -> None:
    record(database, ACT, ORDER)
    run(
        database,
        lambda c: revoke_party_key(
            c,
            "city",
            party_key("city").key_id,
            randomness=randomness,
            recorded_at=ACT.recorded_at,
        ),
    )
    known = load_register(database.reader())
    assert known.status(ORDER.ref, local("2017-01-01")).status is LawStatus.IN_FORCE
    with pytest.raises(NotPermitted, match="counts no longer"):
        record(database, revoked(ORDER, "city", Instant(ACT.at + 1)), at=Instant(ACT.at + 1))


@pytest.mark.parametrize(
    ("party", "key"),
    [
        ("city", party_key("city").public_key),
        ("mayor", party_key("city").public_key),
        ("mayor", PublicKey(bytes(32))),
        (" ", party_key("mayor").public_key),
    ],
)
def test_a_key_that_cannot_be_entered_leaves_nothing(
    database: Database, party: str, key: PublicKey
) -> None:
    before = state(database)
    with pytest.raises(KeyInvalid):
        run(
            database,
            lambda c: add_party_key(c, party, key, randomness=randomness, recorded_at=T0),
        )
    assert state(database) == before


def test_acts_recorded_by_several_at_once_each_see_the_one_before(database: Database) -> None:
    """Two jobs in one transaction: the second is checked against the first."""
    record(database, ACT, ORDER)
    stop = revoked(ORDER, "city", local("2016-05-01"))
    again = revoked(ORDER, "city", local("2016-05-01"))
    futures = [
        database.write(
            partial(record_act_in, act=act, randomness=randomness, recorded_at=act.recorded_at)
        )
        for act in (stop, again)
    ]
    futures[0].result(10)
    with pytest.raises(LawActInvalid, match="already"):
        futures[1].result(10)


# Damage on disk


DAMAGE = (
    "UPDATE law_act SET at = at - 1",
    "UPDATE law_act SET party = 'district-attorney'",
    "UPDATE law_act SET act = 'revoked'",
    "UPDATE law_act SET signature = zeroblob(64)",
    "UPDATE law_act SET message = x'00'",
    "UPDATE law_act SET at = 9000000000000000000",
    "UPDATE law_text SET canonical = replace(canonical, 'restores', 'repeals')",
    "UPDATE law_text SET canonical = 'no instrument'",
    "UPDATE party_key SET party = 'mayor' WHERE party = 'city'",
    "UPDATE party_key SET public_key = zeroblob(32) WHERE party = 'city'",
)


def _tamper(path: Path, statement: str) -> None:
    """What somebody with the file and without Comity can do."""
    connection = apsw.Connection(str(path))
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
        if name.startswith(("law_", "party_")):
            connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("statement", DAMAGE)
def test_damage_is_found_before_anything_is_decided(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "comity.db"
    with Database.open(path, create=True) as database:
        enter_keys(database)
        record(database, ACT, ORDER)
    _tamper(path, statement)
    with Database.open(path) as database:
        with pytest.raises(IntegrityFault):
            load_register(database.reader())
        assert list(check_law(database.reader()))


def test_a_date_of_recording_that_was_altered_is_found_by_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    with Database.open(path, create=True) as database:
        enter_keys(database)
        record(database, ACT, ORDER)
        index = size(database.reader()) - 1
    _tamper(path, "UPDATE law_act SET recorded_at = recorded_at - 1")
    with Database.open(path) as database:
        load_register(database.reader())
        assert list(check_law(database.reader())) == [
            f"{ORDER.ref}: an act is not the one that entry {index} says"
        ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE law_act SET at = at + 1",
        "DELETE FROM law_act",
        "UPDATE law_text SET path = 'other.md'",
        "DELETE FROM law_text",
        "DELETE FROM party_key",
        "UPDATE party_key SET party = 'mayor'",
        "UPDATE party_key SET since = 0, revoked_at = 9",
    ],
)
def test_the_tables_only_grow(database: Database, statement: str) -> None:
    record(database, ACT, ORDER)
    with pytest.raises(apsw.ConstraintError):
        run(database, lambda c: c.execute(statement).fetchall())
    load_register(database.reader())


# A disk that fails


def _pause(days: int) -> LawAct:
    """A suspension for a millisecond, that many days after a day in summer."""
    at = Instant(local("2016-06-01") + days * 86_400_000)
    return suspended(ORDER, "city", at, Instant(at + 1))


@pytest.mark.parametrize("persisted", [False, True], ids=["lost", "persisted"])
def test_a_failing_disk_leaves_all_of_an_act_or_nothing(tmp_path: Path, persisted: bool) -> None:
    """The n-th disk operation of recording an act fails, for every n."""
    path = tmp_path / "comity.db"
    with FailingVfs() as disk:
        with Database.open(path, create=True) as database:
            enter_keys(database)
            record(database, ACT, ORDER)
        acts = (_pause(days) for days in itertools.count())
        with Database.open(path, vfs=disk.name) as database:
            disk.arm()
            record(database, next(acts))
            operations = len(disk.seen)
        assert operations >= 2
        for nth, act in zip(range(1, operations + 1), acts, strict=False):
            with Database.open(path, vfs=disk.name) as database:
                before = state(database)
                disk.arm(Fault(nth, apsw.IOError, persisted))
                try:
                    record(database, act)
                except StoreUnwritable as fault:
                    assert disk.struck
                    acknowledged, certain = False, fault.certain
                else:
                    acknowledged, certain = True, True
                disk.lift()
            with Database.open(path) as database:
                mark, now, entries = state(database)
                added = mark.acts - before[0].acts
                assert added in (0, 1)
                assert (now, entries) == (before[1] + added, before[2] + added)
                assert added == 1 or not acknowledged
                assert added == 0 or acknowledged or not certain
                assert list(check_law(database.reader())) == []
                assert check_ledger(database.reader()) == ()
                if not added:
                    record(database, act)


def test_the_stakeholders_have_keys() -> None:
    assert {key.party for key in KEYS} > set(STAKEHOLDERS)
