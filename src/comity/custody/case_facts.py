"""The conditions of a decision case, as facts that texts can read.

Source: the columns of a table of cases, `docs/law-cases.md`. Invariants: a condition that
no text can read is told by name and decides nothing; underscores are spaces; a warrant
that a case only calls judicial is one in the words of the text it is put to. Does not:
decide (`comity.custody.cases`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from comity.instant import Instant, InstantError, parse_instant, parse_local
from comity.law.matter import CHARGE_FACTS, CONVICTION_FACTS, FACTS, FORMS, SIGNERS, Fact, FactType
from comity.law.question import FactUnusable, Presented, cedar_facts
from comity.law.vocabulary import Grade, ProcessKind

JUDICIAL: Final = ("AO-442", "AO-93", "STATE-WARRANT", "COURT-ORDER", "BLACKIES")
CRIMINAL: Final = ("AO-442", "AO-93", "STATE-WARRANT")
FEDERAL_JUDGES: Final = ("us magistrate judge", "us district judge", "us circuit judge")
_MONTHS: Final = 12
_PRESENTED: Final = ("judicial_warrant", "otherwise_released_at", "release_date")
_COUNTED: Final = ("received",)
_CALLED: Final = {"purpose": "stated_purpose", "query": "rests_on", "basis": "ground"}
"""Words that mean something narrower in an inquiry have another name in a matter."""


class Read(msgspec.Struct, frozen=True):
    """The facts of a case. `unread` are conditions that no text can read."""

    given: Mapping[str, Any]
    convictions: tuple[Mapping[str, Any], ...]
    charges: tuple[Mapping[str, Any], ...]
    presented: Presented
    about: Mapping[str, Any]
    release_at: Instant | None
    unread: tuple[str, ...]


def read_conditions(conditions: Mapping[str, Any], day: date, zone: str) -> Read:
    """Facts out of the conditions of one case; never raises for what they hold."""
    unread: list[str] = []
    flat = dict(_flat(conditions))
    convictions = _offences(flat.pop("conviction", None), CONVICTION_FACTS, "conviction", unread)
    charges = _offences(flat.pop("charge", None), CHARGE_FACTS, "charge", unread)
    given: dict[str, Any] = {}
    for name, value in flat.items():
        if name not in _PRESENTED and value is not None:
            _take(given, name, value, FACTS, unread)
    _papers(given, flat)
    release_at = _local(flat.get("otherwise_released_at"), zone)
    leaving = flat.get("release_date")
    if isinstance(leaving, str):
        try:
            given["days_to_release"] = (date.fromisoformat(leaving) - day).days
        except ValueError:
            unread.append("release_date")
    return Read(
        given,
        convictions,
        charges,
        _presented(given, flat),
        _about(convictions),
        release_at,
        tuple(name for name in unread if name not in given),
    )


def _flat(conditions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Groups that are no conviction or charge (`federal_conviction`) are taken apart."""
    found: dict[str, Any] = {}
    for name, value in conditions.items():
        if isinstance(value, dict) and name not in ("conviction", "charge"):
            found |= value
        else:
            found[name] = value
    return found


def _offences(
    value: Any, known: Mapping[str, Fact], name: str, unread: list[str]
) -> tuple[Mapping[str, Any], ...]:
    if value is None:
        return ()
    found = []
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            unread.append(name)
            continue
        offence: dict[str, Any] = {}
        rest = dict(one)
        years = rest.pop("years_ago", None)
        inside = rest.pop("incarcerated_years_since", 0)
        if years is not None:
            _take(offence, "months_ago", round(years * _MONTHS), known, unread)
            _take(offence, "months_free", round((years - (inside or 0)) * _MONTHS), known, unread)
        for key, each in rest.items():
            if each is not None:
                _take(offence, key, each, known, unread, within=f"{name}.")
        found.append(offence)
    return tuple(found)


