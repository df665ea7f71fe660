"""`/console/law`: every text with where it stands, its term as a bar, and the next decision date.

Invariants: what ends and by when somebody has to say so comes from the texts' own terms; drafts are
shown here and nowhere public. Does not: act (`law_act`).
"""

from __future__ import annotations

from typing import Final

import msgspec
from markupsafe import Markup

from comity.instant import Instant
from comity.law.lifecycle import LawStatus
from comity.web.pages.chart import Span, timeline
from comity.web.pages.page import Cell, Column, Link, Page, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import day_said
from comity.web.portal.standings import KINDS, STATUSES

WITHIN_DAYS: Final = 400
DAY_MS: Final = 86_400_000
SHOWN_DAYS: Final = 730
"""How much time the bars show on either side of now."""
_LIVE: Final = (LawStatus.IN_FORCE, LawStatus.SUSPENDED, LawStatus.ADOPTED, LawStatus.DRAFT)


class LawList(msgspec.Struct, frozen=True):
    """How many texts are in force, and how many end within a year or so."""

    in_force: int
    ending: int
    spans: tuple[Span, ...]
    bounds: tuple[Instant, Instant]
    ends: tuple[str, str]
    chart_title: str
    chart_says: str

    @property
    def chart(self) -> Markup:
        """The terms, two years either way."""
        return timeline(self.chart_title, self.chart_says, self.spans, self.bounds, self.ends)


def law_list(visit: Visit) -> Page:
    """The page `/console/law`."""
    register = visit.view.register
    due = {one.ref: one for one in register.decisions_due(visit.at, WITHIN_DAYS)}
    texts = sorted(register.instruments.values(), key=lambda one: (one.id, one.version))
    rows: list[tuple[Cell, ...]] = []
    spans: list[Span] = []
    running = 0
    for text in texts:
        standing = register.status(text.ref, visit.at)
        running += standing.status is LawStatus.IN_FORCE
        ends = due.get(text.ref)
        votes = None if ends is None else ends.tally
        rows.append(
            (
                Link(text.ref, f"/console/law/{text.ref}"),
                text.title,
                visit.text(KINDS[text.kind]),
                visit.text(STATUSES[standing.status]),
                None if standing.since is None else When(standing.since),
                None if ends is None else When(ends.ends_at),
                None if ends is None or ends.notice_by is None else When(ends.notice_by),
                None if votes is None else f"{len(votes.yes)}/{votes.quorum}",
            )
        )
        if standing.status in _LIVE and standing.status is not LawStatus.DRAFT:
            spans.append(
                Span(
                    text.ref,
                    standing.since,
                    standing.until if ends is None else ends.ends_at,
                    standing.status is LawStatus.IN_FORCE,
                )
            )
    names = ("text", "title", "kind", "status", "since", "ends", "notice_by", "votes")
    headings = (
        visit.text("Text"),
        visit.text("Title"),
        visit.text("Kind"),
        visit.text("Status"),
        visit.text("Since"),
        visit.text("Ends unless decided"),
        visit.text("Notice by"),
        visit.text("Votes to go on"),
    )
    first, last = (Instant(visit.at + sign * SHOWN_DAYS * DAY_MS) for sign in (-1, 1))
    return Page(
        template="console/law_list.html",
        title=visit.text("Law"),
        data=LawList(
            running,
            len(due),
            tuple(spans),
            (first, last),
            (
                day_said(first, visit.time_zone, visit.words),
                day_said(last, visit.time_zone, visit.words),
            ),
            visit.text("Terms of the texts"),
            visit.text("From when to when each text runs, filled while it is in force."),
        ),
        tables=(
            Table(
                "texts",
                visit.text("Texts on file"),
                tuple(map(Column, names, headings)),
                tuple(rows),
            ),
        ),
    )
