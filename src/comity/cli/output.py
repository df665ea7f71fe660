"""What the command line says, and where: data on stdout, talk on stderr.

Source: DESIGN.md, Faces. Invariants: nothing but data reaches stdout, so that
every command can be piped; progress is drawn on a terminal only. `clock` is the
one place where a command reads the time; below `cli` and `web` an instant is
always an argument. Does not: choose exit codes (`comity.cli.main`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from comity.instant import Instant

PROGRESS_EVERY_MS: Final = 100
"""How often, at most, a progress line is drawn again."""


_shift_ms = 0


def clock() -> Instant:
    """The instant at which a command runs; in a rehearsal, a shifted one."""
    return Instant(time.time_ns() // 1_000_000 + _shift_ms)


def rehearse(seconds: int) -> None:
    """Shift the clock of this process: for rehearsals and demonstrations only."""
    global _shift_ms  # noqa: PLW0603 - there is one clock in a process, and this is it
    _shift_ms = seconds * 1000


def say(text: str = "") -> None:
    """Talk: one line on stderr."""
    print(text, file=sys.stderr, flush=True)


def emit(text: str = "") -> None:
    """Data: one line on stdout."""
    print(text, file=sys.stdout)


def emit_json(value: Any, *, line: bool = False) -> None:
    """Data as JSON on stdout: indented for a person, or one `line` of a stream.

    Structs, enums and mappings are written as msgspec writes them.
    """
    raw = msgspec.json.encode(value)
    emit((raw if line else msgspec.json.format(raw, indent=2)).decode())
    if line:
        sys.stdout.flush()


def table(rows: Iterable[Sequence[object]], headings: Sequence[str]) -> str:
    """Columns under headings, two spaces apart, as wide as their widest cell.

    Numbers stand to the right. A missing value is shown as `-`.
    """
    body = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    numeric = [
        bool(body) and all(_is_number(row[position]) for row in body)
        for position in range(len(headings))
    ]
    widths = [
        max(len(heading), *(len(row[position]) for row in body)) if body else len(heading)
        for position, heading in enumerate(headings)
    ]
    lines = []
    for row in [list(headings), *body]:
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(",", "").replace(".", "", 1).lstrip("-").isdigit()


class Progress:
    """One line on stderr that counts long work; silent unless stderr is a terminal.

    Used as a context manager: `with Progress("events", total=n) as line: line.step(500)`.
    """

    def __init__(self, noun: str, total: int | None = None) -> None:
        self._noun = noun
        self._total = total
        self._done = 0
        self._drawn_ms = 0
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def step(self, count: int = 1) -> None:
        """Count `count` more, and draw the line if it is time to."""
        self._done += count
        at = time.monotonic_ns() // 1_000_000
        if self._shown and at - self._drawn_ms >= PROGRESS_EVERY_MS:
            self._drawn_ms = at
            self._draw()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._draw()
            sys.stderr.write("\n")
            sys.stderr.flush()

    def _draw(self) -> None:
        total = self._total
        share = f" of {total:,} ({100 * self._done // total} %)" if total else ""
        sys.stderr.write(f"\r\x1b[K{self._done:,}{share} {self._noun}")
        sys.stderr.flush()
