"""A solver's model made a concrete request, in the form that cedarpy takes.

Invariants: what the question looked at has the model's value; what it did not look at has
any value of its type. Does not: claim anything of the request
(`comity.cedar.symbolic.replay` asks the engine).
"""

from __future__ import annotations

import json
from typing import Any, Final

from comity.cedar.engine import Uid
from comity.cedar.symbolic import network
from comity.cedar.symbolic.answer import Counterexample
from comity.cedar.symbolic.logic import Bool
from comity.cedar.symbolic.patterns import composed, text_of
from comity.cedar.symbolic.solver import z3
from comity.cedar.symbolic.symbols import Symbols
from comity.cedar.symbolic.term import Entity, RecordValue, Scalar, SetValue, Value
from comity.cedar.symbolic.trace import Trace
from comity.cedar.symbolic.written import NAMES, as_json

_CONSTRUCTORS: Final = {kind: function for function, kind in NAMES.items()}


def example(model: Any, symbols: Symbols, trace: Trace, act: str) -> Counterexample:
    """The request of a model."""
    with symbols.looking():
        return _Reader(model, symbols, trace).request(act)


class _Reader:
    def __init__(self, model: Any, symbols: Symbols, trace: Trace) -> None:
        self._model = model
        self._symbols = symbols
        self._trace = trace
        self._values: dict[int, Any] = {}
        self._ids: dict[tuple[str, int], str] = {}
        self._taken: dict[str, set[str]] = {}
        self._waiting: dict[tuple[str, int], Entity] = {}
        for kind, literals in trace.literals.items():
            for id_, term in literals.items():
                self._ids[kind, self._key(term)] = id_
                self._taken.setdefault(kind, set()).add(id_)

    def request(self, act: str) -> Counterexample:
        """Everything, the entities last, since all else may reach one."""
        symbols = self._symbols
        principal, resource = self._uid(symbols.principal), self._uid(symbols.resource)
        context = self._value(symbols.context)
        for group in (self._trace.entities, self._trace.kin):
            for entities in group.values():
                for entity in entities.values():
                    self._uid(entity)
        return Counterexample(principal, act, resource, context, tuple(self._entities()))

    def _entities(self) -> list[dict[str, Any]]:
        parents = self._parents()
        done: dict[tuple[str, int], dict[str, Any]] = {}
        while self._waiting:
            key, entity = self._waiting.popitem()
            if key in done or not self._is(self._symbols.known(entity)):
                continue
            done[key] = {
                "uid": _json(self._uid(entity)),
                "attrs": self._value(self._symbols.attributes(entity)),
                "parents": parents.get(key, []),
            }
            tags = self._tags(entity)
            if tags:
                done[key]["tags"] = tags
            self._waiting.pop(key, None)
        return sorted(done.values(), key=lambda one: (one["uid"]["type"], one["uid"]["id"]))

    def _parents(self) -> dict[tuple[str, int], list[dict[str, str]]]:
        found: dict[tuple[str, int], dict[str, dict[str, str]]] = {}
        kin = self._trace.kin
        for low, lows in kin.items():
            for high in sorted(self._symbols.above(low)):
                for one in lows.values():
                    for other in kin.get(high, {}).values():
                        if self._is(self._symbols.belongs(one, other)):
                            uid = self._uid(other)
                            key = (low, self._key(one.term))
                            found.setdefault(key, {})[str(uid)] = _json(uid)
        return {key: list(uids.values()) for key, uids in found.items()}

    def _tags(self, entity: Entity) -> dict[str, Any]:
        key = self._key(entity.term)
        found = {}
        for owner, name in self._trace.tagged.get(entity.type, {}).values():
            if self._key(owner.term) == key and self._is(self._symbols.has_tag(owner, name)):
                value = self._symbols.tag(owner, name)
                if value is not None:
                    found[self._text(name.term)] = self._value(value)
        return found

    def _value(self, value: Value) -> Any:
        match value:
            case Scalar():
                return self._scalar(value)
            case Entity():
                return {"__entity": _json(self._uid(value))}
            case SetValue(sort=sort):
                return self._elements(value, sort or "")
            case RecordValue():
                fields = {}
                for name in sorted(value.names):
                    present, inner = value.field(name)
                    if inner is not None and self._is(present):
                        fields[name] = self._value(inner)
                return fields

    def _elements(self, value: SetValue, sort: str) -> list[Any]:
        found = {}
        for element in self._trace.elements.get(sort, {}).values():
            if self._is(value.contains(element)):
                one = self._value(element)
                found[json.dumps(one, sort_keys=True)] = one
        return list(found.values())

    def _scalar(self, value: Scalar) -> Any:
        match value.kind:
            case "Bool":
                return self._is(value.term)
            case "Long":
                return self._term(value.term).as_signed_long()
            case "String":
                return self._text(value.term)
            case "ipaddr":
                number = self._term(value.term).as_long()
                return as_json("ip", number if _well_formed(number) else 0)
        number = self._term(value.term).as_signed_long()
        if value.kind == "datetime" and self._symbols.assumptions.instants is not None:
            first, last = self._symbols.assumptions.instants
            number = min(max(number, first), last)  # only what nothing looked at lies outside
        return as_json(_CONSTRUCTORS[value.kind], number)

    def _text(self, term: Any) -> str:
        value = self._term(term)
        if self._symbols.numbers is None:
            return text_of(value)
        number = value.as_long()
        if number in self._trace.texts:
            return self._trace.texts[number]
        like = [one for one in self._trace.patterns if self._is(self._symbols.is_like(value, one))]
        return composed(number, like)

    def _uid(self, entity: Entity) -> Uid:
        members = self._symbols.members(entity.type)
        if members is not None:
            number = self._term(entity.term).as_long()
            return Uid(entity.type, members[number if number < len(members) else 0])
        key = (entity.type, self._key(entity.term))
        if key not in self._ids:
            # By the solver's own number, so that two requests of one model agree on it.
            name = f"some {entity.type} {str(self._values[key[1]]).rpartition('!')[2]}"
            while name in self._taken.get(entity.type, ()):
                name += "'"
            self._ids[key] = name
        if key not in self._waiting:
            self._waiting[key] = entity
        return Uid(entity.type, self._ids[key])

    def _key(self, term: Any) -> int:
        value = self._term(term)
        number: int = value.get_id()
        self._values[number] = value  # kept, so that its number is given to no other
        return number

    def _is(self, condition: Bool) -> bool:
        return bool(z3.is_true(self._term(condition)))

    def _term(self, term: Any) -> Any:
        return self._model.eval(term, model_completion=True)


def _json(uid: Uid) -> dict[str, str]:
    return {"type": uid.type, "id": uid.id}


def _well_formed(number: int) -> bool:
    version, address, prefix = network.parts(number)
    return prefix <= (128 if version == 6 else 32) and (version == 6 or address < 2**32)
