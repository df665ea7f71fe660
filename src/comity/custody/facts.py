"""What the law may look at when a paper asks for something: the paper's facts and the person's.

Source: the catalogue (`comity.law.matter`); typing by `comity.custody.classify`. Invariants:
a fact nobody has established is absent; what staff state is a fact of the catalogue, with
its type, or refused by name; a paper that is not in order lends no judge and no warrant to
any text; nothing here is anybody's citizenship or immigration status. Does not: decide
(`comity.custody.decide`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from comity.custody.classify import Classified, Matter
from comity.custody.look_back import anniversary
from comity.custody.paper import Paper, State
from comity.errors import ComityError
from comity.instant import Instant
from comity.law.matter import FACTS, FORMS, PAPER, SIGNERS
from comity.law.paper import FEDERAL_JUDGES, IMMIGRATION_OFFICERS, STATE_JUDGES, Office, form_of
from comity.law.paper_form import PaperClass
from comity.law.period import local_day
from comity.law.question import Presented, cedar_facts
from comity.law.vocabulary import Grade
from comity.records.record import Charge, CustodyStatus, Record

_CONVICTED: Final = frozenset({"convicted", "guilty", "guilty plea", "nolo contendere"})
_OVER: Final = frozenset({"acquitted", "dismissed", "withdrawn", "nolle prossed"})
_OF_THE_PAPER: Final = frozenset(fact.name for fact in PAPER)
_CRIMINAL: Final = (
    PaperClass.CRIMINAL_WARRANT,
    PaperClass.SEARCH_WARRANT,
    PaperClass.STATE_WARRANT,
)
_MONTHS: Final = 12


class StatementUnusable(ComityError):
    """Something staff stated that is no fact of the person."""


class Convicted(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A conviction as staff established it from a court's record.

    `facts` are facts of the catalogue about an offence. `stays` are days in custody, which
    some texts do not count; `released_after`: the person leaves custody after this one.
    """

    on: str  # ISO day
    source: str
    facts: Mapping[str, Any] = {}
    stays: tuple[tuple[str, str], ...] = ()
    released_after: bool = False


