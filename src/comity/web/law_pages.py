"""The law in force, for anybody to read: which texts decide now, and their wording."""

from __future__ import annotations

import msgspec

from comity.disclosure.seal import clause_part
from comity.errors import NotFound
from comity.instant import Instant, format_instant
from comity.law.instrument import Instrument
from comity.law.lifecycle import LawStatus
from comity.web.problems import ProblemRaised
from comity.web.view import View


class TextListed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One text. `digest`, which is signed and cited, is made of what `href` gives (`comity.law.digest`)."""

    ref: str
    title: str
    kind: str
    rank: str
    jurisdiction: str
    verified: str
    parties: tuple[str, ...]
    starts_at: str
    digest: str
    href: str
    ends_at: str | None = None


class LapsedListed(msgspec.Struct, frozen=True):
    """A text that no longer decides: what it is now, since when, and the clause that says so."""

    text: TextListed
    status: str
    since: str
    clause: dict[str, str]


class LawPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """The law in force at `at`. `digest` is the one that decisions name; `until` its next change."""

    at: str
    digest: str
    texts: tuple[TextListed, ...]
    lapsed: tuple[LapsedListed, ...] = ()
    until: str | None = None


def law_page(view: View, at: Instant) -> LawPage:
    """The law in force at that instant."""
    law = view.law(at)
    return LawPage(
        at=format_instant(at),
        digest=law.digest,
        texts=tuple(_listed(instrument) for instrument in law.instruments),
        lapsed=tuple(
            LapsedListed(
                _listed(one.instrument),
                one.status.value,
                format_instant(one.since),
                clause_part(one.clause),
            )
            for one in law.lapsed
        ),
        until=None if law.until is None else format_instant(law.until),
    )


def law_text(view: View, ref: str, at: Instant) -> str:
    """The canonical text of one version. Raises ProblemRaised (not found), for a draft too."""
    try:
        status = view.register.status(ref, at).status
        instrument = view.register.instrument(ref)
    except NotFound as fault:
        raise _none_of(ref) from fault
    if status is LawStatus.DRAFT:
        raise _none_of(ref)
    return instrument.canonical


def _none_of(ref: str) -> ProblemRaised:
    return ProblemRaised(
        "not-found", f"there is no text `{ref}`", remedy="GET /law lists the texts"
    )


def _listed(instrument: Instrument) -> TextListed:
    until = instrument.term.until
    return TextListed(
        ref=instrument.ref,
        title=instrument.title,
        kind=instrument.kind.value,
        rank=instrument.rank.value,
        jurisdiction=instrument.jurisdiction,
        verified=instrument.verified.value,
        parties=tuple(party.name for party in instrument.parties),
        starts_at=format_instant(instrument.term.start),
        digest=instrument.digest,
        href=f"/law/{instrument.ref}",
        ends_at=None if until is None else format_instant(until),
    )
