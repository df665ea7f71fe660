"""Rows that nothing asked of them tells apart, counted, with one real row of each kind.

Invariants: two rows are of one kind only where every column asked for is equal in them, NULL to
NULL; the row that stands for a kind is one of the history; memory is bounded by a slice and by
DISTINCT_MAX kinds, beyond which what was counted so far is handed on and counting begins anew.
How: the values of a row are put side by side into a few 64-bit numbers, by which Polars groups
several times as fast as by the columns. Does not: know what a clause is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import polars as pl

from comity.errors import ComityError

DISTINCT_MAX: Final = 2_000_000
"""Kinds of rows that are held at once."""

SAMPLES: Final = 20
"""Real rows of a kind that are kept beside the one that stands for it, at most."""
SAMPLES_MAX: Final = 50_000
"""Real rows that are so kept of all kinds together."""

ROWS: Final = "rows"
KIND: Final = "kind"
_STRING_BITS: Final = 21
_WORD_BITS: Final = 63


class TooManyValues(ComityError):
    """A column of words that cannot be a closed list."""


class Counted(msgspec.Struct, frozen=True):
    """Rows by kind.

    `kinds`: one real row each, and its number in column `kind`. `counts`: how many rows there are
    by kind and dimension, in column `rows`. `samples`: some more real rows, with their kind.
    """

    kinds: pl.DataFrame
    counts: pl.DataFrame
    samples: pl.DataFrame

    @property
    def rows(self) -> int:
        """How many rows were counted."""
        return int(self.counts[ROWS].sum()) if self.counts.height else 0


class Packing:
    """Columns as few 64-bit numbers a row: equal numbers, equal values."""

    def __init__(
        self, prefix: str, schema: Mapping[str, pl.DataType], names: Sequence[str]
    ) -> None:
        self._prefix = prefix
        self._schema = schema
        self._places: list[list[tuple[str, int]]] = []
        self._raw: list[str] = []
        self._words = {
            name: pl.Categories(f"comity.{name}")
            for name in names
            if schema[name].base_type() in (pl.String, pl.Categorical)
        }
        self._held: dict[str, pl.Series] = {}
        room = 0
        for name in names:
            bits = self._bits(name)
            if bits is None:
                self._raw.append(name)
                continue
            if bits > room:
                self._places.append([])
                room = _WORD_BITS
            self._places[-1].append((name, _WORD_BITS - room))
            room -= bits

    @property
    def names(self) -> list[str]:
        """The columns that `columns` makes."""
        packed = [f"{self._prefix}{number}" for number in range(len(self._places))]
        return [*packed, *(f"{self._prefix}:{name}" for name in self._raw)]

    @property
    def _columns(self) -> list[pl.Expr]:
        found = []
        for number, word in enumerate(self._places):
            total: pl.Expr | None = None
            for name, shift in word:
                part = self._number(name)
                part = part * (1 << shift) if shift else part
                total = part if total is None else total + part
            if total is not None:
                found.append(total.alias(f"{self._prefix}{number}"))
        return [*found, *(pl.col(name).alias(f"{self._prefix}:{name}") for name in self._raw)]

    def _bits(self, name: str) -> int | None:
        kind = self._schema[name]
        if isinstance(kind, pl.Enum):
            return len(kind.categories).bit_length()
        if kind == pl.Boolean:
            return 2
        return _STRING_BITS if name in self._words else None

    def _number(self, name: str) -> pl.Expr:
        """A value's number in its list; NULL is the one after the last."""
        kind, column = self._schema[name], pl.col(name)
        if isinstance(kind, pl.Enum):
            return column.to_physical().cast(pl.Int64).fill_null(len(kind.categories))
        if kind == pl.Boolean:
            return column.cast(pl.Int64).fill_null(2)
        return column.to_physical().cast(pl.Int64).fill_null((1 << _STRING_BITS) - 1)

    def numbers(self, table: pl.DataFrame) -> pl.DataFrame:
        """The numbers of each row. Raises TooManyValues where words have no room."""
        coded = table.with_columns(
            pl.col(name).cast(pl.String).cast(pl.Categorical(kind))
            for name, kind in self._words.items()
        )
        for name in self._words:
            # Polars forgets the numbers of words when the last column that has them goes.
            self._held.setdefault(name, coded[name].head(1))
            most = coded[name].to_physical().max()
            if isinstance(most, int) and most >= (1 << _STRING_BITS) - 1:
                raise TooManyValues(
                    f"`{name}` has more than {(1 << _STRING_BITS) - 2:,} values",
                    remedy="export the history again, with closed words in that column",
                )
        return coded.select(self._columns)


Rest = Callable[[Sequence[int]], pl.DataFrame]
"""The whole rows at some places of a slice, which are given in order."""


