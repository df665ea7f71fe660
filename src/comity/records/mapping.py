"""A mapping file: how the rows of somebody's export become events.

TOML (docs/records.md, Mapping files). Every column of the export is either used,
listed under `ignore`, or rejected by name; anything else refuses the whole file
before a row is taken in, because a column nobody looked at may hold anything.
Invariants: a row becomes one event or a refusal that names the column; an empty
cell is absent, never a value; local times are read in the mapping's time zone.
Does not: read files (`comity.records.read`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from comity.errors import ComityError
from comity.instant import Instant, InstantError, parse_instant, parse_local, time_zone
from comity.records.event import RecordEvent
from comity.records.message import TIMES, MessageInvalid, check_event
from comity.records.record import (
    Appearance,
    Arrest,
    Charge,
    Contact,
    Conviction,
    Custody,
    Hold,
    Identity,
    Release,
    Whereabouts,
)
from comity.records.reject import is_rejected

Row = Mapping[str, Any]
Cell = Callable[[Row], Any]

_SINGLE: Final[Mapping[str, type[msgspec.Struct]]] = {
    "identity": Identity,
    "contact": Contact,
    "arrest": Arrest,
    "custody": Custody,
    "whereabouts": Whereabouts,
    "release": Release,
}
_MANY: Final[Mapping[str, type[msgspec.Struct]]] = {
    "charges": Charge,
    "appearances": Appearance,
    "holds": Hold,
    "convictions": Conviction,
}
_EVENT: Final = ("event_id", "record_id", "person_id", "occurred_at", "verb")
_TOP: Final = ("source", "time_zone", "ignore", "birthplace", "event", *_SINGLE, *_MANY)
_SPEC: Final = ("column", "constant", "values", "otherwise", "as", "prefix", "width")


class MappingInvalid(ComityError):
    """A mapping file cannot be used; `where` names file and key."""


class RowMapping:
    """Turns rows into events. Made by `read_mapping`."""

    def __init__(self, tree: Mapping[str, Any], where: str) -> None:
        self._where = where
        _known(tree, _TOP, where)
        self.source: str = _text(tree, "source", where)
        self._zone = _text(tree, "time_zone", where)
        try:
            time_zone(self._zone)
        except InstantError as fault:
            raise MappingInvalid(fault.what, where=where, remedy=fault.remedy) from fault
        self._columns: set[str] = set()
        self._ignored = frozenset(tree.get("ignore", ()))
        event = tree.get("event", {})
        _known(event, _EVENT, f"{where}: event")
        self._event = {
            name: self._cell(event.get(name), f"event.{name}", as_text=name != "occurred_at")
            for name in _EVENT
        }
        self._single = [
            (part, self._fields(tree[part], kind, part))
            for part, kind in _SINGLE.items()
            if part in tree
        ]
        self._many = [
            (part, sequence, self._fields(fields, kind, f"{part}.{sequence}"))
            for part, kind in _MANY.items()
            for sequence, fields in tree.get(part, {}).items()
        ]
        self._named = frozenset(self._columns)  # by anything but the birthplace
        self._birthplace = (
            self._cell(tree["birthplace"], "birthplace") if "birthplace" in tree else None
        )

    def check_columns(self, columns: Iterable[str], *, hold_birthplace: bool) -> tuple[str, ...]:
        """The columns that are dropped by name. Raises MappingInvalid for one that nobody knows."""
        given = tuple(columns)
        missing = sorted(self._columns - set(given))
        if missing:
            raise MappingInvalid(
                f"the export has no column `{missing[0]}`",
                where=self._where,
                remedy=f"it has: {', '.join(given)}",
            )
        dropped = []
        for column in given:
            if is_rejected(column, hold_birthplace=hold_birthplace):
                if column in self._named:
                    raise MappingInvalid(
                        f"column `{column}` is dropped at the door and cannot be used",
                        where=self._where,
                        remedy="leave it out of the mapping",
                    )
                dropped.append(column)
            elif column not in self._columns and column not in self._ignored:
                raise MappingInvalid(
                    f"column `{column}` of the export is not mapped",
                    where=self._where,
                    remedy="use it, or list it under `ignore`",
                )
        return tuple(dropped)

    def record_id_of(self, row: Row) -> str | None:
        """The record that a row is about, as far as the row says."""
        try:
            named = self._event["record_id"](row)
        except MessageInvalid:
            return None
        return named if isinstance(named, str) else None

    def event_of(self, row: Row, at: Instant, *, hold_birthplace: bool) -> RecordEvent:
        """One row as an event. Raises MessageInvalid naming the column."""
        parts: dict[str, Any] = {}
        for part, fields in self._single:
            found = {name: cell(row) for name, cell in fields}
            if any(value is not None for value in found.values()):
                parts[part] = found
        for part, sequence, fields in self._many:
            found = {name: cell(row) for name, cell in fields}
            if any(value is not None for value in found.values()):
                parts.setdefault(part, []).append({"sequence": sequence, **found})
        if self._birthplace is not None and hold_birthplace:
            parts["birthplace"] = self._birthplace(row)
        named = {name: cell(row) for name, cell in self._event.items()}
        for name, value in named.items():
            if value is None:
                raise MessageInvalid("is empty", where=name, remedy="every row needs one")
        try:
            # Not strict: a table writes its numbers and its true and false as text.
            event = msgspec.convert(
                {"source": self.source, "parts": parts, **named}, RecordEvent, strict=False
            )
        except msgspec.ValidationError as fault:
            raise MessageInvalid(str(fault)) from fault
        return check_event(event, at)

    def _fields(
        self, tree: Any, kind: type[msgspec.Struct], where: str
    ) -> tuple[tuple[str, Cell], ...]:
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        if not isinstance(tree, dict):
            raise MappingInvalid("is not a table", where=f"{self._where}: {where}")
        _known(tree, [name for name in fields if name != "sequence"], f"{self._where}: {where}")
        cells = []
        for name, spec in tree.items():
            wanted = fields[name].type
            as_text = wanted in (str, str | None)
            cells.append((name, self._cell(spec, f"{where}.{name}", as_text=as_text)))
        return tuple(cells)

    def _cell(self, spec: Any, name: str, *, as_text: bool = True) -> Cell:
        where = f"{self._where}: {name}"
        if not isinstance(spec, dict) or ("column" in spec) == ("constant" in spec):
            raise MappingInvalid(
                "names neither a column nor a constant",
                where=where,
                remedy='write {column = "…"} or {constant = "…"}',
            )
        _known(spec, _SPEC, where)
        if "constant" in spec:
            constant = spec["constant"]
            return lambda _: constant
        column = spec["column"]
        self._columns.add(column)
        is_time = name.rpartition(".")[2] in TIMES
        if is_time != ("as" in spec):
            raise MappingInvalid(
                "a time says how it is written" if is_time else "is no time",
                where=where,
                remedy='as = "local" or "instant"' if is_time else "leave `as` out",
            )
        values, otherwise = spec.get("values"), spec.get("otherwise")
        if values is not None:
            return _by_value(column, values, otherwise)
        if "as" in spec:
            return _time(column, spec["as"], self._zone, where)
        return _plain(column, spec.get("prefix", ""), spec.get("width", 0), as_text=as_text)


def read_mapping(text: str, name: str) -> RowMapping:
    """A mapping from its TOML text. Raises MappingInvalid naming the file and the key."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise MappingInvalid(f"is not TOML: {fault}", where=name) from fault
    return RowMapping(tree, name)


