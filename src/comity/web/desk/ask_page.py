"""`/desk/ask`: a form that offers only what the law in force could show this agency.

Source: GOV.UK patterns (one thing at a time: first why and how, then whom and what). Invariants: what
can be chosen is computed from the law in force (`comity.disclosure.possible`), and so is what the
page says can come back; what is sent is decided afresh, whatever the form offered; the officer is
the account's; a form that is sent twice is one inquiry, since the page gave it its id. The answer is
shown once, in reply to the form: shown again it would be another disclosure. Does not: decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from comity.disclosure.inquiry import (
    ByIdentifier,
    ByList,
    ByName,
    Inquiry,
    InquiryId,
    OnBehalfOf,
    Query,
)
from comity.disclosure.possible import kinds_possible, offers
from comity.law.vocabulary import DataClass, Purpose, QueryKind
from comity.web.closed_words import KINDS
from comity.web.desk.answer_page import answer_page
from comity.web.desk.asking import ask, inquirer, own
from comity.web.desk.terms import Offered, offered, purposes_said
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Page, Redirect, Shown
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_
from comity.web.problems import ProblemRaised

PATH: Final = "/desk/ask"
ID: Final = re.compile(r"desk-[0-9a-f]{20}")
_KINDS: Final = tuple(kind.value for kind in QueryKind if kind is not QueryKind.SUBSCRIPTION)
_TEXTS: Final[Mapping[QueryKind, tuple[str, ...]]] = {
    QueryKind.IDENTIFIER: ("record_id", "state_id"),
    QueryKind.NAME: ("sur_name", "given_name", "birth_date"),
    QueryKind.LIST: ("sur_name", "charge_statute", "arrested_from", "arrested_until", "in_custody"),
}
FIELDS: Final = (
    Field("purpose", required=True, choices=tuple(one.value for one in Purpose)),
    Field("by", required=True, choices=_KINDS),
    Field("inquiry_id", required=True, most=40),
    Field("classes", required=True, many=True, choices=tuple(one.value for one in DataClass)),
    Field("case_number"),
    Field("legal_basis"),
    Field("on_behalf_of"),
    Field("record_id"),
    Field("state_id"),
    Field("sur_name"),
    Field("given_name"),
    Field("birth_date"),
    Field("charge_statute"),
    Field("arrested_from"),
    Field("arrested_until"),
    Field("in_custody", choices=("yes", "no")),
)
_GIVE_ONE: Final = N_("Give one of the two numbers, not both")
_GIVE_SOME: Final = N_("Give at least one characteristic")
_UNUSABLE: Final = N_("This cannot be used as it stands")
_ONE_OFFERED: Final = N_("Choose something that the page offers")


class Choice(msgspec.Struct, frozen=True):
    """What can be chosen first: purposes, and for each how one may ask."""

    purposes: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    purpose: str = ""
    by: str = ""
    fault: str | None = None  # why this analyst may not ask at all


class Asking(msgspec.Struct, frozen=True):
    """The form: what may be asked for this purpose in this way, and what was filled in."""

    purpose: str
    purpose_said: str
    by: str
    by_said: str
    inquiry_id: str
    texts: tuple[str, ...]
    can: tuple[Offered, ...]
    cannot: tuple[Offered, ...]
    filled: Mapping[str, str]
    chosen: tuple[str, ...]


def ask_page(visit: Visit) -> Page:
    """First why and how; then, where that may be asked, the form for it."""
    own(visit)
    who = inquirer(visit)
    possible = kinds_possible(visit.law, who, visit.at)
    purpose, by = visit.query.get("purpose", ""), visit.query.get("by", "")
    named = _purpose(purpose)
    ways = () if named is None else possible.get(named, ())
    if by in ways:
        return _form(visit, Purpose(purpose), QueryKind(by), {}, ())
    purposes = [one for one, kinds in possible.items() if kinds]
    kinds = ways or tuple(
        kind for kind in KINDS if any(kind in found for found in possible.values())
    )
    return Page(
        template="desk/ask.html",
        title=visit.text("Ask"),
        data=Choice(
            purposes_said(visit, purposes),
            tuple((kind.value, visit.text(KINDS[kind])) for kind in kinds),
            purpose,
            by,
            who.fault,
        ),
        status=200 if not purpose or not by else 422,
        faults={"by": _ONE_OFFERED} if purpose and by else {},
    )


def ask_action(visit: Visit, form: Form) -> Shown:
    """Send what was filled in, and show the answer."""
    own(visit)
    if "purpose" in form.faults or "by" in form.faults:
        return Redirect(PATH)
    purpose, kind = Purpose(form["purpose"]), QueryKind(form["by"])
    filled = {field.name: form[field.name] for field in FIELDS if not field.many}
    chosen = form.all("classes")
    faults = {
        name: fault
        for name, fault in form.faults.items()
        if name not in ("inquiry_id", "on_behalf_of")
    }
    query, wrong = _query(kind, form)
    faults |= wrong
    if faults or query is None:
        return _form(visit, purpose, kind, filled, chosen, faults)
    inquiry = Inquiry(
        inquiry_id=InquiryId(_known(form["inquiry_id"]) or _fresh(visit)),
        officer=visit.me.officer or "",
        purpose=purpose,
        data_classes=tuple(DataClass(one) for one in dict.fromkeys(chosen)),
        query=query,
        on_behalf_of=OnBehalfOf(form["on_behalf_of"]) if form["on_behalf_of"] else None,
        case_number=form["case_number"] or None,
        legal_basis=form["legal_basis"] or None,
    )
    try:
        answer = ask(visit, inquiry)
    except ProblemRaised as problem:
        if problem.kind.slug != "unusable-inquiry":
            raise
        field = (problem.problem.where or "").rpartition(".")[2]
        known = field if field in filled else "classes"
        return _form(visit, purpose, kind, filled, chosen, {known: _UNUSABLE})
    return answer_page(visit, inquiry, answer)


def _form(
    visit: Visit,
    purpose: Purpose,
    kind: QueryKind,
    filled: Mapping[str, str],
    chosen: tuple[str, ...],
    faults: Mapping[str, str] | None = None,
) -> Page:
    who = inquirer(visit)
    found = [offered(visit, one) for one in offers(visit.law, who, purpose, kind, visit.at)]
    ((_, purpose_said),) = purposes_said(visit, (purpose,))
    inquiry_id = _known(filled.get("inquiry_id", "")) or _fresh(visit)
    return Page(
        template="desk/ask_form.html",
        title=visit.text("Ask"),
        data=Asking(
            purpose.value,
            purpose_said,
            kind.value,
            visit.text(KINDS[kind]),
            inquiry_id,
            _TEXTS[kind],
            tuple(one for one in found if one.state != "never"),
            tuple(one for one in found if one.state == "never"),
            {field.name: filled.get(field.name, "") for field in FIELDS if not field.many},
            chosen,
        ),
        faults=faults or {},
        status=422 if faults else 200,
    )


def _query(kind: QueryKind, form: Form) -> tuple[Query | None, dict[str, str]]:
    """The query that was filled in, or what is wrong with it."""

    def given(name: str) -> str | None:
        return form[name] or None

    match kind:
        case QueryKind.IDENTIFIER:
            if (given("record_id") is None) is (given("state_id") is None):
                return None, {"record_id": _GIVE_ONE}
            return ByIdentifier(given("record_id"), given("state_id")), {}
        case QueryKind.NAME:
            missing = {
                name: "Fill this in" for name in ("sur_name", "given_name") if not form[name]
            }
            return ByName(form["sur_name"], form["given_name"], given("birth_date")), missing
        case QueryKind.LIST:
            if not any(form[name] for name in _TEXTS[QueryKind.LIST]):
                return None, {"sur_name": _GIVE_SOME}
            held = given("in_custody")
            return (
                ByList(
                    arrested_from=given("arrested_from"),
                    arrested_until=given("arrested_until"),
                    charge_statute=given("charge_statute"),
                    sur_name=given("sur_name"),
                    in_custody=None if held is None else held == "yes",
                ),
                {},
            )
        case QueryKind.SUBSCRIPTION:
            return None, {"by": _ONE_OFFERED}


def _purpose(word: str) -> Purpose | None:
    return Purpose(word) if word in {one.value for one in Purpose} else None


def _known(inquiry_id: str) -> str | None:
    """The id that a page of ours gave a form, if it can be one."""
    return inquiry_id if ID.fullmatch(inquiry_id) else None


def _fresh(visit: Visit) -> str:
    return f"desk-{visit.desk.randomness(10).hex()}"
