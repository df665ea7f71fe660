"""How often each clause of one text decided, month by month.

Invariant: counts are in steps, and those below the first step are hidden (`comity.web.portal.small`).
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from comity.web.pages.page import Cell, Column, Link, Page, Table
from comity.web.pages.visit import Visit
from comity.web.portal.counted import figures_of
from comity.web.portal.months import month_said
from comity.web.portal.small import SMALL, few
from comity.web.portal.standings import readable


class ClauseUses(msgspec.Struct, frozen=True):
    """Whose clauses, and below how many nothing is shown."""

    ref: str
    title: str
    small: int
    never: tuple[str, ...]


def clause_use(visit: Visit) -> Page:
    """The page `/agreements/{ref}/use`. Raises NotFound, for a draft too."""
    text, _ = readable(visit, visit.path["ref"])
    counts: dict[tuple[str, str], dict[bool, int]] = defaultdict(lambda: {True: 0, False: 0})
    for use, count in figures_of(visit).uses.items():
        if use.ref == text.ref:
            counts[use.clause, use.month][use.relied_on] += count
    order = {clause.number: place for place, clause in enumerate(text.clauses)}
    titles = {clause.number: clause.title for clause in text.clauses}

    def said(count: int) -> Cell:
        shown = few(count)
        return visit.text("hidden") if shown is None else shown

    rows = tuple(
        (
            Link(f"{clause} {titles.get(clause, '')}", f"/agreements/{text.ref}#clause-{clause}"),
            month_said(visit, month),
            said(how[True]),
            said(how[False]),
        )
        for (clause, month), how in sorted(
            counts.items(), key=lambda one: (order.get(one[0][0], -1), one[0][1])
        )
    )
    used = {clause for clause, _ in counts}
    return Page(
        template="portal/clause_use.html",
        title=visit.text("How often each clause decided"),
        data=ClauseUses(
            text.ref,
            text.title,
            SMALL,
            tuple(one.number for one in text.clauses if one.policies and one.number not in used),
        ),
        tables=(
            Table(
                "uses",
                visit.text("Times each clause decided"),
                (
                    Column("clause", visit.text("Clause")),
                    Column("month", visit.text("Month")),
                    Column("relied_on", visit.text("Relied on, at least"), numeric=True),
                    Column("refused", visit.text("Refused by it, at least"), numeric=True),
                ),
                rows,
            ),
        ),
    )
