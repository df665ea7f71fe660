"""Past inquiries in columns: what each was decided on, without whom it was about.

Source: DESIGN.md, "Clause classes"; the shapes of `comity.law.schema` for seeing. A row is
one inquiry about one record (or none). Invariants: no column identifies a person, an
officer or a record; every word is of a closed list, so that columns are dictionary-coded;
where a record was expunged all columns about it are NULL, and what reads them is unknown; a
history of an unknown version is refused, and a damaged file named. Does not: decide
(`comity.oversight.replay`) or write files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import polars as pl

from comity.cedar.classes import Asked
from comity.cedar.columns import Columns, Kind, Place
from comity.cedar.engine import Uid
from comity.cedar.observation import Observation, Order, Path
from comity.cedar.value import Request
from comity.disclosure.facts import REGISTER, record_attributes
from comity.disclosure.journal import ABOUT
from comity.errors import ComityError
from comity.instant import Instant, format_instant
from comity.law.schema import Standing
from comity.law.vocabulary import Grade, ListAct, ProcessKind, Purpose, QueryKind

VERSION: Final = 1
VERSION_KEY: Final = "comity.history"


class HistoryUnusable(ComityError):
    """A history that cannot be replayed: of an unknown version, damaged, or lacking a column."""


PRINCIPALS: Final = ("Officer", "System", "Agency")


def _words(words: Iterable[str]) -> pl.Enum:
    return pl.Enum([str(word) for word in words])


COLUMNS: Final[Mapping[str, pl.DataType]] = {
    "at": pl.Int64(),
    "month": pl.String(),
    "agency": pl.String(),
    "party": pl.String(),  # handles of the parties it belongs to, sorted, with commas
    "principal": _words(PRINCIPALS),
    "criminal_justice": pl.Boolean(),
    "purpose": _words(Purpose),
    "query": _words(QueryKind),
    "criteria": pl.String(),  # sorted, with commas
    "case_number": pl.Boolean(),
    "approved": pl.Boolean(),
    "standing_in": pl.Boolean(),
    "basis": _words(ProcessKind),
    "basis_criminal": pl.Boolean(),
    "basis_verified": pl.Boolean(),
    "basis_names_subject": pl.Boolean(),
    "on_file": pl.Boolean(),
    "standing": _words(Standing),
    "juvenile": pl.Boolean(),
    "charged": pl.Boolean(),
    "convicted": pl.Boolean(),
    "in_custody": pl.Boolean(),
    "grade": _words(Grade),
    "released_grade": _words(Grade),
    "released_violent": pl.Boolean(),
}
"""Every column with its type; `month` as 2018-08. The strings are coded by the file."""

DIMENSIONS: Final = ("month", "agency", "purpose")
"""By what flips are counted."""

_BASIS: Final = ("basis", "basis_criminal", "basis_verified", "basis_names_subject")
_READ_AT: Final[Mapping[Path, tuple[str, ...]]] = {
    ("principal",): ("principal", "party", "agency"),
    ("principal", "criminal_justice"): ("criminal_justice",),
    ("resource",): (),
    ("resource", "on_file"): ("on_file",),
    ("resource", "standing"): ("standing",),
    ("resource", "juvenile"): ("juvenile",),
    ("resource", "charged"): ("charged",),
    ("resource", "convicted"): ("convicted",),
    ("resource", "in_custody"): ("in_custody",),
    # With `on_file`, which tells a record without a grade from one that was expunged.
    ("resource", "grade"): ("grade", "on_file"),
    ("resource", "released_after"): ("released_grade", "released_violent", "on_file"),
    ("resource", "released_after", "grade"): ("released_grade", "on_file"),
    ("resource", "released_after", "violent"): ("released_grade", "released_violent", "on_file"),
    ("context",): (),
    ("context", "at"): ("at",),  # in full; where it is compared with instants, as a code
    ("context", "purpose"): ("purpose",),
    ("context", "query"): ("query",),
    ("context", "criteria"): ("criteria",),
    ("context", "case_number"): ("case_number",),
    ("context", "approved"): ("approved",),
    ("context", "standing_in"): ("standing_in",),
    ("context", "basis"): _BASIS,
    ("context", "basis", "kind"): ("basis",),
    ("context", "basis", "criminal"): ("basis", "basis_criminal"),
    ("context", "basis", "verified"): ("basis", "basis_verified"),
    ("context", "basis", "names_subject"): ("basis", "basis_names_subject"),
    ("action",): (),
}
"""Which columns hold what stands at a path."""

INSTANT: Final[Path] = ("context", "at")
_INSTANTS: Final = Columns({INSTANT: Place(Kind.DATETIME)})


class Needs(msgspec.Struct, frozen=True):
    """What an observation needs of a history: columns, and codes of its instant.

    `not_kept` names what the history has not got; the observation is then unknown.
    """

    columns: tuple[str, ...]
    instants: tuple[Order, ...] = ()
    not_kept: tuple[str, ...] = ()


def needs_of(one: Observation) -> Needs:
    """What has to be read to make an observation."""
    paths = _paths(one)
    if paths is None:
        return Needs((), (), ("the whole inquiry",))
    columns: list[str] = []
    instants: list[Order] = []
    lacking: list[str] = []
    for path in paths:
        if path == INSTANT and isinstance(one, Order):
            instants.append(one)
        elif path in _READ_AT and not _of_a_person(one, path):
            columns += _READ_AT[path]
        else:
            lacking.append(".".join(str(part) for part in path))
    return Needs(tuple(dict.fromkeys(columns)), tuple(instants), tuple(lacking))


def reads_record(observations: Iterable[Observation]) -> bool:
    """Whether one of these looks at the record, so that an expunged one leaves it unknown."""
    return any(not _ABOUT.isdisjoint(needs_of(one).columns) for one in observations)


_ABOUT: Final = frozenset(ABOUT)


def _paths(one: Observation) -> tuple[Path, ...] | None:
    if hasattr(one, "left") and hasattr(one, "right"):
        return (one.left, one.right)
    if hasattr(one, "path"):
        path: Path = one.path
        attribute = getattr(one, "attribute", None)
        return (path,) if attribute is None else ((*path, attribute),)
    return None


def _of_a_person(one: Observation, path: Path) -> bool:
    """Whether an observation asks which officer or which record it is, which nobody keeps."""
    named = type(one).__name__
    return path in (("principal",), ("resource",)) and named not in ("OfType", "Within")


def instant_code(one: Order) -> pl.Expr:
    """The code of an observation of `context.at`, from the column `at`."""
    return _INSTANTS.code(one)


def history_of(files: Iterable[str]) -> pl.LazyFrame:
    """The rows of Parquet files, with the columns that all of them have.

    Raises HistoryUnusable, naming the file.
    """
    frames = [_one(file) for file in files]
    if not frames:
        raise HistoryUnusable("no history to replay over", remedy="name a folder of Parquet files")
    schemas = [frame.collect_schema() for frame in frames]
    shared = [name for name in schemas[0] if all(name in schema for schema in schemas)]
    return pl.concat([frame.select(shared) for frame in frames])


def _one(file: str) -> pl.LazyFrame:
    try:
        version = pl.read_parquet_metadata(file).get(VERSION_KEY)
        frame = pl.scan_parquet(file)
        schema = frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise HistoryUnusable(
            f"cannot be read as Parquet: {str(fault).splitlines()[0][:200]}",
            where=file,
            remedy="export that month again: comity journal export",
        ) from fault
    if version is not None and version != str(VERSION):
        raise HistoryUnusable(
            f"is a history of version {version}; this Comity reads version {VERSION}",
            where=file,
            remedy="export it again with this version",
        )
    lacking = [name for name in COLUMNS if name not in schema]
    if lacking:
        raise HistoryUnusable(
            f"has no column {', '.join(f'`{name}`' for name in lacking)}",
            where=file,
            remedy="export it again: comity journal export",
        )
    return frame


def request_of(row: Mapping[str, Any], act: str) -> Request:
    """A row as clause classes read it; the instant is the row's own.

    The ids of officer and record are of nobody: no text that names one is put to them.
    """
    agency, principal = _who(row)
    resource = _resource(act)
    return Request(
        (principal.type, principal.id),
        ("Action", act),
        (resource.type, resource.id),
        _context(row),
        _entities(row, resource, agency, principal),
    )


def asked_of(row: Mapping[str, Any], act: str) -> Asked:
    """A row as the reference engine reads it too."""
    agency, principal = _who(row)
    resource = _resource(act)
    return Asked(
        principal,
        act,
        resource,
        json.dumps(_context(row)),
        json.dumps(_entities(row, resource, agency, principal)),
        request_of(row, act),
    )


_RECORD: Final = Uid("Record", "any")
_OF_REGISTER: Final = frozenset(ListAct)


def _resource(act: str) -> Uid:
    return REGISTER if act in _OF_REGISTER else _RECORD


def _who(row: Mapping[str, Any]) -> tuple[Uid, Uid]:
    agency = Uid("Agency", str(row["agency"]))
    kind = str(row["principal"])
    return agency, agency if kind == "Agency" else Uid(kind, f"{agency.id}/any")


def _entities(
    row: Mapping[str, Any], resource: Uid, agency: Uid, principal: Uid
) -> list[dict[str, Any]]:
    parties = [name for name in str(row["party"]).split(",") if name]
    attributes = {"criminal_justice": row["criminal_justice"]}
    entities: list[dict[str, Any]] = [
        {"uid": _json(agency), "attrs": attributes, "parents": [_party(one) for one in parties]},
        *({"uid": _party(one), "attrs": {}, "parents": []} for one in parties),
        {
            "uid": _json(resource),
            "attrs": {} if resource == REGISTER else _record(row),
            "parents": [],
        },
    ]
    if principal != agency:
        entities.append({"uid": _json(principal), "attrs": attributes, "parents": [_json(agency)]})
    return entities


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["on_file"] is None:
        return record_attributes(None)  # expunged: no clause that reads of it is asked
    attributes: dict[str, Any] = {
        name: row[name] for name in ("on_file", "juvenile", "charged", "convicted", "in_custody")
    }
    attributes["standing"] = str(row["standing"])
    if row["grade"] is not None:
        attributes["grade"] = _word("Grade", row["grade"])
    if row["released_grade"] is not None:
        attributes["released_after"] = {
            "grade": _word("Grade", row["released_grade"]),
            "violent": bool(row["released_violent"]),
        }
    return attributes


def _context(row: Mapping[str, Any]) -> dict[str, Any]:
    at = format_instant(Instant(int(row["at"])))
    context: dict[str, Any] = {
        "at": {"__extn": {"fn": "datetime", "arg": at}},
        "purpose": _word("Purpose", row["purpose"]),
        "query": _word("Query", row["query"]),
        "criteria": [_word("Criterion", one) for one in str(row["criteria"]).split(",") if one],
        **{name: row[name] for name in ("case_number", "approved", "standing_in")},
    }
    if row["basis"] is not None:
        context["basis"] = {
            "kind": _word("Process", row["basis"]),
            **{
                name: bool(row[f"basis_{name}"])
                for name in ("criminal", "verified", "names_subject")
            },
        }
    return context


def _word(kind: str, word: Any) -> dict[str, str]:
    return {"type": kind, "id": str(word)}


def _json(uid: Uid) -> dict[str, str]:
    return {"type": uid.type, "id": uid.id}


def _party(name: str) -> dict[str, str]:
    return {"type": "Party", "id": name}
