"""`comity custody replay`: every detainer of a list, as if other texts had been in force.

Source: `comity.custody.past`. Exit codes: 0 ok, 2 no such list, 3 no such text. Does not:
decide anything that is still to be decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from comity.cli.output import emit, emit_json, say, table
from comity.cli.settings import shipped
from comity.custody.past import ACTS, LACKING, Line, Turning, lines, turning
from comity.law.instrument import Instrument
from comity.law.library import Library
from comity.records.read import Rows

TEXTS = ("philadelphia-executive-order-1-14", "philadelphia-executive-order-5-16")


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--under", "refs", multiple=True, help="A text; may be given again.")
@click.option("--city", help="Only facilities in this city: whose custody the texts bind.")
@click.option("--most", type=click.IntRange(1), default=20, show_default=True, help="Lines shown.")
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def replay(file: Path, refs: tuple[str, ...], city: str | None, most: int, as_json: bool) -> None:
    """Decide a list of past detainers (CSV or Parquet) under no text and under each given one.

    FILE has a row a detainer: date, facility, city, outcome. What such a list does not hold is
    tried each way; what it cannot decide is said.
    """
    library = Library.load(shipped("law") / "philadelphia") if not refs else None
    texts = _texts(library, refs)
    found = lines((row for _, row in Rows(file)), city)
    under = {one.ref: tuple(turning(one, act) for act in ACTS) for one in texts}
    if as_json:
        emit_json(_as_data(found, under))
    else:
        _print(found, under, most)
    total = sum(line.detainers for line in found)
    say(f"{total:,} detainers at {len({line.facility for line in found})} facilities")


def _texts(library: Library | None, refs: Sequence[str]) -> list[Instrument]:
    if library is None:
        library = Library.load(shipped("law"))
    return [library.get(ref) for ref in refs or TEXTS]


def _print(found: Sequence[Line], under: dict[str, tuple[Turning, ...]], most: int) -> None:
    kinds = list(dict.fromkeys(kind for line in found for kind in line.outcomes))
    rows = [
        (line.facility, line.year, line.detainers, *(line.outcomes.get(k, 0) for k in kinds))
        for line in found[:most]
    ]
    emit("What became of them, by the list")
    emit(table(rows, ("facility", "year", "detainers", *kinds)))
    if len(found) > most:
        emit(f"and {len(found) - most} more lines (--most, --json)")
    total = sum(line.detainers for line in found)
    emit()
    emit("What each text makes of them, as if it had been in force")
    answers = [("no text", act.value, "no rule", "", total) for act in ACTS]
    for ref, turns in under.items():
        for turn in turns:
            if turn.decided is not None:
                answers.append((ref, turn.act.value, turn.decided.value, "", total))
                continue
            either = " or ".join(ruling.value for ruling in turn.rulings)
            answers.append((ref, turn.act.value, either, " and ".join(turn.turns_on), total))
    emit(table(answers, ("text", "act", "ruling", "turns on", "detainers")))
    emit()
    emit("Not in the list, and so not decided: " + "; ".join(LACKING) + ".")
    emit("A day and no hour: no clock can be run. Equal rows are different people and all count.")


def _as_data(found: Sequence[Line], under: dict[str, tuple[Turning, ...]]) -> dict[str, Any]:
    return {
        "lines": found,
        "under": {
            ref: [
                {
                    "act": turn.act,
                    "decided": turn.decided,
                    "rulings": turn.rulings,
                    "turns_on": turn.turns_on,
                }
                for turn in turns
            ]
            for ref, turns in under.items()
        },
        "not_in_the_list": list(LACKING),
    }
