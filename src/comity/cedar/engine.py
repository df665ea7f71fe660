"""The fail-closed engine: Cedar's own decision, and a refusal wherever Cedar is in doubt.

Decides with cedarpy, the reference engine, and with nothing else. Invariants
(each answers a trap of Cedar's semantics, where an error becomes an Allow):

- every policy is strictly validated when the engine is made, under an id of ours;
- a request is validated: a missing, extra or ill-typed fact refuses;
- principal and resource, and all that they belong to, are among the entities, or
  the answer is a refusal: Cedar takes a missing entity for one that belongs nowhere;
- a forbid that errs refuses, and is cited; a permit that errs is not satisfied;
- whatever cannot be understood in the engine's answer refuses.

Does not: know what an arrest is, read a clock, or keep anything between calls.
An engine, and a slice, may be shared by threads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import cedarpy
import msgspec
from cedarpy import pst

from comity.cedar.action import Action, declared_actions, read_schema
from comity.cedar.alike import acts_alike
from comity.cedar.policy import PolicyInvalid, names_resource, read_policy

if TYPE_CHECKING:
    from comity.cedar.memory import Memory

_ERRED: Final = re.compile(r"error while evaluating policy `([^`]+)`: ")
_FAULT_CHARS_MAX: Final = 300
SLICES_KEPT: Final = 4_096


class Uid(msgspec.Struct, frozen=True):
    """A Cedar entity: `Officer::"PAPPD0000/1234"`."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}::{json.dumps(self.id, ensure_ascii=False)}"


class Verdict(msgspec.Struct, frozen=True):
    """What the policies make of one request. Ids are in the order of the policies.

    `determining` are the satisfied permits where permitted; where not, the forbids
    that are satisfied or err (empty: nothing permits). `erring` are all policies
    that err. `fault` says why no decision could be made; a fault never permits.
    """

    permitted: bool
    determining: tuple[str, ...]
    erring: tuple[str, ...]
    fault: str | None = None


class Slice:
    """The few entities that one request needs, prepared once for several acts.

    Made by `Engine.slice`. One that could not be prepared says so in `fault`, and
    every decision over it is a refusal.
    """

    __slots__ = ("entities", "fault", "present", "schema")

    def __init__(
        self,
        schema: str,
        entities: cedarpy.Entities | None,
        present: frozenset[Uid],
        fault: str | None,
    ) -> None:
        self.schema = schema
        self.entities = entities
        self.present = present
        self.fault = fault


