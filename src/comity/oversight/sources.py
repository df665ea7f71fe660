"""Histories as sources of counted rows: tables, Parquet files of the journal, other engines.

Source: docs/replay.md. Invariants: a file is read in slices, only in the columns that tell rows
apart, and whole rows only where a kind was not seen before; a damaged file, a word that is in
no list and a version that is not known are told with the file's name; where rows have masks of
the law asked about, they are counted apart from those that have none. Does not: decide.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
import polars as pl

from comity.instant import Instant
from comity.oversight.answers import Needs, Variant, needs_of_variants
from comity.oversight.apart import Counted, Counting
from comity.oversight.history import COLUMNS, DIMENSIONS, HistoryUnusable, history_of
from comity.oversight.masks import CLAUSES_KEY, MASKS, JournalForm, decided, journal_forms

READING: Final = (
    pl.exceptions.ComputeError,
    pl.exceptions.InvalidOperationError,
    pl.exceptions.SchemaError,
    OSError,
)
"""What Polars says of a file that is damaged, or holds a word of no list."""
SLICE: Final = 2_097_152
"""Rows read at once."""
BEHALF: Final[Mapping[str, str]] = {
    f"behalf_{name}": name for name in ("agency", "party", "principal", "criminal_justice")
}
"""Columns of the agency asked for, by the columns of the agency that asks."""
ASKED_FOR: Final = (*BEHALF, "decided")
"""Columns that say what an inquiry was, which count also where no clause reads them."""


class Span(msgspec.Struct, frozen=True):
    """From an instant on, and until before another."""

    since: Instant | None = None
    until: Instant | None = None

    @property
    def rows(self) -> list[pl.Expr]:
        """What is so of the rows in it."""
        return [
            *([] if self.since is None else [pl.col("at") >= self.since]),
            *([] if self.until is None else [pl.col("at") < self.until]),
        ]


class Wanted(msgspec.Struct, frozen=True):
    """What is asked of a source: answers for `variants`, in a span; masks count of these `laws`.

    `said` is told what took longer or came out otherwise than hoped, `step` rows counted.
    """

    variants: Sequence[Variant]
    laws: Container[str] = frozenset()
    span: Span = Span()
    dimensions: Sequence[str] = DIMENSIONS
    said: Callable[[str], None] = lambda _words: None
    step: Callable[[int], None] = lambda _rows: None

    def lacking(self, bits: Mapping[str, int]) -> list[Variant]:
        """The variants that no mask answers."""
        return [one for one in self.variants if one.key not in bits]


class Table(msgspec.Struct, frozen=True):
    """Counted rows, and which bits of their masks answer which variant."""

    counted: Counted
    bits: Mapping[str, int]


class Source(Protocol):
    """A history that can be counted. Another engine is another source."""

    @property
    def rows(self) -> int:
        """How many rows it has, for showing progress."""

    def tables(self, wanted: Wanted) -> Iterator[Table]:
        """All rows in the span, counted; more tables than one where memory would not do."""


CountingEngine = Callable[[Sequence[str], Needs, Sequence[str], Span], pl.DataFrame]
"""Another engine: files, needs, dimensions, span to a table of one row a kind and dimension.

Its columns: `needs.keys` and the dimensions, by which rows are grouped (a key `at:…` is the code
of `at` among the thresholds of `needs.instants`: twice the thresholds below it, and one more on
one of them), `rows` (how many), and of some real row each every other column of COLUMNS.
"""


class PolarsFiles:
    """Parquet files with the columns of a history, and with masks where they are a journal's."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = sorted(files)
        history_of(self._files)  # every fault that can be seen now, before work begins
        try:
            self._rows = [
                int(pl.scan_parquet(one).select(pl.len()).collect().item()) for one in self._files
            ]
        except READING as fault:
            raise _unreadable(", ".join(self._files), fault) from fault

    @property
    def rows(self) -> int:
        """How many rows the files have."""
        return sum(self._rows)

    def tables(self, wanted: Wanted) -> Iterator[Table]:
        """All rows in the span: first those whose masks answer, then the others."""
        parts = [
            part
            for file, rows in zip(self._files, self._rows, strict=True)
            for part in _parts(file, rows, wanted)
        ]
        told: set[str] = set()
        for bits in dict.fromkeys(tuple(sorted(part.bits.items())) for part in parts):
            alike = [part for part in parts if tuple(sorted(part.bits.items())) == bits]
            yield from _counted(alike, dict(bits), wanted, told)


