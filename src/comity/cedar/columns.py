"""Observations over columns: the same codes for millions of rows at once, with Polars.

Source: the traps of columnar readings of Cedar (64-bit comparison, absent attributes,
NULL that is neither absent nor error, case, escapes, sets). Invariants: the code of a row
equals the one `comity.cedar.observation` gives it, bit for bit; every expression is total
and never NULL; what cannot be read in columns is said, never approximated. Does not:
decide. Polars is an extra: this module is imported only where it is used.

A column is named for its path (`context.basis.kind`). NULL is absent. An entity is the
text `Grade::"F1"`; a datetime its milliseconds; a set a list, sorted and without doubles;
another extension value its text. A nested record that may be absent has a column of its
own name that says whether it is there. What a root entity belongs to is the list in
`principal^`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import reduce

import msgspec
import polars as pl

from comity.cedar.footprint import Footprint, in_words
from comity.cedar.observation import (
    PAIR,
    Compared,
    Empty,
    Equals,
    Holds,
    Matches,
    Observation,
    OfType,
    Order,
    Path,
    Present,
    Same,
    Truth,
    Whole,
    Within,
    entity_text,
    missing,
)
from comity.cedar.value import Value


class Kind(StrEnum):
    """The type of the values at a path, which a validated schema fixes."""

    BOOL = "bool"
    LONG = "long"
    STRING = "string"
    ENTITY = "entity"
    DATETIME = "datetime"
    EXTENSION = "extension"
    SET = "set"
    RECORD = "record"


class Place(msgspec.Struct, frozen=True):
    """What stands at a path. `of` is the kind of a set's elements, `function` an extension's.

    `within` is the column of an entity's ancestors, "" where its type has none, None where
    they are not in the table.
    """

    kind: Kind
    optional: bool = False
    of: Kind | None = None
    within: str | None = None
    function: str = ""


class NotColumnar(Exception):
    """An observation that columns cannot answer; the row form has to."""


class Columns:
    """Codes of observations over tables of one layout, given by path."""

    def __init__(self, layout: Mapping[Path, Place]) -> None:
        self._layout = layout

    def key(self, footprint: Footprint) -> tuple[pl.Expr, ...]:
        """One expression an observation, in their order. Raises NotColumnar."""
        return tuple(self.code(one) for one in footprint.observations)

    def code(self, one: Observation) -> pl.Expr:
        """The code of one observation: Int64, or String for a full value. Raises NotColumnar."""
        match one:
            case Same():
                return self._same(one)
            case Compared():
                return self._compared(one)
            case Present():
                return self._present(one)
            case Whole():
                return self._whole(one)
            case Equals() | Order() | Truth() | Matches() | OfType() | Within() | Holds() | Empty():
                return self._ended(one.path, self._value(one))
        raise NotColumnar(f"{type(one).__name__} is read row by row")

    def _place(self, path: Path) -> Place:
        place = self._layout.get(path)
        if place is None:
            raise NotColumnar(f"`{in_words(path)}` is no column of this table")
        return place

    def _ended(self, path: Path, value: pl.Expr) -> pl.Expr:
        """The value's code, or why the path ends before it."""
        return pl.when(self._status(path) != 0).then(self._status(path)).otherwise(value)

    def _status(self, path: Path) -> pl.Expr:
        """0 where the path leads to a value, else the code of the first step that is absent."""
        status = pl.lit(0, pl.Int64)
        for step in range(len(path) - 1, 0, -1):
            part = path[: step + 1]
            place = self._place(part)
            if place.optional:
                there = (
                    pl.col(in_words(part)).fill_null(value=False)
                    if place.kind is Kind.RECORD
                    else pl.col(in_words(part)).is_not_null()
                )
                status = pl.when(there).then(status).otherwise(pl.lit(missing(step), pl.Int64))
        return status

    def _value(self, one: Observation) -> pl.Expr:
        path: Path = one.path  # type: ignore[union-attr]
        place, column = self._place(path), pl.col(in_words(path))
        match one:
            case Equals():
                return _equals(one.literals, place, column)
            case Order() if (one.kind, place.kind) in _ORDERED:
                above = reduce(
                    lambda left, right: left + right,
                    [(column > mark).cast(pl.Int64) for mark in one.thresholds],
                )
                return _code(2 * above + column.is_in(list(one.thresholds)).cast(pl.Int64))
            case Truth() if place.kind is Kind.BOOL:
                return _code(column)
            case Matches() if place.kind is Kind.STRING:
                return _code(_like(column, one.pieces))
            case OfType() if place.kind is Kind.ENTITY:
                return _code(column.str.starts_with(f'{one.type}::"'))
            case Within() if place.kind is Kind.ENTITY and place.within is not None:
                named = entity_text(*one.entity)
                itself = column == named
                if not place.within:
                    return _code(itself)
                return _code(itself | pl.col(place.within).list.contains(named))
            case Holds() if place.kind is Kind.SET and place.of is not None:
                literal = _literal(one.literal, place.of)
                if literal is None:
                    return pl.lit(0, pl.Int64)
                return _code(column.list.contains(literal))
            case Empty() if place.kind is Kind.SET:
                return _code(column.list.len() == 0)
        raise NotColumnar(f"{type(one).__name__} of `{in_words(path)}` ({place.kind})")

    def _present(self, one: Present) -> pl.Expr:
        inner = (*one.path, one.attribute)
        if inner not in self._layout:
            # An attribute that the type does not have is never there.
            return self._ended(one.path, pl.lit(0, pl.Int64))
        place, column = self._place(inner), pl.col(in_words(inner))
        if not place.optional:
            there = pl.lit(1, pl.Int64)
        elif place.kind is Kind.RECORD:
            there = _code(column)
        else:
            there = column.is_not_null().cast(pl.Int64)
        return self._ended(one.path, there)

    def _pair(self, left: Path, right: Path) -> tuple[Place, pl.Expr, pl.Expr, pl.Expr]:
        one, other = self._place(left), self._place(right)
        if (one.kind, one.of) != (other.kind, other.of):
            raise NotColumnar(f"`{in_words(left)}` and `{in_words(right)}` are of two kinds")
        ended = self._status(left) * PAIR + self._status(right)
        return one, ended, pl.col(in_words(left)), pl.col(in_words(right))

    def _same(self, one: Same) -> pl.Expr:
        place, ended, left, right = self._pair(one.left, one.right)
        if place.kind in (Kind.EXTENSION, Kind.RECORD, Kind.SET):
            raise NotColumnar(f"two of kind {place.kind} are compared row by row")
        return pl.when(ended != 0).then(ended).otherwise(_code(left == right))

    def _compared(self, one: Compared) -> pl.Expr:
        place, ended, left, right = self._pair(one.left, one.right)
        if place.kind not in (Kind.LONG, Kind.DATETIME):
            raise NotColumnar(f"two of kind {place.kind} have no order")
        sign = 1 + _code(left > right) - _code(left < right)
        return pl.when(ended != 0).then(ended).otherwise(sign)

    def _whole(self, one: Whole) -> pl.Expr:
        place, column = self._place(one.path), pl.col(in_words(one.path))
        status = self._status(one.path).cast(pl.String)
        prefixed = {
            Kind.LONG: "l:",
            Kind.STRING: "s:",
            Kind.DATETIME: "t:",
            Kind.EXTENSION: f"x:{place.function}:",
        }
        if place.kind is Kind.BOOL:
            text = pl.when(column).then(pl.lit("b:true")).otherwise(pl.lit("b:false"))
        elif place.kind in prefixed:
            text = pl.lit(prefixed[place.kind]) + column.cast(pl.String)
        else:
            raise NotColumnar(f"`{in_words(one.path)}` in full is read row by row")
        return pl.when(self._status(one.path) != 0).then(status).otherwise(text)


