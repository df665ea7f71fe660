"""`comity ingest`: take in events of a record system from files, NDJSON, CSV or Parquet.

Invariants: what is bad is kept aside and counted, never lost; running the same
file again changes nothing; exit code 1 says that something stands in quarantine.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from comity.cli.output import Progress, clock, emit_json, say
from comity.cli.settings import Settings, load_settings, shipped
from comity.errors import ComityError, NotFound
from comity.records.ingest import (
    REASONS_MAX,
    Message,
    Refused,
    Taken,
    message_again,
    messages_of_lines,
    messages_of_rows,
    take_in,
)
from comity.records.mapping import MappingInvalid, RowMapping, read_mapping
from comity.records.read import Rows, read_lines
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import (
    SqliteRecords,
    forget_quarantined,
    quarantined,
)

TABLES = (".csv", ".parquet")
LINES = (".ndjson", ".jsonl", ".json")
SWITCH_SECONDS = 0.0005
"""Reading one batch and writing the one before go on at once: 14 % more events a second."""
GC_THRESHOLDS = (500_000, 50, 1_000)


class NoMapping(ComityError):
    """A table needs a mapping file, and none was named."""


class UnknownForm(ComityError):
    """The name of a file does not say what it holds."""


def suit_process_to_bulk() -> None:
    """Let this process do nothing but take in: what it makes by the million has no cycles.

    Looking for cycles costs a fifth of the time (measured on a million events: 18,600
    and 22,700 a second, with the same memory); the two threads hand over sooner.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GC_THRESHOLDS)


@click.command("ingest")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    metavar="FILE",
    help="How the rows of a table become events; the name of a shipped one is enough (nyc-doc).",
)
@click.option(
    "--source",
    metavar="NAME",
    default="file",
    show_default=True,
    help="Where a line that is no event is said to come from.",
)
@click.option("--retry", is_flag=True, help="Try what stands in quarantine again.")
@click.option("--json", "as_json", is_flag=True, help="Write the counts as JSON.")
def ingest(
    files: tuple[Path, ...], mapping: str | None, source: str, retry: bool, as_json: bool
) -> None:
    """Take in events from FILES: .ndjson, .csv or .parquet."""
    if not files and not retry:
        raise click.UsageError("name at least one file, or --retry")
    settings = load_settings()
    table = mapping_named(mapping)
    suit_process_to_bulk()
    with Database.open(settings.database) as database:
        store = SqliteRecords(database, os.urandom)
        taken = Taken()
        if retry:
            _add(taken, _retry(database, store, table, settings))
        for file in files:
            _add(taken, take_file(file, table, source, store, settings))
    tell_taken(taken, as_json)
    if taken.quarantined or taken.expunged:
        raise click.exceptions.Exit(1)


def mapping_named(name: str | None) -> RowMapping | None:
    """The mapping of that file, or the shipped one of that name; None for None. Raises NotFound."""
    if name is None:
        return None
    path = Path(name)
    if not path.is_file():
        path = shipped("feeds") / f"{name}.toml"
    if not path.is_file():
        raise NotFound("no such mapping file", where=name, remedy="see docs/records.md, Mapping")
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as fault:
        raise MappingInvalid("is not UTF-8", where=path.name) from fault
    return read_mapping(text, path.name)


def take_file(
    file: Path,
    mapping: RowMapping | None,
    source: str,
    store: SqliteRecords,
    settings: Settings,
) -> Taken:
    """Take in one file. Raises NoMapping, UnknownForm, NotFound and what reading it raises."""
    hold = settings.hold_birthplace
    if file.suffix.lower() in TABLES:
        if mapping is None:
            raise NoMapping(
                "a table needs a mapping file", where=str(file), remedy="name one with --mapping"
            )
        rows = Rows(file)
        messages: Any = messages_of_rows(
            rows, rows.columns, mapping, clock(), hold_birthplace=hold, file=file.name
        )
        with Progress("events", total=rows.total) as line:
            return take_in(messages, store, clock, line.step)
    if not file.is_file():
        raise NotFound("no such file", where=str(file))
    if file.suffix.lower() not in LINES:
        raise UnknownForm(
            f"ends in none of {', '.join((*LINES, *TABLES))}",
            where=str(file),
            remedy="name it for what it holds; one event a line is .ndjson",
        )
    with file.open("rb") as lines, Progress("events") as line:
        messages = messages_of_lines(
            read_lines(lines), source, clock(), hold_birthplace=hold, file=file.name
        )
        return take_in(messages, store, clock, line.step)


def _retry(
    database: Database, store: SqliteRecords, mapping: RowMapping | None, settings: Settings
) -> Taken:
    """Each message in quarantine once more; those that are good now leave it.

    A row of a table is read by the mapping of its source, where that one is named.
    A signed message must name the source whose key signed it, as on the first try.
    """
    taken = Taken()
    good: list[Message] = []
    solved: list[int] = []
    for one in quarantined(database.reader()):
        message = message_again(
            one.refused, mapping, clock(), hold_birthplace=settings.hold_birthplace
        )
        if isinstance(message[1], Refused):
            taken.quarantined += 1
            if len(taken.first_reasons) < REASONS_MAX:
                taken.first_reasons.append(f"{message[0]}: {message[1].reason}")
            continue
        good.append(message)
        solved.append(one.number)
    _add(taken, take_in(good, store, clock))
    # Stopped in between, the next retry finds them here before.
    database.write(lambda connection: forget_quarantined(connection, solved)).result()
    return taken


def _add(total: Taken, more: Taken) -> None:
    for field in ("applied", "duplicates", "expunged", "quarantined", "recalls"):
        setattr(total, field, getattr(total, field) + getattr(more, field))
    for name, count in more.dropped.items():
        total.dropped[name] = total.dropped.get(name, 0) + count
    total.first_reasons += more.first_reasons[: REASONS_MAX - len(total.first_reasons)]


def tell_taken(taken: Taken, as_json: bool) -> None:
    """Say what became of everything, in words or as JSON."""
    if as_json:
        emit_json(msgspec.to_builtins(taken))
        return
    say(f"{taken.applied:,} events taken in, {taken.duplicates:,} were here before")
    for name, count in sorted(taken.dropped.items()):
        say(f"field `{name}` dropped at the door {count:,} times; its value is kept nowhere")
    if taken.recalls:
        say(f"{taken.recalls:,} past disclosures must be recalled: `comity record recalls`")
    if taken.expunged:
        say(f"{taken.expunged:,} refused: their records were expunged")
    if taken.quarantined:
        say(f"{taken.quarantined:,} in quarantine:")
    for reason in taken.first_reasons:
        say(f"  {reason}")
    if taken.quarantined:
        say("Try: mend what sends them, then `comity ingest --retry`")
