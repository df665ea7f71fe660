"""`/console/feed`: the record systems, how far behind each is, and what stands in quarantine.

Source: reference on jails and courts that fell silently apart. Invariants: a message is tried again by the
rules of its first try, and leaves quarantine only once it was taken in; a row of a table needs its mapping
and is tried on the command line; what a message holds is not shown here. Does not: mend a message.
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.access.act import Act
from comity.errors import NotFound
from comity.records.ingest import Refused, message_again
from comity.store.sqlite.feed_state import Aside, aside, set_aside, sources
from comity.store.sqlite.records import forget_quarantined, record_counts, rejected_fields
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Cell, Column, Page, Redirect, Shown, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_

FIELDS: Final = (Field("number", required=True, most=18),)
SHOWN_MAX: Final = 200
_AGAIN: Final = N_("It was tried again and is still wrong: mend what sends it first")


class Waiting(msgspec.Struct, frozen=True):
    """One message in quarantine, as far as the page says it."""

    number: int
    source: str
    position: str
    reason: str
    at: int
    again: bool  # whether it can be tried again here


class FeedPage(msgspec.Struct, frozen=True):
    """Counts, and what waits."""

    records: int
    events: int
    quarantine: int
    expunged: int
    waiting: tuple[Waiting, ...]
    may_tend: bool


def feed_page(visit: Visit) -> Page:
    """How the record systems are doing."""
    reader = visit.reader()
    counts = record_counts(reader)
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            one.events,
            None if one.received_at is None else When(one.received_at),
            None if one.received_at is None else _minutes(visit.at - one.received_at),
            None
            if one.received_at is None or one.occurred_at is None
            else _minutes(one.received_at - one.occurred_at),
        )
        for one in sources(reader)
    ]
    dropped: tuple[tuple[Cell, ...], ...] = tuple(rejected_fields(reader).items())
    return Page(
        template="console/feed.html",
        title=visit.text("Feeds"),
        data=FeedPage(
            counts["record"],
            counts["event"],
            counts["quarantine"],
            counts["tombstone"],
            tuple(_waiting(one) for one in set_aside(reader, SHOWN_MAX)),
            visit.allows(Act.TEND_FEEDS),
        ),
        tables=(
            Table(
                "sources",
                visit.text("Record systems"),
                (
                    Column("source", visit.text("Source")),
                    Column("events", visit.text("Events"), numeric=True),
                    Column("last", visit.text("Last came")),
                    Column("silent_minutes", visit.text("Minutes since"), numeric=True),
                    Column("late_minutes", visit.text("Minutes late when it came"), numeric=True),
                ),
                tuple(rows),
            ),
            Table(
                "dropped",
                visit.text("Fields dropped at the door"),
                (
                    Column("field", visit.text("Field")),
                    Column("times", visit.text("Times"), numeric=True),
                ),
                dropped,
            ),
        ),
    )


def try_again(visit: Visit, form: Form) -> Shown:
    """Take a message of the quarantine in, if it is good now."""
    number = form["number"]
    found = aside(visit.reader(), int(number)) if number.isascii() and number.isdigit() else None
    if found is None:
        raise NotFound("no such message stands in quarantine")
    refused = found.refused
    if not _again(found):
        raise NotFound("this message is tried again on the command line")
    _, message, _ = message_again(refused, None, visit.at, hold_birthplace=False)
    if isinstance(message, Refused):
        page = feed_page(visit)
        return msgspec.structs.replace(page, status=422, faults={f"n{found.number}": _AGAIN})
    # By the holdings, which know what this installation keeps.
    taken = visit.wait(visit.desk.holdings.take_in(message.source, (refused.body,), visit.at))
    if taken.taken_in + taken.duplicates == 0 and taken.quarantined:
        page = feed_page(visit)
        return msgspec.structs.replace(page, status=422, faults={f"n{found.number}": _AGAIN})
    visit.write(lambda connection: forget_quarantined(connection, (found.number,)))
    return Redirect("/console/feed")


def _waiting(one: Aside) -> Waiting:
    refused = one.refused
    return Waiting(
        one.number, refused.source, refused.position, refused.reason, one.received_at, _again(one)
    )


def _again(one: Aside) -> bool:
    return one.refused.form != "row" and bool(one.refused.body)


def _minutes(milliseconds: int) -> int:
    return max(0, milliseconds // 60_000)