_ORDERED = {("long", Kind.LONG), ("datetime", Kind.DATETIME)}


def _code(expr: pl.Expr) -> pl.Expr:
    """An Int64 without NULL: what is NULL here is hidden by the status of its path."""
    return expr.cast(pl.Int64).fill_null(0)


def _equals(literals: Sequence[Value], place: Place, column: pl.Expr) -> pl.Expr:
    code = pl.lit(len(literals), pl.Int64)
    for position in range(len(literals) - 1, -1, -1):
        literal = _literal(literals[position], place.kind)
        if place.kind is Kind.SET or (place.kind is Kind.RECORD):
            raise NotColumnar(f"a {place.kind} is compared row by row")
        if literal is not None:
            same = (column == literal).fill_null(value=False)
            code = pl.when(same).then(pl.lit(position, pl.Int64)).otherwise(code)
    return code


def _literal(value: Value, kind: Kind) -> pl.Expr | None:
    """A literal for a column of a kind; None where it is of another and equals nothing there."""
    match value[0], kind:
        case "bool", Kind.BOOL:
            return pl.lit(value[1])
        case "long", Kind.LONG:
            return pl.lit(value[1], pl.Int64)
        case "string", Kind.STRING:
            return pl.lit(value[1], pl.String)
        case "entity", Kind.ENTITY:
            return pl.lit(entity_text(value[1], value[2]), pl.String)
    return None


def _like(column: pl.Expr, pieces: Sequence[str]) -> pl.Expr:
    if len(pieces) == 1:
        return column == pieces[0]
    pattern = ".*".join(re.escape(piece) for piece in pieces)
    return column.str.contains(f"(?s)^(?:{pattern})$")
