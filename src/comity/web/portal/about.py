"""What Comity is and what it does not do, in plain words; the smallest page, and the pattern of one.

Invariant: what it says of this installation (custodian, time zone, texts in force) is read from it.
"""

from __future__ import annotations

import msgspec

from comity.web.pages.page import Column, Link, Page, Table, When
from comity.web.pages.visit import Visit


class About(msgspec.Struct, frozen=True):
    """What the page says of this installation."""

    custodian: str
    time_zone: str
    texts: int


def about(visit: Visit) -> Page:
    """The page `/about`."""
    law = visit.law
    rows = tuple(
        (
            Link(text.title, f"/agreements/{text.ref}"),
            text.kind.value,
            When(text.term.start),
        )
        for text in law.instruments
    )
    return Page(
        template="portal/about.html",
        title=visit.text("About this system"),
        data=About(visit.house.custodian, visit.time_zone, len(rows)),
        tables=(
            Table(
                "texts",
                visit.text("Texts in force"),
                (
                    Column("text", visit.text("Text")),
                    Column("kind", visit.text("Kind")),
                    Column("since", visit.text("Since")),
                ),
                rows,
            ),
        ),
    )
