"""What a clause looks at in a request: each observation makes one small code of it.

Source: Cedar's Lean specification, `Cedar/Spec/Evaluator.lean`. Invariants: an
observation tells apart at least what the expression it stands for can tell apart, errors
included; where it is finer, a class is split in two and nothing is wrong. Codes from 0 up
are of values found; codes below say why a value was not found. Does not: know policies
(`comity.cedar.footprint`) or decide (the reference engine does, `comity.cedar.classes`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable
from typing import Final

import msgspec

from comity.cedar.datetimes import milliseconds
from comity.cedar.value import Request, Uid, Value, has_extension

Path = tuple[str | Uid, ...]
"""A root (a variable's name, or an entity literal) and attribute names."""

OTHER_TYPE: Final = -999_999
"""A value of another type than the expression takes: the engine errs."""


def missing(step: int) -> int:
    """The attribute at this step (from 1) is absent."""
    return -3 * step


def mistyped(step: int) -> int:
    """What stands before this step has no attributes."""
    return -3 * step - 1


def unknown(step: int) -> int:
    """The entity before this step is not among the entities."""
    return -3 * step - 2


def find(path: Path, request: Request) -> Value | int:
    """The value at a path, or the code that says at which step it ends."""
    root = path[0]
    value = request.root(root) if isinstance(root, str) else ("entity", *root)
    for step, name in enumerate(path[1:], start=1):
        if value[0] == "record":
            found = next((each for key, each in value[1] if key == name), None)
        elif value[0] == "entity":
            held = request.held(value)
            if held is None:
                return unknown(step)
            found = held.attributes.get(name) if isinstance(name, str) else None
        else:
            return mistyped(step)
        if found is None:
            return missing(step)
        value = found
    return value


class Equals(msgspec.Struct, frozen=True):
    """Which of some literals a value equals. Raised errors of Cedar: none, beyond the path's."""

    path: Path
    literals: tuple[Value, ...]  # no extension values among them

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        try:
            return self.literals.index(found)
        except ValueError:
            return len(self.literals)


class Order(msgspec.Struct, frozen=True):
    """Where a number or an instant stands among thresholds: below, at, between, above."""

    path: Path
    kind: str  # long | datetime
    thresholds: tuple[int, ...]  # sorted, distinct; of a datetime milliseconds

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        number = as_number(found, self.kind)
        if number is None:
            return found if found[0] == "extension" else OTHER_TYPE
        place = bisect_left(self.thresholds, number)
        at = place < len(self.thresholds) and self.thresholds[place] == number
        return 2 * place + at


def as_number(value: Value, kind: str) -> int | None:
    """A long, or the milliseconds of a datetime; None for another type or a text we cannot read."""
    if kind == "long" and value[0] == "long":
        number: int = value[1]
        return number
    if kind == "datetime" and value[0] == "extension" and value[1] == "datetime":
        return milliseconds(value[2])
    return None


class Truth(msgspec.Struct, frozen=True):
    """A value in the place of a condition."""

    path: Path

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        return int(found[1]) if found[0] == "bool" else OTHER_TYPE


class Matches(msgspec.Struct, frozen=True):
    """Whether a string is like a pattern: pieces that stand in it in order, `*` between them."""

    path: Path
    pieces: tuple[str, ...]  # split at the wildcards; one piece: no wildcard

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        return int(is_like(found[1], self.pieces)) if found[0] == "string" else OTHER_TYPE


def is_like(text: str, pieces: tuple[str, ...]) -> bool:
    """Cedar's `like`: by code point, case-sensitive, `*` for any characters, newlines too."""
    if len(pieces) == 1:
        return text == pieces[0]
    first, *between, last = pieces
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    start, end = len(first), len(text) - len(last)
    for piece in between:
        at = text.find(piece, start, end)
        if at < 0:
            return False
        start = at + len(piece)
    return True


class Present(msgspec.Struct, frozen=True):
    """Whether a path leads on over one attribute after another (`has a.b`)."""

    path: Path
    attribute: str

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        if found[0] == "record":
            return int(any(key == self.attribute for key, _ in found[1]))
        if found[0] == "entity":
            held = request.held(found)
            return int(held is not None and self.attribute in held.attributes)
        return OTHER_TYPE


class OfType(msgspec.Struct, frozen=True):
    """Whether an entity is of a type."""

    path: Path
    type: str

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        return int(found[1] == self.type) if found[0] == "entity" else OTHER_TYPE


class Within(msgspec.Struct, frozen=True):
    """Whether an entity is, or belongs to, another (`in`); an entity nobody knows is itself."""

    path: Path
    entity: Uid

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        if found[0] != "entity":
            return OTHER_TYPE
        uid = (found[1], found[2])
        held = request.entities.get(uid)
        return int(uid == self.entity or (held is not None and self.entity in held.ancestors))


class Holds(msgspec.Struct, frozen=True):
    """Whether a set contains a literal (which is no extension value)."""

    path: Path
    literal: Value

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        return int(self.literal in found[1]) if found[0] == "set" else OTHER_TYPE


class Empty(msgspec.Struct, frozen=True):
    """Whether a set is empty."""

    path: Path

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        return int(not found[1]) if found[0] == "set" else OTHER_TYPE


class Same(msgspec.Struct, frozen=True):
    """Whether two values of the request are equal."""

    left: Path
    right: Path

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        left, right = find(self.left, request), find(self.right, request)
        if isinstance(left, int) or isinstance(right, int):
            return both_ended(left, right)
        left, right = (_timed(value) for value in (left, right))
        if has_extension(left) or has_extension(right):
            return plain(left), plain(right)  # equal values may be written in two ways
        return int(left == right)


class Compared(msgspec.Struct, frozen=True):
    """Which of two numbers or instants of the request is the greater."""

    left: Path
    right: Path

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        left, right = find(self.left, request), find(self.right, request)
        if isinstance(left, int) or isinstance(right, int):
            return both_ended(left, right)
        for kind in ("long", "datetime"):
            one, other = as_number(left, kind), as_number(right, kind)
            if one is not None and other is not None:
                return 1 + (one > other) - (one < other)
        return plain(left), plain(right)


PAIR: Final = 1_000_003


def both_ended(left: Value | int, right: Value | int) -> int:
    """Where two paths ended; what a path that did not end led to then decides nothing."""
    return (left if isinstance(left, int) else 0) * PAIR + (right if isinstance(right, int) else 0)


def _timed(value: Value) -> Value:
    """A datetime by its instant, which is how Cedar compares it, where we can read it."""
    at = as_number(value, "datetime")
    return value if at is None else ("instant", at)


def plain(value: Value) -> str:
    """A value as text, different for different values: `l:3`, `e:Grade::"F1"`."""
    value = _timed(value)
    match value[0]:
        case "bool":
            return "b:true" if value[1] else "b:false"
        case "long":
            return f"l:{value[1]}"
        case "string":
            return f"s:{value[1]}"
        case "entity":
            return f"e:{entity_text(value[1], value[2])}"
        case "instant":
            return f"t:{value[1]}"
        case "extension":
            return f"x:{value[1]}:{value[2]}"
        case "set":
            return f"[{_listed(sorted(plain(each) for each in value[1]))}]"
        case _:
            return f"{{{_listed(f'{len(name)}:{name}{plain(each)}' for name, each in value[1])}}}"


def _listed(texts: Iterable[str]) -> str:
    """Texts one after another, each with its length before it, so that none runs into the next."""
    return "".join(f"{len(text)}:{text}" for text in texts)


def entity_text(kind: str, name: str) -> str:
    """An entity as it stands in a column: `Grade::"F1"`, the id unescaped."""
    return f'{kind}::"{name}"'


class Whole(msgspec.Struct, frozen=True):
    """A value in full; of an entity also whether it is known and what it belongs to."""

    path: Path

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int):
            return found
        beyond = _of_entities(found, request)
        return plain(found) if beyond is None else f"{plain(found)}|{beyond}"


