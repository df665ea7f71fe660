"""A file replaced whole and for good: written beside, synced, renamed over, its folder synced.

Source: POSIX rename(2), fsync(2). Invariant: whoever reads the path sees the old bytes or the
new ones, also after a power cut, never a part. Does not: keep two writers apart
(`comity.store.head` does, for the one file that needs it).
"""

from __future__ import annotations

import os
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
    beside = path.with_name(f".{path.name}.new")
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
        raise StoreUnwritable(
            f"cannot be written: {fault.strerror}",
            where=str(path),
            remedy="check free space and the rights on the folder",
        ) from fault


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each entered durably in its own. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
