"""`comity journal export`: what past inquiries were decided on, as Parquet files by month.

Source: docs/journal.md; decisions/0019-journal.md. Exit codes: 0 ok, 2 usage, or a folder that
cannot be written, 3 no polars, 6 lines whose kept verdict does not follow from what was kept (the files are
written all the same). Does not: replay them.
"""

from __future__ import annotations

import importlib.util
import re
from datetime import UTC, datetime
from pathlib import Path

import click

from comity.cli.output import Progress, emit, emit_json, say, table
from comity.cli.settings import load_settings
from comity.errors import IntegrityFault, NotFound
from comity.instant import Instant, from_datetime
from comity.store.sqlite.database import Database
from comity.store.sqlite.journal import inquiries_before, line_count
from comity.store.sqlite.law import load_register

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_EVER: tuple[Instant, Instant] = (Instant(-(2**62)), Instant(2**62))


@click.group("journal")
def journal() -> None:
    """Hand on what past inquiries were decided on."""


@journal.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--since", metavar="MONTH", help="The first month, such as 2018-07.")
@click.option("--until", metavar="MONTH", help="The last month, itself included.")
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def export(folder: Path, since: str | None, until: str | None, as_json: bool) -> None:
    """Write the journal into DIR, a Parquet file a month (UTC): history-2018-08.parquet.

    A file that is there already is replaced. Whoever was expunged has no attribute in what is
    written now; export again over files that were written before.
    """
    begin = _EVER[0] if since is None else _month(since, "--since")
    end = _EVER[1] if until is None else _month(until, "--until", later=1)
    if begin >= end:
        raise click.UsageError("--until is before --since")
    if importlib.util.find_spec("polars") is None:
        raise NotFound(
            "Parquet files are written with polars, which is not installed",
            remedy="install comity[columns]",
        )
    # Polars takes a while to import, and no other command of the noun needs it.
    from comity.store.journal_files import export_journal

    settings = load_settings()
    with Database.open(settings.database) as database:
        reader = database.reader()
        register = load_register(reader, settings.stack)
        before = inquiries_before(reader)
        with Progress("lines", total=line_count(reader)) as line:
            made = export_journal(database, folder, (begin, end), register.in_force, line.step)
    if as_json:
        emit_json(made)
    elif made.files:
        rows = [
            (one.month, one.lines, one.expunged, one.bytes, Path(one.file).name)
            for one in made.files
        ]
        emit(table(rows, ("month", "lines", "expunged", "bytes", "file")))
    if before:
        say(
            f"{before:,} inquiries were answered before there was a journal: nothing is kept of them"
        )
    if not made.files:
        say("no inquiry was decided in that time: nothing was written")
    differing = sum(one.differing for one in made.files)
    if differing:
        raise IntegrityFault(
            f"{differing:,} lines were decided otherwise than their facts and law say now",
            where=f"entry {made.first_differing}",
            remedy="the files are written; keep the database as it is, and report this",
        )


def _month(text: str, option: str, later: int = 0) -> Instant:
    """The first instant of a month, or of the month after it."""
    found = _MONTH.fullmatch(text)
    year, month = (int(found[1]), int(found[2])) if found else (0, 0)
    year, month = (year + 1, 1) if month + later > 12 else (year, month + later)
    if not found or not 1 <= year <= 9999:
        raise click.UsageError(f"{option}: `{text}` is not a month; write it as 2018-08")
    return from_datetime(datetime(year, month, 1, tzinfo=UTC))
