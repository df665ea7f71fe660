"""`/desk` and `/desk/rules`: where things stand for the agency, and what it may ask, in plain words.

Invariants: what may be asked is asked of the law in force, purpose by purpose and class by class
(`comity.disclosure.possible`); examples are the clauses' own, which run as tests of the text; the
day a text ends is its own. Does not: promise an answer: a record may be withheld by its standing.
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.disclosure.possible import Offer, kinds_possible, offers
from comity.law.instrument import Example, Instrument
from comity.law.vocabulary import DataClass, Purpose
from comity.store.sqlite.inquiries import held_inquiry
from comity.store.sqlite.work import inquiries_of, recalled
from comity.web.closed_words import CLASSES, KINDS, PURPOSES
from comity.web.desk.asking import inquirer, own
from comity.web.desk.terms import end_said, offered
from comity.web.pages.page import Cell, Column, Link, Page, Table
from comity.web.pages.visit import Visit

RECENT: Final = 20


class Desk(msgspec.Struct, frozen=True):
    """Where things stand."""

    agency: str
    ori: str
    officer: str
    fault: str | None
    texts: tuple[tuple[str, str, str | None], ...]
    recalls: int
    awaited: tuple[str, ...]
    approved: tuple[str, ...]


class Said(msgspec.Struct, frozen=True):
    """One example of a clause, in the text's own words."""

    says: str
    clause: str


class Agreement(msgspec.Struct, frozen=True):
    """A text that names the agency: when it ends, and examples of what it allows and refuses."""

    ref: str
    title: str
    until: str | None
    allowed: tuple[Said, ...]
    refused: tuple[Said, ...]


class Rules(msgspec.Struct, frozen=True):
    """What may be asked."""

    agency: str
    fault: str | None
    agreements: tuple[Agreement, ...]
    never: tuple[str, ...]
    purposes: tuple[str, ...]


def desk_page(visit: Visit) -> Page:
    """Where things stand for the agency: what waits for it, and what it may do."""
    ori = own(visit)
    who = inquirer(visit)
    reader = visit.reader()
    awaited: list[str] = []
    approved: list[str] = []
    for one in inquiries_of(reader, ori, RECENT):
        held = held_inquiry(reader, ori, one.inquiry_id)
        if held is not None:
            (awaited if held.approved_at is None else approved).append(one.inquiry_id)
    texts = tuple(
        (text.ref, text.title, end_said(visit, text.term)) for text in _texts(visit, who.parties)
    )
    return Page(
        template="desk/desk.html",
        title=visit.text("Desk"),
        data=Desk(
            who.agency_name,
            ori,
            visit.me.officer or "",
            who.fault,
            texts,
            sum(one.acknowledged is None for one in recalled(reader, ori)),
            tuple(awaited),
            tuple(approved),
        ),
    )


def rules_page(visit: Visit) -> Page:
    """What may I ask: purposes, ways, data classes, the examples of the texts."""
    own(visit)
    who = inquirer(visit)
    possible = kinds_possible(visit.law, who, visit.at)
    never = set(DataClass)
    ways: dict[tuple[Cell, ...], list[str]] = {}
    for purpose, kinds in possible.items():
        for kind in kinds:
            for offer in offers(visit.law, who, purpose, kind, visit.at):
                if offer.best.possible:
                    never.discard(offer.data_class)
                    what = (visit.text(PURPOSES[purpose]), *_cells(visit, offer))
                    ways.setdefault(what, []).append(visit.text(KINDS[kind]))
    return Page(
        template="desk/rules.html",
        title=visit.text("What you may ask"),
        data=Rules(
            who.agency_name,
            who.fault,
            tuple(_agreement(visit, text) for text in _texts(visit, who.parties)),
            tuple(visit.text(CLASSES[one]) for one in DataClass if one in never),
            tuple(visit.text(PURPOSES[one]) for one in Purpose if possible.get(one)),
        ),
        tables=(
            Table(
                "possible",
                visit.text("What can be shown at best"),
                (
                    Column("purpose", visit.text("Purpose")),
                    Column("data", visit.text("What")),
                    Column("outcome", visit.text("Outcome")),
                    Column("takes", visit.text("It takes")),
                    Column("clause", visit.text("Clause")),
                    Column("way", visit.text("Way of asking")),
                ),
                tuple((*what, ", ".join(found)) for what, found in ways.items()),
            ),
        ),
    )


def _cells(visit: Visit, offer: Offer) -> tuple[Cell, ...]:
    """An offer as cells: what, its outcome, what it takes, and the clause."""
    said = offered(visit, offer)
    state = visit.text("can be shown") if said.state == "shown" else visit.text("once approved")
    link = None
    if said.clauses:
        one = said.clauses[0]
        href = f"/agreements/{one.instrument}#clause-{one.clause}"
        link = Link(f"{one.instrument} {one.clause}", href)
    return said.said, state, "; ".join(said.takes) or None, link


def _texts(visit: Visit, parties: tuple[str, ...]) -> tuple[Instrument, ...]:
    """The texts in force that name the agency as one that may receive."""
    return tuple(
        text
        for text in visit.law.instruments
        if any(party.role == "recipient" and party.id in parties for party in text.parties)
    )


def _agreement(visit: Visit, text: Instrument) -> Agreement:
    allowed, refused = [], []
    for clause in text.clauses:
        for example in clause.examples:
            said = Said(example.says, clause.number)
            if example.expect == "permitted":
                allowed.append(said)
            elif _refuses(example):
                refused.append(said)
    return Agreement(
        text.ref, text.title, end_said(visit, text.term), tuple(allowed), tuple(refused)
    )


def _refuses(example: Example) -> bool:
    return example.expect in ("refused", "withheld", "held")
