"""The Cedar schema in the field's terms, written once from the closed lists.

Source: Cedar schema syntax; the lists of `comity.law.vocabulary`. Invariants: a
purpose, query, criterion, process or grade outside its list is no valid entity,
so that the reference engine itself refuses it; every act of a list is an action.
The shape is a contract with `comity.disclosure.facts`, which fills it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from comity.law.matter import CHARGE, CONVICTION, MATTER, Fact, FactType, OfficeAct
from comity.law.vocabulary import (
    Criterion,
    CustodyAct,
    DataClass,
    Grade,
    ListAct,
    ProcessKind,
    Purpose,
    QueryKind,
    see,
)


class Field(msgspec.Struct, frozen=True):
    """An attribute that a rule may read. An optional one needs `has` before it."""

    name: str
    type: str
    optional: bool = False


class Standing(StrEnum):
    """What `resource.standing` can be; to Cedar it is a string."""

    OPEN = "open"
    SEALED = "sealed"
    HIDDEN = "hidden"


class Environment(msgspec.Struct, frozen=True):
    """Acts that are decided on the same kind of facts."""

    group: str
    acts: tuple[str, ...]
    resource: str
    context: str


def _fact(fact: Fact) -> Field:
    return Field(fact.name, fact.type.value, optional=True)


def _offence(facts: Iterable[Fact]) -> tuple[Field, ...]:
    """Flags of an offence are always given, so that rules stay short."""
    return tuple(
        Field(fact.name, fact.type.value, optional=fact.type is not FactType.FLAG) for fact in facts
    )


WORDS: Final[Mapping[str, type[StrEnum]]] = {
    "Purpose": Purpose,
    "Query": QueryKind,
    "Criterion": Criterion,
    "Process": ProcessKind,
    "Grade": Grade,
}
"""Entity types whose ids are a closed list."""

RECORDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "Basis": (
        Field("kind", "Process"),
        Field("criminal", "Bool"),
        Field("verified", "Bool"),
        Field("names_subject", "Bool"),
    ),
    "Inquiry": (
        Field("at", "datetime"),
        Field("purpose", "Purpose"),
        Field("query", "Query"),
        Field("criteria", "Set<Criterion>"),
        Field("case_number", "Bool"),
        Field("approved", "Bool"),
        Field("standing_in", "Bool"),
        Field("basis", "Basis", optional=True),
    ),
    "Conviction": (Field("grade", "Grade"), Field("violent", "Bool")),
    "Presented": (
        Field("at", "datetime"),
        Field("request", "Process"),
        Field("civil", "Bool"),
        Field("judicial_warrant", "Bool"),
        *map(_fact, MATTER),
    ),
    "PriorConviction": _offence(CONVICTION),
    "PendingCharge": _offence(CHARGE),
    "Matter": (Field("at", "datetime"), *map(_fact, MATTER)),
}
"""Plain records: no entity, so that reading a field of one cannot fail."""

_AGENCY: Final = (Field("criminal_justice", "Bool"),)
ENTITIES: Final[Mapping[str, tuple[Field, ...]]] = {
    "Party": (),
    "Agency": _AGENCY,
    "Officer": _AGENCY,
    "System": _AGENCY,
    "Record": (
        Field("on_file", "Bool"),
        Field("standing", "String"),
        Field("juvenile", "Bool"),
        Field("charged", "Bool"),
        Field("convicted", "Bool"),
        Field("in_custody", "Bool"),
        Field("grade", "Grade", optional=True),
        Field("released_after", "Conviction", optional=True),
    ),
    "Register": (),
}
"""Entity types with attributes. `grade` is the gravest charge pending."""

PARENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Agency": ("Party", "Agency"),
    "Officer": ("Agency",),
    "System": ("Agency",),
}
PRINCIPALS: Final = ("Officer", "System", "Agency")

ENVIRONMENTS: Final = (
    Environment("see", tuple(see(data_class) for data_class in DataClass), "Record", "Inquiry"),
    Environment("list or subscribe", tuple(act.value for act in ListAct), "Register", "Inquiry"),
    Environment("custody", tuple(act.value for act in CustodyAct), "Record", "Presented"),
    Environment("office", tuple(act.value for act in OfficeAct), "Register", "Matter"),
)

ACTS: Final[Mapping[str, Environment]] = {
    act: environment for environment in ENVIRONMENTS for act in environment.acts
}
"""Every act with the facts it is decided on."""

INQUIRY_ACTS: Final = tuple(
    act
    for environment in ENVIRONMENTS
    if environment.context == "Inquiry"
    for act in environment.acts
)
"""The acts that an inquiry is decided on."""

RECORD_PATHS: Final = frozenset(
    {
        ("context", "basis"),
        ("context", "conviction"),
        ("context", "charge"),
        ("resource", "released_after"),
    }
)
"""Where a rule finds a plain record within another."""


def fields_of(variable: str) -> Mapping[str, tuple[Field, ...]]:
    """The fields that `principal`, `resource` or `context` has, by kind of it."""
    if variable == "principal":
        return {kind: ENTITIES[kind] for kind in PRINCIPALS}
    if variable == "resource":
        return {
            environment.resource: ENTITIES[environment.resource] for environment in ENVIRONMENTS
        }
    if variable == "context":
        return {environment.context: RECORDS[environment.context] for environment in ENVIRONMENTS}
    return {}


def cedar_schema() -> str:
    """The schema as Cedar text."""
    parts = [f"entity {name} enum {_strings(words)};" for name, words in WORDS.items()]
    parts += [f"type {name} = {_body(fields)};" for name, fields in RECORDS.items()]
    for name, fields in ENTITIES.items():
        within = f" in [{', '.join(PARENTS[name])}]" if name in PARENTS else ""
        body = f" {_body(fields)}" if fields else ""
        parts.append(f"entity {name}{within}{body};")
    for environment in ENVIRONMENTS:
        parts.append(f'action "{environment.group}";')
        names = ", ".join(f'"{act}"' for act in environment.acts)
        parts.append(
            f'action {names} in ["{environment.group}"] appliesTo {{'
            f" principal: [{', '.join(PRINCIPALS)}],"
            f" resource: [{environment.resource}], context: {environment.context} }};"
        )
    return "\n".join(parts) + "\n"


def _strings(words: Iterable[StrEnum]) -> str:
    return "[" + ", ".join(f'"{word.value}"' for word in words) + "]"


def _body(fields: Iterable[Field]) -> str:
    inner = ", ".join(
        f"{field.name}{'?' if field.optional else ''}: {field.type}" for field in fields
    )
    return f"{{ {inner} }}"


SCHEMA: Final = cedar_schema()
"""The one schema under which every policy is validated and every request decided."""
