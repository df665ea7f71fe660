"""Read exports as rows, a stretch at a time: NDJSON, CSV, Parquet.

Invariants: memory is bounded by a stretch of rows, never by the file; every row
keeps its position for the quarantine. Parquet needs the extra `columns`, imported
only here and only then. The one file of this package that touches the disk.
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from comity.errors import ComityError, NotFound
from comity.records.message import MESSAGE_BYTES_MAX

SURPLUS: Final = "cells beyond the last column"
"""Where a CSV row keeps the cells that no heading names; one with too few lacks columns."""
STRETCH_ROWS: Final = 50_000
"""Rows of a Parquet file held at once."""


class ExportInvalid(ComityError):
    """A file cannot be read as what its name says."""


def read_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line of NDJSON that is not empty, with its number from 1.

    A line longer than a message may be is cut there: it is refused, not held.
    A byte order mark before the first is no part of it.
    """
    number = 0
    while line := file.readline(MESSAGE_BYTES_MAX + 2):
        number += 1
        if number == 1:
            line = line.removeprefix(BOM_UTF8)
        if not line.endswith(b"\n") and len(line) > MESSAGE_BYTES_MAX:
            while rest := file.readline(MESSAGE_BYTES_MAX):
                if rest.endswith(b"\n"):
                    break
        if line.strip():
            yield number, line.rstrip(b"\r\n")


class Rows:
    """Rows of a CSV or Parquet file: `columns`, and iteration over (position, row)."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise NotFound("no such file", where=str(path))
        self.path = path
        self._parquet = path.suffix.lower() == ".parquet"
        self.total: int | None = None
        self.columns = self._parquet_head() if self._parquet else self._csv_head()

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        return self._parquet_rows() if self._parquet else self._csv_rows()

    def _csv_head(self) -> tuple[str, ...]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                head = next(csv.reader(file, strict=True), None)
        except (UnicodeDecodeError, csv.Error) as fault:
            raise ExportInvalid(f"is not CSV in UTF-8: {fault}", where=str(self.path)) from fault
        if not head:
            raise ExportInvalid("has no heading line", where=str(self.path))
        if len(set(head)) != len(head):
            raise ExportInvalid("names a column twice", where=str(self.path))
        return tuple(head)

    def _csv_rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            next(reader)
            try:
                for cells in reader:
                    row: dict[str, Any] = dict(zip(self.columns, cells, strict=False))
                    if len(cells) > len(self.columns):
                        row[SURPLUS] = cells[len(self.columns) :]
                    yield reader.line_num, row
            except (UnicodeDecodeError, csv.Error) as fault:
                raise ExportInvalid(
                    f"is not CSV in UTF-8: {fault}",
                    where=f"{self.path}:{reader.line_num}",
                    remedy="mend the file and run it again; what was taken in stays as it is",
                ) from fault

    def _parquet_head(self) -> tuple[str, ...]:
        pl = _polars(self.path)
        try:
            scan = pl.scan_parquet(self.path)
            names = tuple(scan.collect_schema().names())
            self.total = int(scan.select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as fault:
            raise ExportInvalid(f"is not Parquet: {fault}", where=str(self.path)) from fault
        return names

    def _parquet_rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        pl = _polars(self.path)
        scan = pl.scan_parquet(self.path)
        for start in range(0, self.total or 0, STRETCH_ROWS):
            try:
                stretch = scan.slice(start, STRETCH_ROWS).collect()
            except (pl.exceptions.PolarsError, OSError) as fault:
                raise ExportInvalid(
                    f"is damaged: {fault}", where=f"{self.path}, after row {start}"
                ) from fault
            yield from enumerate(stretch.iter_rows(named=True), start=start + 1)


def _polars(path: Path) -> Any:
    try:
        import polars as pl
    except ModuleNotFoundError as fault:
        raise ExportInvalid(
            "reading Parquet needs the extra `columns`",
            where=str(path),
            remedy='pip install "comity[columns]"',
        ) from fault
    return pl
