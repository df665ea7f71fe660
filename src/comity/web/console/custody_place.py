"""What the pages of custody share: the basis of a decision, and how a file is looked at.

Source: reference is DESIGN.md, Faces; docs/custody.md. Invariants: whom a page is about comes from
its path and is looked up anew; a fault in the papers hides nobody: it is shown, and they hold
nobody. Does not: decide (`comity.custody.desk`).
"""

from __future__ import annotations

import msgspec

from comity.custody.desk import Judged, PersonFile, judge, undecided
from comity.errors import ComityError
from comity.law.instrument import ClauseRef
from comity.store.sqlite.custody_decide import Basis
from comity.store.sqlite.custody_files import person_file, senders
from comity.web.pages.page import Link
from comity.web.pages.visit import Visit


class Cited(msgspec.Struct, frozen=True):
    """A clause as pages cite it."""

    instrument: str
    clause: str
    title: str


class Looked(msgspec.Struct, frozen=True):
    """A file and what the law makes of it now. `fault`: why the papers cannot be decided."""

    file: PersonFile
    judged: Judged
    fault: str | None


def basis_of(visit: Visit) -> Basis:
    """Law and registry as they stand, read anew only when one of them changed."""
    view = visit.view
    return Basis(view.generation, view.registry, view.law(visit.at))


def look(visit: Visit, record_id: str, basis: Basis | None = None) -> Looked:
    """One person's file and the verdict, without making it an entry. Raises NotFound."""
    basis = basis or basis_of(visit)
    file = person_file(visit.reader(), record_id)
    who = senders(file, basis.registry, visit.at)
    try:
        return Looked(file, judge(file, who, basis.law, visit.at, visit.time_zone), None)
    except ComityError as raised:  # one paper nobody can decide hides no other person
        fault = raised.sentence()
        return Looked(file, undecided(file, basis.law.digest, visit.at, visit.time_zone), fault)


def cited(clause: ClauseRef) -> Cited:
    """A clause for a page."""
    return Cited(clause.instrument, clause.clause, clause.title)


def name_of(file: PersonFile) -> str:
    """The person's name as booked, family name first."""
    identity = file.record.identity
    if identity is None:
        return "-"
    return f"{identity.sur_name or '-'}, {identity.given_name or '-'}"


def person_link(record_id: str, text: str | None = None) -> Link:
    """To the page of a person."""
    return Link(text or record_id, person_path(record_id))


def person_path(record_id: str, *rest: str) -> str:
    """The path of a page about a person."""
    return "/".join(("/console/custody", segment(record_id), *rest))


def paper_path(paper_id: str, *rest: str) -> str:
    """The path of a page about a paper."""
    return "/".join(("/console/papers", segment(paper_id), *rest))


def segment(text: str) -> str:
    """A value as one segment of a path."""
    from urllib.parse import quote

    return quote(text, safe="")
