"""`comity law check | show | diff`: instruments as texts, before any of them is in force.

Source: DESIGN.md, Faces. Exit codes: 0 ok, 1 problems found, 2 usage,
3 no such text. Does not: adopt anything (`comity.cli.law_life`).
"""

from __future__ import annotations

import difflib
from collections.abc import Sized
from pathlib import Path
from typing import Any, Final

import click

from comity.cli.output import emit, emit_json, say
from comity.cli.settings import load_settings, shipped
from comity.errors import NotFound
from comity.law.diff import Change, ChangeKind, compare, front_matter
from comity.law.instrument import Clause, Instrument
from comity.law.library import Library, survey
from comity.law.parse import parse_instrument
from comity.law.problem import InstrumentInvalid, nearest

FOUND: Final = 1
"""Problems: the command worked and the answer is no."""

_as_json = click.option("--json", "as_json", is_flag=True, help="Data as JSON.")


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@_as_json
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check instruments: their form, their words, their rules, and their examples.

    PATHS are files or folders. Every problem is told, with file, line and clause.
    """
    found = survey(paths)
    if as_json:
        emit_json(
            {
                "files": found.files,
                "instruments": [
                    {"ref": one.ref, "digest": one.digest, "path": one.path}
                    for one in found.instruments
                ],
                "problems": found.problems,
            }
        )
    else:
        for problem in found.problems:
            emit(problem.render())
    if found.problems:
        say(f"{_count(found.problems, 'problem')} in {_count(found.files, 'text')}")
        raise click.exceptions.Exit(FOUND)
    examples = [e for one in found.instruments for clause in one.clauses for e in clause.examples]
    said = f"{_count(examples, 'example')} came out as written"
    say(f"{_count(found.files, 'text')}, no problem; {said}")


@click.command("show")
@click.argument("text")
@click.option("--clause", "number", metavar="N", help="One clause only, such as 2.1.")
@_as_json
def show(text: str, number: str | None, as_json: bool) -> None:
    """Show an instrument. TEXT is a file, or a ref such as philadelphia-pars-ice@2."""
    instrument = find_text(text)
    clauses = instrument.clauses if number is None else (_clause(instrument, number),)
    if as_json:
        emit_json(_as_data(instrument, clauses))
        return
    if number is None:
        emit(f"{instrument.ref}  {instrument.title}")
        for key, value in front_matter(instrument).items():
            if key not in ("id", "version", "title"):
                emit(f"  {key}: {value}")
        emit(f"  digest: {instrument.digest}")
    for clause in clauses:
        emit()
        _emit_clause(clause)


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--effect", is_flag=True, help="Say also what it comes to in past inquiries.")
@click.option("--history", metavar="DIR", type=click.Path(path_type=Path), help="Past inquiries.")
@click.option("--today", metavar="TEXT", multiple=True, help="A text of the law beside them.")
@_as_json
def diff(
    before: str,
    after: str,
    history: Path | None,
    today: tuple[str, ...],
    *,
    effect: bool,
    as_json: bool,
) -> None:
    """Compare two instruments, clause by clause. BEFORE and AFTER are files or refs.

    With --effect both are replayed over past inquiries, beside the other texts of today's law.
    """
    old, new = find_text(before), find_text(after)
    changes = compare(old, new)
    data: dict[str, object] = {"before": _name(old), "after": _name(new), "changes": changes}
    if not as_json:
        for change in changes:
            _emit_change(change)
    if effect:
        # It needs polars, and nothing else here does.
        from comity.cli.law_effect import effect_of

        data["effect"] = effect_of(before, after, history, today, shown=not as_json)
    if as_json:
        emit_json(data)
    if changes:
        say(f"{_count(changes, 'difference')} between {old.ref} and {new.ref}")
        return
    same = "the same text" if old.digest == new.digest else "the same in words and rules"
    say(f"{old.ref} and {new.ref} are {same}")


def find_text(text: str) -> Instrument:
    """A text by file or ref, for reading: its rules need not be sound yet.

    Raises NotFound. Where a file is no instrument, tells why and leaves with FOUND.
    """
    path = Path(text)
    if path.is_file():
        try:
            return parse_instrument(path.read_bytes(), text)
        except InstrumentInvalid as fault:
            for problem in fault.problems:
                say(problem.render())
            raise click.exceptions.Exit(FOUND) from fault
    if path.suffix == ".md" or len(path.parts) > 1:
        raise NotFound("there is no such text", where=text)
    return Library(survey([_folder()]).instruments).get(text)


def _folder() -> Path:
    """The folder of the settings, else the texts that came with this installation."""
    try:
        return load_settings().law
    except NotFound:
        return shipped("law")


def _clause(instrument: Instrument, number: str) -> Clause:
    for clause in instrument.clauses:
        if clause.number == number:
            return clause
    raise NotFound(
        f"{instrument.ref} has no clause {number}",
        remedy=nearest(number, [clause.number for clause in instrument.clauses]),
    )


def _emit_clause(clause: Clause) -> None:
    emit(f"{clause.number} {clause.title}")
    if clause.citation:
        emit(f"  [{clause.citation}]")
    emit(_indented(clause.prose))
    for policy in clause.policies:
        emit()
        emit(_indented(policy.source, 4))
    for duty in clause.duties:
        emit(f"  duty {duty.id}: {duty.who}: {duty.what}, upon {duty.upon}, {duty.within}")
    if clause.sets:
        emit(f"  sets: {', '.join(clause.sets)}")
    for example in clause.examples:
        emit(f"  {example.expect}: {example.says} ({', '.join(example.acts)})")


def _emit_change(change: Change) -> None:
    emit(change.says)
    if change.kind is ChangeKind.FRONT_MATTER or change.before is None or change.after is None:
        return
    lines = difflib.unified_diff(
        change.before.splitlines(), change.after.splitlines(), n=1, lineterm=""
    )
    for line in lines:
        if not line.startswith(("---", "+++", "@@")):
            emit(_indented(line))


def _indented(text: str, blanks: int = 2) -> str:
    return "\n".join(" " * blanks + line if line else "" for line in text.split("\n"))


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}" + ("" if len(things) == 1 else "s")


def _name(instrument: Instrument) -> dict[str, str]:
    return {"ref": instrument.ref, "digest": instrument.digest}


def _as_data(instrument: Instrument, clauses: tuple[Clause, ...]) -> dict[str, Any]:
    return {
        **_name(instrument),
        "path": instrument.path,
        "front_matter": front_matter(instrument),
        "clauses": clauses,
    }
