"""`comity law judge`: a history judged once, so that of the next draft only new rules are asked.

Source: docs/replay.md. Exit codes: 0 ok, 2 a history that cannot be used, 3 no such text or
history, 5 a folder that cannot be written. Invariants: memory holds one part; what
says that the history is whole is written last. Does not: replay (`comity.cli.law_replay`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from comity.cli.law_replay import demand_history, today_option
from comity.cli.law_today import law_of_today
from comity.cli.output import Progress, emit, emit_json, say
from comity.errors import NotFound
from comity.law.schema import INQUIRY_ACTS

PART: Final = 4_194_304
"""Rows of a part, which is held in memory."""


@click.command("judge")
@click.argument("out", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--history",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Past inquiries, as `comity journal export` wrote them.",
)
@today_option
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def judge(out: Path, history: Path | None, today: tuple[str, ...], *, as_json: bool) -> None:
    """Judge past inquiries under today's law into DIR, for many replays over them."""
    law = law_of_today(today)
    folder = demand_history(history)
    # Polars takes a while to import, and `--help` does not need it.
    from comity.cli.replay_files import (
        KINDS_ENDING,
        ROWS_ENDING,
        Whole,
        make_folder,
        plain_files,
        write_table,
        write_whole,
    )
    from comity.oversight.history import HistoryUnusable
    from comity.oversight.kept import Judge
    from comity.oversight.sources import PolarsFiles, slices

    files = plain_files(folder)
    if not files:
        raise NotFound("there is no history", where=str(folder), remedy="comity journal export DIR")
    source = PolarsFiles(files)
    make_folder(out)
    if any(out.iterdir()):
        raise HistoryUnusable(
            "is not empty", where=str(out), remedy="name a new folder for the judged history"
        )
    made = Judge(law, INQUIRY_ACTS)
    kinds = parts = 0
    with Progress("inquiries", total=source.rows) as line:
        for piece, metadata in slices(files, made.needs, PART):
            part = made.part(piece)
            said = {**metadata, **made.metadata}
            name = f"part-{parts:06}"
            write_table(part.kinds, out / f"{name}{KINDS_ENDING}", said)
            write_table(part.rows, out / f"{name}{ROWS_ENDING}", said)
            parts, kinds = parts + 1, kinds + part.kinds.height
            line.step(part.rows.height)
    write_whole(out, Whole(parts, source.rows))
    if as_json:
        emit_json({"rows": source.rows, "parts": parts, "kinds": kinds, "classes": made.classes})
    else:
        emit(str(out))
    say(
        f"{source.rows:,} inquiries judged in {parts} parts: {kinds:,} kinds,"
        f" {made.classes:,} answers of the engine"
    )
