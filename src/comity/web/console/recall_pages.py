"""`/console/recalls`: who must be told of each expungement, the letter to each, and who has acknowledged it.

Source: 18 Pa.C.S. 9122(d) as far as a text in force says it. Invariants: a letter names no person and no
record: the recipient finds what it is about by its own inquiry and the entry; it cites the clause that
obliges, and where no text did it says so and makes none up; it is in English, since no other wording
was reviewed. Does not: send (the agency's desk shows its recalls; a letter is printed and sent).
"""

from __future__ import annotations

import msgspec

from comity.errors import NotFound
from comity.instant import Instant, parse_instant
from comity.store.sqlite.work import Recalled, inquiry_at, recalled
from comity.web.closed_words import class_said
from comity.web.pages.page import Cell, Column, Link, Page, Table, When
from comity.web.pages.visit import Visit


class RecallsPage(msgspec.Struct, frozen=True):
    """How many there are, and how many are outstanding."""

    all: int
    outstanding: int


class Item(msgspec.Struct, frozen=True):
    """One past disclosure to one agency."""

    entry: int
    inquiry_id: str | None
    at: Instant
    classes: tuple[str, ...]
    obliged: tuple[tuple[str, str], ...]  # the clause, and within what time
    acknowledged: Instant | None


class Letter(msgspec.Struct, frozen=True):
    """The letter to one agency about one expungement."""

    agency: str
    ori: str
    custodian: str
    expungement: int
    expunged_at: Instant
    items: tuple[Item, ...]


def recalls_page(visit: Visit) -> Page:
    """Every recall with its letter and its acknowledgement, those outstanding first."""
    found = recalled(visit.reader())
    ordered = sorted(found, key=lambda one: (one.acknowledged is not None, one.expungement))
    rows: list[tuple[Cell, ...]] = [
        (
            When(parse_instant(one.expunged_at)),
            one.recipient.ori,
            one.recipient.entry,
            ", ".join(class_said(visit, name) for name in one.recipient.data_classes),
            "; ".join(clause.cite() for clause in one.recipient.clauses)
            or visit.text("no text in force then: ask counsel"),
            Link(visit.text("Letter"), f"/console/recalls/{one.expungement}/{one.recipient.ori}"),
            None if one.acknowledged is None else When(one.acknowledged.at),
        )
        for one in ordered
    ]
    return Page(
        template="console/recalls.html",
        title=visit.text("Recalls"),
        data=RecallsPage(len(found), sum(one.acknowledged is None for one in found)),
        tables=(
            Table(
                "recalls",
                visit.text("Who must be told"),
                (
                    Column("expunged", visit.text("Expunged")),
                    Column("agency", visit.text("Agency")),
                    Column("entry", visit.text("Entry"), numeric=True),
                    Column("shown", visit.text("Shown")),
                    Column("obliged", visit.text("Must be told by")),
                    Column("letter", visit.text("Letter")),
                    Column("acknowledged", visit.text("Acknowledged")),
                ),
                tuple(rows),
            ),
        ),
    )


def letter_page(visit: Visit) -> Page:
    """The letter to one agency about one expungement."""
    ori, number = visit.path["ori"], visit.path["expungement"]
    found = [one for one in recalled(visit.reader(), ori) if str(one.expungement) == number]
    if not found:
        raise NotFound("no such recall")
    agency = visit.view.registry.agencies.get(ori)
    return Page(
        template="console/recall_letter.html",
        title=visit.text("Recall letter"),
        data=Letter(
            ori if agency is None else agency.name,
            ori,
            visit.house.custodian,
            found[0].expungement,
            parse_instant(found[0].expunged_at),
            tuple(_item(visit, ori, one) for one in found),
        ),
    )


def _item(visit: Visit, ori: str, one: Recalled) -> Item:
    return Item(
        one.recipient.entry,
        inquiry_at(visit.reader(), ori, one.recipient.entry),
        parse_instant(one.recipient.at),
        one.recipient.data_classes,
        tuple((clause.cite(), clause.within) for clause in one.recipient.clauses),
        None if one.acknowledged is None else one.acknowledged.at,
    )
