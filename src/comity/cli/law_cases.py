"""`comity law cases`: a table of decision cases, run against the library.

Exit 0 where every case is decided as expected, 1 on any miss, 2 for a file that is no
such table. stdout is the misses (or `--json`: every case), stderr the count.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import click

from comity.cli.output import emit, emit_json, say
from comity.cli.settings import shipped
from comity.custody.cases import COLUMNS, Case, CaseInvalid, Ran, read_case, run_case
from comity.errors import Unreachable
from comity.law.library import Library

MISSED: Final = 1
NOT_DECIDED: Final = "NOT_DECIDED"
_NEEDED: Final = COLUMNS[:6]


@click.command("cases")
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--law", "folder", type=click.Path(path_type=Path), help="Another folder of texts.")
@click.option("--all", "every", is_flag=True, help="Print also the cases that are met.")
@click.option("--json", "as_json", is_flag=True, help="Every case as JSON.")
def cases(table: Path, folder: Path | None, *, every: bool, as_json: bool) -> None:
    """Run a table of decision cases (CSV) against the library of law.

    Each miss is printed with what was expected, what the texts say, and their clauses.
    """
    library = Library.load(folder or shipped("law"))
    ran = run_table(table, library)
    missed = [one for one in ran if not one.met]
    if as_json:
        emit_json([_as_data(one) for one in ran])
    else:
        for one in ran if every else missed:
            _emit(one)
    say(f"{len(ran)} cases, {len(ran) - len(missed)} as expected, {len(missed)} not")
    if missed:
        raise click.exceptions.Exit(MISSED)


def run_table(table: Path, library: Library) -> list[Ran]:
    """Every case of a CSV file. A case that cannot be put to the law is a miss that says why.

    Raises Unreachable for a file that cannot be read, click.UsageError for no such table.
    """
    try:
        text = table.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise Unreachable(f"cannot be read: {fault}", where=str(table)) from fault
    reader = csv.DictReader(text.splitlines())
    lacking = [column for column in _NEEDED if column not in (reader.fieldnames or ())]
    if lacking:
        raise click.UsageError(f"{table} has no column {', '.join(lacking)}")
    return [_run(row, library) for row in reader]


def _run(row: dict[str, str | None], library: Library) -> Ran:
    case = Case(row.get("id") or "?", row.get("regime") or "?", "", "", {}, row["expected"] or "")
    try:
        case = read_case(row)
        return run_case(case, library.instruments)
    except CaseInvalid as fault:
        return Ran(case, NOT_DECIDED, False, (), (), fault.what + f" (Try: {fault.remedy})")


def _emit(one: Ran) -> None:
    mark = "met " if one.met else "MISS"
    emit(f"{mark} {one.case.id}: expected {one.case.expected}, got {one.got}")
    if one.case.citation:
        emit(f"     the table cites {one.case.citation}")
    for clause in one.clauses:
        emit(f"     {clause.cite()}")
    if one.unread:
        emit(f"     no text reads: {', '.join(one.unread)}")
    if one.why:
        emit(f"     {one.why}")


def _as_data(one: Ran) -> dict[str, object]:
    return {
        "id": one.case.id,
        "regime": one.case.regime,
        "expected": one.case.expected,
        "got": one.got,
        "met": one.met,
        "clauses": [{"text": ref.instrument, "clause": ref.clause} for ref in one.clauses],
        "unread": one.unread,
        "why": one.why,
    }
