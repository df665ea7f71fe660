"""`comity law replay`: what a draft would have changed in past inquiries.

Source: docs/replay.md; decisions/0020-classes-and-replay.md. Exit codes: 0 ok, 2 a draft that is
no valid text or a history that cannot be used, 3 no such text or history, 5 a file that cannot
be written. Does not: adopt the draft (`comity.cli.law_life`), or write histories
(`comity.cli.journal`, `comity.cli.law_judge`).
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from comity.cli.law_sign import moment
from comity.cli.law_today import draft_of, law_of_today, replaced
from comity.cli.output import Progress, clock, emit, emit_json, say, table
from comity.errors import NotFound
from comity.instant import Instant, format_instant, from_datetime
from comity.law.instrument import Instrument
from comity.law.schema import INQUIRY_ACTS
from comity.store.durable_file import replace_file

if TYPE_CHECKING:
    import polars as pl

    from comity.oversight.replay import Flips

LINES: Final = 20
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")

Option = Callable[[Callable[..., Any]], Callable[..., Any]]

history_option: Option = click.option(
    "--history",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Past inquiries, as `comity journal export` or `comity law judge` wrote them.",
)
today_option: Option = click.option(
    "--today",
    "today",
    metavar="TEXT",
    multiple=True,
    help="A text of today's law, file or ref; may be repeated. Default: what is in force now.",
)
engine_option: Option = click.option(
    "--engine",
    type=click.Choice(["polars", "spark"]),
    default="polars",
    show_default=True,
    help="What counts the rows.",
)


@click.command("replay")
@click.argument("draft", metavar="DRAFT")
@click.option("--replaces", metavar="REF", help="Which text of today's law it takes the place of.")
@history_option
@today_option
@click.option("--since", metavar="TIME", help="From this month, day or instant on (UTC).")
@click.option("--until", metavar="TIME", help="Until it, a month or day itself included.")
@click.option(
    "--act",
    "acts",
    metavar="ACT",
    multiple=True,
    type=click.Choice(INQUIRY_ACTS),
    help="Count only this act, such as `see birthplace`; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write counts and examples as Parquet files into this folder.",
)
@click.option(
    "--report",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one printable HTML page.",
)
@engine_option
def replay(
    *,
    draft: str,
    replaces: str | None,
    history: Path | None,
    today: tuple[str, ...],
    since: str | None,
    until: str | None,
    acts: tuple[str, ...],
    as_json: bool,
    out: Path | None,
    report: Path | None,
    engine: str,
) -> None:
    """Replay a draft over past inquiries: which would have come out otherwise, and why.

    DRAFT is a Markdown file, or the ref of a text. Both bodies of law decide as if each had been
    in force all the time; no line of the answer names a person, an officer or a record.
    """
    text = draft_of(draft)
    law = law_of_today(today)
    gone = replaced(text, law, replaces)
    after = [one for one in law if one not in gone] + [text]
    folder = demand_history(history)
    span = (parse_time(since, "--since"), parse_time(until, "--until", later=1))
    flips = flips_of(folder, engine, (law, after), span, acts)
    said = as_data(flips, text, gone, law)
    if out is not None:
        from comity.cli.replay_files import write_answer

        write_answer(flips, said, out)
        say(f"written: {out}/counts.parquet, examples.parquet and replay.json")
    if report is not None:
        _write_report(report, flips, folder, text, gone, law, (since, until))
        say(f"written: {report}")
    if as_json:
        emit_json(said)
    else:
        show(flips)
    summarize(flips, text, gone)


def demand_history(history: Path | None) -> Path:
    """The folder named. Raises NotFound, also where polars is not installed."""
    if importlib.util.find_spec("polars") is None:
        raise NotFound(
            "a replay counts with polars, which is not installed",
            remedy="install comity[columns]",
        )
    if history is None:
        raise NotFound(
            "no history is named",
            remedy="write one with `comity journal export DIR`, then give --history DIR",
        )
    return history


def flips_of(
    folder: Path,
    engine: str,
    laws: tuple[Sequence[Instrument], Sequence[Instrument]],
    span: tuple[Instant | None, Instant | None],
    acts: Sequence[str],
) -> Flips:
    """The replay itself, with its progress told on stderr."""
    # Polars takes a while to import, and `--help` does not need it.
    from comity.cli.replay_files import sources_of
    from comity.oversight.replay import replay as run_replay
    from comity.oversight.sources import Span

    if span[0] is not None and span[1] is not None and span[0] >= span[1]:
        raise click.UsageError("--until is before --since")
    sources = sources_of(folder, engine)
    with Progress("inquiries", total=sum(one.rows for one in sources)) as line:
        return run_replay(
            sources, *laws, acts=acts or None, span=Span(*span), said=say, step=line.step
        )


def parse_time(text: str | None, option: str, later: int = 0) -> Instant | None:
    """A month, a day or an instant in UTC; with `later`, where a month or day ends."""
    if text is None:
        return None
    found = _MONTH.fullmatch(text)
    if found is None:
        return moment(text, "UTC", end_of_day=bool(later))
    year, month = int(found[1]), int(found[2]) + later
    year, month = (year + 1, 1) if month > 12 else (year, month)
    if not 1 <= year <= 9999:
        raise click.UsageError(f"{option}: `{text}` is not a month; write it as 2018-08")
    return from_datetime(datetime(year, month, 1, tzinfo=UTC))


def show(flips: Flips) -> None:
    """Flips as tables for a person."""
    for title, columns in (
        ("by clause", ("change", "clause")),
        ("by agency", ("agency", "change")),
        ("by purpose", ("purpose", "change")),
        ("by act and data class", ("act", "change")),
        ("by month", ("month", "change")),
    ):
        found = flips.by(*columns)
        if not found.height:
            continue
        if columns[0] == "month":
            found = found.sort("month", "change")
        emit(_grid(title, found, len(found) if columns[0] == "month" else LINES))
        emit()
    shown = flips.examples.select(
        "change", "month", "agency", "purpose", "query", "basis", "grade", "act", "clause", "rows"
    )
    if shown.height:
        emit(_grid("examples, without personal data", shown, shown.height))
        emit()
    if flips.not_kept:
        rows = [(name, ", ".join(lacking)) for name, lacking in sorted(flips.not_kept.items())]
        emit(table(rows, ("clause", "asks for what was not kept")))
        emit()


def _grid(title: str, found: pl.DataFrame, most: int) -> str:
    rows = [(*row[:-1], f"{row[-1]:,}") for row in found.head(most).iter_rows()]
    lines = f"{title}\n{table(rows, found.columns)}"
    more = found.height - len(rows)
    return f"{lines}\n… and {more:,} lines more (--out writes all)" if more > 0 else lines


def summarize(flips: Flips, draft: Instrument, gone: Sequence[Instrument]) -> None:
    """What it came to, on stderr."""
    place = f"in place of {', '.join(one.ref for one in gone)}" if gone else "added to today's law"
    counts = flips.inquiries
    say(
        f"{draft.ref}, {place}: of {flips.rows:,} inquiries {counts['opens']:,} open,"
        f" {counts['closes']:,} close, {counts['undecidable']:,} cannot be decided"
    )
    say(
        f"{len(flips.asked)} of {flips.clauses} rules worked out anew,"
        f" {flips.classes:,} answers of the engine for {flips.kinds:,} kinds of inquiries"
    )


def as_data(
    flips: Flips, draft: Instrument, gone: Sequence[Instrument], law: Sequence[Instrument]
) -> dict[str, Any]:
    """Everything, for `--json`."""
    return {
        "draft": {"ref": draft.ref, "digest": draft.digest},
        "replaces": [one.ref for one in gone],
        "today": [{"ref": one.ref, "digest": one.digest} for one in law],
        "inquiries": flips.rows,
        "changed": dict(flips.inquiries),
        "kinds": flips.kinds,
        "classes": flips.classes,
        "clauses": flips.clauses,
        "worked_out_anew": flips.asked,
        "not_kept": flips.not_kept,
        "counts": flips.counts.to_dicts(),
        "examples": flips.examples.to_dicts(),
    }


def _write_report(
    path: Path,
    flips: Flips,
    folder: Path,
    draft: Instrument,
    gone: Sequence[Instrument],
    law: Sequence[Instrument],
    span: tuple[str | None, str | None],
) -> None:
    from comity.cli.replay_files import stream_of
    from comity.oversight.report import Heading, report_page

    since, until = span
    words = [f"from {since}" if since else "", f"until {until}" if until else ""]
    heading = Heading(
        draft=draft.ref,
        title=draft.title,
        digest=draft.digest,
        replaces=tuple(one.ref for one in gone),
        today=tuple(one.ref for one in law),
        span=" ".join(filter(None, words)) or "all of it",
        history=folder.name,
        made_at=format_instant(clock()),
        stream=stream_of(folder),
    )
    replace_file(path, report_page(flips, heading).encode())
