"""The promises, and what became of proving each of the law in force.

Invariant: a promise is called proved only where the proof is of the very law that decides now.
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.errors import IntegrityFault
from comity.instant import Instant, InstantError, parse_instant
from comity.web.closed_words import Cited
from comity.web.pages.page import Page
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_
from comity.web.portal.proofs import BesideTheDatabase, Promise, Proofs, Verdict

PROOFS: Final[list[Proofs]] = [BesideTheDatabase()]
"""Where results are looked for, in order."""
VERDICTS: Final = {
    Verdict.PROVED: N_("Proved"),
    Verdict.BROKEN: N_("Broken"),
    Verdict.UNDECIDED: N_("Not decided"),
}


class PromiseShown(msgspec.Struct, frozen=True):
    """One promise with what became of it. `holds` only of one that is proved of the law of now."""

    id: str
    says: str
    verdict: str
    holds: bool
    broken: bool
    source: str
    by: tuple[str, ...]
    clauses: tuple[Cited, ...]
    counterexample: str | None


class Promises(msgspec.Struct, frozen=True):
    """What was proved. `proved_at` None: nothing was, here; `fault`: what there is cannot be read."""

    law: str
    proved_at: Instant | None
    current: bool
    fault: bool
    promises: tuple[PromiseShown, ...]


def promises(visit: Visit) -> Page:
    """The page `/promises`."""
    law = visit.law.digest
    fault = False
    data = Promises(law, None, False, False, ())
    for place in PROOFS:
        try:
            found = place.stored(visit)
        except IntegrityFault:
            fault = True
            continue
        if found is not None:
            current = found.law == law
            shown = tuple(_shown(visit, one, current) for one in found.promises)
            data = Promises(law, _instant(found.proved_at), current, False, shown)
            break
    if fault and not data.promises:
        data = msgspec.structs.replace(data, fault=True)
    return Page(template="portal/promises.html", title=visit.text("Promises"), data=data)


def _shown(visit: Visit, one: Promise, current: bool) -> PromiseShown:
    verdict = VERDICTS[one.verdict] if current else N_("Not proved of the law of now")
    return PromiseShown(
        one.id,
        one.says,
        visit.text(verdict),
        current and one.verdict is Verdict.PROVED,
        current and one.verdict is Verdict.BROKEN,
        one.source,
        one.by,
        tuple(Cited(clause.instrument, clause.clause, clause.title) for clause in one.clauses),
        one.counterexample,
    )


def _instant(text: str) -> Instant | None:
    try:
        return parse_instant(text)
    except InstantError:
        return None
