"""A question to the law about a custody act or an act of the office, as Cedar reads it.

Shapes are those of `comity.law.schema`; facts those of `comity.law.matter`. Invariants:
a fact that is not in the catalogue, or not of its type, is refused by name and never
passed over; each conviction and each charge is put to the texts by itself; a fact not
given is absent, never false. Does not: decide (`comity.law.verdict`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product
from typing import Any, Final

import msgspec

from comity.cedar.engine import Uid
from comity.errors import ComityError
from comity.instant import Instant, format_instant
from comity.law.matter import CHARGE_FACTS, CONVICTION_FACTS, FACTS, Fact, FactType
from comity.law.problem import nearest
from comity.law.schema import ACTS
from comity.law.vocabulary import ProcessKind

ALTERNATIVES_MAX: Final = 400
"""Convictions times charges put to a text; a person with more is for counsel."""

_ENCODE: Final = msgspec.json.Encoder().encode
_ABSENT: Final = {
    "on_file": True,
    "standing": "open",
    "juvenile": False,
    "charged": False,
    "convicted": False,
    "in_custody": True,
}


class FactUnusable(ComityError):
    """A fact that no text can read: unknown, or not of its type. `name` is the fact."""

    def __init__(self, name: str, what: str, remedy: str) -> None:
        self.name = name
        super().__init__(what, where=name, remedy=remedy)


class Presented(msgspec.Struct, frozen=True):
    """The paper that asks for a custody act, typed from its facts (`comity.law.paper`)."""

    request: ProcessKind = ProcessKind.DETAINER
    civil: bool = True
    judicial_warrant: bool = False


class Question(msgspec.Struct, frozen=True):
    """One act, at an instant, with every fact that a text may read.

    `given` are facts of the catalogue by name, without `conviction` and `charge`, which
    come in `convictions` and `charges`. `about` overrides the attributes of the record:
    `released_after` {grade, violent}, `juvenile` and so on. `release_at`: when the person
    would otherwise leave. `zone`: IANA time zone of local days.
    """

    act: str
    at: Instant
    given: Mapping[str, Any] = {}
    convictions: tuple[Mapping[str, Any], ...] = ()
    charges: tuple[Mapping[str, Any], ...] = ()
    presented: Presented = Presented()
    about: Mapping[str, Any] = {}
    agency: str = "nobody"
    criminal_justice: bool = True
    release_at: Instant | None = None
    zone: str = "UTC"


class Asked(msgspec.Struct, frozen=True):
    """A question ready for the engine: one context for each conviction and charge."""

    principal: Uid
    act: str
    resource: Uid
    entities: str
    contexts: tuple[str, ...]


def ask(question: Question) -> Asked:
    """Encode a question. Raises FactUnusable, naming the fact."""
    if question.act not in ACTS or ACTS[question.act].context not in ("Presented", "Matter"):
        raise FactUnusable(
            "act", f"`{question.act}` is no custody act and no act of the office", "name one"
        )
    custody = ACTS[question.act].context == "Presented"
    agency = Uid("Agency", question.agency)
    party = Uid("Party", question.agency)
    resource = Uid("Record", "person") if custody else Uid("Register", "register")
    attributes = {**_ABSENT, **_record(question)} if custody else {}
    entities = [
        {"uid": party, "attrs": {}, "parents": ()},
        {
            "uid": agency,
            "attrs": {"criminal_justice": question.criminal_justice},
            "parents": [party],
        },
        {"uid": resource, "attrs": attributes, "parents": ()},
    ]
    base: dict[str, Any] = {"at": _datetime(format_instant(question.at))}
    if custody:
        base["request"] = {"type": "Process", "id": question.presented.request.value}
        base["civil"] = question.presented.civil
        base["judicial_warrant"] = question.presented.judicial_warrant
    base |= cedar_facts(question.given, FACTS)
    contexts = tuple(_ENCODE(base | offences).decode() for offences in _alternatives(question))
    return Asked(agency, question.act, resource, _ENCODE(entities).decode(), contexts)


def _alternatives(question: Question) -> Iterator[dict[str, Any]]:
    convictions = question.convictions or (None,)
    charges = question.charges or (None,)
    if len(convictions) * len(charges) > ALTERNATIVES_MAX:
        raise FactUnusable(
            "convictions",
            f"{len(convictions)} convictions and {len(charges)} charges are too many to decide",
            "leave out those that no text reads, or ask counsel",
        )
    for conviction, charge in product(convictions, charges):
        found: dict[str, Any] = {}
        if conviction is not None:
            found["conviction"] = cedar_offence(conviction, CONVICTION_FACTS)
        if charge is not None:
            found["charge"] = cedar_offence(charge, CHARGE_FACTS)
        yield found


def _record(question: Question) -> dict[str, Any]:
    attributes = dict(question.about)
    attributes.setdefault("convicted", bool(question.convictions))
    attributes.setdefault("charged", bool(question.charges))
    if "grade" in attributes and isinstance(attributes["grade"], str):
        attributes["grade"] = {"type": "Grade", "id": attributes["grade"]}
    if "released_after" in attributes:
        after = attributes["released_after"]
        attributes["released_after"] = {
            "grade": {"type": "Grade", "id": str(after["grade"])},
            "violent": after["violent"],
        }
    return attributes


def cedar_offence(given: Mapping[str, Any], known: Mapping[str, Fact]) -> dict[str, Any]:
    """A conviction or charge as a Cedar record: a flag not given is false.

    `whole_section` is the section up to its first subdivision (`PC 245` of `PC 245(a)(1)`),
    because texts list sections both whole and by subdivision.
    """
    flags = {name: False for name, fact in known.items() if fact.type is FactType.FLAG}
    section = given.get("section")
    if isinstance(section, str) and "whole_section" in known:
        given = {"whole_section": section.partition("(")[0].strip(), **given}
    return flags | cedar_facts(given, known)


def cedar_facts(given: Mapping[str, Any], known: Mapping[str, Fact]) -> dict[str, Any]:
    """Facts by name as Cedar values; None means not given. Raises FactUnusable."""
    return {
        name: _value(fact_named(name, known), value)
        for name, value in given.items()
        if value is not None
    }


def fact_named(name: str, known: Mapping[str, Fact]) -> Fact:
    """The fact of that name. Raises FactUnusable."""
    if name not in known:
        raise FactUnusable(name, f"`{name}` is no fact that a text can read", nearest(name, known))
    return known[name]


def _value(fact: Fact, value: Any) -> Any:
    match fact.type, value:
        case FactType.FLAG, bool():
            return value
        case FactType.NUMBER, int() if not isinstance(value, bool):
            return value
        case FactType.WORD, str() if not fact.words or value in fact.words:
            return value
        case FactType.WORDS, list() | tuple() if all(isinstance(one, str) for one in value):
            return list(value)
        case FactType.DAY, str() if _is_day(value):
            return _datetime(value)
        case _:
            pass
    wants = {
        FactType.FLAG: "true or false",
        FactType.NUMBER: "a whole number",
        FactType.WORD: f"one of: {', '.join(fact.words)}" if fact.words else "a word",
        FactType.WORDS: "a list of words",
        FactType.DAY: "a day such as 2018-08-31",
    }.get(fact.type, "a record of its own")
    raise FactUnusable(fact.name, f"`{fact.name}` cannot be {value!r}", f"write {wants}")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _datetime(text: str) -> dict[str, Any]:
    return {"__extn": {"fn": "datetime", "arg": text}}
