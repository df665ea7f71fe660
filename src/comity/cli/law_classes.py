"""`comity law classes`: in words, what each clause of a text tells apart.

Source: DESIGN.md, "Clause classes". Exit codes: 0 ok, 1 a file that is no instrument, 3 no such
text. Does not: decide anything, or read the database.
"""

from __future__ import annotations

import click

from comity.cli.law_text import find_text
from comity.cli.output import emit, emit_json
from comity.law.class_words import tells_apart
from comity.law.instrument import Instrument

NOTHING = "nothing: it says the same of everything"


@click.command("classes")
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def classes(texts: tuple[str, ...], as_json: bool) -> None:
    """Say in words what each clause tells apart; all else is the same to it.

    TEXT is a file, or a ref such as philadelphia-pars-ice@2. Words that stand together, with
    commas, are told apart by nothing in the clause.
    """
    found = [find_text(text) for text in texts]
    if as_json:
        emit_json([_as_data(one) for one in found])
        return
    for place, instrument in enumerate(found):
        if place:
            emit()
        emit(f"{instrument.ref}  {instrument.title}")
        for clause in instrument.clauses:
            if clause.policies:
                told = tells_apart(clause, instrument.term.time_zone)
                emit(f"clause {clause.number} tells apart: {'; '.join(told) or NOTHING}")


def _as_data(instrument: Instrument) -> dict[str, object]:
    return {
        "ref": instrument.ref,
        "digest": instrument.digest,
        "clauses": [
            {
                "clause": clause.number,
                "title": clause.title,
                "tells_apart": tells_apart(clause, instrument.term.time_zone),
            }
            for clause in instrument.clauses
            if clause.policies
        ],
    }
