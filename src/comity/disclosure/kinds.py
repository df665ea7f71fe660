"""Kinds: the classes of records that no clause of a law can tell apart.

Source: DESIGN.md, "Clause classes"; the soundness of `comity.cedar.footprint`. A register may
know a thousand classes where the law in force looks at three things in a record; one of each kind
is decided and the others share its outcome. Invariants: two classes are of one kind only where
every clause, with this principal, sees the same in both; where a clause cannot be followed so
(`Memory.usable`), every class is a kind of its own. Does not: decide.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

from comity.cedar.footprint import merged, observations_of
from comity.cedar.memory import Memory, roots
from comity.disclosure import facts
from comity.disclosure.inquiry import Inquirer
from comity.law.in_force import LawInForce

INQUIRERS_KEPT: Final = 256


class Kinds:
    """The kinds of one store's classes, kept while the policies stay the same."""

    def __init__(self) -> None:
        self._memory: Memory | None = None
        self._shared = False
        self._kept: dict[Hashable, dict[int, Hashable]] = {}

    def of(
        self,
        law: LawInForce,
        inquirers: tuple[Inquirer, ...],
        classes: Mapping[int, dict[str, Any]],
    ) -> dict[Hashable, list[int]]:
        """The classes by kind, in their order, for inquiries of these principals."""
        memory = law.memory
        if not memory.usable:
            return {number: [number] for number in classes}
        if memory is not self._memory:
            self._memory, self._shared = memory, not _joins(law)
            self._kept.clear()
        known = self._kind_by_class(() if self._shared else inquirers)
        telling = inquirers[:1] if self._shared else inquirers
        kinds: dict[Hashable, list[int]] = {}
        for number, attributes in classes.items():
            kind = known.get(number)
            if kind is None:
                kind = known[number] = tuple(
                    memory.of_entities(facts.seen_entities(one, facts.SOME_RECORD, attributes)).key
                    for one in telling
                )
            kinds.setdefault(kind, []).append(number)
        return kinds

    def _kind_by_class(self, whose: Hashable) -> dict[int, Hashable]:
        kept = self._kept.get(whose)
        if kept is None:
            if len(self._kept) >= INQUIRERS_KEPT:
                self._kept.pop(next(iter(self._kept)))
            kept = self._kept[whose] = {}
        return kept


def _joins(law: LawInForce) -> bool:
    """Whether a clause compares the record with who asks, so that kinds differ by inquirer."""
    found = merged(
        one for policy in law.engine.policies.values() for one in observations_of(policy)
    )
    return any("resource" in roots(one) and len(roots(one)) > 1 for one in found.observations)
