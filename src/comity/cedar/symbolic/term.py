"""What an expression is read as: whether it errs, and its value while it does not.

Source: the Lean specification, `Cedar/Spec/Value.lean`. Invariants: a value is read only
where the expression does not err; values of different kinds are never equal; a set is
known by what it contains, among the elements that anything looks at. Does not: read
expressions (`comity.cedar.symbolic.encode`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from comity.cedar.symbolic.logic import FALSE, TRUE, Bool


class Scalar(NamedTuple):
    """A value that is one solver term. `kind` is a primitive type's name."""

    kind: str
    term: Any


class Entity(NamedTuple):
    """A reference to an entity of a type."""

    type: str
    term: Any


class SetValue(NamedTuple):
    """A set of scalars or entities.

    `sort` names what its elements are (None: it is the empty literal); `elements` are
    those of a literal; `contains` says of a value of that sort whether it is in the set.
    """

    sort: str | None
    elements: tuple[Scalar | Entity, ...] | None
    contains: Callable[[Scalar | Entity], Bool]


class RecordValue:
    """A record: for each attribute whether it is there, and its value, worked out when asked."""

    __slots__ = ("_field", "_known", "names")

    def __init__(
        self, names: frozenset[str], field: Callable[[str], tuple[Bool, Value | None]]
    ) -> None:
        self.names = names
        self._field = field

    def field(self, name: str) -> tuple[Bool, Value | None]:
        """Presence and value; what is not declared is never there."""
        return self._field(name) if name in self.names else (FALSE, None)


Value = Scalar | Entity | SetValue | RecordValue


class Term(NamedTuple):
    """`errs`, and the value where it does not. Without a value the expression always errs."""

    errs: Bool
    value: Value | None


ALWAYS_ERRS = Term(TRUE, None)


def fine(value: Value) -> Term:
    """A value that cannot err."""
    return Term(FALSE, value)


def sort_of(value: Value) -> str:
    """What kind of element a value is."""
    match value:
        case Scalar(kind=kind):
            return kind
        case Entity(type=type_):
            return f"entity {type_}"
        case _:
            return ""
