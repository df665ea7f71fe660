"""Lists in the store's own SQL: a join on the classes of the records.

Source: DESIGN.md, "Clause classes"; decisions/0021-lists-in-sql.md; tables in `ddl/lists.sql`.
Invariants: a record's class is written in the transaction that writes the record; a class is
the whole of what a decision looks at in a record, and holds nothing that time alone changes;
which index leads a search is chosen by counting at most so many rows of each, and never
changes what is found. Does not: decide; which classes may be seen is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import apsw
import msgspec

from comity.disclosure.facts import record_attributes
from comity.disclosure.listed import Listed
from comity.instant import Instant
from comity.records.fold import decode_record
from comity.records.name import name_key
from comity.records.record import Record

PROBES: Final = (1_000, 6_000, 30_000)
"""Rows of each index counted before one is chosen to lead: few first, more where all have many."""

_ENCODE: Final = msgspec.json.Encoder(order="sorted").encode
_CLASS: Final = "SELECT number FROM record_class WHERE attributes = ?"
_ADD_CLASS: Final = "INSERT INTO record_class (attributes) VALUES (?) RETURNING number"
_KEEP: Final = (
    "INSERT INTO record_listed VALUES (?, ?, ?, ?, ?) ON CONFLICT (record) DO UPDATE SET"
    " class = excluded.class, arrested_at = excluded.arrested_at, sur_key = excluded.sur_key,"
    " birthplace = excluded.birthplace"
    " WHERE class != excluded.class OR arrested_at IS NOT excluded.arrested_at"
    " OR sur_key IS NOT excluded.sur_key OR birthplace IS NOT excluded.birthplace"
)


class Listing(msgspec.Struct, frozen=True):
    """What a list looks for; instants [from, until). None asks for nothing."""

    arrested_from: Instant | None = None
    arrested_until: Instant | None = None
    charge_statute: str | None = None
    sur_name: str | None = None
    birthplace: str | None = None
    birthplace_not: str | None = None
    in_custody: bool | None = None


Key = tuple[str, int | None, str | None, str | None]


def listed_key(record: Record) -> Key:
    """What is kept of a record for lists: its class as text, and what lists look for."""
    identity, arrest = record.identity, record.arrest
    return (
        _ENCODE(record_attributes(record)).decode(),
        None if arrest is None else arrest.arrested_at,
        name_key(identity.sur_name) or None if identity and identity.sur_name else None,
        record.birthplace,
    )


def listed_of(record: Record) -> tuple[object, ...]:
    """The parts that a key is made of: where none changed, the key did not."""
    return (
        record.standing,
        record.identity,
        record.birthplace,
        record.arrest,
        record.custody,
        bool(record.convictions),
        tuple(record.charges.values()),
    )


def keep_listed(connection: apsw.Connection, keys: Iterable[tuple[int, Key]]) -> None:
    """Keep the class and keys of records, each by its number, inside a write job."""
    numbers: dict[str, int] = {}
    rows = []
    for record, (attributes, *rest) in keys:
        number = numbers.get(attributes)
        if number is None:
            number = connection.execute(_CLASS, (attributes,)).get
            if number is None:
                number = connection.execute(_ADD_CLASS, (attributes,)).get
            numbers[attributes] = number
        rows.append((record, number, *rest))
    connection.executemany(_KEEP, rows)


@contextmanager
def one_snapshot(connection: apsw.Connection) -> Iterator[None]:
    """Everything read inside is of one commit."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def classes_after(connection: apsw.Connection, number: int) -> dict[int, dict[str, Any]]:
    """The classes with a greater number, each with its attributes."""
    rows = connection.execute(
        "SELECT number, attributes FROM record_class WHERE number > ?", (number,)
    )
    return {found: msgspec.json.decode(attributes) for found, attributes in rows}


def count_unlisted(connection: apsw.Connection) -> int:
    """How many records lists do not know of: not one, unless another tool wrote to the file."""
    unlisted: int = connection.execute(
        "SELECT (SELECT count(*) FROM record) - (SELECT count(*) FROM record_listed)"
    ).get
    return unlisted


def find_listed(
    connection: apsw.Connection, listing: Listing, classes: Sequence[int], most: int
) -> tuple[Listed, ...] | None:
    """The records of these classes that fit, in the order of their ids; None for more than `most`."""
    found = dict(find_some(connection, listing, classes, most + 1))
    if len(found) > most:
        return None
    rows: list[Any] = connection.execute(_IDS, (_json(sorted(found)),)).fetchall()
    rows.sort(key=lambda row: row[0].encode())  # as SQLite compares texts: by their bytes
    return tuple(
        Listed(record_id, person_id, number, found[number]) for record_id, person_id, number in rows
    )


