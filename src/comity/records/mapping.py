"""A mapping file: how the rows of somebody's export become events.

TOML (docs/records.md, Mapping files). Every column of the export is either used,
listed under `ignore`, or rejected by name; anything else refuses the whole file
before a row is taken in, because a column nobody looked at may hold anything.
Invariants: a row becomes one event or a refusal that names the column; a part is
there where one of its cells is; local times are read in the mapping's time zone.
Does not: read files (`comity.records.read`) or single cells (`comity.records.cell`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from comity.instant import Instant, InstantError, time_zone
from comity.records.cell import Cell, MappingInvalid, Row, cell_of, known
from comity.records.event import Parts, RecordEvent, Verb
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

__all__ = ["MappingInvalid", "RowMapping", "read_mapping"]

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
_EVENT: Final[Mapping[str, Any]] = {
    "event_id": str,
    "verb": Verb,
    "occurred_at": Instant,
    "record_id": str,
    "person_id": str,
}
_TOP: Final = ("source", "time_zone", "ignore", "birthplace", "event", *_SINGLE, *_MANY)

_PARTS_REMEMBERED: Final = 16_384

Part = Callable[[Row], Any]
"""A row's part of a record, or None where all its cells are empty."""


class RowMapping:
    """Turns rows into events. Made by `read_mapping`."""

    def __init__(self, tree: Mapping[str, Any], where: str) -> None:
        self._where = where
        known(tree, _TOP, where)
        self.source: str = _text(tree, "source", where)
        self._zone = _text(tree, "time_zone", where)
        try:
            time_zone(self._zone)
        except InstantError as fault:
            raise MappingInvalid(fault.what, where=where, remedy=fault.remedy) from fault
        self._ignored = _ignored(tree, where)
        self._columns: set[str] = set()
        event = self._table(tree.get("event", {}), "event")
        known(event, _EVENT, f"{where}: event")
        self._event = tuple(
            (name, self._cell(event.get(name), kind, f"event.{name}"))
            for name, kind in _EVENT.items()
        )
        self._single = tuple(
            (part, self._part(tree[part], kind, part))
            for part, kind in _SINGLE.items()
            if part in tree
        )
        self._many = tuple(
            (
                part,
                tuple(
                    self._part(fields, kind, f"{part}.{sequence}", sequence)
                    for sequence, fields in self._table(tree[part], part).items()
                ),
            )
            for part, kind in _MANY.items()
            if part in tree
        )
        self._named = frozenset(self._columns)  # by anything but the birthplace
        self._birthplace = (
            self._cell(tree["birthplace"], str, "birthplace") if "birthplace" in tree else None
        )
        self._of_birthplace = frozenset(self._columns) - self._named

    def check_columns(self, columns: Iterable[str], *, hold_birthplace: bool) -> tuple[str, ...]:
        """The columns that are dropped by name. Raises MappingInvalid for one that nobody knows."""
        given = tuple(columns)
        wanted = self._columns if hold_birthplace else self._named
        missing = sorted(wanted - set(given))
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
            elif column in self._of_birthplace and not hold_birthplace:
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
            named: str | None = dict(self._event)["record_id"](row)
        except MessageInvalid:
            return None
        return named

    def event_of(self, row: Row, at: Instant, *, hold_birthplace: bool) -> RecordEvent:
        """One row as an event. Raises MessageInvalid naming the column."""
        parts: dict[str, Any] = {name: part(row) for name, part in self._single}
        for name, several in self._many:
            parts[name] = tuple([one for part in several if (one := part(row)) is not None])
        if self._birthplace is not None and hold_birthplace:
            parts["birthplace"] = self._birthplace(row)
        named: dict[str, Any] = {}
        for name, cell in self._event:
            value = cell(row)
            if value is None:
                raise MessageInvalid("is empty", where=name, remedy="every row needs one")
            named[name] = value
        return check_event(RecordEvent(source=self.source, parts=Parts(**parts), **named), at)

    def _part(
        self, tree: Any, kind: type[msgspec.Struct], where: str, sequence: str | None = None
    ) -> Part:
        """What makes one part of a record out of a row."""
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        fields.pop("sequence", None)
        described = self._table(tree, where)
        known(described, tuple(fields), f"{self._where}: {where}")
        for name, field in fields.items():
            if field.required and name not in described:
                raise MappingInvalid(
                    f"`{name}` is missing", where=f"{self._where}: {where}", remedy="map it"
                )
        cells = tuple(
            (name, self._cell(spec, fields[name].type, f"{where}.{name}"))
            for name, spec in described.items()
        )
        columns = tuple(spec["column"] for spec in described.values() if "column" in spec)
        in_the_row = frozenset(name for name, spec in described.items() if "column" in spec)
        required = tuple(name for name, field in fields.items() if field.required)
        first = {} if sequence is None else {"sequence": sequence}

        # An export says the same of many people; typed, because 1 and True are equal.
        @lru_cache(maxsize=_PARTS_REMEMBERED, typed=True)
        def read(*values: Any) -> Any:
            row = dict(zip(columns, values, strict=True))
            found = {name: value for name, cell in cells if (value := cell(row)) is not None}
            if in_the_row.isdisjoint(found):
                return None
            for name in required:
                if name not in found:
                    raise MessageInvalid("is empty", where=f"{where}.{name}")
            return kind(**first, **found)

        def part(row: Row) -> Any:
            values = [row[column] for column in columns]
            try:
                return read(*values)
            except TypeError:  # a list in a cell of Parquet
                return read(*map(str, values))

        return part

    def _cell(self, spec: Any, kind: Any, name: str) -> Cell:
        is_time = name.rpartition(".")[2] in TIMES
        cell = cell_of(spec, kind, is_time=is_time, zone=self._zone, where=f"{self._where}: {name}")
        if "column" in spec:
            self._columns.add(spec["column"])
        return cell

    def _table(self, tree: Any, where: str) -> dict[str, Any]:
        if not isinstance(tree, dict):
            raise MappingInvalid("is not a table", where=f"{self._where}: {where}")
        return tree


def read_mapping(text: str, name: str) -> RowMapping:
    """A mapping from its TOML text. Raises MappingInvalid naming the file and the key."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise MappingInvalid(f"is not TOML: {fault}", where=name) from fault
    return RowMapping(tree, name)


def _text(tree: Mapping[str, Any], key: str, where: str) -> str:
    value = tree.get(key)
    if not isinstance(value, str) or not value:
        raise MappingInvalid(f"`{key}` is missing", where=where)
    return value


def _ignored(tree: Mapping[str, Any], where: str) -> frozenset[str]:
    names = tree.get("ignore", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MappingInvalid(
            "`ignore` is a list of columns", where=where, remedy='ignore = ["version"]'
        )
    return frozenset(names)
