"""`comity law stack`: the texts that bind this place, with what gives way, conflicts and gaps.

Source: the setting `stack`; DESIGN.md, Faces. Exit codes: 0 ok, 1 a conflict was found,
3 a text of the stack is not in the library. Does not: adopt anything.
"""

from __future__ import annotations

from pathlib import Path

import click

from comity.cli.law_sign import moment
from comity.cli.output import emit, emit_json, say, table
from comity.cli.settings import load_settings
from comity.errors import NotFound
from comity.instant import format_local
from comity.law.instrument import Instrument
from comity.law.library import survey
from comity.law.problem import nearest
from comity.law.schema import ACTS
from comity.law.stack import Survey, survey_stack

CONFLICT = 1


@click.command("stack")
@click.argument("texts", nargs=-1)
@click.option("--at", metavar="TIME", help="When, in the custodian's time zone. Default: now.")
@click.option("--law", "folder", type=click.Path(path_type=Path), help="Another folder of texts.")
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def stack(texts: tuple[str, ...], at: str | None, folder: Path | None, as_json: bool) -> None:
    """Print the texts that bind, which acts they rule on, what gives way, conflicts and gaps.

    TEXTS are ids of instruments; without any, the `stack` of comity.toml.
    """
    settings = load_settings()
    ids = texts or settings.stack
    when = moment(at, settings.time_zone)
    chosen = _chosen(folder or settings.law, ids)
    found = survey_stack(chosen, when)
    if as_json:
        emit_json(_as_data(found))
    else:
        _print(found, settings.time_zone)
    say(
        f"{len(found.instruments)} texts in force, {len(found.not_in_force)} not;"
        f" {len(found.conflicts)} conflicts, {len(found.gaps)} gaps"
    )
    if found.conflicts:
        raise click.exceptions.Exit(CONFLICT)


def _chosen(folder: Path, ids: tuple[str, ...]) -> list[Instrument]:
    """The texts of a stack; without ids all of the folder. Raises NotFound for an unknown id."""
    library = survey([folder]).instruments
    known = sorted({one.id for one in library})
    for name in ids:
        if name not in known:
            raise NotFound(f"there is no text `{name}` in {folder}", remedy=nearest(name, known))
    return [one for one in library if not ids or one.id in ids]


def _print(found: Survey, zone: str) -> None:
    rows = [(one.rank, one.ref, one.verified, one.as_of, one.citation) for one in found.instruments]
    emit(table(rows, ("rank", "text", "verified", "as of", "citation")))
    for one in found.not_in_force:
        until = "" if one.term.until is None else f" to {format_local(one.term.until, zone)}"
        emit(f"not in force: {one.ref}, {format_local(one.term.start, zone)}{until}")
    emit()
    rows_of_acts = [
        (act, said.clause.instrument, said.clause.clause, ", ".join(said.gives))
        for act in ACTS
        if ACTS[act].context == "Presented"
        for said in found.speaks.get(act, ())
    ]
    emit(table(rows_of_acts, ("act", "text", "clause", "may give")))
    for way in found.gives_way:
        emit(f"gives way: {way.clause.cite()} where {way.by} commands `{way.act}`")
    for conflict in found.conflicts:
        emit(f"CONFLICT on `{conflict.act}`: {conflict.says}")
        emit(f"  where {conflict.matter} (an example of {conflict.of.cite()})")
        for clause in conflict.clauses:
            emit(f"  {clause.cite()}")
    for act in found.gaps:
        emit(f"gap: no text speaks of `{act}`; silence is no authority")
    for one in found.unverified:
        emit(f"to be compared by counsel: {one.ref} is from {one.verified} ({one.source})")


def _as_data(found: Survey) -> dict[str, object]:
    return {
        "in_force": [
            {
                "ref": one.ref,
                "rank": one.rank,
                "verified": one.verified,
                "as_of": one.as_of,
                "citation": one.citation,
                "source": one.source,
                "preempts": one.preempts,
            }
            for one in found.instruments
        ],
        "not_in_force": [one.ref for one in found.not_in_force],
        "speaks": {
            act: [
                {
                    "text": one.clause.instrument,
                    "clause": one.clause.clause,
                    "gives": one.gives,
                }
                for one in said
            ]
            for act, said in found.speaks.items()
        },
        "gives_way": found.gives_way,
        "conflicts": found.conflicts,
        "gaps": found.gaps,
    }
