"""`comity doctor`: check this installation: settings, disk, law, registry, ledger.

Each check says `ok`, `warn` or `FAIL` in one line and what to do. Invariants: it
changes nothing; exit code 1 where something fails, 0 where at most warned.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import click
import msgspec

from comity.cli.ledger_publish import publisher_of
from comity.cli.output import clock, emit, emit_json
from comity.cli.settings import Settings, load_settings
from comity.errors import ComityError
from comity.instant import Instant, format_local
from comity.law.library import Library
from comity.ledger.rebuild import rebuild
from comity.store.publishing import ShardLog
from comity.store.sqlite.database import Database
from comity.store.sqlite.incidents import incidents
from comity.store.sqlite.law import check_law, load_register
from comity.store.sqlite.ledger import check_ledger
from comity.store.sqlite.records import quarantined, record_counts
from comity.store.sqlite.registry import load_snapshot

FREE_BYTES_MIN = 1_000_000_000
ENDS_WITHIN_DAYS = 90
_REBUILD = "`comity ledger rebuild` makes them anew; ask who changed them"


class Finding(msgspec.Struct, frozen=True):
    """One line of the examination. `state` is ok, warn or FAIL."""

    state: str
    what: str
    remedy: str | None = None


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def doctor(as_json: bool) -> None:
    """Check this installation and its data; change nothing."""
    settings = load_settings()
    findings = list(examine(settings, clock()))
    if as_json:
        emit_json(findings)
    else:
        for one in findings:
            emit(f"{one.state:4}  {one.what}")
            if one.remedy:
                emit(f"      Try: {one.remedy}")
    if any(one.state == "FAIL" for one in findings):
        raise click.exceptions.Exit(1)


def examine(settings: Settings, at: Instant) -> Iterator[Finding]:
    """Every finding, in order, as it is made."""
    yield Finding("ok", f"settings in {settings.file}")
    if settings.rehearsal_seconds:
        yield Finding(
            "warn",
            f"this is a rehearsal: the clock says {format_local(at, settings.time_zone)}",
            "set rehearsal_seconds to 0 before anything real depends on it",
        )
    if not settings.authorities and settings.host not in ("127.0.0.1", "::1", "localhost"):
        yield Finding(
            "warn",
            "the gateway answers to any name: a request signed for another city would be taken",
            "list its names under `authorities`",
        )
    yield from _disk(settings.database)
    yield from _texts(settings)
    try:
        with Database.open(settings.database) as database:
            reader = database.reader()
            yield from _store(reader)
            yield from _law(reader, settings, at)
            yield from _registry(reader, at)
            yield from _ledger(reader)
            yield from _incidents(reader, settings, at)
            yield from _log(settings, database, at)
            yield from _quarantine(reader)
    except ComityError as fault:
        yield Finding("FAIL", fault.sentence(), fault.remedy)
    except apsw.Error as fault:
        yield Finding("FAIL", f"the database cannot be read: {fault}", "restore a backup")


def _disk(database: Path) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(database.parent).free
    except OSError as fault:
        yield Finding("FAIL", f"the folder of the database: {fault}", "check `database`")
        return
    if free < FREE_BYTES_MIN:
        yield Finding(
            "warn",
            f"{free // 1_000_000:,} MB free beside the database",
            "a full disk refuses every inquiry: free some space",
        )
    else:
        yield Finding("ok", f"{free // 1_000_000_000:,} GB free beside the database")


def _texts(settings: Settings) -> Iterator[Finding]:
    try:
        library = Library.load(settings.law)
    except ComityError as fault:
        yield Finding("FAIL", fault.sentence(), f"run `comity law check {settings.law}`")
        return
    yield Finding("ok", f"{len(library.instruments)} texts in {settings.law} pass their check")
    known = {text.id for text in library.instruments}
    for name in settings.stack:
        if name not in known:
            yield Finding("warn", f"`{name}` of the stack is no text in {settings.law}")


def _store(reader: apsw.Connection) -> Iterator[Finding]:
    said = [row[0] for row in reader.execute("PRAGMA quick_check(5)")]
    if said == ["ok"]:
        yield Finding("ok", "the database file is sound")
    else:
        yield Finding("FAIL", f"the database file is damaged: {said[0]}", "restore a backup")


def _law(reader: apsw.Connection, settings: Settings, at: Instant) -> Iterator[Finding]:
    faults = list(check_law(reader))
    for fault in faults:
        yield Finding("FAIL", fault, "restore the database from a backup")
    if faults:
        return
    register = load_register(reader, settings.stack)
    in_force = register.in_force(at).instruments
    if in_force:
        yield Finding("ok", f"in force: {', '.join(text.ref for text in in_force)}")
    else:
        yield Finding("warn", "no text is in force: every inquiry is refused", "`comity law adopt`")
    for due in register.decisions_due(at, ENDS_WITHIN_DAYS):
        yield Finding(
            "warn",
            f"{due.ref} ends at {format_local(due.ends_at, settings.time_zone)}",
            "`comity law in-force` says which votes are missing",
        )


def _registry(reader: apsw.Connection, at: Instant) -> Iterator[Finding]:
    snapshot = load_snapshot(reader)
    if not snapshot.agencies:
        yield Finding("warn", "no agency is registered", "`comity agency add`")
        return
    yield Finding("ok", f"{len(snapshot.agencies)} agencies are registered")
    keyed = {key.ori for key in snapshot.keys.values() if snapshot.key(key.key_id, at) is not None}
    for ori in snapshot.agencies:
        if ori not in keyed:
            yield Finding("warn", f"{ori} has no key that counts", "`comity agency key add`")


def _ledger(reader: apsw.Connection) -> Iterator[Finding]:
    findings = check_ledger(reader)
    for one in findings[:5]:
        yield Finding("FAIL", f"entry {one.index}: {one.what}", "keep the file, call counsel")
    if not findings:
        yield Finding("ok", "every entry of the ledger recomputes, without a gap")


def _incidents(reader: apsw.Connection, settings: Settings, at: Instant) -> Iterator[Finding]:
    """What the gateway found wrong with itself: a failure as long as that law is in force."""
    found = incidents(reader)
    now = load_register(reader, settings.stack).in_force(at).digest if found else ""
    for one in found:
        when = format_local(one.at, settings.time_zone)
        yield Finding(
            "FAIL" if one.law == now else "warn",
            f"incident of {when}, entry {one.entry}: {one.what}",
            "report it; that law is decided without memory since, by the engine alone",
        )
    if not found:
        yield Finding("ok", "no incident was entered")


def _log(settings: Settings, database: Database, at: Instant) -> Iterator[Finding]:
    """The database against what was signed, then the public files against the same."""
    publisher = publisher_of(settings, database, at)
    if publisher is None:
        yield Finding("warn", "the log has no key: nothing is signed", "`comity ledger keygen`")
        return
    faults = publisher.faults()
    for fault in faults:
        yield Finding("FAIL", fault.sentence(), fault.remedy)
    if not faults:
        for log in publisher.logs():
            yield from _one_log(log)


def _one_log(log: ShardLog) -> Iterator[Finding]:
    """The public files of one log, whose entries make what was signed."""
    signed = log.signed()
    if signed is None:
        yield Finding("warn", "nothing was signed yet", "`comity ledger checkpoint`")
        return
    head = signed.checkpoint
    yield Finding("ok", f"the entries make the root that {head.origin} signed over {head.size:,}")
    shown = log.published()
    if shown is None or shown.size < head.size:
        yield Finding(
            "warn", "the latest checkpoint is not published", "`comity ledger checkpoint`"
        )
    if shown is None:
        return
    found = rebuild(shown.size, shown.root, log.folder.fetch).findings
    for one in found[:5]:
        yield Finding("FAIL", f"{log.folder.path}: {one.where}: {one.what}", _REBUILD)
    if not found:
        yield Finding("ok", f"every public tile and entry is as signed: {shown.size:,} entries")


def _quarantine(reader: apsw.Connection) -> Iterator[Finding]:
    count = len(quarantined(reader))
    # The message of an expunged record is counted without its body: nothing to try again.
    bare = record_counts(reader)["quarantine"] - count
    if count:
        yield Finding("warn", f"in quarantine: {_messages(count)}", "`comity ingest --retry`")
    if bare:
        yield Finding("ok", f"for expunged records: {_messages(bare)} refused and not kept")
    if not count and not bare:
        yield Finding("ok", "nothing stands in quarantine")


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"
