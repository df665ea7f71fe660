"""The demo's third act: what the city could have known before it signed, or let lapse.

The draft "named inquiries with a judicial warrant only" replayed over a year of inquiries, and
promises proved over all there could be. Invariants: what flips and what is proved is what replay and
prover say; the counterexample was let through by the live engine; what is real and what is drawn is
said first. Does not: know how either is done (`comity.oversight`).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from comity.city.demonstration import Told
from comity.city.past_year import DRAWN, past_year
from comity.city.rehearsal import SEED
from comity.city.scenes import EVENING
from comity.errors import NotFound
from comity.instant import Instant, format_instant
from comity.law.check import demand_valid
from comity.law.instrument import Instrument
from comity.law.parse import parse_instrument
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import load_register

if TYPE_CHECKING:
    import polars as pl

    from comity.oversight.promise import Promise
    from comity.oversight.replay import Flips

DRAFT: Final = "warrants-only.md"
REPLACED: Final = "philadelphia-pars-ice"
_NEEDS: Final = ("polars", "z3")
PROMISES: Final = """---
promises: demo
title: What the draft promises
texts: [{texts}]
from: 2018-08-31T00:00
time_zone: America/New_York
---

# What the draft promises

## 1 No one receives a place of birth for civil immigration enforcement

```promise
acts: [see birthplace]
never: context.purpose == Purpose::"civil immigration enforcement"
```

## 2 Nobody outside sees a victim or a witness

```promise
acts: [see parties]
never: true
```

## 3 ICE sees nothing without a judge's warrant that names the person

Whoever is party to another agreement as well may rely on that one.

```promise
acts: [see]
never: |
  principal in Party::"us-ice" && !(principal in Party::"us-atf") &&
  !(context has basis && context.basis.kind == Process::"judicial warrant" &&
    context.basis.verified && context.basis.names_subject)
```
"""


def play_replay(database: Database, place: Path, seed: int = SEED) -> Iterator[Told]:
    """The act itself. Raises NotFound where an extra is missing."""
    lacking = [name for name in _NEEDS if find_spec(name) is None]
    if lacking:
        raise NotFound(
            f"this act needs {' and '.join(lacking)}",
            remedy="pip install 'comity[columns,proofs]'; `make demo` installs them for it",
        )
    file = place / DRAFT
    file.write_bytes((resources.files("comity.city") / DRAFT).read_bytes())
    draft = demand_valid(parse_instrument(file.read_bytes(), DRAFT))
    today = load_register(database.reader()).in_force(EVENING).instruments
    tomorrow = (*(one for one in today if one.id != REPLACED), draft)
    yield _told(
        "A draft: named inquiries with a judicial warrant only",
        f"comity law check {DRAFT}",
        f"{len(draft.clauses)} clauses, each with its examples. A year of inquiries to try it on"
        f" is drawn ({DRAWN}); the texts, the engine and the solver are real",
        "valid",
    )
    yield from _replayed(past_year(seed, EVENING), today, tomorrow)
    yield from _proved(today, tomorrow)


def _replayed(
    history: pl.DataFrame, today: tuple[Instrument, ...], tomorrow: tuple[Instrument, ...]
) -> Iterator[Told]:
    from comity.oversight.replay import CLOSES, OPENS

    whole = _flips(history, today, tomorrow)
    yield _told(
        "The year replayed under the draft",
        f"{whole.rows:,} inquiries, under today's texts and under the draft",
        f"{whole.inquiries[CLOSES]:,} would not have been answered as they were,"
        f" {whole.inquiries[OPENS]:,} would have been answered that were not;"
        f" the engine was asked {whole.classes:,} times",
        "replayed",
    )
    for purpose in sorted(history["purpose"].cast(str).unique().to_list()):
        found = _flips(history.filter(history["purpose"].cast(str) == purpose), today, tomorrow)
        yield _told("By purpose", purpose, _share(found), _word(found))
    for grade in (*sorted(history["grade"].cast(str).drop_nulls().unique().to_list()), None):
        rows = history["grade"].is_null() if grade is None else history["grade"].cast(str) == grade
        found = _flips(history.filter(rows), today, tomorrow)
        yield _told("By grade", grade or "accused of no crime", _share(found), _word(found))


def _flips(
    history: pl.DataFrame, today: tuple[Instrument, ...], tomorrow: tuple[Instrument, ...]
) -> Flips:
    from comity.oversight.replay import replay
    from comity.oversight.sources import Frame

    return replay([Frame(history.lazy())], today, tomorrow, ("see existence", "see charges"))


def _share(found: Flips) -> str:
    from comity.oversight.replay import CLOSES

    closed = found.inquiries[CLOSES]
    return f"{closed:,} of {found.rows:,} inquiries would not have been answered"


def _word(found: Flips) -> str:
    from comity.oversight.replay import CLOSES

    return "flips" if found.inquiries[CLOSES] else "nothing flips"


def _proved(today: tuple[Instrument, ...], tomorrow: tuple[Instrument, ...]) -> Iterator[Told]:
    from comity.oversight.promise import read_promises
    from comity.oversight.promise_bodies import Period
    from comity.oversight.prove import Kept, Means, prove_one

    ids = sorted({one.id for one in (*today, *tomorrow)})
    promises = read_promises(PROMISES.format(texts=", ".join(ids)), "promises.md").promises
    for promise in promises:
        under = Period(EVENING, None, tomorrow)
        found = prove_one(promise, tomorrow, Means(), EVENING, under)
        asked = "of the draft beside the other texts, over every inquiry there could be"
        if isinstance(found, Kept):
            words = (
                f"{promise.says}. Asked of {found.kinds} kinds of inquiry, by {found.solvers[0]}"
            )
            yield _told("A promise", asked, words, "proved")
        else:
            yield _told("A promise", asked, promise.says, "not proved")
    yield _disproved(promises[-1], today)


def _disproved(promise: Promise, today: tuple[Instrument, ...]) -> Told:
    from comity.oversight.promise_bodies import Period
    from comity.oversight.proof_words import in_words
    from comity.oversight.prove import Broken, Means, prove_one

    found = prove_one(promise, today, Means(), EVENING, Period(EVENING, None, today))
    asked = "the same sentence, of the texts in force today"
    if not isinstance(found, Broken):
        return _told("A promise", asked, promise.says, "not disproved")
    example = "; ".join(in_words(found.example, "America/New_York"))
    cited = tuple(clause.cite() for clause in found.clauses)
    said = f"{promise.says}: no. By {cited[0]} the live engine lets this through: {example}"
    return _told("A promise", asked, said, "disproved", cited)


def _told(title: str, asked: str, words: str, outcome: str, clauses: tuple[str, ...] = ()) -> Told:
    return Told(title, format_instant(Instant(EVENING)), asked, outcome, words, clauses)
