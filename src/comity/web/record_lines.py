"""The fields of a record's data classes as lines that a person reads: what it is, what it says.

Invariants: every value of every field becomes a line, none is left out or cut; instants are said
in the custodian's time zone. Does not: choose what may be seen; it is given what was disclosed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from comity.instant import InstantError, parse_instant
from comity.records.message import TIMES
from comity.web.pages.visit import Visit
from comity.web.pages.wording import moment_said


class Line(msgspec.Struct, frozen=True):
    """One field: `charges 1 · grade` and `F3`."""

    name: str
    value: str


def lines_of(visit: Visit, fields: Mapping[str, Any]) -> tuple[Line, ...]:
    """The fields of one data class (`comity.disclosure.data_class.fields_of`) as lines."""
    return tuple(Line(name, value) for name, value in _lines(visit, (), fields))


def _lines(visit: Visit, names: tuple[str, ...], value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, held in value.items():
            if name != "sequence":
                yield from _lines(visit, (*names, str(name)), held)
    elif isinstance(value, list | tuple):
        for place, held in enumerate(value, 1):
            number = held.get("sequence", place) if isinstance(held, Mapping) else place
            yield from _lines(visit, (*names[:-1], f"{names[-1]} {number}"), held)
    else:
        yield _name(names), _value(visit, names, value)


def _name(names: tuple[str, ...]) -> str:
    return " · ".join(name.replace("_", " ") for name in names)


def _value(visit: Visit, names: tuple[str, ...], value: Any) -> str:
    if isinstance(value, bool):
        return visit.text("yes") if value else visit.text("no")
    if names and names[-1] in TIMES and isinstance(value, str):
        try:
            return moment_said(parse_instant(value), visit.time_zone, visit.words)
        except InstantError:
            return value
    return str(value)
