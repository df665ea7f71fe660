"""A mirror holds only what was verified, is whole at any moment, and follows no fork."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.errors import IntegrityFault, Unreachable
from comity.ledger.rebuild import audit
from comity.ledger.tile_read import Fetch, TileForged
from comity.ledger.tiles import Bundle, Tile
from comity.web import mirror as mirrors
from comity.web.log_folder import FolderLog
from comity.web.mirror import ForkSeen, mirror
from tests.ledger.tlog import POLICY, WholeLog, entry, log_of, log_of_size

SMALL = 512


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors, "BATCH_ENTRIES", SMALL)


def sound(folder: Path, log: WholeLog) -> None:
    """The folder passes the audit, and has every file of the log as the log has it."""
    audited = audit(FolderLog(folder), POLICY)
    assert audited.findings == ()
    assert audited.judged
    assert audited.judged.checkpoint == log.checkpoint


class Counting:
    """A source that counts, and may break off after some files."""

    def __init__(self, fetch: Fetch, last: int = 10**9) -> None:
        self._fetch = fetch
        self._last = last
        self.asked = list[str]()

    def __call__(self, path: str) -> bytes | None:
        self.asked.append(path)
        if len(self.asked) > self._last:
            raise Unreachable("the line is cut", where=path)
        return self._fetch(path)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1024, 3000])
def test_a_mirror_is_the_log(tmp_path: Path, size: int) -> None:
    log = log_of_size(size)
    done = list[int]()
    copied = mirror(log.fetch, tmp_path, POLICY, progress=done.append)
    assert (copied.copied, copied.taken_up_at) == (size, 0)
    assert done == sorted(done)
    sound(tmp_path, log)
    for path, raw in log.files.items():
        assert (tmp_path / path).read_bytes() == raw
    assert not (tmp_path / mirrors.PROGRESS).exists()
    assert not list(tmp_path.rglob("*.partial"))


@given(sizes=st.lists(st.integers(0, 1500), min_size=2, max_size=4).map(sorted))
@settings(max_examples=8, deadline=None)
def test_it_follows_the_log_and_copies_only_news(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("mirror")
    batches, before = list[list[bytes]](), 0
    for size in sizes:
        batches.append([entry(number) for number in range(before, size)])
        log = log_of(*batches)
        copied = mirror(log.fetch, folder, POLICY)
        assert (copied.copied, copied.taken_up_at) == (size - before, before)
        sound(folder, log)
        before = size


def test_it_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    log = log_of_size(3000)
    cut = Counting(log.fetch, last=20)
    with pytest.raises(Unreachable, match="the line is cut"):
        mirror(cut, tmp_path, POLICY)
    assert not (tmp_path / "checkpoint").exists(), "the checkpoint is written last"
    rest = Counting(log.fetch)
    copied = mirror(rest, tmp_path, POLICY)
    assert copied.taken_up_at >= SMALL
    assert copied.taken_up_at % SMALL == 0
    assert "tile/entries/000" not in rest.asked
    sound(tmp_path, log)


def test_a_damaged_folder_is_fetched_again(tmp_path: Path) -> None:
    log = log_of_size(1000)
    mirror(log.fetch, tmp_path, POLICY)
    (tmp_path / "tile/0/003.p/232").write_bytes(bytes(232 * 32))
    grown = log_of(log.entries, [entry(number) for number in range(1000, 1100)])
    assert mirror(grown.fetch, tmp_path, POLICY).taken_up_at == 0
    sound(tmp_path, grown)


def test_nothing_forged_reaches_the_folder(tmp_path: Path) -> None:
    log = log_of_size(1500)
    entries = list(log.entries[512:768])
    entries[88] = entry(10**6)
    forged = log_of(entries)
    only_entry = {**log.files, "tile/entries/002": forged.files["tile/entries/000"]}
    with pytest.raises(TileForged) as fault:
        mirror(only_entry.get, tmp_path, POLICY)
    assert fault.value.where == "entry 600"
    both = {**only_entry, "tile/0/002": forged.files["tile/0/000"]}
    with pytest.raises(TileForged) as fault:
        mirror(both.get, tmp_path, POLICY)
    assert fault.value.where == "tile/0/002"
    assert not (tmp_path / "tile/entries/002").exists()
    assert not (tmp_path / "checkpoint").exists()
    mirror(log.fetch, tmp_path, POLICY)
    sound(tmp_path, log)


@pytest.mark.parametrize("place", [Bundle(1), Tile(0, 1), Tile(0, 5, 220), Tile(1, 0, 5)])
def test_a_changed_byte_is_named(tmp_path: Path, place: Bundle | Tile) -> None:
    log = log_of_size(1500)
    raw = bytearray(log.files[place.path])
    raw[-1] ^= 1
    with pytest.raises(IntegrityFault) as fault:
        mirror({**log.files, place.path: bytes(raw)}.get, tmp_path, POLICY)
    expected = {"entry 511"} if isinstance(place, Bundle) else {place.path, "the right edge"}
    assert fault.value.where in expected


def test_a_fork_and_a_step_back_leave_the_copy_as_it_is(tmp_path: Path) -> None:
    log = log_of_size(1000)
    mirror(log.fetch, tmp_path, POLICY)
    forked = log_of(log.entries[:700], [entry(10**6 + number) for number in range(500)])
    with pytest.raises(ForkSeen, match="does not grow"):
        mirror(forked.fetch, tmp_path, POLICY)
    same_size = log_of(log.entries[:700], [entry(10**6 + number) for number in range(300)])
    with pytest.raises(ForkSeen, match="does not grow"):
        mirror(same_size.fetch, tmp_path, POLICY)
    with pytest.raises(ForkSeen, match="went back from 1000 to 900"):
        mirror(log_of_size(900).fetch, tmp_path, POLICY)
    sound(tmp_path, log)


def test_an_unfinished_copy_of_a_fork_is_not_taken_up(tmp_path: Path) -> None:
    forked = log_of([entry(10**6 + number) for number in range(1500)])
    with pytest.raises(Unreachable):
        mirror(Counting(forked.fetch, last=15), tmp_path, POLICY)
    assert (tmp_path / mirrors.PROGRESS).exists()
    log = log_of_size(2000)
    assert mirror(log.fetch, tmp_path, POLICY).taken_up_at == 0
    sound(tmp_path, log)


def test_junk_in_the_progress_mark_is_ignored(tmp_path: Path) -> None:
    log = log_of_size(600)
    for junk in (b"", b"\xff", b"700\n", b"512\nAAAA\n", b"0512\n%s\n" % (b"A" * 43 + b"=")):
        (tmp_path / mirrors.PROGRESS).write_bytes(junk)
        mirror(log.fetch, tmp_path, POLICY)
    sound(tmp_path, log)


def test_one_folder_one_log_one_run(tmp_path: Path) -> None:
    log = log_of_size(10)
    with mirrors._alone(tmp_path), pytest.raises(Unreachable, match="another run"):
        mirror(log.fetch, tmp_path, POLICY)
    with pytest.raises(IntegrityFault, match="does not serve"):
        mirror(lambda _path: None, tmp_path, POLICY)
    strangers = msgspec.structs.replace(POLICY, logs=())
    with pytest.raises(IntegrityFault, match="lists no log"):
        mirror(log.fetch, tmp_path, strangers)
    assert not (tmp_path / "checkpoint").exists()
