"""`comity status`: what is in force and what is held, in a dozen lines."""

from __future__ import annotations

from typing import Any

import click

from comity.cli.output import clock, emit, emit_json, table
from comity.cli.settings import load_settings
from comity.instant import format_instant, format_local
from comity.store.padding import padding_held
from comity.store.sqlite.append import generation, size
from comity.store.sqlite.database import Database
from comity.store.sqlite.incidents import incidents
from comity.store.sqlite.inquiries import held_inquiries
from comity.store.sqlite.journal import line_count
from comity.store.sqlite.law import load_register
from comity.store.sqlite.records import record_counts, rejected_fields
from comity.store.sqlite.registry import load_snapshot


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def status(as_json: bool) -> None:
    """Say what is in force and what is held."""
    settings = load_settings()
    at = clock()
    with Database.open(settings.database) as database:
        reader = database.reader()
        law = load_register(reader, settings.stack).in_force(at)
        agencies = load_snapshot(reader).agencies
        padded = padding_held(reader)
        facts: dict[str, Any] = {
            "at": format_instant(at),
            "custodian": settings.custodian,
            "law_digest": law.digest,
            "in_force": [text.ref for text in law.instruments],
            "not_in_force": {one.instrument.ref: one.status.value for one in law.lapsed},
            "changes_next": None if law.until is None else format_instant(law.until),
            "agencies": len(agencies),
            "held_for_approval": len(held_inquiries(reader)),
            "entries": size(reader) - padded,
            "padding": padded,
            "journal": line_count(reader),
            "incidents": len(incidents(reader)),
            "generation": generation(reader),
            **record_counts(reader),
            "rejected_fields": rejected_fields(reader),
        }
    if as_json:
        emit_json(facts)
        return
    emit(f"{settings.custodian}, {format_local(at, settings.time_zone)}")
    emit()
    rows = [(ref, "in force") for ref in facts["in_force"]]
    rows += list(facts["not_in_force"].items())
    emit(table(rows, ("text", "status")))
    if law.until is not None:
        emit(f"this changes next at {format_local(law.until, settings.time_zone)}")
    emit()
    counts = [
        ("records", facts["record"]),
        ("events taken in", facts["event"]),
        ("messages in quarantine", facts["quarantine"]),
        ("records expunged", facts["tombstone"]),
        ("agencies", facts["agencies"]),
        ("inquiries held for approval", facts["held_for_approval"]),
        ("entries in the ledger", facts["entries"]),
        ("lines in the journal", facts["journal"]),
    ]
    if facts["incidents"]:
        counts.append(("incidents (`comity doctor` says which)", facts["incidents"]))
    if facts["padding"]:
        counts.append(("padding beside them", facts["padding"]))
    emit(table([(name, f"{count:,}") for name, count in counts], ("held", "count")))
    for name, count in facts["rejected_fields"].items():
        emit(f"field `{name}` was dropped at the door {count:,} times")
