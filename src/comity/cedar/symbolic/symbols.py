"""The free terms of one request environment: principal, resource, context and what hangs on them.

Source: `cedar-policy-symcc`: an attribute of an entity is an uninterpreted function of it,
the context a record of constants, an optional attribute has a presence of its own.
Invariants: equal entities have equal attributes; an enumerated type has its ids and no
other; what a term must fulfil to be a Cedar value is among the facts of whoever looks.
Does not: read expressions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from comity.cedar.observation import is_like
from comity.cedar.symbolic.answer import Assumptions, NotEncoded
from comity.cedar.symbolic.declared import (
    Declared,
    EntityOf,
    EntityType,
    Environment,
    Primitive,
    RecordOf,
    SetOf,
    Type,
)
from comity.cedar.symbolic.logic import FALSE, TRUE, Bool, both, every, negation, same, some
from comity.cedar.symbolic.network import WIDTH as NETWORK_WIDTH
from comity.cedar.symbolic.network import well_formed
from comity.cedar.symbolic.patterns import (
    NUMBER_BITS,
    NeedsText,
    Pieces,
    beyond,
    implied,
    is_simple,
    matches,
    name_of,
    text_term,
)
from comity.cedar.symbolic.solver import z3
from comity.cedar.symbolic.term import Entity, RecordValue, Scalar, SetValue, Value
from comity.cedar.symbolic.trace import Quantified, Trace

ACTION: Final = "Action"
LONG: Final = 64


class Symbols:
    """The terms of one environment. `name` sets those of a second request apart.

    `numbers` are those of the strings named so far; without, strings are of the theory.
    """

    def __init__(
        self,
        declared: Declared,
        environment: Environment,
        assumptions: Assumptions,
        name: str = "",
        numbers: dict[str, int] | None = None,
    ) -> None:
        self.declared = declared
        self.environment = environment
        self.assumptions = assumptions
        self.name = name
        self.action_ids = tuple(declared.actions)
        self.numbers = numbers
        self.trace = Trace()
        self._functions: dict[str, Any] = {}
        self._sorts: dict[str, Any] = {}
        self._members: dict[tuple[str, str], int] = {}
        self._fresh = 0
        with self.looking() as base:
            self.principal = self._request(environment.principal, "principal")
            self.resource = self._request(environment.resource, "resource")
            self.text("")
        self.base = base
        context = declared.actions[environment.act].context
        self.context = self.value(context, "the context", ())

    @contextmanager
    def looking(self) -> Iterator[Trace]:
        """What is looked at meanwhile is traced apart."""
        before, self.trace = self.trace, Trace()
        try:
            yield self.trace
        finally:
            self.trace = before

    def entity_type(self, name: str) -> EntityType:
        """The declaration of an entity type."""
        return self.declared.entities[name]

    def members(self, name: str) -> Sequence[str] | None:
        """The ids of an enumerated type, or None where any id will do."""
        if name == ACTION:
            return self.action_ids
        found = self.declared.entities.get(name)
        return None if found is None else found.members

    def literal(self, kind: str, id_: str) -> Entity | None:
        """An entity named in a policy; None where there can be none of that type or id."""
        members = self.members(kind)
        if members is not None:
            if id_ not in members:
                return None
            return Entity(kind, z3.BitVecVal(members.index(id_), width(len(members))))
        if kind not in self.declared.entities:
            return None
        # The same in every request, and so without the name of one.
        entity = Entity(kind, z3.Const(f"{kind}::{id_.encode().hex()}", self.sort(EntityOf(kind))))
        self.trace.literals.setdefault(kind, {})[id_] = entity.term
        return entity

    def text(self, text: str) -> Scalar:
        """A string named in a policy."""
        if self.numbers is None:
            return Scalar("String", text_term(text))
        if beyond(text):
            raise NeedsText
        number = self.numbers.setdefault(text, len(self.numbers))
        self.trace.texts[number] = text
        return Scalar("String", z3.BitVecVal(number, NUMBER_BITS))

    def like(self, value: Scalar, pieces: Pieces) -> Bool:
        """Whether a string is like a pattern. Raises NeedsText."""
        if len(pieces) == 1:
            return same(value.term, self.text(pieces[0]).term)
        if not any(pieces):
            return TRUE
        if self.numbers is None:
            return matches(value.term, pieces)
        if not is_simple(pieces) or any(map(beyond, pieces)):
            raise NeedsText
        self.trace.patterns[pieces] = None
        self.trace.matched[value.term.get_id()] = value.term
        return self.is_like(value.term, pieces)

    def is_like(self, term: Any, pieces: Pieces) -> Bool:
        """The property itself; the same in every request, and so without the name of one."""
        return z3.Function(name_of(pieces), term.sort(), z3.BoolSort())(term)

    def _patterns(self, trace: Trace) -> Iterator[Bool]:
        """What the strings named are like, and what being like one pattern says of others."""
        for pieces in trace.patterns:
            for number, text in trace.texts.items():
                here = self.is_like(z3.BitVecVal(number, NUMBER_BITS), pieces)
                yield here if is_like(text, pieces) else negation(here)
        for term in trace.matched.values():
            yield from implied(trace.patterns, partial(self.is_like, term))

    def sort(self, kind: Type) -> Any:
        """The solver's sort for a type."""
        match kind:
            case Primitive(name="Bool"):
                return z3.BoolSort()
            case Primitive(name="String"):
                return z3.StringSort() if self.numbers is None else z3.BitVecSort(NUMBER_BITS)
            case Primitive(name="ipaddr"):
                return z3.BitVecSort(NETWORK_WIDTH)
            case Primitive():
                return z3.BitVecSort(LONG)
            case EntityOf(type=name):
                if name not in self._sorts:
                    members = self.members(name)
                    self._sorts[name] = (
                        z3.DeclareSort(f"entity {name}")
                        if members is None
                        else z3.BitVecSort(width(len(members)))
                    )
                return self._sorts[name]
        raise NotEncoded("a set or a record as an element of a set")

    def value(self, kind: Type, name: str, about: tuple[Any, ...]) -> Value:
        """The free value of a type, under a name, as a function of the terms `about`."""
        match kind:
            case Primitive(name=primitive):
                return self.sound(Scalar(primitive, self.function(name, about, self.sort(kind))))
            case EntityOf(type=type_):
                return self.sound(Entity(type_, self.function(name, about, self.sort(kind))))
            case SetOf(element=element):
                return self._set(element, name, about)
            case RecordOf():
                return self._record(kind, name, about)

    def sound(self, value: Scalar | Entity) -> Scalar | Entity:
        """The value, with what every value of its kind fulfils among the facts."""
        match value:
            case Scalar(kind="ipaddr", term=term):
                self.trace.fact(well_formed(term))
            case Scalar(kind="datetime", term=term) if self.assumptions.instants is not None:
                first, last = self.assumptions.instants
                self.trace.fact(both(term >= first, term <= last))
            case Entity(type=kind, term=term):
                members = self.members(kind)
                if members is None:
                    self.trace.reached(value)
                elif not members:
                    self.trace.fact(FALSE)  # there is no such entity, and so no such request
                elif len(members) < 2 ** width(len(members)):
                    self.trace.fact(z3.ULT(term, len(members)))
            case _:
                pass
        return value

    def function(self, name: str, about: tuple[Any, ...], result: Any) -> Any:
        """An uninterpreted function of this request, applied."""
        full = f"{self.name}{name}"
        found = self._functions.get(full)
        if found is None:
            sorts = [term.sort() for term in about]
            found = z3.Function(full, *sorts, result) if sorts else z3.Const(full, result)
            self._functions[full] = found
        return found(*about) if about else found

    def fresh(self, sort: Any) -> Any:
        """A constant that nothing else names."""
        self._fresh += 1
        return z3.Const(f"{self.name}some {self._fresh}", sort)

    def _request(self, kind: str, name: str) -> Entity:
        entity = Entity(kind, self.function(name, (), self.sort(EntityOf(kind))))
        self.sound(entity)
        self.trace.reached(entity)
        self.trace.fact(self.known(entity))
        return entity

    def _record(self, kind: RecordOf, name: str, about: tuple[Any, ...]) -> RecordValue:
        fields = {field: (type_, required) for field, type_, required in kind.attributes}

        def field(one: str) -> tuple[Bool, Value | None]:
            type_, required = fields[one]
            full = f"{name}.{plain(one)}"
            present = TRUE if required else self.function(f"{full}?", about, z3.BoolSort())
            return present, self.value(type_, full, about)

        return RecordValue(frozenset(fields), field)

    def _set(self, element: Type, name: str, about: tuple[Any, ...]) -> SetValue:
        sort = element_sort(element)

        def contains(value: Scalar | Entity) -> Bool:
            self.trace.element(sort, value)
            return self.function(f"{name} has", (*about, value.term), z3.BoolSort())

        return SetValue(sort, None, contains)

    def some_element(self, sort: str, test: Any) -> Bool:
        """Whether some element of a sort fulfils a test."""
        kind = element_type(sort)
        witness = self.sound(
            Entity(kind.type, self.fresh(self.sort(kind)))
            if isinstance(kind, EntityOf)
            else Scalar(sort, self.fresh(self.sort(kind)))
        )
        holds = self.fresh(z3.BoolSort())
        self.trace.element(sort, witness)
        self.trace.quantified[holds.get_id()] = Quantified(sort, holds, test, witness)
        # Looked at now, so that the terms of the test are traced here.
        test(witness)
        return holds

    def attributes(self, entity: Entity) -> RecordValue:
        """What an entity carries; one of a type without declaration carries nothing."""
        self.trace.reached(entity)
        found = self.declared.entities.get(entity.type)
        return self._record(
            RecordOf(()) if found is None else found.attributes, entity.type, (entity.term,)
        )

    def has_tag(self, entity: Entity, key: Scalar) -> Bool:
        """Whether an entity has a tag."""
        if self._tags(entity) is None:
            return FALSE
        self.trace.reached(entity)
        pair = (entity.term.get_id(), key.term.get_id())
        self.trace.tagged.setdefault(entity.type, {})[pair] = (entity, key)
        return self.function(f"{entity.type}#?", (entity.term, key.term), z3.BoolSort())

    def tag(self, entity: Entity, key: Scalar) -> Value | None:
        """The value of a tag, where it has it; None: entities of its type have no tags."""
        tags = self._tags(entity)
        if tags is None:
            return None
        return self.value(tags, f"{entity.type}#", (entity.term, key.term))

    def _tags(self, entity: Entity) -> Type | None:
        found = self.declared.entities.get(entity.type)
        return None if found is None else found.tags

    def known(self, entity: Entity) -> Bool:
        """Whether an entity is among the entities of the request."""
        if self.assumptions.present or self.members(entity.type) is not None:
            return TRUE
        self.trace.reached(entity)
        return self.function(f"{entity.type}!", (entity.term,), z3.BoolSort())

    def above(self, kind: str) -> frozenset[str]:
        """The entity types that one can belong to."""
        found = self.declared.entities.get(kind)
        return frozenset() if found is None else found.above

    def belongs(self, low: Entity, high: Entity) -> Bool:
        """Whether one entity is below another, over any number of steps, itself not counted."""
        if low.type == high.type == ACTION:
            return self._action_below(low, high)
        if high.type not in self.above(low.type):
            return FALSE
        self.trace.related(low)
        self.trace.related(high)
        return self.function(f"{low.type} in {high.type}", (low.term, high.term), z3.BoolSort())

    def _action_below(self, low: Entity, high: Entity) -> Bool:
        numbers = {name: number for number, name in enumerate(self.action_ids)}
        return some(
            both(_is(low.term, numbers[name]), _is(high.term, numbers[group]))
            for name, action in self.declared.actions.items()
            for group in sorted(action.within)
            if group != name and group in numbers
        )

    def facts(self, trace: Trace) -> Bool:
        """Everything true of a request, as far as the trace looks."""
        whole = self.base.copy()
        whole.add(trace)
        found: list[Bool] = []
        before, self.trace = self.trace, whole
        try:
            found += whole.instantiate()
            found += whole.hierarchy(self.above, self.belongs)
            if not self.assumptions.present:
                found += self._known_kin(whole)
        finally:
            self.trace = before
        found += self._patterns(whole)
        found += whole.facts.values()
        found += whole.distinct()
        trace.add(whole)
        return every(found)

    def _known_kin(self, trace: Trace) -> Iterator[Bool]:
        """What an entity belongs to, and the entity that belongs, are both there."""
        for low, lows in list(trace.kin.items()):
            for high in self.above(low):
                for one in list(lows.values()):
                    for other in list(trace.kin.get(high, {}).values()):
                        known = both(self.known(one), self.known(other))
                        yield some((negation(self.belongs(one, other)), known))


def plain(name: str) -> str:
    """A name in characters that every solver reads, and none that joins names."""
    return "".join(
        one if one.isascii() and (one.isalnum() or one == "_") else f"~{ord(one):x}~"
        for one in name
    )


def width(count: int) -> int:
    """Bits for so many ids."""
    return max(1, (count - 1).bit_length())


def element_sort(kind: Type) -> str:
    """The name of what a set of a type holds."""
    match kind:
        case Primitive(name=name):
            return name
        case EntityOf(type=type_):
            return f"entity {type_}"
    return NESTED


NESTED: Final = "set or record"
"""The name of elements that are not encoded. A set of them may be there, and not be looked at."""


def element_type(sort: str) -> Primitive | EntityOf:
    """The type of which a name is the name. Raises NotEncoded."""
    if sort == NESTED:
        raise NotEncoded("a set or a record as an element of a set")
    return EntityOf(sort.removeprefix("entity ")) if sort.startswith("entity ") else Primitive(sort)


def _is(term: Any, number: int) -> Bool:
    if z3.is_bv_value(term):
        return TRUE if term.as_long() == number else FALSE
    return term == number
