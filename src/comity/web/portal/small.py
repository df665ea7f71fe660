"""Which counts are too small to show, and which others are hidden so that nobody works those out.

Sources: the cell policies of CMS (2024-01-26) and of Washington's Department of Health, which hide
small counts and whatever gives them away by subtraction; Gusfield, SIAM J. Comput. 17 (1988), for
what a hidden cell must be protected from. Agencies, months, purposes and outcomes describe offices
and not people; small counts are hidden all the same, because in a small place one inquiry of one
month may point to one person.

What is published are cells, sums of months, each of what was shown and of what was not, and the sums
over all. A month is protected by itself; where that cannot be, its sum is hidden, and its cells are
protected under the sum over all. Invariants: as far as all of these tell, a hidden count could be
any number from 1 to `SMALL` (a test asks z3); where hiding more cannot bring that about the sum is
hidden, too; what is hidden for its smallness and what is hidden to protect it look the same;
nothing that is published depends on what a visitor filters by. Does not: protect from somebody who
knows some of the inquiries themselves, as the agencies do, or who reckons with this very rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from comity.disclosure.decision import Outcome
from comity.store.sqlite.figures import Answers, Figures

SMALL: Final = 5
"""Counts from 1 to one below are not shown. 0 is."""
SHOWN: Final = frozenset({Outcome.PERMIT.value, Outcome.PERMIT_REDUCED.value})
"""Outcomes by which something was shown."""

K = TypeVar("K", bound=Hashable)
OfMonth = tuple[str, bool]
"""A month, and whether something was shown."""


class Published(msgspec.Struct, frozen=True):
    """What may be seen of the answers; None is a count that is not shown.

    Cells, `months` and `sums` (by whether something was shown) are parts of each other, `asked` is
    the sum of all, `agencies` how many were answered; a sum of everybody's is hidden only where it
    would give away a part. Of `running`, the month that is not over, counts are in steps of `SMALL`,
    or whoever looks often would see each inquiry come.
    """

    counted: Mapping[Answers, int]
    hidden: frozenset[Answers]
    months: Mapping[OfMonth, int | None]
    sums: Mapping[bool, int | None]
    asked: int | None
    agencies: int
    running: str

    @property
    def cells(self) -> dict[Answers, int | None]:
        """Each cell with its count. Not made before it is asked for: a year has thousands."""
        return {
            cell: None if cell in self.hidden else _stepped(count, cell.month, self.running)
            for cell, count in self.counted.items()
        }


def published(figures: Figures, running: str) -> Published:
    """What of these figures may be seen while `running` is the month."""
    sides = {True: _Side(), False: _Side()}
    for cell, count in figures.answers.items():
        sides[cell.outcome in SHOWN].months[cell.month].append((count, cell))
    months: dict[OfMonth, int | None] = {}
    sums: dict[bool, int | None] = {}
    total = 0
    for shown, side in sides.items():
        holds = side.protect()
        wholes = {month: sum(count for count, _ in cells) for month, cells in side.months.items()}
        for month, whole in wholes.items():
            summed = month not in side.unsummed
            months[month, shown] = _stepped(whole, month, running) if summed else None
        total += sum(wholes.values())
        sums[shown] = sum(wholes.values()) if holds else None
    return Published(
        figures.answers,
        frozenset(sides[True].hidden | sides[False].hidden),
        months,
        sums,
        None if None in sums.values() else total,
        len({cell.agency for cell in figures.answers}),
        running,
    )


class _Side:
    """The answers that showed something, or those that did not, month by month.

    A hidden cell stands under the sum of its month, or, where that is hidden (`unsummed`), with all
    others of such months under the one sum over them.
    """

    def __init__(self) -> None:
        self.months: dict[str, list[tuple[int, Answers]]] = defaultdict(list)
        self.hidden: dict[Answers, int] = {}
        self.unsummed: set[str] = set()

    def protect(self) -> bool:
        """Hide what must be; whether the sum over all months may be shown."""
        for month, cells in self.months.items():
            hidden, holds = hide(cells)
            self.hidden |= hidden
            if not holds:
                self.unsummed.add(month)
        while self.unsummed and not _protected(self._pooled()):
            if not self._hide_more():
                return False
        return True

    def _pooled(self) -> list[int]:
        """The hidden counts that the sum over all months is over."""
        return [count for cell, count in self.hidden.items() if cell.month in self.unsummed]

    def _hide_more(self) -> bool:
        """Hide the sum of another month that has hidden cells, or else the smallest cell there is."""
        others = {cell.month for cell in self.hidden} - self.unsummed
        if others:
            whole = {one: sum(count for count, _ in self.months[one]) for one in others}
            self.unsummed.add(min(others, key=lambda one: (whole[one], one)))
            return True
        seen = [one for cells in self.months.values() for one in cells if one[1] not in self.hidden]
        if not seen:
            return False
        count, least = min(seen)
        self.hidden[least] = count
        self.unsummed.add(least.month)
        return True


def hide(parts: Sequence[tuple[int, K]]) -> tuple[dict[K, int], bool]:
    """Which of the parts of one sum are hidden, and whether the sum may be shown.

    Among equals the first by its key goes first.
    """
    hidden = {key: count for count, key in parts if 0 < count < SMALL}
    if not hidden:
        return hidden, True
    others = sorted(one for one in parts if one[0] >= SMALL)
    while not _protected(list(hidden.values())):
        if not others:
            return hidden, False
        count, key = others.pop(0)
        hidden[key] = count
    return hidden, True


def few(count: int) -> int | None:
    """How often a clause decided, in steps of `SMALL`; None for what is too small to show.

    A clause of an agreement with one agency counts that agency's answers: an exact count, less the
    cells that are shown, would be the one that is hidden.
    """
    return None if 0 < count < SMALL else count - count % SMALL


def _protected(hidden: list[int]) -> bool:
    """Whether each, known to be 1 at least, could be up to `SMALL` as far as their sum tells."""
    return len(hidden) > 1 and sum(hidden) - len(hidden) >= SMALL - 1


def _stepped(count: int, month: str, running: str) -> int:
    return count if month < running else count - count % SMALL
