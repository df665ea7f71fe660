"""A paper has come: what stands on it is asked, with where to look, and it is typed from that.

Source: docs/custody-papers.md; `comity.custody.question`. Invariants: what a paper is follows from
what is on it; where a judge is claimed for a form that no judge signs, nothing goes on until
somebody has looked again; for somebody who is not here the words are always the same. Does not:
obey a paper.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from comity.custody.intake import Interruption, compared, interruption
from comity.custody.paper import PaperUnusable
from comity.custody.paper_facts import take_in
from comity.custody.question import FIRST, FURTHER, Place, Question, picture
from comity.custody.sealed_paper import BYTES_MAX, Unreadable, look_at, media_type_of
from comity.errors import NotFound
from comity.law.paper import Command, Office
from comity.store.sqlite.custody import PaperOnFile
from comity.store.sqlite.custody_arrival import Handed, arrive
from comity.store.sqlite.records import find_record
from comity.web.console.custody_place import basis_of, paper_path
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Page, Redirect, Shown
from comity.web.pages.visit import Visit

_BOOLEAN: Final = ("names_subject", "box_1", "box_1_grounded", "box_2", "served", "on_indictment")
_YES_NO: Final = ("yes", "no")
_TEXTS: Final = ("form", "court", "docket", "cites")
_DAYS: Final = ("issued_on", "expires_on")
UPLOAD_MAX: Final = BYTES_MAX + 65_536
INTAKE_FIELDS: Final = (
    Field("record", required=True),
    Field("agency", required=True, most=9),
    Field("scan", file=True),
    *(Field(name) for name in _TEXTS),
    *(Field(f"{name}_not", choices=("yes",)) for name in _TEXTS),
    Field("signed_by", choices=tuple(office.value for office in Office)),
    Field("commands", choices=tuple(command.value for command in Command)),
    *(Field(name, choices=_YES_NO) for name in _BOOLEAN),
    *(Field(name, most=10) for name in _DAYS),
    Field("attached"),
    Field("called"),
    Field("a_judge_signed", choices=("yes",)),
    Field("as_read", choices=("yes",)),
)


class Asked(msgspec.Struct, frozen=True):
    """One question with where to look, as a picture in characters where it is one place."""

    field: str
    text: str
    where: str
    why: str
    answers: tuple[str, ...]
    picture: str | None
    place: str | None
    text_answer: bool
    first: bool


class IntakePage(msgspec.Struct, frozen=True):
    """The form. `stop`: what interrupts it. `given`: what was filled in."""

    questions: tuple[Asked, ...]
    given: dict[str, str]
    stop: Interruption | None = None


def intake(visit: Visit) -> Page:
    """The page `/console/intake`."""
    return _page(visit, {"record": visit.query.get("record", "")}, {})


def _page(
    visit: Visit, given: dict[str, str], faults: dict[str, str], stop: Interruption | None = None
) -> Page:
    return Page(
        template="console/intake.html",
        title=visit.text("A paper has come"),
        data=IntakePage(
            tuple(_asked(one) for one in (*FIRST, *FURTHER)),
            {field.name: given.get(field.name, "") for field in INTAKE_FIELDS if not field.file},
            stop,
        ),
        status=422 if faults or stop else 200,
        faults=faults,
    )


def _asked(one: Question) -> Asked:
    place: Place | None = one.place
    return Asked(
        one.field,
        one.text,
        one.where,
        one.why,
        one.answers,
        None if place is None else picture(place),
        None if place is None else place.value,
        one.field in _TEXTS,
        one in FIRST,
    )


def hand_in(visit: Visit, form: Form) -> Shown:
    """Take the paper in, and lead to what it is."""
    given = {name: values[0] if values else "" for name, values in form.values.items()}
    if form.faults:
        return _page(visit, given, dict(form.faults))
    try:
        paper = take_in(_facts(form)).paper
    except PaperUnusable as fault:
        return _page(visit, given, {fault.where or "form": fault.sentence()})
    record = find_record(visit.reader(), form["record"])
    paper = compared(paper, None if record is None else record.identity)
    judge = form["a_judge_signed"] == "yes"
    stop = interruption(paper, a_judge_signed=judge)
    if stop is not None and form["as_read"] != "yes":
        return _page(visit, given, {}, stop)
    document = None
    upload = form.uploads.get("scan")
    if upload is not None:
        found = look_at(upload.body, media_type_of(upload.body))
        if isinstance(found, Unreadable):
            return _page(visit, given, {"scan": f"{found.reason}: {found.remedy}"})
        document = (found, upload.body)
    handed = Handed(form["record"], form["agency"], paper, document, form["called"], judge)
    try:
        arrived = arrive(
            visit.database, handed, lambda: basis_of(visit), visit.time_zone, visit.made()
        )
    except NotFound as nobody:
        return _page(visit, given, {"record": nobody.what})
    except PaperOnFile as fault:
        return _page(visit, given, {"scan": fault.sentence()})
    except PaperUnusable as fault:
        return _page(visit, given, {fault.where or "form": fault.sentence()})
    return Redirect(paper_path(arrived.paper_id))


def _facts(form: Form) -> dict[str, Any]:
    """The facts of the paper: left empty is not looked at yet; `not there` is an answer."""
    facts: dict[str, Any] = {}
    for name in _TEXTS:
        if form[f"{name}_not"]:
            facts[name] = ""
        elif form[name]:
            facts[name] = form[name]
    for name in ("signed_by", "commands", *_DAYS):
        if form[name]:
            facts[name] = form[name]
    for name in _BOOLEAN:
        if form[name]:
            facts[name] = form[name] == "yes"
    if form["attached"]:
        said = form["attached"]
        facts["attached"] = (
            () if said == "-" else tuple(one.strip() for one in said.split(",") if one.strip())
        )
    return facts