def _take(
    found: dict[str, Any],
    name: str,
    value: Any,
    known: Mapping[str, Fact],
    unread: list[str],
    within: str = "",
) -> None:
    """Keep a fact where a text can read it, else its name among the unread."""
    name, value = _renamed(name, value, known)
    try:
        cedar_facts({name: value}, known)
    except FactUnusable:
        unread.append(within + name)
    else:
        found[name] = value


def _renamed(name: str, value: Any, known: Mapping[str, Fact]) -> tuple[str, Any]:
    if known is FACTS:
        name = _CALLED.get(name, name)
    if name == "request" and known is FACTS:
        name = "asked_by_form" if value in FORMS else "wanted"
    if name in _COUNTED and isinstance(value, int):
        name = f"{name}_count"
    if isinstance(value, str):
        value = value.replace("_", " ")
        if name.endswith("signed_by"):
            value = _signer(value)
        fact = known.get(name)
        if fact is not None and fact.type is FactType.FLAG:
            value = True  # a word where a flag is asked for says that there is one
    elif isinstance(value, int) and not isinstance(value, bool):
        fact = known.get(name)
        if fact is not None and fact.type is FactType.WORD:
            value = str(value)
    return name, value


def _signer(office: str) -> str:
    state = "court" in office or "state" in office or "superior" in office
    known = office in SIGNERS or office.startswith("us ")  # a clerk of court is no judge of one
    return "state judge" if state and not known else office


def _papers(given: dict[str, Any], flat: Mapping[str, Any]) -> None:
    """What follows from the form and the signature of a paper."""
    paper = flat.get("instrument")
    if isinstance(paper, str) and "+" in paper:
        first, _, second = paper.partition("+")
        given["instrument"], given["attached"] = first, second
    form = given.get("instrument")
    signer = given.get("signed_by")
    judicial = flat.get("judicial_warrant") is True
    if form in JUDICIAL or flat.get("court_order") is True or judicial:
        unnamed = judicial and form is None and signer is None
        given["state_judge_signed"] = signer == "state judge"
        given["federal_judge_signed"] = (
            signer in FEDERAL_JUDGES
            or unnamed
            or (signer is None and form in ("AO-442", "AO-93", "BLACKIES"))
        )
        given["criminal_warrant"] = form in CRIMINAL or unnamed
        given["federal_criminal_warrant"] = form in ("AO-442", "AO-93") or unnamed


def _presented(given: Mapping[str, Any], flat: Mapping[str, Any]) -> Presented:
    # What a paper is decides, and not the name of the event: an I-200 that comes alone is no detainer.
    form = given.get("instrument")
    if form in CRIMINAL:
        return Presented(ProcessKind.JUDICIAL_WARRANT, civil=False, judicial_warrant=True)
    if form == "BLACKIES":
        return Presented(ProcessKind.JUDICIAL_WARRANT, civil=True, judicial_warrant=True)
    if form == "COURT-ORDER":
        return Presented(ProcessKind.COURT_ORDER, civil=False, judicial_warrant=True)
    warrant = flat.get("judicial_warrant") is True
    if flat.get("detainer") is not True and form in (
        "I-200",
        "I-205",
        "I-203",
        "I-286",
        "EOIR-IJ",
        "NCIC-IVF",
    ):
        return Presented(ProcessKind.ADMINISTRATIVE_WARRANT, civil=True, judicial_warrant=warrant)
    return Presented(ProcessKind.DETAINER, civil=True, judicial_warrant=warrant)


def _about(convictions: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    grades = {grade.value for grade in Grade}
    for one in convictions:
        if one.get("released_after_this_conviction") and one.get("grade") in grades:
            return {
                "released_after": {
                    "grade": one["grade"],
                    "violent": bool(one.get("involves_violence")),
                }
            }
    return {}


def _local(text: Any, zone: str) -> Instant | None:
    if not isinstance(text, str):
        return None
    try:
        return parse_local(text, zone)
    except InstantError:
        try:
            return parse_instant(text)
        except InstantError:
            return None
