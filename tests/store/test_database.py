"""The writer: groups that gather by themselves, jobs that fail alone, futures that mean durable."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from comity.errors import NotFound
from comity.store.sqlite.connection import APPLICATION_ID, SCHEMA_VERSION
from comity.store.sqlite.database import Database, StoreInvalid, StoreUnreadable, StoreUnwritable
from comity.store.sqlite.writer import BATCH_JOBS_MAX

WAIT = 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "comity.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with Database.open(path, create=True) as opened:
        opened.write(make_table).result(WAIT)
        yield opened


def make_table(connection: apsw.Connection) -> None:
    connection.execute("CREATE TABLE note (n INTEGER PRIMARY KEY, word TEXT) STRICT")


def put(connection: apsw.Connection, number: int) -> int:
    connection.execute("INSERT INTO note VALUES (?, ?)", (number, "x"))
    return number


def putting(number: int) -> Callable[[apsw.Connection], int]:
    return lambda connection: put(connection, number)


def notes(connection: apsw.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT n FROM note ORDER BY n")]


class Held:
    """A job that keeps the writer busy until it is let go."""

    def __init__(self, database: Database) -> None:
        self.started, self._go = threading.Event(), threading.Event()
        self.future = database.write(self._run)
        assert self.started.wait(WAIT)

    def _run(self, connection: apsw.Connection) -> None:
        self.started.set()
        assert self._go.wait(WAIT)

    def let_go(self) -> None:
        self._go.set()
        self.future.result(WAIT)


def test_jobs_queued_during_a_commit_share_the_next_one(database: Database) -> None:
    held = Held(database)
    before = database.commits
    futures = [database.write(putting(n)) for n in range(100)]
    held.let_go()
    assert [future.result(WAIT) for future in futures] == list(range(100))
    assert database.commits - before == 2
    assert notes(database.reader()) == list(range(100))


def test_a_batch_is_bounded(database: Database) -> None:
    held = Held(database)
    before = database.commits
    futures = [database.write(putting(n)) for n in range(2 * BATCH_JOBS_MAX)]
    held.let_go()
    for future in futures:
        future.result(WAIT)
    assert database.commits - before == 3


def test_one_job_alone_does_not_wait_for_company(database: Database) -> None:
    before = database.commits
    for number in range(5):
        database.write(putting(number)).result(WAIT)
    assert database.commits - before == 5


def test_a_failing_job_takes_back_itself_only(database: Database) -> None:
    def fail(connection: apsw.Connection) -> None:
        put(connection, 1)
        raise ZeroDivisionError

    def doubled(connection: apsw.Connection) -> None:
        put(connection, 3)
        put(connection, 0)

    held = Held(database)
    first = database.write(putting(0))
    failing = database.write(fail)
    clashing = database.write(doubled)
    last = database.write(putting(2))
    held.let_go()
    assert (first.result(WAIT), last.result(WAIT)) == (0, 2)
    with pytest.raises(ZeroDivisionError):
        failing.result(WAIT)
    with pytest.raises(apsw.ConstraintError):
        clashing.result(WAIT)
    assert notes(database.reader()) == [0, 2]


def test_jobs_run_in_the_order_they_were_queued(database: Database) -> None:
    ran: list[int] = []

    def noting(number: int) -> Callable[[apsw.Connection], None]:
        return lambda _: ran.append(number)

    held = Held(database)
    futures = [database.write(noting(n)) for n in range(1200)]
    held.let_go()
    futures[-1].result(WAIT)
    assert ran == list(range(1200))


def test_no_future_resolves_before_the_commit(database: Database) -> None:
    """A future that is done tells of rows that another connection can see."""
    seen: list[list[int]] = []

    def look(_: object) -> None:
        connection = apsw.Connection(str(database.path), flags=apsw.SQLITE_OPEN_READONLY)
        seen.append(notes(connection))
        connection.close()

    held = Held(database)
    one = database.write(putting(1))
    one.add_done_callback(look)
    two = database.write(putting(2))
    held.let_go()
    two.result(WAIT)
    assert seen == [[1, 2]]


def test_a_job_that_ends_the_transaction_fails_its_batch(database: Database) -> None:
    held = Held(database)
    before = database.write(putting(1))
    ending = database.write(lambda c: c.execute("ROLLBACK"))
    after = database.write(putting(2))
    held._go.set()
    for future in (before, ending, after):
        with pytest.raises(StoreUnwritable):
            future.result(WAIT)
    assert notes(database.reader()) == []
    assert database.write(putting(3)).result(WAIT) == 3


def test_a_disk_fault_that_leaves_the_transaction_open_fails_its_batch(database: Database) -> None:
    def meet_a_full_disk(connection: apsw.Connection) -> None:
        put(connection, 2)
        raise apsw.FullError("no space")  # as when a statement alone was taken back

    held = Held(database)
    before = database.write(putting(1))
    meeting = database.write(meet_a_full_disk)
    held.let_go()
    for future in (before, meeting):
        with pytest.raises(StoreUnwritable, match="the disk is full; nothing was written"):
            future.result(WAIT)
    assert notes(database.reader()) == []
    assert database.write(putting(3)).result(WAIT) == 3
    assert notes(database.reader()) == [3]


def test_a_cancelled_job_that_has_not_begun_does_not_run(database: Database) -> None:
    held = Held(database)
    cancelled = database.write(putting(1))
    assert cancelled.cancel()
    held.let_go()
    database.write(putting(2)).result(WAIT)
    assert notes(database.reader()) == [2]


def test_closing_finishes_what_was_queued(path: Path) -> None:
    database = Database.open(path, create=True)
    database.write(make_table).result(WAIT)
    futures = [database.write(putting(n)) for n in range(1000)]
    database.close()
    assert all(future.done() for future in futures)
    assert [future.result() for future in futures] == list(range(1000))
    with pytest.raises(StoreUnwritable, match="closed; nothing was written"):
        database.write(putting(1000)).result(WAIT)
    with pytest.raises(StoreUnreadable, match="closed"):
        database.reader()
    database.close()
    with Database.open(path) as again:
        assert notes(again.reader()) == list(range(1000))


def test_a_program_that_ends_without_closing_loses_nothing_queued(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from comity.store.sqlite.database import Database\n"
        "d = Database.open(Path(sys.argv[1]), create=True)\n"
        "for n in range(500): d.write(lambda c: c.execute('UPDATE generation SET value = value + 1')"
        " and None)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=WAIT)
    with Database.open(path) as database:
        assert database.reader().execute("SELECT value FROM generation").get == 500


def test_the_settings_that_make_it_durable_and_erasable(database: Database) -> None:
    names = ("synchronous", "secure_delete", "foreign_keys", "temp_store", "journal_mode")
    values = database.write(lambda c: [c.pragma(name) for name in names]).result(WAIT)
    assert values == [2, 1, 1, 2, "wal"]


def test_the_files_are_their_owner_s_alone(database: Database, path: Path) -> None:
    database.reader()
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["comity.db", "comity.db-shm", "comity.db-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_readers_cannot_write_and_are_one_a_thread(database: Database) -> None:
    mine = database.reader()
    assert database.reader() is mine
    with pytest.raises(apsw.ReadOnlyError):
        mine.execute("INSERT INTO note VALUES (1, 'x')")
    others: list[apsw.Connection] = []
    thread = threading.Thread(target=lambda: others.append(database.reader()))
    thread.start()
    thread.join()
    assert others[0] is not mine


def test_a_reader_keeps_its_snapshot(database: Database) -> None:
    connection = database.reader()
    database.write(putting(1)).result(WAIT)
    connection.execute("BEGIN")
    assert notes(connection) == [1]
    database.write(putting(2)).result(WAIT)
    assert notes(connection) == [1]
    connection.execute("COMMIT")
    assert notes(connection) == [1, 2]


def test_what_was_erased_is_on_no_byte_of_the_disk(database: Database, path: Path) -> None:
    marker = "Zyxwander-Quillfeather"

    def erase(connection: apsw.Connection) -> None:
        connection.execute("DELETE FROM note")

    def plant(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO note VALUES (1, ?)", (marker,))

    database.write(plant).result(WAIT)
    assert any(marker.encode() in file.read_bytes() for file in path.parent.iterdir())
    database.write(erase).result(WAIT)
    assert any(marker.encode() in file.read_bytes() for file in path.parent.iterdir())
    assert database.purge_journal().result(WAIT)
    assert not any(marker.encode() in file.read_bytes() for file in path.parent.iterdir())


def test_purging_says_when_a_reader_stands_in_the_way(path: Path) -> None:
    with Database.open(path, create=True, busy_timeout_ms=50) as database:
        database.write(make_table).result(WAIT)
        connection = database.reader()
        connection.execute("BEGIN")
        assert notes(connection) == []
        database.write(putting(1)).result(WAIT)
        assert not database.purge_journal().result(WAIT)
        connection.execute("COMMIT")
        assert database.purge_journal().result(WAIT)


class TestTwoProcesses:
    """A command line beside the gateway: both write, neither loses anything."""

    CODE = (
        "import sys; from pathlib import Path; from comity.store.sqlite.database import Database\n"
        "with Database.open(Path(sys.argv[1])) as d:\n"
        "    for n in range(150):\n"
        "        d.write(lambda c: c.execute('UPDATE generation SET value = value + 1') and None)"
        ".result()\n"
    )

    def test_both_write(self, path: Path) -> None:
        with Database.open(path, create=True) as database:
            other = subprocess.Popen([sys.executable, "-c", self.CODE, str(path)])
            mine = 0
            while other.poll() is None:
                database.write(bump).result(WAIT)
                mine += 1
            assert other.returncode == 0
            assert database.reader().execute("SELECT value FROM generation").get == 150 + mine

    def test_locked_longer_than_the_timeout(self, path: Path) -> None:
        Database.open(path, create=True).close()
        with Database.open(path, busy_timeout_ms=50) as database:
            other = apsw.Connection(str(path))
            other.execute("BEGIN IMMEDIATE")
            locked = database.write(bump)
            with pytest.raises(StoreUnwritable, match="locked; nothing was written") as raised:
                locked.result(WAIT)
            assert raised.value.certain
            assert raised.value.remedy
            other.execute("ROLLBACK")
            other.close()
            assert database.write(bump).result(WAIT) == 1


def bump(connection: apsw.Connection) -> int:
    value: int = connection.execute("UPDATE generation SET value = value + 1 RETURNING value").get
    return value


class TestOpening:
    """Each file that is not a usable Comity database has its own error, and is left as it was."""

    def test_missing(self, path: Path) -> None:
        with pytest.raises(NotFound, match="no such database") as raised:
            Database.open(path)
        assert raised.value.remedy == "run `comity init`"
        assert not path.exists()

    def test_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match="no such folder"):
            Database.open(tmp_path / "absent" / "comity.db", create=True)

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(StoreInvalid, match="not a file"):
            Database.open(tmp_path, create=True)

    @pytest.mark.parametrize("create", [False, True])
    def test_not_sqlite(self, path: Path, create: bool) -> None:
        path.write_bytes(b"These minutes are not a database.\n" * 200)
        before = path.read_bytes()
        with pytest.raises(StoreInvalid):
            Database.open(path, create=create)
        assert path.read_bytes() == before

    @pytest.mark.parametrize("create", [False, True])
    def test_another_program_s_database(self, path: Path, create: bool) -> None:
        other = apsw.Connection(str(path))
        other.execute("CREATE TABLE theirs (x)")
        other.close()
        before = path.read_bytes()
        with pytest.raises(StoreInvalid, match="not a Comity database"):
            Database.open(path, create=create)
        assert path.read_bytes() == before

    @pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 0])
    def test_another_schema_version(self, path: Path, version: int) -> None:
        Database.open(path, create=True).close()
        other = apsw.Connection(str(path))
        other.pragma("user_version", version)
        other.close()
        with pytest.raises(StoreInvalid, match=f"schema version {version}"):
            Database.open(path, create=True)

    def test_an_empty_file(self, path: Path) -> None:
        path.touch()
        with pytest.raises(StoreInvalid, match="empty"):
            Database.open(path)
        Database.open(path, create=True).close()
        Database.open(path).close()

    def test_creating_what_is_there_opens_it(self, path: Path) -> None:
        with Database.open(path, create=True) as database:
            database.write(bump).result(WAIT)
        with Database.open(path, create=True) as database:
            assert database.reader().execute("SELECT value FROM generation").get == 1

    def test_the_marks(self, database: Database) -> None:
        reader = database.reader()
        assert reader.pragma("application_id") == APPLICATION_ID
        assert reader.pragma("user_version") == SCHEMA_VERSION

    def test_every_table_is_strict(self, database: Database) -> None:
        tables = database.reader().execute(
            "SELECT name, strict FROM pragma_table_list"
            " WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'"
        )
        assert [name for name, strict in tables if not strict] == []
