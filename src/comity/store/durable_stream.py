"""A large file replaced whole and for good, written piece by piece.

Source: POSIX rename(2), fsync(2), as in `comity.store.durable_file`, for what does not fit in
memory. Invariants: the path holds the old bytes or all of the new ones, never a part; where the
pieces end in an error, whoever makes them or the disk, nothing of them is left.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from comity.store.durable_file import sync_folder
from comity.store.faults import StoreUnwritable


def replace_file_by(path: Path, pieces: Iterable[bytes], *, mode: int = 0o600) -> int:
    """Put these bytes in the place of whatever stands at `path`; returns how many.

    Raises what the pieces raise, and StoreUnwritable: then the path holds what it held before,
    or, where only the last sync failed, already the new bytes.
    """
    beside = path.with_name(f".{path.name}.new")
    written = 0
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "wb") as file:
            # What an earlier try left behind may have had other rights.
            os.fchmod(file.fileno(), mode)
            for piece in pieces:
                file.write(piece)
                written += len(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except BaseException as fault:
        with suppress(OSError):
            beside.unlink()
        if isinstance(fault, OSError):
            raise StoreUnwritable(
                f"cannot be written: {fault.strerror}",
                where=str(path),
                remedy="check free space and the rights on the folder",
            ) from fault
        raise
    return written
