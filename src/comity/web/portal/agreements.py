"""The agreements and other texts, now and past: who shares what with whom, since when, and until when.

Invariants: a text that ended is listed with the clause that ended it; what is shown of each is read
from the register at the instant of the visit. Does not: show a text (`comity.web.portal.agreement`).
"""

from __future__ import annotations

import msgspec
from markupsafe import Markup

from comity.instant import Instant
from comity.law.instrument import Instrument, Kind
from comity.law.lifecycle import LawStatus, Standing
from comity.web.pages.chart import Span, timeline
from comity.web.pages.page import Cell, Column, Link, Page, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import day_said
from comity.web.portal.standings import KINDS, STATUSES, readable_refs

DUE_DAYS = 370
"""How far ahead the next end of a text is looked for: a yearly vote, with some days."""


class Agreements(msgspec.Struct, frozen=True):
    """How many texts there are of which kind, and when agreements were in force."""

    in_force: int
    agreements: int
    past: int
    spans: tuple[Span, ...]
    since: Instant
    at: Instant

    def chart(self, visit: Visit) -> Markup:
        """When each agreement was in force."""
        return timeline(
            visit.text("When each agreement was in force"),
            visit.text(
                "One row for each agreement; filled while in force. The table says the same."
            ),
            self.spans,
            (self.since, self.at),
            tuple(day_said(one, visit.time_zone, visit.words) for one in (self.since, self.at)),  # type: ignore[arg-type] # two of them
        )


def agreements(visit: Visit) -> Page:
    """The page `/agreements`."""
    law, register = visit.law, visit.view.register
    ends = {due.ref: due.ends_at for due in register.decisions_due(visit.at, DUE_DAYS)}
    now = tuple(_row(visit, text, ends) for text in law.instruments)
    past = tuple(
        (
            _link(one.instrument),
            visit.text(KINDS[one.instrument.kind]),
            visit.text(STATUSES[one.status]),
            When(one.since),
            Link(
                visit.text("clause %(number)s", number=one.clause.clause),
                f"/agreements/{one.clause.instrument}#clause-{one.clause.clause}",
            ),
        )
        for one in sorted(law.lapsed, key=lambda one: -one.since)
    )
    spans = _spans(visit)
    begun = [span.since for span in spans if span.since is not None]
    return Page(
        template="portal/agreements.html",
        title=visit.text("Agreements"),
        data=Agreements(
            len(now),
            sum(text.kind is Kind.AGREEMENT for text in law.instruments),
            len(past),
            spans,
            min(begun, default=visit.at),
            visit.at,
        ),
        tables=(
            Table("in_force", visit.text("In force now"), _columns(visit), now),
            Table(
                "past",
                visit.text("No longer, or not yet, in force"),
                (
                    Column("text", visit.text("Text")),
                    Column("kind", visit.text("Kind")),
                    Column("status", visit.text("Status")),
                    Column("since", visit.text("Since")),
                    Column("clause", visit.text("By which clause")),
                ),
                past,
            ),
        ),
    )


def _columns(visit: Visit) -> tuple[Column, ...]:
    return (
        Column("text", visit.text("Text")),
        Column("kind", visit.text("Kind")),
        Column("with", visit.text("With whom")),
        Column("since", visit.text("Since")),
        Column("ends", visit.text("Ends, unless renewed")),
    )


def _row(visit: Visit, text: Instrument, ends: dict[str, Instant]) -> tuple[Cell, ...]:
    since = next(
        (
            one.since
            for one in visit.view.register.timeline(text.ref)
            if one.status is LawStatus.IN_FORCE
        ),
        text.term.start,
    )
    recipients = [party.name for party in text.parties if party.role == "recipient"]
    end = ends.get(text.ref)
    return (
        _link(text),
        visit.text(KINDS[text.kind]),
        ", ".join(recipients) or None,
        None if since is None else When(since),
        None if end is None else When(end),
    )


def _link(text: Instrument) -> Link:
    return Link(text.title, f"/agreements/{text.ref}")


def _spans(visit: Visit) -> tuple[Span, ...]:
    """When each agreement was in force or suspended, up to now."""
    register = visit.view.register
    found = []
    for ref in readable_refs(visit):
        if register.instrument(ref).kind is not Kind.AGREEMENT:
            continue
        ran = [one for one in register.timeline(ref) if _ran(one, visit.at)]
        if ran:
            last = ran[-1].until
            ended = None if last is None or last > visit.at else last
            found.append(Span(ref, ran[0].since, ended))
    return tuple(found)


def _ran(standing: Standing, at: Instant) -> bool:
    running = standing.status in (LawStatus.IN_FORCE, LawStatus.SUSPENDED)
    return running and standing.since is not None and standing.since <= at
