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

GUESSED_MAX: Final = 8
"""Unknown clauses of one row over which every answer is tried; beyond, it is undecidable."""

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
    unknown = [
        (place, key)
        for place, known in enumerate(asked)
        for key in dict.fromkeys((*old.clauses.values(), *new.clauses.values()))
        if known[key] is None
    ]
    if not unknown:
        return _change(old, new, asked)
    if len(unknown) > GUESSED_MAX:
        return _too_many(old, new, asked, unknown)
    found = {guess: _guessed(old, new, asked, unknown, guess) for guess in _all(len(unknown))}
    kinds = {None if one is None else one.change for one in found.values()}
    if len(kinds) > 1:
        return Change(UNDECIDABLE, _named(old, new, _telling(unknown, found)))
    if kinds == {None}:
        return None
    by = dict.fromkeys(name for one in found.values() if one is not None for name in one.by)
    return Change(str(kinds.pop()), tuple(by))


def _all(count: int) -> Iterator[tuple[bool, ...]]:
    return product((True, False), repeat=count)


def _guessed(
    old: Ruled,
    new: Ruled,
    asked: Sequence[Known],
    unknown: Sequence[tuple[int, str]],
    guess: Sequence[bool],
) -> Change | None:
    filled = [dict(known) for known in asked]
    for (place, key), satisfied in zip(unknown, guess, strict=True):
        filled[place][key] = _GUESSES[0 if satisfied else 1]
    return _change(old, new, filled)


def _telling(
    unknown: Sequence[tuple[int, str]], found: Mapping[tuple[bool, ...], Change | None]
) -> list[str]:
    """The unknown clauses whose answer alone can make the difference."""
    telling = []
    for place, (_, key) in enumerate(unknown):
        for guess, one in found.items():
            other = found[(*guess[:place], not guess[place], *guess[place + 1 :])]
            if (one and one.change) != (other and other.change):
                telling.append(key)
                break
    return telling


def _named(old: Ruled, new: Ruled, keys: Collection[str]) -> tuple[str, ...]:
    """Clauses by name; one that both bodies have, by the draft's."""
    of_new = {key: name for name, key in new.clauses.items()}
    of_old = {key: name for name, key in old.clauses.items()}
    return tuple(dict.fromkeys(of_new.get(key) or of_old[key] for key in keys))


def _too_many(
    old: Ruled, new: Ruled, asked: Sequence[Known], unknown: Sequence[tuple[int, str]]
) -> Change | None:
    verdicts = []
    for body in (old, new):
        each = [
            combine3({name: known[key] for name, key in body.clauses.items()}, body.forbids)
            for known in asked
        ]
        refused = any(one.permitted is False for one in each)
        in_doubt = any(one.permitted is None for one in each)
        verdicts.append(False if refused else None if in_doubt else True)
    if None in verdicts:
        return Change(UNDECIDABLE, _named(old, new, [key for _, key in unknown]))
    if verdicts[0] == verdicts[1]:
        return None
    certain = [{key: one or _GUESSES[1] for key, one in known.items()} for known in asked]
    return _change(old, new, certain) or Change(OPENS if verdicts[1] else CLOSES, ())


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
