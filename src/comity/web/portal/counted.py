"""The figures that the pages of the portal show, kept at hand while the gateway runs.

Invariant: pages show what `comity.web.portal.small` lets be seen, and nothing of the figures
themselves but uses of clauses, which are counted by no agency; what may be seen is worked out again
only when an entry was counted or a month has ended. Does not: count (`store.sqlite.figures`).
"""

from __future__ import annotations

import threading
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from comity.instant import format_local
from comity.store.sqlite.database import Database
from comity.store.sqlite.figures import Counting, Figures
from comity.web.pages.visit import Visit
from comity.web.portal.small import Published, published

_LOCK: Final = threading.Lock()


class _Kept:
    """Of one database: who counts, and what was last made of it."""

    def __init__(self, database: Database, zone: str) -> None:
        self.counting = Counting(database, zone)
        self.last: _Made | None = None


class _Made(msgspec.Struct, frozen=True):
    """The figures as counted, and as pages have them while `running` is the month."""

    counted: Figures
    running: str
    figures: Figures
    published: Published


_KEPT: Final[WeakKeyDictionary[object, _Kept]] = WeakKeyDictionary()
"""By desk: one for each gateway."""


def figures_of(visit: Visit) -> Figures:
    """The figures of this installation's ledger.

    Whoever pads the log hides when each entry came: of the month that runs there is nothing then.
    """
    return _made(visit).figures


def published_of(visit: Visit) -> Published:
    """What may be seen of them."""
    return _made(visit).published


def _made(visit: Visit) -> _Made:
    kept = _kept(visit)
    counted, running = kept.counting.current(), format_local(visit.at, visit.time_zone)[:7]
    last = kept.last
    if last is not None and last.counted is counted and last.running == running:
        return last
    figures = over_before(counted, running) if counted.padding else counted
    kept.last = made = _Made(counted, running, figures, published(figures, running))
    return made


def over_before(figures: Figures, running: str) -> Figures:
    """The figures of the months that are over."""
    return msgspec.structs.replace(
        figures,
        answers={cell: count for cell, count in figures.answers.items() if cell.month < running},
        uses={use: count for use, count in figures.uses.items() if use.month < running},
    )


class ClauseUse(msgspec.Struct, frozen=True):
    """How often a clause let something be shown, and how often it refused."""

    relied_on: int = 0
    refused: int = 0


def uses_of(figures: Figures, ref: str) -> dict[str, ClauseUse]:
    """By the number of the clause."""
    found: dict[str, ClauseUse] = {}
    for use, count in figures.uses.items():
        if use.ref == ref:
            was = found.get(use.clause, ClauseUse())
            found[use.clause] = (
                ClauseUse(was.relied_on + count, was.refused)
                if use.relied_on
                else ClauseUse(was.relied_on, was.refused + count)
            )
    return found


def _kept(visit: Visit) -> _Kept:
    with _LOCK:
        kept = _KEPT.get(visit.desk)
        if kept is None:
            kept = _KEPT[visit.desk] = _Kept(visit.database, visit.time_zone)
        return kept
