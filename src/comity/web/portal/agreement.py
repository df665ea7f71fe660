"""One text in full: each clause with its rule, its examples and how often it decided; votes; versions.

Invariants: what is shown of the text is the text that decides, of the digest that was signed; a clause
has the id `clause-<number>`, where every citation leads; a text that was not read off its source says
so before its first word. Does not: show a draft, or say what a text means.
"""

from __future__ import annotations

import msgspec
from markupsafe import Markup

from comity.instant import Instant
from comity.law.diff import recitals
from comity.law.instrument import Clause, Instrument
from comity.law.register import Recorded
from comity.web.pages.page import Cell, Column, Page, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_
from comity.web.portal.counted import ClauseUse, figures_of, uses_of
from comity.web.portal.prose import prose
from comity.web.portal.small import few
from comity.web.portal.standings import KINDS, STATUSES, WORDINGS, readable, readable_refs

EXPECTED = {
    "permitted": N_("permitted"),
    "refused": N_("refused"),
    "untouched": N_("not touched by this clause"),
    "withheld": N_("neither confirmed nor denied"),
    "held": N_("held for approval"),
}
_ACTS = {
    "adopted": N_("signed"),
    "voted": N_("voted"),
    "suspended": N_("suspended"),
    "resumed": N_("resumed"),
    "revoked": N_("revoked"),
}
_VOTES = {"yes": N_("yes"), "no": N_("no")}


class RuleShown(msgspec.Struct, frozen=True):
    """A rule of a clause, in Cedar."""

    effect: str
    source: str


class ExampleShown(msgspec.Struct, frozen=True):
    """An example of a clause, and what it must come out as."""

    says: str
    acts: tuple[str, ...]
    expect: str


class ClauseShown(msgspec.Struct, frozen=True):
    """A clause. `relied_on` and `refused` are in steps; None: too small to show."""

    number: str
    title: str
    prose: str
    rules: tuple[RuleShown, ...]
    examples: tuple[ExampleShown, ...]
    duties: tuple[str, ...]
    citation: str | None
    relied_on: int | None
    refused: int | None
    used: bool

    @property
    def paragraphs(self) -> Markup:
        """The prose as the page shows it."""
        return prose(self.prose)


class AgreementShown(msgspec.Struct, frozen=True):
    """A text in full."""

    ref: str
    title: str
    kind: str
    status: str
    in_force: bool
    wording: str
    from_source: bool
    jurisdiction: str
    parties: tuple[str, ...]
    citation: str
    source: str
    digest: str
    recitals: str
    clauses: tuple[ClauseShown, ...]
    others: tuple[str, ...]
    compared_with: str | None
    since: Instant | None
    until: Instant | None

    @property
    def preamble(self) -> Markup:
        """The recitals as the page shows them, without the title that the page has above them."""
        lines = self.recitals.split("\n")
        return prose("\n".join(line for line in lines if not line.startswith("#")))


def agreement(visit: Visit) -> Page:
    """The page `/agreements/{ref}`. Raises NotFound, for a draft too."""
    text, standing = readable(visit, visit.path["ref"])
    uses = uses_of(figures_of(visit), text.ref)
    shown = AgreementShown(
        ref=text.ref,
        title=text.title,
        kind=visit.text(KINDS[text.kind]),
        status=visit.text(STATUSES[standing.status]),
        in_force=any(one.ref == text.ref for one in visit.law.instruments),
        wording=visit.text(WORDINGS[text.verified]),
        from_source=text.verified.value == "text",
        jurisdiction=text.jurisdiction,
        parties=tuple(party.name for party in text.parties),
        citation=text.citation,
        source=text.source,
        digest=text.digest,
        recitals=recitals(text),
        clauses=tuple(
            _clause(visit, clause, uses.get(clause.number, ClauseUse())) for clause in text.clauses
        ),
        others=tuple(ref for ref in readable_refs(visit) if _akin(ref, text)),
        compared_with=earlier(visit, text),
        since=standing.since,
        until=standing.until,
    )
    return Page(
        template="portal/agreement.html",
        title=text.title,
        data=shown,
        tables=(_standings(visit, text), _acts(visit, text)),
    )


def earlier(visit: Visit, text: Instrument) -> str | None:
    """The ref of the text that this one followed, if anybody may read it."""
    known = readable_refs(visit)
    if text.supersedes in known:
        return text.supersedes
    before = [
        one
        for one in (visit.view.register.instrument(ref) for ref in known)
        if one.id == text.id and one.version < text.version
    ]
    return max(before, key=lambda one: one.version).ref if before else None


def _akin(ref: str, text: Instrument) -> bool:
    return ref != text.ref and (ref.rpartition("@")[0] == text.id or ref == text.supersedes)


def _clause(visit: Visit, clause: Clause, use: ClauseUse) -> ClauseShown:
    return ClauseShown(
        number=clause.number,
        title=clause.title,
        prose=clause.prose,
        rules=tuple(RuleShown(one.effect, one.source.strip()) for one in clause.policies),
        examples=tuple(
            ExampleShown(one.says, one.acts, visit.text(EXPECTED.get(one.expect, one.expect)))
            for one in clause.examples
        ),
        duties=tuple(f"{one.who}: {one.what} ({one.within})" for one in clause.duties),
        citation=clause.citation,
        relied_on=few(use.relied_on),
        refused=few(use.refused),
        used=bool(use.relied_on or use.refused),
    )


def _standings(visit: Visit, text: Instrument) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            visit.text(STATUSES[one.status]),
            When(one.since),
            None if one.until is None else When(one.until),
        )
        for one in visit.view.register.timeline(text.ref)
        if one.since is not None
    ]
    return Table(
        "standing",
        visit.text("Where this text stood, and stands"),
        (
            Column("status", visit.text("Status")),
            Column("since", visit.text("From")),
            Column("until", visit.text("Until")),
        ),
        tuple(rows),
    )


def _acts(visit: Visit, text: Instrument) -> Table:
    acts = [one for one in visit.view.register.history(text.ref) if one.act != "drafted"]
    return Table(
        "acts",
        visit.text("Signatures and votes"),
        (
            Column("act", visit.text("What was done")),
            Column("party", visit.text("By whom")),
            Column("at", visit.text("With effect from")),
            Column("period", visit.text("On the period that ends")),
            Column("recorded", visit.text("Recorded")),
        ),
        tuple(_act(visit, text, one) for one in acts),
    )


def _act(visit: Visit, text: Instrument, one: Recorded) -> tuple[Cell, ...]:
    names = {party.id: party.name for party in text.parties}
    act = visit.text(_ACTS.get(one.act, one.act))
    if one.vote is not None:
        act = f"{act}: {visit.text(_VOTES[one.vote])}"
    name = names.get(one.party, one.party)
    return (
        act,
        name,
        When(one.at),
        None if one.period_end is None else When(one.period_end),
        When(one.recorded_at),
    )
