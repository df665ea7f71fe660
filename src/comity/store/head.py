"""The head: the last checkpoint that was signed, kept apart from the database.

Why: a database restored from a backup knows nothing of what was signed after it; were it to go
on, it would sign another history than the one people hold receipts of. So the last signed
checkpoint stands in a file of its own, which belongs on another disk and in no backup, and is
only ever moved from the one that is known (compare-and-swap), as Sunlight does.

Invariants: two signers cannot both move it from the same place; it is durable before a checkpoint
is shown to anybody. Does not: judge what it holds (`comity.store.publishing`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comity.errors import IntegrityFault
from comity.store.durable_file import make_folder, read_if_there, replace_file
from comity.store.faults import StoreUnwritable


class HeadMoved(IntegrityFault):
    """Somebody else has signed meanwhile: two signers for one log."""


class Head:
    """The file at `path`. A file `<path>.lock` beside it keeps swaps apart."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> bytes | None:
        """The signed checkpoint, or None where none was ever kept. Raises StoreUnreadable."""
        return read_if_there(self.path)

    def swap(self, known: bytes | None, signed: bytes) -> None:
        """Put `signed` in the place of `known`.

        Raises HeadMoved where something else stands there, StoreUnwritable.
        """
        with self._locked():
            if self.read() != known:
                raise HeadMoved(
                    "another process has signed a checkpoint of this log",
                    where=str(self.path),
                    remedy="one gateway signs for one log: stop the other, then start this again",
                )
            replace_file(self.path, signed)

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Whoever shows a checkpoint of this log does it alone: a slower one would go back.

        Raises StoreUnwritable.
        """
        with self._locked("publishing"):
            yield

    @contextmanager
    def _locked(self, what: str = "lock") -> Iterator[None]:
        try:
            make_folder(self.path.parent)
            handle = os.open(f"{self.path}.{what}", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise StoreUnwritable(
                f"cannot be locked: {fault.strerror}",
                where=str(self.path),
                remedy="check the rights on the folder",
            ) from fault
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