class Tags(msgspec.Struct, frozen=True):
    """All tags of an entity."""

    path: Path

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        found = find(self.path, request)
        if isinstance(found, int) or found[0] != "entity":
            return found
        held = request.held(found)
        return "unknown" if held is None else tuple(sorted(held.tags.items(), key=repr))


class Everything(msgspec.Struct, frozen=True):
    """The whole request: what a clause reads that computes where it reads."""

    def see(self, request: Request) -> Hashable:
        """The code of this request."""
        return (
            request.principal,
            request.action,
            request.resource,
            request.context,
            frozenset(
                (uid, _pairs(held.attributes), _pairs(held.tags), held.ancestors)
                for uid, held in request.entities.items()
            ),
        )


Observation = (
    Equals | Order | Truth | Matches | Present | OfType | Within | Holds | Empty | Same
    | Compared | Whole | Tags | Everything
)  # fmt: skip


def _of_entities(value: Value, request: Request) -> str | None:
    """What the entities of a value belong to; None where there are none, or they are unknown."""
    match value[0]:
        case "entity":
            held = request.held(value)
            if held is None:
                return None
            return _listed(sorted(entity_text(*uid) for uid in held.ancestors))
        case "set":
            found = {plain(each): _of_entities(each, request) for each in value[1]}
            beyond = [f"{each}|{above}" for each, above in found.items() if above is not None]
            return _listed(sorted(beyond)) if beyond else None
    return None


def _pairs(values: object) -> frozenset[tuple[str, Value]]:
    return frozenset(values.items())  # type: ignore[attr-defined]
