"""What an encoded expression looks at, so that a question is asked with those facts only.

Source: `cedar-policy-symcc` for well-formedness over the footprint (acyclic and transitive
ancestors, without quantifiers). Invariant: a set relation or an ancestor relation stated
over the terms looked at, each taken for the others, has a model exactly where an unbounded
one has: sets and hierarchies are otherwise free. Does not: hold what a term means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any, NamedTuple

from comity.cedar.symbolic.logic import (
    Bool,
    both,
    follows,
    is_false,
    negation,
)
from comity.cedar.symbolic.patterns import Pieces
from comity.cedar.symbolic.solver import z3
from comity.cedar.symbolic.term import Entity, Scalar


class Quantified(NamedTuple):
    """`holds` says that some element of a sort fulfils `test`; `witness` is one, if so."""

    sort: str
    holds: Bool
    test: Callable[[Scalar | Entity], Bool]
    witness: Scalar | Entity


class Trace:
    """The terms of some expressions."""

    def __init__(self) -> None:
        self.facts: dict[int, Bool] = {}
        self.literals: dict[str, dict[str, Any]] = {}
        self.kin: dict[str, dict[int, Entity]] = {}
        self.elements: dict[str, dict[int, Scalar | Entity]] = {}
        self.tagged: dict[str, dict[tuple[int, int], tuple[Entity, Scalar]]] = {}
        self.entities: dict[str, dict[int, Entity]] = {}
        self.quantified: dict[int, Quantified] = {}
        self.texts: dict[int, str] = {}
        self.patterns: dict[Pieces, None] = {}
        self.matched: dict[int, Any] = {}

    def fact(self, term: Bool) -> None:
        """Something true of every request."""
        self.facts[term.get_id()] = term

    def element(self, sort: str, value: Scalar | Entity) -> None:
        """A value of which some set is asked whether it contains it."""
        self.elements.setdefault(sort, {})[value.term.get_id()] = value

    def reached(self, entity: Entity) -> None:
        """An entity that something was looked up of."""
        self.entities.setdefault(entity.type, {})[entity.term.get_id()] = entity

    def related(self, entity: Entity) -> None:
        """An entity that takes part in the hierarchy."""
        self.kin.setdefault(entity.type, {})[entity.term.get_id()] = entity
        self.reached(entity)

    def add(self, other: Trace) -> None:
        """Take over what another looks at."""
        self.facts.update(other.facts)
        self.quantified.update(other.quantified)
        self.texts.update(other.texts)
        self.patterns.update(other.patterns)
        self.matched.update(other.matched)
        pairs: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
            (self.literals, other.literals),
            (self.kin, other.kin),
            (self.elements, other.elements),
            (self.tagged, other.tagged),
            (self.entities, other.entities),
        )
        for mine, theirs in pairs:
            for key, found in theirs.items():
                mine.setdefault(key, {}).update(found)

    def copy(self) -> Trace:
        """One that can grow by itself."""
        found = Trace()
        found.add(self)
        return found

    def instantiate(self) -> list[Bool]:
        """What the sets say of each element looked at."""
        found = []
        for one in list(self.quantified.values()):
            found.append(follows(one.holds, one.test(one.witness)))
            for element in list(self.elements.get(one.sort, {}).values()):
                test = one.test(element)
                if not is_false(test):
                    found.append(follows(test, one.holds))
        return found

    def distinct(self) -> list[Bool]:
        """Literals of one entity type are different entities."""
        return [
            z3.Distinct(list(terms.values()))
            for terms in self.literals.values()
            if len(terms) > 1 and not z3.is_bv(next(iter(terms.values())))
        ]

    def hierarchy(
        self, above: Callable[[str], Iterable[str]], belongs: Callable[[Entity, Entity], Bool]
    ) -> list[Bool]:
        """Ancestors are transitive, and nothing is its own."""
        found: list[Bool] = []
        for low, lows in self.kin.items():
            if low in above(low):
                found += [negation(belongs(one, one)) for one in lows.values()]
            for middle in above(low):
                for high in above(middle):
                    for triple in product(
                        lows.values(),
                        self.kin.get(middle, {}).values(),
                        self.kin.get(high, {}).values(),
                    ):
                        one, two, three = triple
                        step = both(belongs(one, two), belongs(two, three))
                        found.append(follows(step, belongs(one, three)))
        return found
