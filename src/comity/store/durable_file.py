"""A file replaced whole and for good: written beside, synced, renamed over, its folder synced.

Source: POSIX rename(2), fsync(2). Invariant: whoever reads the path sees the old bytes or the
new ones, also after a power cut, never a part. Does not: keep two writers apart
(`comity.store.head` does, for the one file that needs it).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from comity.store.faults import StoreUnreadable, StoreUnwritable


def read_if_there(path: Path) -> bytes | None:
    """The bytes of a file, or None where there is none. Raises StoreUnreadable."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        raise StoreUnreadable(
            f"cannot be read: {fault.strerror}", where=str(path), remedy="check its rights"
        ) from fault


def replace_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put these bytes in the place of whatever stands at `path`; folders are made as needed.

    Raises StoreUnwritable: then the path holds what it held before, or already the new bytes.
    """
    beside = _beside(path)
    try:
        make_folder(path.parent)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as fault:
        raise _unwritable(path, fault) from fault


def write_all(files: Sequence[tuple[Path, bytes]], *, mode: int = 0o644) -> None:
    """As `replace_file` for many, in order, with one sync for each folder instead of each file.

    Raises StoreUnwritable: then some of the paths hold the new bytes, the rest what they held.
    """
    at = files[0][0] if files else Path()
    try:
        for at, data in files:
            make_folder(at.parent)
            handle = os.open(_beside(at), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        for at, _ in files:
            _sync(_beside(at), os.O_RDWR)
        for at, _ in files:
            _beside(at).replace(at)
        for folder in dict.fromkeys(path.parent for path, _ in files):
            at = folder
            sync_folder(folder)
    except OSError as fault:
        raise _unwritable(at, fault) from fault


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each entered durably in its own. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(path: Path, fault: OSError) -> StoreUnwritable:
    return StoreUnwritable(
        f"cannot be written: {fault.strerror}",
        where=str(path),
        remedy="check free space and the rights on the folder",
    )
