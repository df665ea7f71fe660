"""Hostile rows as a table of columns."""

from __future__ import annotations

from typing import Any

import polars as pl

from comity.cedar.columns import Kind, Place
from comity.cedar.datetimes import milliseconds
from comity.cedar.footprint import in_words
from comity.cedar.observation import Path, entity_text, find
from comity.cedar.value import Request, Value

_USER = {
    "n": Place(Kind.LONG),
    "s": Place(Kind.STRING),
    "flag": Place(Kind.BOOL),
}
LAYOUT: dict[Path, Place] = {
    ("principal",): Place(Kind.ENTITY, within="principal^"),
    ("action",): Place(Kind.ENTITY, within="action^"),
    ("resource",): Place(Kind.ENTITY, within=""),
    **{("principal", name): place for name, place in _USER.items()},
    ("principal", "boss"): Place(Kind.ENTITY, optional=True),
    ("resource", "owner"): Place(Kind.ENTITY),
    **{("resource", "owner", name): place for name, place in _USER.items()},
    ("resource", "n"): Place(Kind.LONG),
    ("resource", "o"): Place(Kind.LONG, optional=True),
    ("resource", "s"): Place(Kind.STRING),
    ("resource", "so"): Place(Kind.STRING, optional=True),
    ("resource", "strings"): Place(Kind.SET, of=Kind.STRING),
    ("resource", "longs"): Place(Kind.SET, of=Kind.LONG),
    ("resource", "at"): Place(Kind.DATETIME),
    ("resource", "lasts"): Place(Kind.EXTENSION, function="duration"),
    ("resource", "price"): Place(Kind.EXTENSION, function="decimal"),
    ("resource", "ip"): Place(Kind.EXTENSION, function="ip"),
    ("resource", "part"): Place(Kind.RECORD),
    ("resource", "part", "a"): Place(Kind.LONG),
    ("resource", "part", "b"): Place(Kind.RECORD, optional=True),
    ("resource", "part", "b", "c"): Place(Kind.STRING),
    **{("context", name): Place(Kind.LONG) for name in ("n", "m")},
    ("context", "o"): Place(Kind.LONG, optional=True),
    **{("context", name): Place(Kind.STRING) for name in ("s", "t")},
    ("context", "flag"): Place(Kind.BOOL),
    **{("context", name): Place(Kind.DATETIME) for name in ("at", "until")},
    ("context", "ip"): Place(Kind.EXTENSION, function="ip"),
    ("context", "strings"): Place(Kind.SET, of=Kind.STRING),
    ("context", "part"): Place(Kind.RECORD, optional=True),
    ("context", "part", "x"): Place(Kind.LONG),
    ("context", "part", "y"): Place(Kind.STRING, optional=True),
}
_TYPES = {
    Kind.BOOL: pl.Boolean(),
    Kind.LONG: pl.Int64(),
    Kind.DATETIME: pl.Int64(),
    Kind.STRING: pl.String(),
    Kind.ENTITY: pl.String(),
    Kind.EXTENSION: pl.String(),
    Kind.RECORD: pl.Boolean(),
}


def table_of(requests: list[Request]) -> pl.DataFrame:
    """One row a request, in the layout above."""
    columns: dict[str, Any] = {}
    types: dict[str, Any] = {}
    for path, place in LAYOUT.items():
        columns[in_words(path)] = [_cell(find(path, one), place) for one in requests]
        inner = pl.List(_TYPES[place.of]) if place.of else None
        types[in_words(path)] = inner or _TYPES[place.kind]
    for name in ("principal", "action"):
        columns[f"{name}^"] = [
            sorted(entity_text(*uid) for uid in held.ancestors)
            if (held := one.entities.get(getattr(one, name)))
            else []
            for one in requests
        ]
        types[f"{name}^"] = pl.List(pl.String())
    return pl.DataFrame(columns, schema=types)


def _cell(found: Value | int, place: Place) -> Any:
    if isinstance(found, int):
        return None
    match place.kind:
        case Kind.ENTITY:
            return entity_text(found[1], found[2])
        case Kind.DATETIME:
            return milliseconds(found[2])
        case Kind.EXTENSION:
            return found[2]
        case Kind.SET:
            return sorted(each[1] for each in found[1])
        case Kind.RECORD:
            return True
    return found[1]
