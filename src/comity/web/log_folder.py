"""A log as plain files in a folder, and its audit on two cores.

Source: C2SP tlog-tiles, whose paths are the files' names. Invariant: this module imports no client
and no server, so that the processes of an audit start at once. Does not: verify.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from comity.errors import Unreachable
from comity.ledger.rebuild import Rehashed, Stretch

PROCESSES: Final = 2
STRETCHES_LARGE: Final = 32
"""From so many stretches on (of 16,384 entries each) processes are worth their start."""


class FolderLog:
    """A log as plain files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, path: str) -> bytes | None:
        """The bytes of a file. Raises Unreachable."""
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as fault:
            raise Unreachable(f"cannot be read: {fault.strerror}", where=path) from fault


def in_processes(
    call: Callable[[Stretch], Rehashed], stretches: Iterable[Stretch]
) -> Iterator[Rehashed]:
    """A `ledger.rebuild.Mapper` for folders: what is large is hashed on two cores."""
    waiting = list(stretches)
    if len(waiting) < STRETCHES_LARGE or (os.cpu_count() or 1) < PROCESSES:
        yield from map(call, waiting)
        return
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        yield from pool.map(call, waiting)
