"""Answers to other agencies, by agency, month, purpose and outcome, small counts hidden.

Invariants: filters choose among rows that were worked out without them; no sum is shown over rows
that are filtered, so that nothing is found by subtracting. Does not: list single entries: those are
opened to the person they are about, to the agency that asked, and to auditors (docs/openings.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Final
from urllib.parse import urlencode

import msgspec

from comity.store.sqlite.figures import Answers
from comity.web.closed_words import outcome_said, purpose_said
from comity.web.pages.page import Cell, Column, Link, Page, Table
from comity.web.pages.visit import Visit
from comity.web.portal.counted import figures_of, published_of
from comity.web.portal.months import month_said
from comity.web.portal.small import SHOWN, SMALL

ROWS: Final = 60
"""On one page; the CSV file and the JSON twin have all."""
NAMES: Final = ("agency", "month", "purpose", "outcome", "ended")
CELLS_MAX: Final = 20_000


class Choice(msgspec.Struct, frozen=True):
    """One filter: its name, what it is called, what may be chosen, and what is."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


class Disclosures(msgspec.Struct, frozen=True):
    """Which rows are shown, and by which filters."""

    choices: tuple[Choice, ...]
    rows: int
    hidden: int
    number: int
    pages: int
    small: int
    running: str
    padded: bool
    earlier: str | None
    later: str | None

    @property
    def start(self) -> int:
        """The first row of this page."""
        return (self.number - 1) * ROWS

    @property
    def stop(self) -> int:
        """The row after its last."""
        return self.start + ROWS


def disclosures(visit: Visit) -> Page:
    """The page `/disclosures`."""
    seen = published_of(visit)
    asked = {name: visit.query.get(name, "") for name in NAMES}
    cells = seen.cells
    fitting = sorted(cell for cell in cells if _fits(cell, asked))
    # The latest month first.
    fitting.sort(key=lambda cell: cell.month, reverse=True)
    chosen = [(cell, cells[cell]) for cell in fitting]
    pages = max(1, -(-len(chosen) // ROWS))
    number = _number(visit.query.get("page", "1"), pages)
    table = Table(
        "disclosures",
        visit.text("Answers to other agencies"),
        (
            Column("month", visit.text("Month")),
            Column("agency", visit.text("Agency")),
            Column("for", visit.text("On behalf of")),
            Column("purpose", visit.text("Purpose")),
            Column("outcome", visit.text("Outcome")),
            Column("count", visit.text("Answers"), numeric=True),
        ),
        _rows(visit, chosen[:CELLS_MAX]),
    )
    return Page(
        template="portal/disclosures.html",
        title=visit.text("Disclosures and refusals"),
        data=Disclosures(
            _choices(visit, list(cells), asked),
            len(chosen),
            sum(count is None for _, count in chosen),
            number,
            pages,
            SMALL,
            month_said(visit, seen.running),
            figures_of(visit).padding > 0,
            visit.here(page=str(number - 1)) if number > 1 else None,
            visit.here(page=str(number + 1)) if number < pages else None,
        ),
        tables=(table,),
    )


def agency_said(visit: Visit, ori: str) -> str:
    """The name of an agency, or its ORI where the registry has none of it."""
    known = visit.view.registry.agencies.get(ori)
    return ori if known is None else str(known.name)


def _rows(
    visit: Visit, cells: Sequence[tuple[Answers, int | None]]
) -> tuple[tuple[Cell, ...], ...]:
    # A year has thousands of rows of some dozens of words: each is looked up once.
    month = cache(lambda one: month_said(visit, one))
    behalf = cache(lambda ori: agency_said(visit, ori) if ori else None)
    purpose = cache(lambda one: purpose_said(visit, one))
    outcome = cache(lambda one: outcome_said(visit, one))
    hidden = visit.text("hidden")

    @cache
    def agency(ori: str) -> Link:
        return Link(agency_said(visit, ori), "/disclosures?" + urlencode({"agency": ori}))

    return tuple(
        (
            month(cell.month),
            agency(cell.agency),
            behalf(cell.behalf),
            purpose(cell.purpose),
            outcome(cell.outcome),
            hidden if count is None else count,
        )
        for cell, count in cells
    )


def _fits(cell: Answers, asked: dict[str, str]) -> bool:
    if asked["agency"] and asked["agency"] not in (cell.agency, cell.behalf):
        return False
    if asked["ended"] and (cell.outcome in SHOWN) != (asked["ended"] == "shown"):
        return False
    return (
        asked["month"] in ("", cell.month)
        and asked["purpose"] in ("", cell.purpose)
        and asked["outcome"] in ("", cell.outcome)
    )


def _choices(visit: Visit, cells: list[Answers], asked: dict[str, str]) -> tuple[Choice, ...]:
    said: dict[str, tuple[str, Callable[[Visit, str], str]]] = {
        "agency": (visit.text("Agency"), agency_said),
        "month": (visit.text("Month"), month_said),
        "purpose": (visit.text("Purpose"), purpose_said),
        "outcome": (visit.text("Outcome"), outcome_said),
    }
    found = []
    for name, (label, words) in said.items():
        known: Iterable[str] = sorted(
            {getattr(cell, name) for cell in cells}, reverse=name == "month"
        )
        options = (("", visit.text("all")), *((one, words(visit, one)) for one in known))
        found.append(Choice(name, label, options, asked[name]))
    ended = (
        ("", visit.text("all")),
        ("shown", visit.text("something was shown")),
        ("refused", visit.text("nothing was shown")),
    )
    return (*found, Choice("ended", visit.text("How it ended"), ended, asked["ended"]))


def _number(given: str, pages: int) -> int:
    return (
        min(int(given), pages)
        if given.isascii() and given.isdigit() and 0 < len(given) < 7 and int(given)
        else 1
    )
