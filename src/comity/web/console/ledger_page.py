"""`/console/ledger`: whether the ledger is well: what is durable, what is signed and shown, by whom seen.

Invariants: the last entries are recomputed for the page, digest by digest; what is signed is read from the
checkpoint that is shown; nothing is called well that was not looked at. Does not: read the whole ledger
(`comity ledger audit` and `comity doctor` do).
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.instant import Instant
from comity.ledger.audit import check_entries
from comity.ledger.note import parse_note
from comity.store.sqlite.append import generation, size
from comity.store.sqlite.ledger import entries_between
from comity.store.sqlite.tree import shards
from comity.web.pages.page import Cell, Column, Page, Table
from comity.web.pages.visit import Visit

RECOMPUTED: Final = 200


class LedgerPage(msgspec.Struct, frozen=True):
    """How the ledger stands. `behind` are entries that no checkpoint that is shown covers yet."""

    entries: int
    shown: int | None
    behind: int | None
    signed_at: Instant | None
    origin: str | None
    root: str | None
    cosigners: tuple[str, ...]
    generation: int
    recomputed: int
    findings: tuple[tuple[int, str], ...]
    published: bool


def ledger_page(visit: Visit) -> Page:
    """How the ledger stands now."""
    reader, publisher = visit.reader(), visit.house.publisher
    entries = size(reader)
    first = max(0, entries - RECOMPUTED)
    findings = tuple(
        (finding.index, finding.what)
        for finding in check_entries(entries_between(reader, first, entries))
    )
    shown = None if publisher is None else publisher.size_shown()
    signed = None if publisher is None else publisher.shown()
    cosigners: tuple[str, ...] = ()
    if signed is not None:
        note = parse_note(signed.note)
        own = signed.checkpoint.origin
        cosigners = tuple(one.name for one in note.signatures if one.name != own)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one.origin, None if one.year is None else str(one.year), one.first)
        for one in shards(reader)
    )
    return Page(
        template="console/ledger.html",
        title=visit.text("Ledger"),
        data=LedgerPage(
            entries,
            shown,
            None if shown is None else entries - shown,
            _signed_at(visit),
            None if signed is None else signed.checkpoint.origin,
            None if signed is None else signed.checkpoint.root.hex(),
            cosigners,
            int(generation(reader)),
            entries - first,
            findings,
            publisher is not None,
        ),
        tables=(
            Table(
                "logs",
                visit.text("Logs"),
                (
                    Column("origin", visit.text("Name")),
                    Column("year", visit.text("Year")),
                    Column("first", visit.text("First entry"), numeric=True),
                ),
                rows,
            ),
        ),
    )


def _signed_at(visit: Visit) -> Instant | None:
    """When the last checkpoint was signed."""
    at: int | None = visit.reader().execute("SELECT max(at) FROM checkpoint").get
    return None if at is None else Instant(at)