class Counting:
    """Counts slices of one schema by kind and dimension."""

    def __init__(
        self, schema: Mapping[str, pl.DataType], keys: Sequence[str], dimensions: Sequence[str]
    ) -> None:
        self._keys = list(keys)
        self._dimensions = list(dimensions)
        self._law = Packing("k", schema, self._keys)
        self._more = Packing("d", schema, [one for one in dimensions if one not in self._keys])
        self._clear()

    def _clear(self) -> None:
        self._known: pl.DataFrame | None = None
        self._kinds: list[pl.DataFrame] = []
        self._counts: list[pl.DataFrame] = []
        self._counted = 0
        self._samples: list[pl.DataFrame] = []
        self._sampled: dict[int, int] = {}

    def add(self, piece: pl.DataFrame, rest: Rest) -> None:
        """Count a slice that has keys and dimensions. `rest` reads whole rows of it."""
        if not piece.height:
            return
        law, more = self._law.names, self._more.names
        packed = [one.numbers(piece) for one in (self._law, self._more) if one.names]
        made = pl.concat(packed, how="horizontal") if packed else piece.select()
        by = [*law, *more]
        numbered = made.with_row_index("first") if by else piece.with_row_index("first")
        found = (
            numbered.group_by(by).agg(pl.len().cast(pl.Int64).alias(ROWS), pl.col("first").first())
            if by
            else numbered.select(pl.len().cast(pl.Int64).alias(ROWS), pl.col("first").min())
        )
        found = self._numbered(found.sort("first"), law, rest)
        self._sample(found, rest)
        counts = found.select(KIND, ROWS)
        if self._dimensions:
            counts = counts.hstack(piece.select(self._dimensions)[found["first"]])
        self._counts.append(counts)
        self._counted += found.height
        if self._counted > DISTINCT_MAX:
            self._merge()

    def _numbered(self, found: pl.DataFrame, law: list[str], rest: Rest) -> pl.DataFrame:
        """With the number of each row's kind; what was not seen before gets the next ones."""
        if not law:
            if self._known is None:
                self._known = pl.DataFrame({KIND: [0]}, schema={KIND: pl.UInt32})
                self._kinds.append(rest([int(found["first"][0])]))
            return found.with_columns(pl.lit(0, pl.UInt32).alias(KIND))
        kinds = found.unique(law, keep="first", maintain_order=True)
        if self._known is not None:
            kinds = kinds.join(self._known, on=law, how="anti", nulls_equal=True)
        if kinds.height:
            begin = 0 if self._known is None else self._known.height
            kinds = kinds.sort("first")
            numbers = pl.int_range(begin, begin + kinds.height, dtype=pl.UInt32, eager=True)
            fresh = kinds.select(law).with_columns(numbers.alias(KIND))
            self._known = fresh if self._known is None else pl.concat([self._known, fresh])
            self._kinds.append(rest(kinds["first"].to_list()))
        if self._known is None:
            raise AssertionError("a slice with rows has a kind")
        return found.join(self._known, on=law, how="left", nulls_equal=True)

    def _sample(self, found: pl.DataFrame, rest: Rest) -> None:
        """Keep rows of other dimensions than the ones before: an example each."""
        if not self._more.names or sum(self._sampled.values()) > SAMPLES_MAX:
            return
        places, kinds = [], []
        for kind, place in found.select(KIND, "first").iter_rows():
            count = self._sampled.get(kind, 0)
            if count < SAMPLES:
                self._sampled[kind] = count + 1
                places.append(place)
                kinds.append(kind)
            if len(places) >= SAMPLES_MAX:
                break
        if places:
            rows = rest(places)
            self._samples.append(rows.with_columns(pl.Series(KIND, kinds, dtype=pl.UInt32)))

    def _merge(self) -> None:
        counts = pl.concat(self._counts)
        merged = counts.group_by(KIND, *self._dimensions).agg(pl.col(ROWS).sum())
        self._counts, self._counted = [merged], merged.height

    @property
    def full(self) -> bool:
        """Whether no more can be held."""
        known = 0 if self._known is None else self._known.height
        return known > DISTINCT_MAX or self._counted > 2 * DISTINCT_MAX

    def cause(self) -> tuple[str, int]:
        """The column with most values among those that tell rows apart, and how many."""
        kinds = pl.concat(self._kinds)
        counted = [(name, kinds[name].n_unique()) for name in self._keys]
        counted += [
            (name, max(part[name].n_unique() for part in self._counts))
            for name in self._dimensions
            if name not in self._keys
        ]
        return max(counted, key=lambda pair: pair[1])

    def take(self) -> Counted | None:
        """What was counted since the last time, if anything."""
        if not self._counts:
            return None
        self._merge()
        kinds = pl.concat(self._kinds)
        numbers = pl.int_range(kinds.height, dtype=pl.UInt32, eager=True)
        kinds = kinds.with_columns(numbers.alias(KIND))
        samples = pl.concat(self._samples) if self._samples else kinds.clear()
        made = Counted(kinds, self._counts[0], samples)
        self._clear()
        return made


def counted_of(table: pl.DataFrame, keys: Sequence[str], dimensions: Sequence[str]) -> Counted:
    """What another engine counted: a row a kind and dimension, with its `rows`, as `Counted`."""
    by = list(keys) or [table.columns[0]]
    kinds = (table.unique(by, keep="any") if keys else table.head(1)).with_row_index(KIND)
    if keys:
        numbered = table.join(kinds.select(KIND, *keys), on=list(keys), nulls_equal=True)
    else:
        numbered = table.with_columns(pl.lit(0, pl.UInt32).alias(KIND))
    counts = numbered.group_by(KIND, *dimensions).agg(pl.col(ROWS).sum().cast(pl.Int64))
    samples = numbered.group_by(KIND).head(SAMPLES).drop(ROWS).head(SAMPLES_MAX)
    return Counted(kinds.drop(ROWS), counts, samples)