class Engine:
    """A fixed set of policies under a schema.

    `policies` are pairs of our own full id and the text of exactly one policy.
    Raises PolicyInvalid, which names the policy, and SchemaInvalid.
    """

    def __init__(self, schema: str, policies: Sequence[tuple[str, str]]) -> None:
        self._schema_text = schema
        self._schema, self._actions = _prepared(schema)
        self._nodes: dict[str, pst.Template] = {}
        static: dict[str, Any] = {}
        for policy_id, source in policies:
            if policy_id in self._nodes:
                raise PolicyInvalid(policy_id, ("another policy has the same id",))
            if not policy_id or "`" in policy_id:
                raise PolicyInvalid(policy_id, ("an id is a word without backtick",))
            self._nodes[policy_id] = read_policy(policy_id, source)
            _validate(policy_id, source, self._schema)
            (static[policy_id],) = json.loads(cedarpy.policies_to_json_str(source))[
                "staticPolicies"
            ].values()
        # Cedar numbers policies by position; this form carries our ids instead.
        self._policies = cedarpy.PolicySet.from_json_str(
            json.dumps({"staticPolicies": static, "templates": {}, "templateLinks": []})
        )
        self._rank = {policy_id: rank for rank, policy_id in enumerate(self._nodes)}
        self._forbids = frozenset(
            policy_id for policy_id, node in self._nodes.items() if node.effect == "forbid"
        )
        self.acts_alike: Mapping[str, str] = acts_alike(self._actions, self._nodes)
        self.kept_slice = lru_cache(maxsize=SLICES_KEPT)(self.slice)
        """As `slice`; the last ones are kept, for facts that come again letter by letter."""
        self.names_resources: bool = any(map(names_resource, self._nodes.values()))

    @cached_property
    def memory(self) -> Memory:
        """What this engine has said, by class."""
        # Here, because the memory is made of this engine's verdicts.
        from comity.cedar.memory import Memory

        return Memory(self._nodes.values())

    @property
    def policies(self) -> Mapping[str, pst.Template]:
        """Every policy by full id, as typed nodes."""
        return self._nodes

    def slice(self, entities: str) -> Slice:
        """Prepare entities (Cedar entities JSON array text) for several decisions."""
        try:
            read = _ENTITIES.decode(entities)
            prepared = cedarpy.Entities.from_json_str(entities, self._schema)
        except (ValueError, TypeError, RecursionError) as fault:
            wrong = f"the facts are not usable: {_brief(str(fault))}"
            return Slice(self._schema_text, None, frozenset(), wrong)
        present = frozenset(one.uid for one in read)
        for one in read:
            for parent in one.parents:
                if parent not in present:
                    wrong = f"{parent}, to which {one.uid} belongs, is not among the facts"
                    return Slice(self._schema_text, None, present, wrong)
        return Slice(self._schema_text, prepared, present, None)

    def decide(
        self,
        *,
        principal: Uid,
        act: str,
        resource: Uid,
        context: str | Mapping[str, Any],
        entities: str | Slice,
    ) -> Verdict:
        """Decide one request. Never raises for what it is given: a bad request is refused.

        `context` as JSON text and `entities` as a `Slice` are the fast forms.
        """
        facts = entities if isinstance(entities, Slice) else self.slice(entities)
        fault = self._unfit(facts, principal, resource)
        if fault is not None or facts.entities is None:
            return _refused(fault or "the facts are not usable")
        try:
            answer = cedarpy.is_authorized(
                {
                    "principal": {"type": principal.type, "id": principal.id},
                    "action": {"type": "Action", "id": act},
                    "resource": {"type": resource.type, "id": resource.id},
                    "context": context if isinstance(context, str) else json.dumps(context),
                },
                self._policies,
                facts.entities,
                self._schema,
            )
        except (ValueError, TypeError, RecursionError) as wrong:
            return _refused(f"the request could not be read: {_brief(str(wrong))}")
        return self._read(answer)

    def _unfit(self, facts: Slice, principal: Uid, resource: Uid) -> str | None:
        if facts.fault is not None:
            return facts.fault
        if facts.schema != self._schema_text:
            return "the facts were prepared under another schema"
        for uid in (principal, resource):
            if uid not in facts.present:
                return f"{uid} is not among the facts"
        return None

    def _read(self, answer: cedarpy.AuthzResult) -> Verdict:
        """Cedar's answer, with every doubt resolved towards refusal."""
        errors = answer.diagnostics.errors
        if answer.decision is cedarpy.Decision.NoDecision:
            return _refused("no decision: " + (_brief("; ".join(errors)) or "no reason given"))
        erring = set()
        for error in errors:
            named = _ERRED.match(error)
            if named is None or named[1] not in self._rank:
                return _refused(f"an error that names no policy: {_brief(error)}")
            erring.add(named[1])
        reasons = answer.diagnostics.reasons
        if not self._rank.keys() >= set(reasons):
            return _refused("a reason that is no policy of this engine")
        permitted = answer.decision is cedarpy.Decision.Allow
        stopped = erring & self._forbids
        if permitted and (not reasons or not self._forbids.isdisjoint(reasons)):
            return _refused("an Allow without a permit")
        if not permitted and not self._forbids.issuperset(reasons):
            return _refused("a Deny by a permit")
        if stopped:
            determining = stopped if permitted else stopped.union(reasons)
            return Verdict(False, self._ordered(determining), self._ordered(erring))
        return Verdict(permitted, self._ordered(reasons), self._ordered(erring))

    def _ordered(self, policy_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(policy_ids, key=self._rank.__getitem__))


class _Entity(msgspec.Struct, frozen=True):
    """What the presence check reads of one entity; its attributes are Cedar's to read."""

    uid: Uid
    parents: tuple[Uid, ...] = ()


_ENTITIES: Final = msgspec.json.Decoder(list[_Entity])


@lru_cache(maxsize=8)
def _prepared(schema: str) -> tuple[cedarpy.Schema, Mapping[str, Action]]:
    """A schema costs about a millisecond to read, and there is one in a whole process."""
    read = read_schema(schema)
    return read, declared_actions(read)


def _validate(policy_id: str, source: str, schema: cedarpy.Schema) -> None:
    """Raises PolicyInvalid with every message of the strict validator."""
    result = cedarpy.validate_policies(source, schema)
    if not result.validation_passed:
        messages = [_ABOUT.sub("", error.error, count=1) for error in result.errors]
        raise PolicyInvalid(policy_id, tuple(dict.fromkeys(messages)))


_ABOUT: Final = re.compile(r"for policy `[^`]+`[:,] ")
"""How the validator begins: with an id of its own, by position."""


def _refused(fault: str) -> Verdict:
    return Verdict(False, (), (), fault)


def _brief(text: str) -> str:
    """The first line, cut: the engine repeats its input, which may hold a person's data."""
    line = text.split("\n", 1)[0]
    return line if len(line) <= _FAULT_CHARS_MAX else line[:_FAULT_CHARS_MAX] + "…"
