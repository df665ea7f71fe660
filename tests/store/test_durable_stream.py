"""A streamed file is there whole or not at all, whatever fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.store.durable_stream import replace_file_by
from comity.store.faults import StoreUnwritable

PIECES = (b"one ", b"two ", b"three")


def broken() -> Iterator[bytes]:
    yield b"one "
    raise ValueError("the pieces end here")


def test_it_replaces_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert replace_file_by(path, PIECES) == 13
    assert path.read_bytes() == b"one two three"
    assert path.stat().st_mode & 0o077 == 0
    (tmp_path / ".file.new").write_bytes(b"left by a crash, and longer than what comes")
    (tmp_path / ".file.new").chmod(0o644)
    replace_file_by(path, (b"new",))
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_pieces_that_end_in_an_error_leave_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="end here"):
        replace_file_by(path, broken())
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("persisted", [False, True])
def test_every_sync_fails_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int, persisted: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    calls, real = iter(range(1, 9)), os.fsync

    def fsync(handle: int) -> None:
        if next(calls) == nth:
            if persisted:
                real(handle)
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr("os.fsync", fsync)
    with pytest.raises(StoreUnwritable, match="No space left"):
        replace_file_by(path, PIECES)
    assert path.read_bytes() == (b"old" if nth == 1 else b"one two three")
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreUnwritable, match="No such file"):
        replace_file_by(tmp_path / "none" / "file", PIECES)
