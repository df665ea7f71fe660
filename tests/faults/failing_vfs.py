"""A disk that fails on purpose: an apsw VFS over the system's own.

    with FailingVfs() as disk:
        database = Database.open(path, vfs=disk.name)
        disk.arm(Fault(nth=3, error=apsw.FullError, persisted=True))
        ...                       # the third write, sync or truncation from now on fails
        disk.lift()

A fault is *lost* (nothing reached the disk) or *persisted* (all of it did, and the
error is reported all the same). It strikes once, or with `lasting` every time from
the n-th on. `image` is what a power cut would leave: of every file the bytes it had
when its last sync succeeded; it is kept only if `image_folder` is given. A sync is
recorded, not carried out: the real one would only cost time.
"""

# SQLite gives the methods of a VFS their names.
# ruff: noqa: N802

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import apsw
import msgspec

_NUMBERS = itertools.count(1)


class Fault(msgspec.Struct, frozen=True):
    """The `nth` disk operation after `arm`, counted from 1, fails with `error`."""

    nth: int
    error: type[apsw.Error]
    persisted: bool
    lasting: bool = False


class FailingVfs(apsw.VFS):
    """Counts xWrite, xSync and xTruncate, and fails the one it is told to."""

    def __init__(self, image_folder: Path | None = None) -> None:
        self.name = f"failing-{next(_NUMBERS)}"
        self.image = image_folder
        self.struck: list[str] = []
        """The operations that failed, as `xSync comity.db-wal`."""
        self.seen: list[str] = []
        """Every operation since `arm`."""
        self._fault: Fault | None = None
        self._lock = threading.Lock()
        super().__init__(self.name, "")

    def arm(self, fault: Fault | None = None) -> None:
        """Count from here; fail as `fault` says, or only count."""
        with self._lock:
            self._fault, self.struck, self.seen = fault, [], []

    def lift(self) -> None:
        """Fail no more."""
        with self._lock:
            self._fault = None

    def do(self, operation: str, file: Path, work: Callable[[], None]) -> None:
        """Carry out one operation, or fail it."""
        with self._lock:
            self.seen.append(f"{operation} {file.name}")
            fault = self._fault
            strikes = fault is not None and (
                len(self.seen) == fault.nth or (fault.lasting and len(self.seen) > fault.nth)
            )
            if strikes:
                self.struck.append(self.seen[-1])
        if not strikes or fault is None:
            work()
            return
        if fault.persisted:
            work()
        raise fault.error(f"{operation} fails on purpose")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        """Open through the system's VFS, with every operation counted."""
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        """Delete; the power cut leaves the file out as well."""
        super().xDelete(filename, syncdir)
        if self.image is not None:
            (self.image / Path(filename).name).unlink(missing_ok=True)

    def synced(self, file: Path) -> None:
        """A sync succeeded: this is what a power cut would leave."""
        if self.image is not None and file.exists():
            shutil.copyfile(file, self.image / file.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.unregister()


class _File(apsw.VFSFile):
    def __init__(
        self, disk: FailingVfs, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._path = Path(path or "temporary")
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        write = super().xWrite
        self._disk.do("xWrite", self._path, lambda: write(data, offset))

    def xTruncate(self, newsize: int) -> None:
        truncate = super().xTruncate
        self._disk.do("xTruncate", self._path, lambda: truncate(newsize))

    def xSync(self, flags: int) -> None:
        self._disk.do("xSync", self._path, lambda: self._disk.synced(self._path))
