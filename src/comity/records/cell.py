"""One cell of a row as a typed value: how a mapping file says it is read.

Invariants: an empty cell is absent, never a value; what a mapping writes itself (a
constant, the right-hand side of `values`) is checked against the field's type when
the mapping is read, so that it cannot reach the store wrong; what a cell holds is
checked row by row, and a refusal names the column. Does not: look at other cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec

from comity.errors import ComityError
from comity.instant import Instant, InstantError, parse_instant, parse_local
from comity.records.message import ID_CHARS_MAX, MessageInvalid

Row = Mapping[str, Any]
Cell = Callable[[Row], Any]

_FORMS: Final = ("local", "instant")
_DAY_MS: Final = 86_400_000
_MILLISECOND: Final = timedelta(milliseconds=1)
_READ_MAX: Final = 65_536
"""Different times of a column that are remembered: an export repeats its days."""


class MappingInvalid(ComityError):
    """A mapping file cannot be used; `where` names file and key."""


def cell_of(spec: Any, kind: Any, *, is_time: bool, zone: str, where: str) -> Cell:
    """The cell that a mapping describes, read as `kind`. Raises MappingInvalid."""
    if not isinstance(spec, dict) or ("column" in spec) == ("constant" in spec):
        raise MappingInvalid(
            "names neither a column nor a constant",
            where=where,
            remedy='write {column = "…"} or {constant = "…"}',
        )
    if "constant" in spec:
        known(spec, ("constant",), where)
        value = _own(spec["constant"], kind, is_time=is_time, where=where)
        return lambda _: value
    column = spec["column"]
    if not isinstance(column, str):
        raise MappingInvalid("a column is named by its heading", where=where)
    if is_time != ("as" in spec):
        raise MappingInvalid(
            "a time says how it is written" if is_time else "is no time",
            where=where,
            remedy='as = "local" or "instant"' if is_time else "leave `as` out",
        )
    if is_time:
        known(spec, ("column", "as"), where)
        return _time(column, spec["as"], zone, where)
    if "values" in spec or "otherwise" in spec:
        known(spec, ("column", "values", "otherwise"), where)
        return _by_value(column, spec, kind, where)
    if kind in (str, str | None):
        known(spec, ("column", "prefix", "width"), where)
        return _text(column, spec.get("prefix", ""), spec.get("width", 0), where)
    known(spec, ("column",), where)
    return _converted(column, kind)


def known(tree: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    """Raises MappingInvalid for a key that is not among `names`."""
    for key in tree:
        if key not in names:
            raise MappingInvalid(
                f"`{key}` is not known here", where=where, remedy=f"known: {', '.join(names)}"
            )


def _own(value: Any, kind: Any, *, is_time: bool, where: str) -> Any:
    """A value the mapping itself writes."""
    try:
        return parse_instant(str(value)) if is_time else msgspec.convert(value, kind)
    except msgspec.ValidationError as fault:
        raise MappingInvalid(f"`{value}` does not fit: {fault}", where=where) from fault
    except InstantError as fault:
        raise MappingInvalid(fault.what, where=where, remedy=fault.remedy) from fault


def _text(column: str, prefix: Any, width: Any, where: str) -> Cell:
    """A cell as it stands; `width` pads numbers so that text order is number order."""
    if not isinstance(prefix, str):
        raise MappingInvalid("`prefix` is text", where=where)
    if type(width) is not int or not 0 <= width <= ID_CHARS_MAX:
        raise MappingInvalid(f"`width` is a number up to {ID_CHARS_MAX}", where=where)

    def cell(row: Row) -> str | None:
        value = row[column]
        if value is None or value == "":
            return None
        text = value if type(value) is str else str(value)
        return prefix + text.zfill(width) if prefix or width else text

    return cell


def _converted(column: str, kind: Any) -> Cell:
    def cell(row: Row) -> Any:
        value = row[column]
        if value is None or value == "":
            return None
        try:
            # Not strict: a table writes its true and false as text.
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as fault:
            raise MessageInvalid(f"`{value}` does not fit: {fault}", where=column) from fault

    return cell


def _by_value(column: str, spec: Mapping[str, Any], kind: Any, where: str) -> Cell:
    written = spec.get("values")
    if not isinstance(written, dict) or not written:
        raise MappingInvalid(
            "`values` says what a cell means", where=where, remedy='values = {IN = "booked"}'
        )
    values = {
        said: _own(meant, kind, is_time=False, where=f"{where}.values.{said}")
        for said, meant in written.items()
    }
    otherwise = spec.get("otherwise")
    if otherwise is not None:
        otherwise = _own(otherwise, kind, is_time=False, where=f"{where}.otherwise")

    def cell(row: Row) -> Any:
        value = row[column]
        if value is None or value == "":
            return None
        found = values.get(value if type(value) is str else str(value), otherwise)
        if found is None:
            raise MessageInvalid(
                f"`{value}` is not a value the mapping knows",
                where=column,
                remedy=f"known: {', '.join(values)}",
            )
        return found

    return cell


def _time(column: str, form: Any, zone: str, where: str) -> Cell:
    if form not in _FORMS:
        raise MappingInvalid(
            f"`{form}` is no form of time", where=where, remedy='as = "local" or "instant"'
        )

    local = _local(zone)

    @lru_cache(maxsize=_READ_MAX)
    def read(value: str | date) -> Instant:
        return local(value) if form == "local" else parse_instant(_written(value))

    def cell(row: Row) -> Instant | None:
        value = row[column]
        if value is None or value == "":
            return None
        if not isinstance(value, str | date):
            raise MessageInvalid(f"`{value}` is no time", where=column, remedy="write it as text")
        try:
            return read(value)
        except InstantError as fault:
            raise MessageInvalid(fault.what, where=column, remedy=fault.remedy) from fault

    return cell


def _local(zone: str) -> Callable[[str | date], Instant]:
    """Reads a time of the zone; on a day of 24 hours it is the midnight before and the clock."""

    @lru_cache(maxsize=_READ_MAX)
    def midnight(day: date) -> tuple[Instant, bool]:
        start, end = (parse_local(str(one), zone) for one in (day, day + timedelta(days=1)))
        return start, end - start == _DAY_MS

    def read(value: str | date) -> Instant:
        if isinstance(value, datetime) and value.tzinfo is None:
            start, plain = midnight(value.date())
            if plain:
                since = value - datetime.combine(value.date(), time.min)
                return Instant(start + since // _MILLISECOND)
        return parse_local(_written(value), zone)

    return read


def _written(value: str | date) -> str:
    """A time as RFC 3339 writes it; tables have a blank for the T."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value[:10]}T{value[11:]}" if value[10:11] == " " else value
