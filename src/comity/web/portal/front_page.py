"""The front page: five sentences with numbers, and the answers of the last twelve months.

Invariants: every number leads to the list behind it; a number that is not known is said not to be,
and never is 0. Does not: count (`store.sqlite.figures`), or hide small counts (`portal.small`).
"""

from __future__ import annotations

from typing import Final

import msgspec
from markupsafe import Markup

from comity.law.instrument import Kind
from comity.web.pages.chart import Bar, bars
from comity.web.pages.page import Cell, Column, Link, Page, Table
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_
from comity.web.portal.counted import figures_of, published_of
from comity.web.portal.findings import OpenFindings, open_findings
from comity.web.portal.months import month_said
from comity.web.portal.small import SMALL, Published

MONTHS: Final = 12


class FrontPage(msgspec.Struct, frozen=True):
    """The numbers of the five sentences. None: too small to show, or, of findings, not known."""

    in_force: int
    agreements: int
    asked: int | None
    agencies: int
    since: str | None
    shown: int | None
    refused: int | None
    findings: OpenFindings | None
    small: int
    behind: int
    bars: tuple[Bar, ...]
    by_month: bool

    def chart(self, visit: Visit) -> Markup:
        """The answers of each month, or all."""
        return bars(
            visit.text("Answers by month") if self.by_month else visit.text("Answers"),
            visit.text(
                "One bar for each month; the dark part is what was shown, the light part what was"
                " refused or withheld. The table below says the same."
            )
            if self.by_month
            else visit.text(
                "One bar for what was shown, and one for what was refused or withheld."
            ),
            self.bars,
            visit.text("hidden"),
            (visit.text("shown"), visit.text("refused or withheld")) if self.by_month else None,
        )


def front_page(visit: Visit) -> Page:
    """The page `/`."""
    figures, seen, law = figures_of(visit), published_of(visit), visit.law
    months = sorted({month for month, _ in seen.months})[-MONTHS:]
    # Where every month is too small for itself, the two sums are the chart.
    by_month = any(_of(seen, month, shown) for month in months for shown in (True, False))
    publisher = visit.house.publisher
    size = 0 if publisher is None else publisher.size_shown() or 0
    return Page(
        template="portal/front.html",
        live=True,
        title=visit.text("What is shared, with whom, and why"),
        data=FrontPage(
            in_force=len(law.instruments),
            agreements=sum(text.kind is Kind.AGREEMENT for text in law.instruments),
            asked=seen.asked,
            agencies=seen.agencies,
            since=min((month for month, _ in seen.months), default=None),
            shown=seen.sums.get(True, 0),
            refused=seen.sums.get(False, 0),
            findings=open_findings(visit),
            small=SMALL,
            behind=max(size - figures.upto, 0),
            bars=_bars_of_months(visit, seen, months) if by_month else _bars_of_sums(visit, seen),
            by_month=by_month,
        ),
        tables=(_table(visit, seen, months),),
    )


def _bars_of_months(visit: Visit, seen: Published, months: list[str]) -> tuple[Bar, ...]:
    return tuple(
        Bar(month_said(visit, month), *(_of(seen, month, shown) for shown in (True, False)))
        for month in months
    )


def _bars_of_sums(visit: Visit, seen: Published) -> tuple[Bar, ...]:
    return tuple(
        Bar(visit.text(label), *parts)
        for label, parts in (
            (N_("Shown"), (seen.sums.get(True, 0), 0)),
            (N_("Refused or withheld"), (0, seen.sums.get(False, 0))),
        )
        if parts != (0, 0)
    )


def _of(seen: Published, month: str, shown: bool) -> int | None:
    return seen.months.get((month, shown), 0)


def _table(visit: Visit, seen: Published, months: list[str]) -> Table:
    def cell(month: str, shown: bool) -> Cell:
        count = _of(seen, month, shown)
        if not count:
            return visit.text("hidden") if count is None else 0
        ended = "shown" if shown else "refused"
        return Link(count, f"/disclosures?month={month}&ended={ended}")

    return Table(
        "months",
        visit.text("Answers by month"),
        (
            Column("month", visit.text("Month")),
            Column("shown", visit.text("Shown"), numeric=True),
            Column("refused", visit.text("Refused or withheld"), numeric=True),
        ),
        tuple(
            (
                Link(month_said(visit, month), f"/disclosures?month={month}"),
                cell(month, True),
                cell(month, False),
            )
            for month in reversed(months)
        ),
    )
