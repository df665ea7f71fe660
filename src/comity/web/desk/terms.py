"""What an inquiry takes, and what would change its answer, in plain words.

Source: `comity.disclosure.possible`, which asks the engine. Invariants: what is said here comes from
the law and from what the analyst wrote, never from a record, so that it is the same whether or not
there is one. Does not: decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from comity.disclosure.inquiry import Basis, Inquirer, Inquiry, Query, criteria, query_kind
from comity.disclosure.possible import BY_KIND, Offer, Terms, changes
from comity.disclosure.process import basis, names_whom
from comity.instant import Instant
from comity.law.instrument import Term
from comity.law.vocabulary import Criterion, DataClass, ProcessKind, Purpose, QueryKind
from comity.store.sqlite.registry import process_on_file
from comity.web.closed_words import (
    CLASSES,
    CRITERIA,
    KINDS,
    PAPERS,
    PURPOSES,
    Cited,
    cited,
)
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_, day_said, moment_said

CHANGES_MAX: Final = 3


class Offered(msgspec.Struct, frozen=True):
    """One data class before the inquiry is sent: what could become of it, and what that takes.

    `state` is `shown`, `approval` or `never`.
    """

    data_class: str
    said: str
    state: str
    takes: tuple[str, ...]
    clauses: tuple[Cited, ...]


class Changeable(msgspec.Struct, frozen=True):
    """One data class that did not leave, and what would change that; empty where nothing would."""

    data_class: str
    said: str
    clauses: tuple[Cited, ...]
    by: tuple[str, ...]


def offered(visit: Visit, offer: Offer) -> Offered:
    """An offer in words."""
    state = "never"
    if offer.best.possible:
        state = "shown" if offer.best.outcome.value == "permit" else "approval"
    return Offered(
        offer.data_class.value,
        visit.text(CLASSES[offer.data_class]),
        state,
        () if offer.terms is None else takes(visit, offer.terms),
        cited(offer.best.clauses),
    )


def takes(visit: Visit, terms: Terms) -> tuple[str, ...]:
    """What these terms ask of an inquiry beyond the least."""
    said = []
    if terms.basis is not None:
        said.append(paper_said(visit, terms.basis))
    if terms.case_number:
        said.append(visit.text("a case number"))
    least = set(criteria(BY_KIND[query_kind(terms.query)][0]))
    said += [
        visit.text(CRITERIA[one])
        for one in criteria(terms.query)
        if one not in least and not _either(terms.query, least)
    ]
    return tuple(said)


def _either(query: Query, least: set[Criterion]) -> bool:
    """Whether the query rests on another number instead of one more characteristic."""
    return query_kind(query) is QueryKind.IDENTIFIER and not least & set(criteria(query))


def paper_said(visit: Visit, paper: Basis) -> str:
    """A paper with what it must be: `a judicial warrant, verified by us, that names the person`."""
    said = visit.text(PAPERS[paper.kind])
    if paper.criminal and paper.kind is not ProcessKind.DETAINER:
        said = visit.text(_CRIMINAL, paper=said)
    if paper.verified:
        said = visit.text(_VERIFIED, paper=said)
    if paper.names_subject:
        said = visit.text(_NAMING, paper=said)
    return said


_CRIMINAL: Final = N_("%(paper)s in a criminal matter")
_VERIFIED: Final = N_("%(paper)s, verified by the custodian")
_NAMING: Final = N_("%(paper)s, that names the person")


def terms_of(visit: Visit, inquiry: Inquiry) -> Terms:
    """What an inquiry says, as far as the law may look at it, without looking at any record."""
    return Terms(
        inquiry.purpose,
        inquiry.query,
        _basis(visit, inquiry),
        bool(inquiry.case_number),
    )


def _basis(visit: Visit, inquiry: Inquiry) -> Basis | None:
    if inquiry.legal_basis is None:
        return None
    process = process_on_file(visit.reader(), inquiry.legal_basis)
    if process is None:
        return None
    found = basis(process, None, visit.at, inquiry.query)
    if isinstance(found, str):
        return None
    return msgspec.structs.replace(found, names_subject=names_whom(process, inquiry.query))


def would_change(
    visit: Visit, who: Inquirer, terms: Terms, data_class: DataClass
) -> tuple[str, ...]:
    """What would change a refusal of this class, nearest first; empty where no one thing would."""
    found = changes(visit.law, who, terms, data_class, visit.at)
    said = [_change_said(visit, terms, changed) for changed in found]
    purposes = [changed.purpose for changed in found if changed.purpose is not terms.purpose]
    if purposes:
        named = ", ".join(visit.text(PURPOSES[one]) for one in purposes)
        said.append(
            visit.text("if it were for another purpose, and truly so: %(named)s", named=named)
        )
    return tuple(dict.fromkeys(one for one in said if one))[:CHANGES_MAX]


def _change_said(visit: Visit, before: Terms, after: Terms) -> str:
    if after.basis is not None and after.basis != before.basis:
        return visit.text("attach %(paper)s", paper=paper_said(visit, after.basis))
    if after.case_number and not before.case_number:
        return visit.text("give the case number")
    if query_kind(after.query) is not query_kind(before.query):
        kind = visit.text(KINDS[query_kind(after.query)])
        return visit.text("ask %(kind)s", kind=kind)
    return ""


def end_said(visit: Visit, term: Term) -> str | None:
    """The last day of a text in its own time zone, or the moment where it ends within a day."""
    if term.until is None:
        return None
    last = Instant(term.until - 1)
    if day_said(last, term.time_zone, visit.words) != day_said(
        term.until, term.time_zone, visit.words
    ):
        return visit.text("the end of %(day)s", day=day_said(last, term.time_zone, visit.words))
    return moment_said(term.until, term.time_zone, visit.words)


def purposes_said(visit: Visit, purposes: Iterable[Purpose]) -> tuple[tuple[str, str], ...]:
    """Purposes as a form offers them."""
    return tuple((one.value, visit.text(PURPOSES[one])) for one in purposes)