def _known(tree: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    for key in tree:
        if key not in names:
            raise MappingInvalid(
                f"`{key}` is not known here", where=where, remedy=f"known: {', '.join(names)}"
            )


def _text(tree: Mapping[str, Any], key: str, where: str) -> str:
    value = tree.get(key)
    if not isinstance(value, str) or not value:
        raise MappingInvalid(f"`{key}` is missing", where=where)
    return value


def _plain(column: str, prefix: str, width: int, *, as_text: bool) -> Cell:
    """A cell as it stands; `width` pads numbers so that text order is number order."""

    def cell(row: Row) -> Any:
        value = row[column]
        if value is None or value == "":
            return None
        if not as_text:
            return value
        text = str(value)
        return prefix + (text.zfill(width) if width else text)

    return cell


def _by_value(column: str, values: Mapping[str, Any], otherwise: Any) -> Cell:
    def cell(row: Row) -> Any:
        value = row[column]
        found = values.get(str(value)) if value is not None else None
        if found is not None:
            return found
        if otherwise is None and value is not None:
            raise MessageInvalid(
                f"`{value}` is not a value the mapping knows",
                where=column,
                remedy=f"known: {', '.join(values)}",
            )
        return otherwise

    return cell


def _time(column: str, form: str, zone: str, where: str) -> Cell:
    if form not in ("local", "instant"):
        raise MappingInvalid(
            f"`{form}` is no form of time", where=where, remedy='as = "local" or "instant"'
        )
    read = _local(zone) if form == "local" else parse_instant

    def cell(row: Row) -> Instant | None:
        value = row[column]
        if value is None or value == "":
            return None
        text = value if isinstance(value, str) else value.isoformat()
        try:
            return read(text)
        except InstantError as fault:
            raise MessageInvalid(fault.what, where=column, remedy=fault.remedy) from fault

    return cell


def _local(zone: str) -> Callable[[str], Instant]:
    # An export repeats its days and admissions; reading each once is most of the speed.
    @lru_cache(maxsize=65_536)
    def read(text: str) -> Instant:
        return parse_local(text, zone)

    return read
