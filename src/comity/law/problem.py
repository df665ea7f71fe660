"""What is wrong with an instrument: where, in which clause, and what to do.

Source: issue A, "errors name file, line, clause and what to do". Invariant: a
problem is a value; only `InstrumentInvalid` is raised, and it carries all of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import msgspec

from comity.errors import ComityError


class Problem(msgspec.Struct, frozen=True, order=True):
    """One fault of a text. `line` counts from 1; `clause` is its number or None."""

    path: str
    line: int
    clause: str | None
    what: str
    remedy: str

    def sentence(self) -> str:
        """``law/x.md:41: clause 2.1: unknown purpose `crimnal investigation` ``."""
        clause = f"clause {self.clause}: " if self.clause else ""
        return f"{self.path}:{self.line}: {clause}{self.what}"

    def render(self) -> str:
        """The sentence, and below it what to try."""
        return f"{self.sentence()}\n  Try: {self.remedy}"


class InstrumentInvalid(ComityError):
    """A text cannot govern as it stands. `problems` are all that were found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        more = len(self.problems) - 1
        clause = f"clause {first.clause}: " if first.clause else ""
        what = f"{clause}{first.what}" + (f" (and {more} more)" if more else "")
        super().__init__(what, where=f"{first.path}:{first.line}", remedy=first.remedy)


def nearest(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """What to try instead of a word nobody knows: the nearest known ones, else the list."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    if otherwise is not None:
        return otherwise
    return "use one of: " + ", ".join(words)
