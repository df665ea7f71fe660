"""What it costs to prove every promise of the shipped library, from cold.

One process, nothing remembered: texts and promises are read first and counted apart; then
every promise is proved, each with its encoding, its solver runs and the bodies of policies
made for it. The target of 2 s is for the proofs. Beside it: that no prohibition of the
library can fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

from bench.figure import Figure, three_digits
from comity.cli.law_prove_files import TextFolder
from comity.oversight.prove import Finding, Kept, prove
from comity.oversight.prove_texts import Outcome, forbids_never_err

LAW: Final = Path(__file__).resolve().parent.parent / "law"
TARGET_SECONDS: Final = 2.0


def measure() -> Iterator[Figure]:
    """Seconds for all promises, and milliseconds for the slowest of them."""
    begun = perf_counter()
    texts = TextFolder(LAW)
    chosen = [texts.choose(place) for place in texts.places()]
    read = perf_counter() - begun
    each: list[float] = []
    kinds = 0
    for one in chosen:
        if one.promises is None:
            raise RuntimeError(f"{one.place} has no promises")
        last = perf_counter()
        for finding in prove(one.promises, one.instruments):
            kinds += _kinds(finding)
            now = perf_counter()
            each.append(now - last)
            last = now
    whole = sum(each)
    yield Figure(
        bench="prove",
        figure="promises_seconds",
        value=three_digits(whole),
        unit="s",
        against={
            "target_seconds": TARGET_SECONDS,
            "promises": len(each),
            "kinds_of_inquiry": kinds,
            "slowest_promise_seconds": three_digits(max(each)),
            "reading_the_texts_seconds": three_digits(read),
        },
        ratio=three_digits(whole / TARGET_SECONDS),
    )
    instruments = texts.whole().instruments
    begun = perf_counter()
    judged = list(forbids_never_err(instruments))
    taken = perf_counter() - begun
    if any(one.outcome is not Outcome.PROVED for one in judged):
        raise RuntimeError("a shipped prohibition is not proved")
    yield Figure(
        bench="prove",
        figure="no_prohibition_errs_seconds",
        value=three_digits(taken),
        unit="s",
        against={"prohibitions": len(judged), "texts": len(instruments)},
    )


def _kinds(finding: Finding) -> int:
    """The kinds of inquiry of a promise that is kept; else there is nothing to time."""
    match finding:
        case Kept(kinds=kinds):
            return kinds
    raise RuntimeError(f"a shipped promise is not kept: {finding}")