def find_some(
    connection: apsw.Connection, listing: Listing, classes: Sequence[int], most: int
) -> list[tuple[int, int]]:
    """Number and class of records of these classes that fit, at most `most`, in no order."""
    if not classes:
        return []
    values = _values(listing, classes)
    lead = _lead(connection, listing, values)
    # Put together from the fixed texts below; every value is bound.
    query = (
        f"{_SEEN} SELECT l.record, l.class FROM {lead.tables}"  # noqa: S608
        f" WHERE {' AND '.join(lead.where)} LIMIT :most"
    )
    found: list[Any] = connection.execute(query, {**values, "most": most}).fetchall()
    return found


def records_numbered(connection: apsw.Connection, numbers: Sequence[int]) -> tuple[Record, ...]:
    """The records with these numbers, in this order; one that is gone is left out."""
    query = "SELECT doc FROM record WHERE number = ?"
    docs = [connection.execute(query, (number,)).get for number in numbers]
    return tuple(decode_record(doc) for doc in docs if doc is not None)


_SEEN: Final = "WITH seen (class) AS MATERIALIZED (SELECT value FROM json_each(:classes))"
_IDS: Final = (
    "SELECT record_id, person_id, number FROM json_each(?) CROSS JOIN record ON number = value"
)
_CHARGED: Final = (
    "EXISTS (SELECT 1 FROM record_statute AS s WHERE s.statute = :statute AND s.record = l.record)"
)
_OF_SEEN: Final = "+l.class IN (SELECT class FROM seen)"


class _Lead(msgspec.Struct, frozen=True):
    """One way to search: the tables in order, all conditions, and how to count what it reads."""

    tables: str
    where: tuple[str, ...]
    count: str


def _lead(connection: apsw.Connection, listing: Listing, values: Mapping[str, Any]) -> _Lead:
    """The way that reads the fewest rows, as far as counting a few tells."""
    leads = list(_leads(listing))
    if len(leads) == 1:
        return leads[0]
    for probe in PROBES:
        counts = [
            connection.execute(
                f"{_SEEN} SELECT count(*) FROM (SELECT 1 FROM {lead.count} LIMIT :probe)",  # noqa: S608
                {**values, "probe": probe},
            ).get
            for lead in leads
        ]
        if min(counts) < probe:
            return leads[counts.index(min(counts))]
    return leads[0]


def _leads(listing: Listing) -> Iterator[_Lead]:
    """Every way there is for these conditions, the one that is likely best first."""
    arrested = tuple(
        condition
        for condition, given in (
            ("l.arrested_at >= :from", listing.arrested_from),
            ("l.arrested_at < :until", listing.arrested_until),
        )
        if given is not None
    )
    name: tuple[str, ...] = ()
    born: tuple[str, ...] = ()
    charged: tuple[str, ...] = ()
    if listing.sur_name is not None:
        name = ("l.sur_key = :sur_key",)
    if listing.birthplace is not None:
        born = ("l.birthplace = :birthplace",)
    if listing.birthplace_not is not None:
        born += ("l.birthplace != :birthplace_not",)
    if listing.charge_statute is not None:
        charged = (_CHARGED,)
    if name:
        table = "record_listed AS l INDEXED BY record_listed_by_name"
        yield _Lead(
            table,
            (*name, *arrested, _OF_SEEN, *born, *charged),
            f"{table} WHERE {' AND '.join((*name, *arrested))}",
        )
    if charged:
        yield _Lead(
            "record_statute AS t CROSS JOIN record_listed AS l ON l.record = t.record",
            ("t.statute = :statute", _OF_SEEN, *arrested, *name, *born),
            "record_statute WHERE statute = :statute",
        )
    if arrested:
        table = "record_listed AS l INDEXED BY record_listed_by_arrest"
        within = ("l.arrested_at IS NOT NULL", *arrested)
        yield _Lead(
            table,
            (*within, _OF_SEEN, *name, *born, *charged),
            f"{table} WHERE {' AND '.join(within)}",
        )
    equal = " AND l.birthplace = :birthplace" if listing.birthplace is not None else ""
    table = (
        "seen CROSS JOIN record_listed AS l INDEXED BY record_listed_by_class"
        f" ON l.class = seen.class{equal}"
    )
    yield _Lead(table, (*arrested, *name, *born, *charged, "TRUE"), f"{table} WHERE TRUE")


def _values(listing: Listing, classes: Sequence[int]) -> dict[str, Any]:
    return {
        "classes": _json(classes),
        "from": listing.arrested_from,
        "until": listing.arrested_until,
        "statute": listing.charge_statute,
        "sur_key": None if listing.sur_name is None else name_key(listing.sur_name),
        "birthplace": listing.birthplace,
        "birthplace_not": listing.birthplace_not,
    }


def _json(numbers: Sequence[int]) -> str:
    return _ENCODE(numbers).decode()
