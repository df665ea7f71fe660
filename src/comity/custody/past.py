"""Detainers of the past, decided as if a text had been in force: what can be said, and what not.

Source: a list of detainers with day, facility and outcome (the federal agency's own, released
under FOIA). Invariants: what the list does not hold is tried each way, and a ruling counts as
decided only where every way comes to the same; the facts on which it turns are named; rows
that equal each other are different people and all count. Does not: guess a conviction or a
warrant, or say what should have been done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Final

import msgspec

from comity.errors import ComityError
from comity.instant import Instant
from comity.law.instrument import Instrument
from comity.law.question import Presented, Question
from comity.law.ruling import Ruling
from comity.law.verdict import judge
from comity.law.vocabulary import CustodyAct, ProcessKind

COLUMNS: Final = ("date", "facility", "city", "outcome")
ACTS: Final = (CustodyAct.HOLD, CustodyAct.NOTIFY_RELEASE)
UNKNOWN: Final = "not recorded"
_GRAVE: Final = {
    "grade": "F1",
    "felony": True,
    "indictable": True,
    "state_prison": True,
    "serious_felony": True,
    "violent_or_serious": True,
    "involves_violence": True,
    "released_after_this_conviction": True,
    "months_ago": 0,
    "months_free": 0,
}
LACKING: Final[Mapping[str, tuple[Any, ...]]] = {
    "a conviction for a violent felony": (False, True),
    "a judicial warrant": (False, True),
    "the arrest warrant of the agency attached": (False, True),
}
"""What a list of detainers does not hold, and the ways it may have been."""


class PastUnusable(ComityError):
    """A list that is no list of detainers."""


class Turning(msgspec.Struct, frozen=True):
    """What a text makes of a detainer of which only the day is known.

    `rulings`: every ruling that the lacking facts may bring about. `turns_on`: those facts
    by which it changes; empty, where the text says the same whatever they were.
    """

    act: CustodyAct
    rulings: tuple[Ruling, ...]
    turns_on: tuple[str, ...]

    @property
    def decided(self) -> Ruling | None:
        """The ruling, where nothing that is lacking can change it."""
        return self.rulings[0] if len(self.rulings) == 1 else None


class Line(msgspec.Struct, frozen=True):
    """A facility in a year: how many detainers, and what became of them, by the list."""

    facility: str
    year: int
    detainers: int
    outcomes: Mapping[str, int]


def turning(instrument: Instrument, act: CustodyAct) -> Turning:
    """What the text makes of a detainer, over every way in which the lacking facts may stand."""
    names = tuple(LACKING)
    found: dict[tuple[bool, ...], Ruling] = {
        ways: judge(
            instrument, _question(instrument, act, dict(zip(names, ways, strict=True)))
        ).ruling
        for ways in product(*LACKING.values())
    }
    turns_on = tuple(
        name
        for place, name in enumerate(names)
        if any(
            ruling is not found[(*ways[:place], not ways[place], *ways[place + 1 :])]
            for ways, ruling in found.items()
        )
    )
    return Turning(act, tuple(dict.fromkeys(found.values())), turns_on)


def _question(instrument: Instrument, act: CustodyAct, ways: Mapping[str, bool]) -> Question:
    convicted, warrant, attached = ways.values()
    given: dict[str, Any] = {"instrument": "I-247", "detainer": True, "form_complete": True}
    if attached:
        given["attached"] = "I-200"
    if warrant:
        given |= {"federal_judge_signed": True, "criminal_warrant": True}
    about = {"released_after": {"grade": "F1", "violent": True}} if convicted else {}
    return Question(
        act=act.value,
        # As if in force: on the first day of the text, whatever the day of the detainer.
        at=Instant(instrument.term.start),
        given=given,
        convictions=(_GRAVE,) if convicted else (),
        presented=Presented(ProcessKind.DETAINER, civil=True, judicial_warrant=warrant),
        about=about,
        zone=instrument.term.time_zone,
    )


def lines(rows: Iterable[Mapping[str, Any]], city: str | None = None) -> tuple[Line, ...]:
    """Detainers by facility and year, the most first. Raises PastUnusable naming the row."""
    counted: dict[tuple[str, int], Counter[str]] = {}
    for facility, year, outcome in _read(rows, city):
        counted.setdefault((facility, year), Counter())[outcome] += 1
    found = [
        Line(facility, year, sum(outcomes.values()), dict(outcomes.most_common()))
        for (facility, year), outcomes in counted.items()
    ]
    return tuple(sorted(found, key=lambda line: (-line.detainers, line.facility, line.year)))


def _read(rows: Iterable[Mapping[str, Any]], city: str | None) -> Iterator[tuple[str, int, str]]:
    for number, row in enumerate(rows, start=1):
        lacking = [name for name in COLUMNS if name not in row]
        if lacking:
            raise PastUnusable(
                f"no column `{lacking[0]}`",
                where=f"row {number}",
                remedy=f"a list of detainers has {', '.join(COLUMNS)}",
            )
        if city is not None and (row["city"] or "").casefold() != city.casefold():
            continue
        year = str(row["date"] or "")[:4]
        if not year.isdecimal():
            raise PastUnusable(
                f"`{row['date']}` is no day", where=f"row {number}", remedy="write 2013-12-31"
            )
        yield row["facility"] or UNKNOWN, int(year), row["outcome"] or UNKNOWN