class Frame:
    """Rows in memory, or any lazy table: a history without files."""

    def __init__(self, frame: pl.LazyFrame) -> None:
        self._frame = frame
        self.rows = int(frame.select(pl.len()).collect().item())

    def tables(self, wanted: Wanted) -> Iterator[Table]:
        """All rows in the span."""
        part = _Part("", self._frame, self.rows, {}, None, last=True)
        yield from _counted([part], {}, wanted, set())


class OtherEngine:
    """Parquet files counted by another engine."""

    def __init__(self, files: Iterable[str], count: CountingEngine) -> None:
        self._within = PolarsFiles(files)
        self._files, self._count = sorted(files), count

    @property
    def rows(self) -> int:
        """How many rows the files have."""
        return self._within.rows

    def tables(self, wanted: Wanted) -> Iterator[Table]:
        """All rows in the span, without masks."""
        from comity.oversight.apart import counted_of

        needs = needs_of_variants(wanted.variants)
        table = self._count(self._files, needs, wanted.dimensions, wanted.span)
        table = in_words(table)
        wanted.step(self.rows)
        if table.height:
            yield Table(counted_of(table, needs.keys, wanted.dimensions), {})


class _Part(msgspec.Struct):
    """The rows of a file whose masks mean one thing, or that have none."""

    file: str
    frame: pl.LazyFrame
    rows: int
    bits: Mapping[str, int]
    only: pl.Expr | None
    last: bool


def _parts(file: str, rows: int, wanted: Wanted) -> Iterator[_Part]:
    frame, forms = _asked_for(file)
    schema = frame.collect_schema()
    whole = pl.all_horizontal(
        pl.col("satisfied").is_not_null(),
        pl.col("unknown").is_not_null(),
        *([pl.col("behalf_agency").is_null()] if "behalf_agency" in schema else []),
    )
    answered = []
    for key, form in forms.items():
        bits = form.bits(wanted.variants, wanted.laws)
        if bits:
            only = (pl.col("clauses") == key) & whole
            answered.append(only)
            yield _Part(file, frame, rows, bits, only, last=False)
    rest = ~pl.any_horizontal(answered) if answered else None
    yield _Part(file, frame, rows, {}, rest, last=True)


def _counted(
    parts: Sequence[_Part], bits: Mapping[str, int], wanted: Wanted, told: set[str]
) -> Iterator[Table]:
    needs = needs_of_variants(wanted.lacking(bits))
    counting: Counting | None = None
    shape: pl.Schema | None = None
    for part in parts:
        try:
            frame, keys = _shaped(part.frame, needs, masked=bool(bits))
            named = list(dict.fromkeys([*keys, *wanted.dimensions]))
            schema = frame.select(named).collect_schema()
            if counting is None or schema != shape:
                yield from _taken(counting, bits)
                counting, shape = Counting(schema, keys, wanted.dimensions), schema
            for begin in range(0, part.rows, SLICE):
                _slice(frame, begin, part, keys, wanted, counting)
                if part.last:
                    wanted.step(min(SLICE, part.rows - begin))
                if counting.full:
                    _tell(counting, wanted, told)
                    yield from _taken(counting, bits)
        except READING as fault:
            raise _unreadable(part.file, fault) from fault
    yield from _taken(counting, bits)


def _taken(counting: Counting | None, bits: Mapping[str, int]) -> Iterator[Table]:
    """What was counted, with words as words: files may each have lists of their own."""
    made = None if counting is None else counting.take()
    if made is not None:
        yield Table(
            Counted(in_words(made.kinds), in_words(made.counts), in_words(made.samples)), bits
        )


def in_words(table: pl.DataFrame) -> pl.DataFrame:
    """A table with the column types of a history."""
    return table.with_columns(
        pl.col(name).cast(kind)
        for name, kind in COLUMNS.items()
        if name in table.columns and table.schema[name] != kind
    )


