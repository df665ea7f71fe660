"""The ledger in SQLite: no gap, guards inside the transaction, erasure that leaves a whole ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import msgspec
import pytest

from comity.errors import IntegrityFault, NotFound
from comity.instant import Instant
from comity.ledger.append import (
    AlreadyUsed,
    DurableReceipt,
    Generation,
    GenerationMoved,
    Guard,
    Ledger,
    LedgerUnwritable,
    Once,
)
from comity.ledger.entry import SealedEntry
from comity.ledger.merkle import leaf_hash
from comity.store.sqlite.database import Database
from comity.store.sqlite.gathering import GATHERED_MAX
from comity.store.sqlite.ledger import (
    SqliteLedger,
    append_entries,
    append_guarded,
    bump_generation,
    check_ledger,
    claim_once,
    entries_between,
    entries_of,
    entry,
    erase_personal,
    forget_expired,
    generation,
    opened,
    size,
)
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.ledger.samples import sample, samples, seeded

WAIT = 20
NOBODY = Guard()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "comity.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with Database.open(path, create=True) as opened_database:
        yield opened_database


def append_now(
    database: Database, entries: Sequence[SealedEntry], guard: Guard = NOBODY
) -> tuple[DurableReceipt, ...]:
    job = database.write(lambda connection: append_guarded(connection, entries, guard))
    return job.result(WAIT)


def test_appending_gives_indices_from_zero_without_a_gap(database: Database) -> None:
    entries = samples(10)
    first = append_now(database, entries[:3])
    assert append_now(database, []) == ()
    rest = append_now(database, entries[3:])
    assert [receipt.index for receipt in first + rest] == list(range(10))
    assert [receipt.commitment for receipt in first + rest] == [e.commitment for e in entries]
    connection = database.reader()
    assert size(connection) == 10
    assert [found.index for found in entries_between(connection, 2, 5)] == [2, 3, 4]
    assert check_ledger(connection) == ()


def test_an_entry_is_kept_as_it_was_sealed(database: Database, path: Path) -> None:
    (sealed,) = samples(1)
    append_now(database, [sealed])
    database.close()
    with Database.open(path) as again:
        kept = entry(again.reader(), 0)
        assert kept.commitment == sealed.commitment
        assert kept.leaf_hash == leaf_hash(sealed.commitment)
        assert kept.digests == sealed.digests
        assert kept.openings == sealed.openings
        assert kept.parts == sealed.parts
        values = opened(again.reader(), 0)
        assert values.subject == msgspec.json.decode(sealed.parts[0])
        assert values.content == {"disclosed": {"identity": {"sur_name": "Zyx0"}}}
        assert values.request["ori"] == "PAPHL0001"
        assert values.decision["outcome"] == "permit"


def test_no_gap_after_jobs_that_failed(database: Database) -> None:
    def fail(connection: apsw.Connection) -> None:
        append_entries(connection, samples(2, seed=9))
        raise ZeroDivisionError

    first = append_now(database, samples(1, seed=1))
    failing = database.write(fail)
    after = append_now(database, samples(1, seed=2))
    with pytest.raises(ZeroDivisionError):
        failing.result(WAIT)
    assert (first[0].index, after[0].index, size(database.reader())) == (0, 1, 2)


def test_no_entry(database: Database) -> None:
    with pytest.raises(NotFound, match="no entry 0"):
        entry(database.reader(), 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET request_part = x'00'",
        "DELETE FROM entries",
        "UPDATE entry_personal SET body = x'00'",
        "INSERT INTO entry_personal SELECT 7, NULL, x'00'",
        "UPDATE generation SET only = 2",
    ],
)
def test_the_file_itself_refuses_to_change_an_entry(database: Database, statement: str) -> None:
    append_now(database, samples(2))

    def alter(connection: apsw.Connection) -> None:
        connection.execute(statement)

    with pytest.raises(apsw.ConstraintError):
        database.write(alter).result(WAIT)


class TestGuard:
    """What must still hold inside the transaction."""

    def test_generation(self, database: Database) -> None:
        now = generation(database.reader())
        append_now(database, samples(1), Guard(generation=now))
        assert database.write(bump_generation).result(WAIT) == now + 1
        with pytest.raises(GenerationMoved):
            append_now(database, samples(1), Guard(generation=now))
        append_now(database, samples(1), Guard(generation=Generation(now + 1)))
        assert size(database.reader()) == 2

    def test_generation_counts_only_what_was_committed(
        self, database: Database, path: Path
    ) -> None:
        def fail(connection: apsw.Connection) -> None:
            bump_generation(connection)
            raise ZeroDivisionError

        failing = database.write(fail)
        with pytest.raises(ZeroDivisionError):
            failing.result(WAIT)
        assert database.write(bump_generation).result(WAIT) == 1
        database.close()
        with Database.open(path) as again:
            assert generation(again.reader()) == 1

    def test_once(self, database: Database, path: Path) -> None:
        once = Once("key-1", "nonce", 0)
        append_now(database, samples(1), Guard(once=(once,)))
        with pytest.raises(AlreadyUsed) as raised:
            append_now(database, samples(1), Guard(once=(once,)))
        assert raised.value.once == once
        other_scope = Once("key-2", "nonce", 0)
        append_now(database, samples(1), Guard(once=(other_scope,)))
        database.close()
        with Database.open(path) as again:
            with pytest.raises(AlreadyUsed):
                append_now(again, samples(1), Guard(once=(once,)))
            assert size(again.reader()) == 2

    def test_a_guard_that_fails_claims_nothing(self, database: Database) -> None:
        used, fresh, later = (Once("s", word, 0) for word in ("used", "fresh", "later"))
        append_now(database, samples(1), Guard(once=(used,)))
        with pytest.raises(AlreadyUsed) as raised:
            append_now(database, samples(1), Guard(once=(fresh, used, later)))
        assert raised.value.once == used
        with pytest.raises(AlreadyUsed):
            append_now(database, samples(1), Guard(once=(fresh, fresh)))
        append_now(database, samples(1), Guard(once=(fresh, later)))

    def test_forgetting_what_has_expired(self, database: Database) -> None:
        def claim(connection: apsw.Connection) -> None:
            for word, expires in (("soon", 1_000), ("late", 2_000), ("never", 0)):
                claim_once(connection, Once("s", word, expires))

        database.write(claim).result(WAIT)
        at = Instant(1_001)
        assert database.write(lambda c: forget_expired(c, at)).result(WAIT) == 1
        append_now(database, [], Guard(once=(Once("s", "soon", 3_000),)))
        for word in ("late", "never"):
            with pytest.raises(AlreadyUsed):
                append_now(database, [], Guard(once=(Once("s", word, 0),)))


class TestAsyncio:
    """Many callers on one event loop."""

    def test_implements_the_protocol(self, database: Database) -> None:
        ledger: Ledger = SqliteLedger(database)
        (receipt,) = asyncio.run(ledger.append(samples(1), NOBODY))
        assert receipt.index == 0

    def test_callers_share_commits_and_each_gets_its_own(self, database: Database) -> None:
        entries = samples(3000)

        async def main() -> list[tuple[DurableReceipt, ...]]:
            ledger = SqliteLedger(database)
            appends = (ledger.append(entries[n : n + 2], NOBODY) for n in range(0, 3000, 2))
            return await asyncio.gather(*appends)

        receipts = [receipt for pair in asyncio.run(main()) for receipt in pair]
        assert [receipt.commitment for receipt in receipts] == [e.commitment for e in entries]
        assert sorted(receipt.index for receipt in receipts) == list(range(3000))
        for pair in range(0, 3000, 2):
            assert receipts[pair + 1].index == receipts[pair].index + 1
        assert database.commits <= 3000 / GATHERED_MAX + 20
        connection = database.reader()
        for receipt in receipts[::50]:
            assert entry(connection, receipt.index).commitment == receipt.commitment
        assert check_ledger(connection) == ()

    def test_a_guard_fails_its_own_caller_only(self, database: Database) -> None:
        used = Once("s", "used", 0)

        async def main() -> list[tuple[DurableReceipt, ...] | BaseException]:
            ledger = SqliteLedger(database)
            guards = [
                Guard(once=(Once("s", "a", 0),)),
                Guard(once=(used,)),
                Guard(generation=Generation(7)),
                Guard(once=(Once("s", "b", 0), used)),
                Guard(generation=Generation(0), once=(Once("s", "b", 0),)),
            ]
            appends = (ledger.append(samples(1, seed=n), g) for n, g in enumerate(guards))
            return await asyncio.gather(*appends, return_exceptions=True)

        outcomes = asyncio.run(main())
        kinds = [type(outcome) for outcome in outcomes]
        assert kinds == [tuple, tuple, GenerationMoved, AlreadyUsed, tuple]
        assert size(database.reader()) == 3

    def test_an_entry_that_the_database_does_not_accept_fails_alone(
        self, database: Database
    ) -> None:
        good, bad = samples(2)
        spoilt = msgspec.structs.replace(bad, openings=(b"short",) * 4)

        async def main() -> list[tuple[DurableReceipt, ...] | BaseException]:
            ledger = SqliteLedger(database)
            one = Guard(once=(Once("s", "1", 0),))
            two = Guard(once=(Once("s", "2", 0),))
            appends = (ledger.append([good], one), ledger.append([spoilt], two))
            return list(await asyncio.gather(*appends, return_exceptions=True))

        outcomes = asyncio.run(main())
        assert isinstance(outcomes[0], tuple)
        assert isinstance(outcomes[1], apsw.ConstraintError)
        assert size(database.reader()) == 1
        append_now(database, samples(1), Guard(once=(Once("s", "2", 0),)))

    def test_a_cancelled_caller_disturbs_nobody(self, database: Database) -> None:
        async def main() -> tuple[DurableReceipt, ...]:
            ledger = SqliteLedger(database)
            impatient = asyncio.create_task(ledger.append(samples(1, seed=1), NOBODY))
            patient = asyncio.create_task(ledger.append(samples(1, seed=2), NOBODY))
            await asyncio.sleep(0)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
            return await patient

        (receipt,) = asyncio.run(main())
        assert receipt.index == size(database.reader()) - 1
        assert check_ledger(database.reader()) == ()

    def test_one_ledger_serves_several_event_loops(self, database: Database) -> None:
        ledger = SqliteLedger(database)
        for number in range(3):
            (receipt,) = asyncio.run(ledger.append(samples(1, seed=number), NOBODY))
            assert receipt.index == number

    def test_unwritable(self, path: Path) -> None:
        Database.open(path, create=True).close()

        async def main(ledger: SqliteLedger) -> list[tuple[DurableReceipt, ...] | BaseException]:
            appends = (ledger.append(samples(1, seed=n), NOBODY) for n in range(5))
            return await asyncio.gather(*appends, return_exceptions=True)

        with FailingVfs() as disk, Database.open(path, vfs=disk.name) as database:
            ledger = SqliteLedger(database)
            disk.arm(Fault(1, apsw.FullError, persisted=False, lasting=True))
            outcomes = asyncio.run(main(ledger))
            assert {type(outcome) for outcome in outcomes} == {LedgerUnwritable}
            assert "the disk is full" in str(outcomes[0])
            disk.lift()
            receipts = asyncio.run(main(ledger))
            assert [r[0].index for r in receipts if isinstance(r, tuple)] == list(range(5))

    def test_a_closed_database_is_unwritable(self, path: Path) -> None:
        database = Database.open(path, create=True)
        ledger = SqliteLedger(database)
        database.close()
        with pytest.raises(LedgerUnwritable, match="closed"):
            asyncio.run(ledger.append(samples(1), NOBODY))

    def test_locked_by_another_process(self, path: Path) -> None:
        Database.open(path, create=True).close()
        with Database.open(path, busy_timeout_ms=30) as database:
            other = apsw.Connection(str(path))
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnwritable, match="another process"):
                asyncio.run(SqliteLedger(database).append(samples(1), NOBODY))
            other.close(True)


class TestErasure:
    """Subject and content go, the entry stays and verifies."""

    def test_one_person_only(self, database: Database, path: Path) -> None:
        randomness = seeded(4)
        mine = [sample(n, person="Zyxwander", randomness=randomness) for n in (1, 2)]
        theirs = sample(3, person="Quillfeather", randomness=randomness)
        append_now(database, [mine[0], theirs, mine[1]])
        keys = {one.subject_id: one.fresh[:32] for one in (mine[1], mine[0], theirs)}
        bodies = "SELECT body FROM entry_personal WHERE index_ = ?"
        sealed = [database.reader().execute(bodies, (index,)).get for index in (0, 1, 2)]
        assert entries_of(database.reader(), "Zyxwander") == (0, 2)

        def erase(connection: apsw.Connection) -> tuple[int, ...]:
            return erase_personal(connection, "Zyxwander")

        assert database.write(erase).result(WAIT) == (0, 2)
        assert database.write(erase).result(WAIT) == ()
        connection = database.reader()
        assert entries_of(connection, "Zyxwander") == ()
        assert entries_of(connection, "Quillfeather") == (1,)
        gone, kept = opened(connection, 0), opened(connection, 1)
        assert gone.subject is None
        assert gone.content is None
        assert gone.request["purpose"] == "criminal investigation"
        assert gone.decision["outcome"] == "permit"
        assert kept.subject is not None
        assert check_ledger(connection) == ()

        assert database.purge_journal().result(WAIT)
        planted = [b"Zyxwander", *mine[0].openings[:2], *mine[1].openings[:2]]
        planted += [keys["Zyxwander"], mine[1].fresh[:32], sealed[0], sealed[2]]
        for file in path.parent.iterdir():
            held = file.read_bytes()
            assert not any(secret in held for secret in planted), file.name
            if file == path:
                assert keys["Quillfeather"] in held, "the search finds what is there"
                assert sealed[1] in held
                assert b"Quillfeather" not in held, "what is kept of others is encrypted"


SWAPPED = """UPDATE entry_personal SET body = (SELECT p.body FROM entry_personal p
 WHERE p.index_ = 3) WHERE index_ = 4"""


class TestCheck:
    """`check_ledger` names the entry that does not add up."""

    @pytest.mark.parametrize(
        ("statement", "index", "what"),
        [
            ("UPDATE entries SET request_part = x'7b7d' WHERE index_ = 3", 3, "request"),
            ("UPDATE entries SET decision_part = x'7b7d' WHERE index_ = 4", 4, "decision"),
            ("UPDATE entry_personal SET body = x'7b7d' WHERE index_ = 1", 1, "subject"),
            ("UPDATE entry_personal SET body = substr(body, 1, 40) WHERE index_ = 2", 2, "subject"),
            (
                SWAPPED,
                4,
                "subject",
            ),
            ("UPDATE person_key SET key = zeroblob(32) WHERE number = 6", 5, "subject"),
            ("UPDATE entries SET leaf_hash = zeroblob(32) WHERE index_ = 0", 0, "leaf hash"),
            ("UPDATE entries SET content_digest = zeroblob(32) WHERE index_ = 5", 5, "commitment"),
            ("DELETE FROM entries WHERE index_ = 2", 2, "1 entry is missing"),
        ],
    )
    def test_tampering_with_the_file(
        self, database: Database, path: Path, statement: str, index: int, what: str
    ) -> None:
        append_now(database, samples(6))
        database.close()
        other = apsw.Connection(str(path))
        for trigger in (
            "entries_never_change",
            "entries_never_go",
            "entry_personal_never_changes",
            "person_key_never_changes",
        ):
            other.execute(f"DROP TRIGGER {trigger}")
        other.execute(statement)
        other.close()
        with Database.open(path) as tampered:
            findings = check_ledger(tampered.reader())
            assert findings[0].index == index
            assert what in findings[0].what
            if "missing" not in what:
                with pytest.raises(IntegrityFault, match=f"entry {index}"):
                    opened(tampered.reader(), index)
