"""An `examples` block: fact patterns in a clerk's words, each with what follows from it.

Source: `docs/instruments.md`, Examples. Invariants: every word is from the closed
lists; a fact that its act cannot have is a problem; facts left out take the
defaults written here, and the facts of an Example are complete. Does not: run
them (`comity.law.examples`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from comity.instant import Instant
from comity.law.block import Node
from comity.law.front_matter import HANDLE
from comity.law.given_block import read_given
from comity.law.instrument import Example
from comity.law.problem import nearest
from comity.law.reading import Form, Reading
from comity.law.ruling import Ruling
from comity.law.schema import ACTS, Standing
from comity.law.vocabulary import Criterion, Grade, ProcessKind, Purpose, QueryKind

ORI: Final = re.compile(r"[A-Z0-9]{9}")
"""An agency by its own identifier, which represents no party."""

CRITERIA: Final[Mapping[QueryKind, tuple[Criterion, ...]]] = {
    QueryKind.IDENTIFIER: (Criterion.RECORD_NUMBER,),
    QueryKind.NAME: (Criterion.NAME,),
    QueryKind.LIST: (),
    QueryKind.SUBSCRIPTION: (Criterion.RECORD_NUMBER,),
}
"""What an inquiry rests on unless an example says otherwise."""

_KEYS: Final = ("that", "act", "acts", "asks", "presents", "given", "about", "at", "expect")
_WHO: Final = ("agency", "criminal_justice", "officer", "system")
_ASKS: Final = (
    *_WHO, "purpose", "query", "criteria", "case_number", "approved", "standing_in", "basis",
)  # fmt: skip
_PRESENTS: Final = (*_WHO, "request", "civil", "judicial_warrant")
_ABOUT: Final = (
    "on_file", "standing", "juvenile", "charged", "convicted", "in_custody", "grade",
    "released_after",
)  # fmt: skip


class Expectation(StrEnum):
    """What the instrument, alone, is to make of an example."""

    PERMITTED = "permitted"
    REFUSED = "refused"
    UNTOUCHED = "untouched"
    WITHHELD = "withheld"
    HELD = "held"


Expected = StrEnum(  # type: ignore[misc]  # members are those of two closed lists
    "Expected", {word.name: word.value for word in (*Expectation, *Ruling)}
)
"""What a custody act or an act of the office may be expected to become: a ruling too."""


def read_examples(reading: Reading, node: Node, clause: str, zone: str) -> tuple[Example, ...]:
    """Every example of a block that could be read; faults go to `reading`."""
    if not isinstance(node.value, list):
        reading.problem(node.line, "`examples` is not a list", "begin each with `- that:`", clause)
        return ()
    found = (_example(reading, item, clause, zone) for item in node.value)
    return tuple(example for example in found if example is not None)


def _example(reading: Reading, node: Node, clause: str, zone: str) -> Example | None:
    form = Form(reading, node, "an example", _KEYS, clause)
    says = form.text("that")
    acts = _acts(form)
    rules = {ACTS[act].context for act in acts} <= {"Presented", "Matter"}
    expect = form.word("expect", Expected if rules else Expectation, "expectation")
    facts: dict[str, Any] = {}
    if form.has("at"):
        facts["at"] = form.local("at", zone) or Instant(0)
    contexts = {ACTS[act].context for act in acts}
    resources = {ACTS[act].resource for act in acts}
    if len(contexts) > 1 or len(resources) > 1:
        form.fault("acts", "these acts are decided on different facts", "make two examples")
    elif contexts == {"Presented"}:
        facts["presents"] = _presents(reading, form, clause)
        facts["about"] = _about(reading, form, clause)
        facts["given"] = read_given(reading, form, clause)
        _misplaced(form, "asks", "a custody act rests on `presents`")
    elif contexts == {"Matter"}:
        facts["given"] = read_given(reading, form, clause)
        for key in ("asks", "presents", "about"):
            _misplaced(form, key, "an act of the office rests on `given`")
    elif contexts:
        facts["asks"] = _asks(reading, form, clause)
        _misplaced(form, "presents", "seeing and listing rest on `asks`")
        _misplaced(form, "given", "seeing and listing rest on `asks`")
        if resources == {"Register"}:
            _misplaced(form, "about", "a list is decided before any record is looked at")
        else:
            facts["about"] = _about(reading, form, clause)
    if form.broken or expect is None or not acts:
        return None
    return Example(says, facts, acts, expect.value, form.line)


def _misplaced(form: Form, key: str, why: str) -> None:
    if form.has(key):
        form.fault(key, f"`{key}` has no place here: {why}", f"remove `{key}`")


def _acts(form: Form) -> tuple[str, ...]:
    acts = form.texts("acts")
    if form.has("act"):
        acts = (form.text("act"), *acts)
    if not acts and not form.broken & {"act", "acts"}:
        form.fault("act", "an example without an act", "add `act:` or `acts:`")
    for act in acts:
        if act and act not in ACTS:
            form.fault("act", f"unknown act `{act}`", nearest(act, ACTS), form.line_of("act"))
    return tuple(act for act in acts if act in ACTS)


def _inner(
    reading: Reading, form: Form, key: str, keys: tuple[str, ...], clause: str, *, required: bool
) -> Form:
    node = form.node(key, required=required) or Node({}, form.line)
    return Form(reading, node, f"`{key}`", keys, clause)


def _who(form: Form) -> dict[str, Any]:
    agency = form.text("agency", required=False) or "nobody"
    if not (HANDLE.fullmatch(agency) or ORI.fullmatch(agency)):
        form.fault("agency", f"`{agency}` is no agency", "name a party's handle or an ORI")
    return {
        "agency": agency,
        "criminal_justice": form.flag("criminal_justice", otherwise=True),
        "officer": form.text("officer", required=False) or "officer",
        "system": form.text("system", required=False),
    }


def _asks(reading: Reading, form: Form, clause: str) -> dict[str, Any]:
    asks = _inner(reading, form, "asks", _ASKS, clause, required=True)
    query = asks.word("query", QueryKind, "query", required=False) or QueryKind.NAME
    criteria = CRITERIA[query]
    if asks.has("criteria"):
        criteria = asks.words("criteria", Criterion, "criterion")
    facts = {
        **_who(asks),
        "purpose": asks.word("purpose", Purpose, "purpose", required=form.has("asks")),
        "query": query,
        "criteria": criteria,
        "case_number": asks.flag("case_number", otherwise=False),
        "approved": asks.flag("approved", otherwise=False),
        "standing_in": asks.flag("standing_in", otherwise=False),
    }
    if asks.has("basis"):
        keys = ("kind", "criminal", "verified", "names_subject")
        basis = _inner(reading, asks, "basis", keys, clause, required=True)
        facts["basis"] = {
            "kind": basis.word("kind", ProcessKind, "process"),
            "criminal": basis.flag("criminal", otherwise=False),
            "verified": basis.flag("verified", otherwise=False),
            "names_subject": basis.flag("names_subject", otherwise=False),
        }
        asks.broken |= basis.broken
    form.broken |= asks.broken
    return facts


def _presents(reading: Reading, form: Form, clause: str) -> dict[str, Any]:
    presents = _inner(reading, form, "presents", _PRESENTS, clause, required=True)
    facts = {
        **_who(presents),
        "request": presents.word("request", ProcessKind, "process", required=form.has("presents")),
        "civil": presents.flag("civil", otherwise=False),
        "judicial_warrant": presents.flag("judicial_warrant", otherwise=False),
    }
    form.broken |= presents.broken
    return facts


def _about(reading: Reading, form: Form, clause: str) -> dict[str, Any]:
    """By default an open record on file of an adult in custody, charged with an F3."""
    about = _inner(reading, form, "about", _ABOUT, clause, required=False)
    on_file = about.flag("on_file", otherwise=True)
    charged = about.flag("charged", otherwise=on_file)
    standing = about.word("standing", Standing, "standing", required=False) or Standing.OPEN
    facts: dict[str, Any] = {
        "on_file": on_file,
        "standing": standing,
        "juvenile": about.flag("juvenile", otherwise=False),
        "charged": charged,
        "convicted": about.flag("convicted", otherwise=about.has("released_after")),
        "in_custody": about.flag("in_custody", otherwise=on_file),
    }
    grade = about.word("grade", Grade, "grade", required=False)
    if grade is None and charged and not about.has("grade"):
        grade = Grade.F3
    if grade is not None:
        facts["grade"] = grade
    if about.has("released_after"):
        keys = ("grade", "violent")
        conviction = _inner(reading, about, "released_after", keys, clause, required=True)
        facts["released_after"] = {
            "grade": conviction.word("grade", Grade, "grade"),
            "violent": conviction.flag("violent", otherwise=False),
        }
        about.broken |= conviction.broken
    form.broken |= about.broken
    return facts