def slices(
    files: Sequence[str], needs: Needs, most: int
) -> Iterator[tuple[pl.DataFrame, dict[str, str]]]:
    """Whole rows of files, so many at once, with the codes needed and what the file says of itself.

    The columns are those of a history, and those that say what was asked for. Raises
    HistoryUnusable.
    """
    for file in files:
        try:
            frame, _ = _asked_for(file)
            typed, keys = _shaped(frame, needs, masked=False)
            names = list(dict.fromkeys([*COLUMNS, *keys]))
            said = {key: text for key, text in file_metadata(file).items() if key in KEPT_KEYS}
            begin = 0
            while (piece := typed.select(names).slice(begin, most).collect()).height:
                yield piece, said
                begin += most
        except READING as fault:
            raise _unreadable(file, fault) from fault


KEPT_KEYS: Final = ("comity.stream",)
"""What is handed on of what a file says of itself."""


def _asked_for(file: str) -> tuple[pl.LazyFrame, dict[str, JournalForm]]:
    """A file with what was asked for in bits of our own order, and the meaning of its masks."""
    frame = pl.scan_parquet(file)
    schema = frame.collect_schema()
    forms: dict[str, JournalForm] = {}
    if "clauses" in schema and all(name in schema for name in MASKS):
        forms = journal_forms(pl.read_parquet_metadata(file).get(CLAUSES_KEY), file)
    if "decided" in schema:
        frame = frame.with_columns(decided(forms).alias("decided"))
    return frame, forms


def _shaped(frame: pl.LazyFrame, needs: Needs, *, masked: bool) -> tuple[pl.LazyFrame, list[str]]:
    """The frame with the types of a history, and the columns that tell its rows apart."""
    schema = frame.collect_schema()
    typed = [
        pl.col(name).cast(kind)
        for name, kind in COLUMNS.items()
        if schema[name] != kind and not isinstance(schema[name], pl.Enum | pl.Categorical)
    ]
    typed += [
        pl.col(name).cast(pl.String).cast(kind)
        for name, kind in COLUMNS.items()
        if schema[name] != kind
        and isinstance(schema[name], pl.Enum | pl.Categorical)
        and isinstance(kind, pl.Enum)
    ]
    frame = frame.with_columns(typed).with_columns(pl.col("at").alias("context.at"))
    frame = frame.with_columns(*needs.codes)
    extra = [name for name in ASKED_FOR if name in schema]
    return frame, [*needs.keys, *extra, *(MASKS if masked else ())]


def _slice(
    frame: pl.LazyFrame,
    begin: int,
    part: _Part,
    keys: Sequence[str],
    wanted: Wanted,
    counting: Counting,
) -> None:
    rows = frame.slice(begin, SLICE)
    for only in [*([] if part.only is None else [part.only]), *wanted.span.rows]:
        rows = rows.filter(only)
    piece = rows.select(list(dict.fromkeys([*keys, *wanted.dimensions]))).collect()
    if not keys and not wanted.dimensions:
        piece = rows.select("month").collect()

    def rest(places: Sequence[int]) -> pl.DataFrame:
        names = list(dict.fromkeys([*COLUMNS, *keys]))
        if len(places) <= SLICE // FEW:
            # So the other columns of rows that are not asked for need not be unpacked.
            wanted_rows = pl.Series(sorted(places), dtype=pl.UInt32).implode()
            numbered = rows.select(names).with_row_index("place")
            return numbered.filter(pl.col("place").is_in(wanted_rows)).drop("place").collect()
        whole: pl.DataFrame = rows.select(names).collect()
        return whole[list(places)]

    counting.add(piece, rest)


FEW: Final = 20
"""Up to a part of so many of a slice, rows are read by their place, rather than all of them."""


def _tell(counting: Counting, wanted: Wanted, told: set[str]) -> None:
    name, count = counting.cause()
    if name in told:
        return
    told.add(name)
    readers = [one.name for one in wanted.variants if name in needs_of_variants([one]).keys]
    by = f", which {', '.join(readers)} reads" if readers else ""
    wanted.said(
        f"too many kinds of rows to hold at once: `{name}` alone has {count:,} values so far{by};"
        " going on in parts, which takes longer"
    )


def _unreadable(file: str, fault: Exception) -> HistoryUnusable:
    return HistoryUnusable(
        f"cannot be read: {str(fault).splitlines()[0][:200]}",
        where=file or None,
        remedy="export that month again: comity journal export",
    )


def file_metadata(file: str) -> dict[str, Any]:
    """What a file says of itself, beside its rows."""
    return dict(pl.read_parquet_metadata(file))