class Statement(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What staff established about a person for the law, and from what.

    `facts`: catalogue facts about the person by name (`consent_form_signed`, `registry`).
    """

    by: str
    source: str
    facts: Mapping[str, Any] = {}
    convictions: tuple[Convicted, ...] = ()
    charges: tuple[Mapping[str, Any], ...] = ()


def demand_statement(statement: Statement) -> None:
    """Raises StatementUnusable or FactUnusable, naming what cannot be stated."""
    of_paper = sorted(_OF_THE_PAPER & statement.facts.keys())
    if of_paper:
        raise StatementUnusable(
            f"`{of_paper[0]}` is a fact of a paper",
            remedy="it is read off the paper at intake; nobody states it",
        )
    if not statement.by.strip() or not statement.source.strip():
        raise StatementUnusable("a statement says by whom and from what", remedy="give both")
    cedar_facts(statement.facts, FACTS)
    for one in statement.convictions:
        _day(one.on)
        for begins, ends in one.stays:
            if _day(ends) < _day(begins):
                raise StatementUnusable(f"a stay ends ({ends}) before it begins ({begins})")


def paper_facts(paper: Paper, classified: Classified) -> dict[str, Any]:
    """Facts of the paper by name. Judges and warrants count only where it is in order."""
    facts: dict[str, Any] = {
        "signed": paper.signed_by is not None and paper.signed_by is not Office.NOBODY,
        "detainer": classified.paper_class is PaperClass.DETAINER,
    }
    form = classified.form.number if classified.form is not None else None
    if form in FORMS:
        facts["instrument"] = form
        if classified.paper_class is PaperClass.DETAINER:
            facts |= {"form": form, "asked_by_form": form}
    attached = [one.number for text in paper.attached or () for one in [form_of(text)] if one]
    arrest = [number for number in attached if number in ("I-200", "I-205")]
    if arrest:
        facts["attached"] = arrest[0]
    signer = _signer(paper.signed_by)
    if signer is not None:
        facts["signed_by"] = signer
    if paper.cites:
        facts["offense"] = paper.cites
    if paper.names_subject is not None:
        facts["names_subject"] = paper.names_subject
    if paper.served is not None or paper.served_on:
        facts["served_on_subject"] = bool(paper.served or paper.served_on)
    if classified.paper_class is PaperClass.DETAINER:
        facts["form_complete"] = classified.state is State.VALID
    if classified.in_order and classified.judicial:
        facts["federal_judge_signed"] = paper.signed_by in FEDERAL_JUDGES
        facts["state_judge_signed"] = paper.signed_by in STATE_JUDGES
        facts["court_order"] = classified.paper_class is PaperClass.COURT_ORDER
        criminal = classified.paper_class in _CRIMINAL and classified.matter is Matter.CRIMINAL
        facts["criminal_warrant"] = criminal
        facts["federal_criminal_warrant"] = criminal and (
            classified.paper_class is not PaperClass.STATE_WARRANT
        )
        if classified.paper_class is PaperClass.COURT_ORDER and paper.cites:
            facts["court_order_basis"] = paper.cites
    return facts


def presented(classified: Classified, supported: bool) -> Presented:
    """The paper as custody texts look at it first.

    `supported`: a judicial warrant for this person, in order, is here too.
    """
    judicial = classified.judicial and classified.in_order
    return Presented(
        classified.kind,
        civil=classified.matter is not Matter.CRIMINAL,
        judicial_warrant=judicial or supported,
    )


def person_facts(
    record: Record, statement: Statement | None, at: Instant, zone: str
) -> tuple[dict[str, Any], tuple[Mapping[str, Any], ...], tuple[Mapping[str, Any], ...]]:
    """Facts of the person, every conviction, every pending charge.

    What staff established adds to what the record holds. Days are of the place.
    """
    today = local_day(at, zone)
    given = dict(statement.facts) if statement is not None else {}
    convictions = [_of_record(charge, today, zone) for charge in _convicted(record)]
    convictions += [
        _aged({"grade": one.grade, "involves_violence": one.violent}, one.convicted_at, today, zone)
        for one in record.convictions.values()
    ]
    charges: list[Mapping[str, Any]] = [
        {"grade": charge.grade, "involves_violence": charge.violent} for charge in _pending(record)
    ]
    if statement is not None:
        convictions += [_stated(one, today) for one in statement.convictions]
        charges += [dict(one) for one in statement.charges]
    if record.release is not None and record.release.eligible_at is not None:
        leaves = local_day(record.release.eligible_at, zone)
        given.setdefault("days_to_release", (leaves - today).days)
    return given, tuple(map(_given, convictions)), tuple(map(_given, charges))


def about(record: Record, convictions: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    """The attributes of the record that custody texts read."""
    attributes: dict[str, Any] = {
        "standing": record.standing.value,
        "juvenile": record.arrest is not None and record.arrest.juvenile,
        "charged": bool(_pending(record)),
        "convicted": bool(convictions),
        "in_custody": record.custody is not None
        and record.custody.status is CustodyStatus.IN_CUSTODY,
    }
    grades = {grade.value for grade in Grade}
    after = [
        one
        for one in convictions
        if one.get("released_after_this_conviction") and one.get("grade") in grades
    ]
    if after:
        # The gravest violent one counts: texts ask for a grade and for violence together.
        order = [grade.value for grade in Grade]
        best = min(
            after, key=lambda one: (not one.get("involves_violence"), order.index(one["grade"]))
        )
        attributes["released_after"] = {
            "grade": best["grade"],
            "violent": bool(best.get("involves_violence")),
        }
    return attributes


def _signer(office: Office | None) -> str | None:
    """The office in the words of the catalogue; one that it does not list is told as none."""
    if office is None:
        return None
    if office.value in SIGNERS:
        return office.value
    if office in IMMIGRATION_OFFICERS:
        return "immigration officer"
    return "state judge" if office in STATE_JUDGES else None


def _convicted(record: Record) -> list[Charge]:
    return [c for c in record.charges.values() if (c.disposition or "").casefold() in _CONVICTED]


def _pending(record: Record) -> list[Charge]:
    over = _OVER | _CONVICTED
    return [c for c in record.charges.values() if (c.disposition or "").casefold() not in over]


def _of_record(charge: Charge, today: date, zone: str) -> dict[str, Any]:
    facts = {
        "grade": charge.grade,
        "involves_violence": charge.violent,
        "released_after_this_conviction": True,
    }
    return _aged(facts, charge.disposed_at, today, zone)


def _aged(facts: dict[str, Any], at: Instant | None, today: date, zone: str) -> dict[str, Any]:
    """With the months since, where the day is known; without it no look-back is met."""
    if at is None:
        return facts
    months = months_since(local_day(at, zone), today)
    return {**facts, "months_ago": months, "months_free": months}


def _stated(one: Convicted, today: date) -> dict[str, Any]:
    on = _day(one.on)
    inside = sum(
        (min(_day(ends), today) - max(_day(begins), on)).days
        for begins, ends in one.stays
        if _day(begins) < today
    )
    return {
        **one.facts,
        "months_ago": months_since(on, today),
        "months_free": months_since(on + timedelta(days=max(0, inside)), today),
        "released_after_this_conviction": one.released_after,
    }


def months_since(day: date, today: date) -> int:
    """Whole months since a day, a begun one counted: 60 up to and with the fifth anniversary."""
    months = (today.year - day.year) * _MONTHS + today.month - day.month
    years, rest = divmod(months, _MONTHS)
    start = anniversary(day, years)
    month = start.month - 1 + rest
    year = start.year + month // _MONTHS
    last = (date(year + (month % 12 == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    reached = date(year, month % 12 + 1, min(day.day, last))
    return max(0, months + (today > reached))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise StatementUnusable(
            f"`{text}` is not a day", remedy="write it as 2018-08-31"
        ) from fault


def _given(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
