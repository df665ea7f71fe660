"""`/desk/recalls`: what the agency was shown of people who were expunged since, to destroy and to say so.

Source: 18 Pa.C.S. 9122(d) as far as a text in force says it. Invariants: an agency sees and acknowledges
only its own; a recall names no person: the agency finds what it has by its own inquiry and entry; an
acknowledgement is an entry (`comity.store.sqlite.work`). Does not: check that anything was destroyed.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from comity.access.act import Act
from comity.errors import NotFound
from comity.instant import Instant, parse_instant
from comity.store.sqlite.work import Recalled, acknowledge_recall, inquiry_at, recalled
from comity.web.closed_words import class_said
from comity.web.desk.asking import own
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Column, Link, Page, Redirect, Shown, Table, When
from comity.web.pages.visit import Visit

FIELDS: Final = (
    Field("expungement", required=True, most=18),
    Field("entry", required=True, most=18),
    Field("destroyed", required=True, choices=("yes",)),
)


class ToAcknowledge(msgspec.Struct, frozen=True):
    """One past disclosure to destroy."""

    expungement: int
    expunged_at: Instant
    entry: int
    inquiry_id: str | None
    disclosed_at: Instant
    classes: tuple[str, ...]
    obliged: tuple[str, ...]


class Recalls(msgspec.Struct, frozen=True):
    """What is outstanding."""

    outstanding: tuple[ToAcknowledge, ...]


def own_recalls(visit: Visit) -> Page:
    """What is outstanding, and what was acknowledged."""
    ori = own(visit)
    found = recalled(visit.reader(), ori)
    return _page(visit, ori, found)


def acknowledge(visit: Visit, form: Form) -> Shown:
    """Say that what was recalled is destroyed."""
    ori = own(visit)
    visit.demand(Act.ACKNOWLEDGE_RECALL, agency=ori)
    numbers = form["expungement"], form["entry"]
    if not all(one.isascii() and one.isdigit() for one in numbers):
        raise NotFound("nothing of this was recalled from the agency")
    if "destroyed" in form.faults:
        page = _page(visit, ori, recalled(visit.reader(), ori))
        faults = {f"destroyed-{numbers[0]}-{numbers[1]}": form.faults["destroyed"]}
        return msgspec.structs.replace(page, status=422, faults=faults)
    expungement, entry = map(int, numbers)
    visit.write(
        partial(
            acknowledge_recall, ori=ori, expungement=expungement, entry=entry, made=visit.made()
        )
    )
    return Redirect("/desk/recalls")


def _page(visit: Visit, ori: str, found: tuple[Recalled, ...]) -> Page:
    done = [one for one in found if one.acknowledged is not None]
    return Page(
        template="desk/recalls.html",
        title=visit.text("Recalls"),
        data=Recalls(
            tuple(_outstanding(visit, ori, one) for one in found if one.acknowledged is None)
        ),
        tables=(
            Table(
                "acknowledged",
                visit.text("Acknowledged"),
                (
                    Column("entry", visit.text("Entry of the disclosure"), numeric=True),
                    Column("expunged_at", visit.text("Expunged")),
                    Column("acknowledged_at", visit.text("Acknowledged")),
                    Column("by", visit.text("By")),
                    Column("acknowledgement", visit.text("Entry"), numeric=True),
                ),
                tuple(
                    (
                        _entry_link(visit, ori, one),
                        When(parse_instant(one.expunged_at)),
                        When(one.acknowledged.at),
                        one.acknowledged.by,
                        one.acknowledged.acknowledgement,
                    )
                    for one in done
                    if one.acknowledged is not None
                ),
            ),
        ),
    )


def _entry_link(visit: Visit, ori: str, one: Recalled) -> Link | int:
    inquiry_id = inquiry_at(visit.reader(), ori, one.recipient.entry)
    if inquiry_id is None:
        return one.recipient.entry
    return Link(one.recipient.entry, f"/desk/inquiries/{inquiry_id}")


def _outstanding(visit: Visit, ori: str, one: Recalled) -> ToAcknowledge:
    return ToAcknowledge(
        one.expungement,
        parse_instant(one.expunged_at),
        one.recipient.entry,
        inquiry_at(visit.reader(), ori, one.recipient.entry),
        parse_instant(one.recipient.at),
        tuple(class_said(visit, name) for name in one.recipient.data_classes),
        tuple(clause.cite() for clause in one.recipient.clauses),
    )
