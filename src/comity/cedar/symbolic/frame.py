"""Terms of a kind of request, worked out once and shared by every act and body on that kind.

Invariants: two environments share a frame only where principal, resource and context are
of the same types; a condition that looks at the action is read for each act apart. Does
not: ask a solver.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, NamedTuple

from cedarpy import pst

from comity.cedar.engine import Engine
from comity.cedar.policy import PolicyInvalid, mentions, read_policy
from comity.cedar.symbolic.answer import Assumptions
from comity.cedar.symbolic.body import Body, in_scope
from comity.cedar.symbolic.declared import Environment, RecordOf, declared
from comity.cedar.symbolic.encode import encode_policy, truth
from comity.cedar.symbolic.logic import FALSE, Bool, both, negation, some
from comity.cedar.symbolic.patterns import NUMBERS
from comity.cedar.symbolic.symbols import Symbols
from comity.cedar.symbolic.trace import Trace

FRAMES_KEPT: Final = 64
ANSWERS_KEPT: Final = 20_000


class Read(NamedTuple):
    """What a policy says of a request: whether it is satisfied, whether it errs."""

    satisfied: Bool
    errs: Bool
    trace: Trace


_NOT_IN_SCOPE = Read(FALSE, FALSE, Trace())


class Frame:
    """The symbols of a kind of request, and every policy read over them."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.answers: dict[Any, Any] = {}
        self._read: dict[tuple[str, str], Read] = {}
        self._valid: set[str] = set()
        self._allowed: dict[Hashable, tuple[Bool, Trace]] = {}

    def read(self, node: pst.Template, source: str, act: str) -> Read:
        """A policy over these symbols, for an act. Raises NotEncoded."""
        if not in_scope(node, self.symbols.declared, act):
            return _NOT_IN_SCOPE
        key = (source, act if mentions(node, "action") else "")
        found = self._read.get(key)
        if found is None:
            with self.acting(act), self.symbols.looking() as trace:
                term = encode_policy(self.symbols, node)
            found = self._read[key] = Read(truth(term), term.errs, trace)
        return found

    @contextmanager
    def acting(self, act: str) -> Iterator[None]:
        """Meanwhile `action` is this act."""
        before = self.symbols.environment
        self.symbols.environment = Environment(before.principal, act, before.resource)
        try:
            yield
        finally:
            self.symbols.environment = before

    def require_valid(self, schema: str, policy_id: str, source: str) -> None:
        """Raises PolicyInvalid unless the policy is valid; each text is tried once."""
        if source not in self._valid:
            Engine(schema, ((policy_id, source),))
            self._valid.add(source)

    def key(self, node: pst.Template, source: str, act: str) -> tuple[str, str]:
        """What a policy says of an act hangs on this alone: its text, and the act if it counts."""
        if not in_scope(node, self.symbols.declared, act):
            return "", ""
        return source, act if mentions(node, "action") else ""

    def keep(self, key: Any, answer: Any) -> None:
        """Remember an answer; when there are very many, begin anew."""
        if len(self.answers) >= ANSWERS_KEPT:
            self.answers.clear()
            self._read.clear()
            self._allowed.clear()
        self.answers[key] = answer

    def allowed(self, body: Body, act: str, trace: Trace) -> Bool:
        """Cedar's rule, closed: a permit satisfied, and no forbid satisfied or erring.

        Source: `comity.cedar.classes.combine`. Raises NotEncoded.
        """
        key = body.touching(act)
        known = self._allowed.get(key)
        if known is None:
            with_trace = Trace()
            known = self._allowed[key] = (self._rule(body, act, with_trace), with_trace)
        trace.add(known[1])
        return known[0]

    def _rule(self, body: Body, act: str, trace: Trace) -> Bool:
        permits, forbids = [], []
        for name, node in body.engine.policies.items():
            read = self.read(node, body.sources[name], act)
            trace.add(read.trace)
            if node.effect == "permit":
                permits.append(read.satisfied)
            else:
                forbids += [read.satisfied, read.errs]
        return both(some(permits), negation(some(forbids)))


def frame(
    schema: str,
    environment: Environment,
    assumptions: Assumptions,
    name: str = "",
    *,
    text: bool = False,
) -> Frame:
    """The frame of an environment; kept, since most environments differ by their act only.

    `text`: strings are those of the theory, and any pattern can be read.
    """
    found = declared(schema)
    context = found.actions[environment.act].context
    kinds = environment.principal, environment.resource
    return _frame(schema, *kinds, context, assumptions, name, text)


@lru_cache(maxsize=FRAMES_KEPT)
def _frame(
    schema: str,
    principal: str,
    resource: str,
    context: RecordOf,
    assumptions: Assumptions,
    name: str,
    text: bool,
) -> Frame:
    found = declared(schema)
    act = next(
        one.id
        for one in found.actions.values()
        if one.context == context and principal in one.principals and resource in one.resources
    )
    numbers = None if text else NUMBERS
    return Frame(Symbols(found, Environment(principal, act, resource), assumptions, name, numbers))


@lru_cache(maxsize=512)
def condition_policy(environment: Environment, condition: str) -> tuple[str, pst.Template]:
    """A condition as a policy of its own, of one environment. Raises PolicyInvalid."""
    act = environment.act.replace("\\", "\\\\").replace('"', '\\"')
    source = (
        f"permit (principal is {environment.principal}, "
        f'action == Action::"{act}", resource is {environment.resource})\n'
        f"when {{ {condition}\n}};"
    )
    node = read_policy(CONDITION, source)
    if len(node.clauses) != 1 or node.effect != "permit":
        raise PolicyInvalid(CONDITION, ("a condition is one expression",))
    return source, node


CONDITION = "condition"
"""What the condition of a question is called where a policy would have its id."""
