"""What the engine has said, remembered by class: the live form of clause classes.

Source: DESIGN.md, "Clause classes"; the soundness of `comity.cedar.footprint`. Invariants: a
verdict is remembered for what all clauses together see of a request, and given again only where
they see the same; one in `SAMPLE` is decided again by the engine, and where the two differ the
answer is a refusal, the memory is dropped for good, and `broken` says so; a verdict with a fault
is never remembered; memory is bounded. Does not: outlive its engine, and so a change of law.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Final

import msgspec
from cedarpy import pst

from comity.cedar.engine import Verdict
from comity.cedar.footprint import merged, observations_of
from comity.cedar.observation import (
    Compared,
    Everything,
    Observation,
    Path,
    Same,
)
from comity.cedar.value import Request

VERDICTS_MAX: Final = 50_000
SAMPLE: Final = 256
BROKEN: Final = "a remembered verdict was not the engine's: report this"
_ENTITIES: Final = frozenset({"principal", "resource", "literal"})


class Seen(msgspec.Struct, frozen=True):
    """What all clauses see of the entities of a request, or of its context."""

    key: Hashable


class Memory:
    """Verdicts by class for one set of policies.

    `usable` is false where some clause compares the context with an entity, or reads in a way
    that only the whole request stands for: then every request is decided anew.
    """

    def __init__(self, policies: Iterable[pst.Template], most: int = VERDICTS_MAX) -> None:
        found = merged(one for policy in policies for one in observations_of(policy)).observations
        self._of_entities = tuple(one for one in found if roots(one) <= _ENTITIES)
        self._of_context = tuple(one for one in found if roots(one) == {"context"})
        acts = tuple(one for one in found if roots(one) == {"action"})
        rest = len(found) - len(self._of_entities) - len(self._of_context) - len(acts)
        self.usable = rest == 0
        self.broken: str | None = None
        self._verdicts: dict[Hashable, Verdict] = {}
        self._most = most
        self._hits = 0

    def of_entities(self, request: Request) -> Seen:
        """What the clauses see of principal and resource."""
        return Seen(tuple(one.see(request) for one in self._of_entities))

    def of_context(self, request: Request) -> Seen:
        """What the clauses see of the context."""
        return Seen(tuple(one.see(request) for one in self._of_context))

    def decide(
        self, act: str, entities: Seen, context: Seen, ask: Callable[[], Verdict]
    ) -> Verdict:
        """The verdict of this class; `ask` asks the engine, where it is not known, or as a sample."""
        if not self.usable:
            return ask()
        key = (act, entities.key, context.key)
        known = self._verdicts.get(key)
        if known is None:
            verdict = ask()
            if verdict.fault is None:
                if len(self._verdicts) >= self._most:
                    self._verdicts.pop(next(iter(self._verdicts)), None)
                self._verdicts[key] = verdict
            return verdict
        self._hits += 1
        if self._hits % SAMPLE == 0:
            return self._checked(known, ask())
        return known

    def _checked(self, known: Verdict, again: Verdict) -> Verdict:
        if again == known:
            return known
        self.distrust(BROKEN)
        return Verdict(False, (), (), BROKEN)

    def distrust(self, why: str) -> None:
        """Remember nothing from now on: every request is decided anew."""
        self.usable = False
        self._verdicts.clear()
        self.broken = self.broken or why

    def __len__(self) -> int:
        return len(self._verdicts)


def roots(one: Observation) -> frozenset[str]:
    """Where an observation begins: variables by name, `literal` for a named entity, or `all`."""
    paths: tuple[Path, ...]
    match one:
        case Everything():
            return frozenset({"all"})
        case Same() | Compared():
            paths = (one.left, one.right)
        case _:
            paths = (one.path,)
    return frozenset(path[0] if isinstance(path[0], str) else "literal" for path in paths)
