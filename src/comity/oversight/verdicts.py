"""What clauses' answers come to under two bodies of law, also where some of them are unknown.

Source: `Cedar/Spec/Authorizer.lean`, closed as in `comity.cedar.classes`: a forbid that errs
refuses. Invariants: a verdict is unknown only where it depends on an unknown clause; a change
between two bodies is undecidable only where some answer of the clauses that nobody knows makes
one and another does not, the same unknown clause answering both bodies alike. Does not: ask
the engine (`comity.oversight.answers`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

import msgspec

from comity.cedar.classes import Answer, combine
from comity.cedar.engine import Verdict

OPENS: Final = "opens"
CLOSES: Final = "closes"
UNDECIDABLE: Final = "undecidable"
CHANGES: Final = (OPENS, CLOSES, UNDECIDABLE)

_GUESSES: Final = (Answer(True, False), Answer(False, False))
"""An error of a forbid decides as its being satisfied does, one of a permit as its not being."""


class Verdict3(msgspec.Struct, frozen=True):
    """A verdict that may be unknown. `by` are the clauses that decide."""

    permitted: bool | None
    by: tuple[str, ...]
    erring: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """How a row comes out otherwise, and by which clauses."""

    change: str
    by: tuple[str, ...]


class Ruled(msgspec.Struct, frozen=True):
    """The clauses of a body that decide an act: name to what its answer is known by."""

    clauses: Mapping[str, str]
    forbids: frozenset[str]


def combine3(answers: Mapping[str, Answer | None], forbids: Collection[str]) -> Verdict3:
    """Cedar's rule where some clauses are unknown: unknown only where it depends on them."""
    erring = tuple(name for name, one in answers.items() if one is not None and one.errs)
    unknown = tuple(name for name, one in answers.items() if one is None)
    stopping = tuple(
        name
        for name, one in answers.items()
        if one is not None and name in forbids and (one.satisfied or one.errs)
    )
    if stopping:
        return Verdict3(permitted=False, by=stopping, erring=erring)
    permitting = tuple(name for name, one in answers.items() if one is not None and one.satisfied)
    if permitting:
        in_doubt = tuple(name for name in unknown if name in forbids)
        if in_doubt:
            return Verdict3(None, in_doubt, erring)
        return Verdict3(permitted=True, by=permitting, erring=erring)
    in_doubt = tuple(name for name in unknown if name not in forbids)
    if in_doubt:
        return Verdict3(None, unknown, erring)
    return Verdict3(permitted=False, by=(), erring=erring)


Known = Mapping[str, Answer | None]
"""The answer of each clause of one principal's row, by what it is known by."""


def change_of(old: Ruled, new: Ruled, asked: Sequence[Known]) -> Change | None:
    """How a row comes out otherwise; `asked` has one set of answers a principal.

    With two principals both must be allowed, as with an inquiry on behalf of another agency.
    """
    unknown = _unknown(old, new, asked)
    if not unknown:
        return _change(old, new, asked)
    found = {guess: _guessed(old, new, asked, unknown, guess) for guess in _all(len(unknown))}
    kinds = {None if one is None else one.change for one in found.values()}
    if len(kinds) > 1:
        return Change(UNDECIDABLE, _named(old, new, _telling(unknown, found)))
    if kinds == {None}:
        return None
    by = dict.fromkeys(name for one in found.values() if one is not None for name in one.by)
    return Change(str(kinds.pop()), tuple(by))


class _Alike(msgspec.Struct, frozen=True):
    """Unknown clauses that decide alike: all forbids or all permits, of the same bodies.

    Of them it only counts whether any is satisfied, so that there are two guesses for all.
    """

    place: int
    keys: tuple[str, ...]


def _unknown(old: Ruled, new: Ruled, asked: Sequence[Known]) -> list[_Alike]:
    names = {key: name for body in (old, new) for name, key in body.clauses.items()}
    of_old, of_new = set(old.clauses.values()), set(new.clauses.values())
    forbids = old.forbids | new.forbids
    alike: dict[tuple[int, bool, bool, bool], list[str]] = {}
    for place, known in enumerate(asked):
        for key, name in names.items():
            if known[key] is None:
                role = (place, key in of_old, key in of_new, name in forbids)
                alike.setdefault(role, []).append(key)
    return [_Alike(role[0], tuple(keys)) for role, keys in alike.items()]


def _all(count: int) -> Iterator[tuple[bool, ...]]:
    return product((True, False), repeat=count)


def _guessed(
    old: Ruled,
    new: Ruled,
    asked: Sequence[Known],
    unknown: Sequence[_Alike],
    guess: Sequence[bool],
) -> Change | None:
    filled = [dict(known) for known in asked]
    for alike, satisfied in zip(unknown, guess, strict=True):
        filled[alike.place].update(dict.fromkeys(alike.keys, _GUESSES[0 if satisfied else 1]))
    return _change(old, new, filled)


def _telling(
    unknown: Sequence[_Alike], found: Mapping[tuple[bool, ...], Change | None]
) -> list[str]:
    """The unknown clauses whose answer alone can make the difference."""
    telling: list[str] = []
    for place, alike in enumerate(unknown):
        for guess, one in found.items():
            other = found[(*guess[:place], not guess[place], *guess[place + 1 :])]
            if (one and one.change) != (other and other.change):
                telling += alike.keys
                break
    return telling


def _named(old: Ruled, new: Ruled, keys: Collection[str]) -> tuple[str, ...]:
    """Clauses by name; one that both bodies have, by the draft's."""
    of_new = {key: name for name, key in new.clauses.items()}
    of_old = {key: name for name, key in old.clauses.items()}
    return tuple(dict.fromkeys(of_new.get(key) or of_old[key] for key in keys))


def _change(old: Ruled, new: Ruled, asked: Sequence[Known]) -> Change | None:
    before, after = _verdicts(old, asked), _verdicts(new, asked)
    was, now = all(one.permitted for one in before), all(one.permitted for one in after)
    if was == now:
        return None
    refused, permitted = (before, after) if now else (after, before)
    refusing, permitting = (old, new) if now else (new, old)
    by: list[str] = []
    for known, no, yes in zip(asked, refused, permitted, strict=True):
        if no.permitted:
            continue
        by += no.determining
        if not _any_permit(refusing, known):
            # Silence refused, so that it is the permits of the other body that tell.
            by += [name for name in yes.determining if name not in permitting.forbids]
    return Change(OPENS if now else CLOSES, tuple(dict.fromkeys(by)))


def _verdicts(body: Ruled, asked: Sequence[Known]) -> list[Verdict]:
    return [
        combine({name: _given(known[key]) for name, key in body.clauses.items()}, body.forbids)
        for known in asked
    ]


def _any_permit(body: Ruled, known: Known) -> bool:
    return any(
        _given(known[key]).satisfied
        for name, key in body.clauses.items()
        if name not in body.forbids
    )


def _given(answer: Answer | None) -> Answer:
    if answer is None:
        raise ValueError("every answer is known or guessed before a verdict is made")
    return answer
