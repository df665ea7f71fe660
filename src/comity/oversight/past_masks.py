"""Which clauses were satisfied in the past, worked out from what a decision was made on.

Source: decisions/0019-journal.md; DESIGN.md, "Clause classes". A decision says which clauses
determined it and which erred; which others were satisfied nobody asked then. Invariants: what is
said here was said by the reference engine of facts that the clause cannot tell from those of the
past; where a clause asks for what nobody kept, or the record was expunged, it is unknown; the
verdict that follows is held against the one that was kept, and a difference is told. Does not:
read the journal (`comity.store.journal_files`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from comity.cedar.action import declared_actions, read_schema
from comity.cedar.alike import in_scope
from comity.cedar.classes import Answer, Clause, Undecided
from comity.cedar.observation import Order
from comity.law.instrument import Instrument
from comity.law.schema import SCHEMA
from comity.oversight.history import INSTANT, asked_of, needs_of, reads_record
from comity.oversight.verdicts import combine3

KINDS_MAX: Final = 100_000
"""Kinds of lines remembered; beyond, all are worked out again."""


class Group(msgspec.Struct, frozen=True):
    """Acts decided as one, as the journal kept them; clauses by their numbers in the form."""

    acts: tuple[int, ...]
    permitted: bool
    determining: tuple[int, ...]
    erring: tuple[int, ...]


class Masks(msgspec.Struct, frozen=True):
    """Bit n is clause n of the form. `differs`: the kept verdict does not follow from these."""

    satisfied: int
    erring: int
    unknown: int
    differs: bool = False


class PastMasks:
    """The clauses of one law, by class, over lines of the journal."""

    def __init__(
        self, instruments: Iterable[Instrument], clauses: Sequence[str], acts: Sequence[str]
    ) -> None:
        sources = {
            policy.id: policy.source
            for instrument in instruments
            for clause in instrument.clauses
            for policy in clause.policies
        }
        self._names = tuple(clauses)
        self._clauses = [Clause(SCHEMA, name, sources[name]) for name in clauses]
        self._acts = tuple(acts)
        self._forbids = frozenset(
            one.policy_id for one in self._clauses if one.node.effect == "forbid"
        )
        seen = [one.footprint.observations for one in self._clauses]
        self._not_kept = [any(needs_of(each).not_kept for each in ones) for ones in seen]
        self._of_record = [reads_record(ones) for ones in seen]
        self._marks = sorted(
            {
                mark
                for ones in seen
                for each in ones
                if isinstance(each, Order) and each.path == INSTANT
                for mark in each.thresholds
            }
        )
        actions = declared_actions(read_schema(SCHEMA))
        self._scope = [
            [
                number
                for number, clause in enumerate(self._clauses)
                if in_scope(clause.node, actions[act])
            ]
            for act in self._acts
        ]
        self._known: dict[object, Masks] = {}

    def of(
        self, kind: object, rows: Sequence[Mapping[str, Any]], groups: tuple[Group, ...]
    ) -> Masks:
        """The masks of a line. `rows` are its facts for each principal; `kind` tells facts apart."""
        at = int(rows[0]["at"])
        place = bisect_left(self._marks, at)
        on_it = place < len(self._marks) and self._marks[place] == at
        key = (kind, groups, place, on_it)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= KINDS_MAX:
                self._known.clear()
            found = self._known[key] = self._work_out(rows, groups)
        return found

    def _work_out(self, rows: Sequence[Mapping[str, Any]], groups: tuple[Group, ...]) -> Masks:
        satisfied = erring = unknown = 0
        differs = False
        for group in groups:
            by: set[str] = set()
            failing: set[str] = set()
            permitted: bool | None = True
            for row in rows:
                answers = self._answers(row, group.acts[0])
                for number, one in answers.items():
                    bit = 1 << number
                    if one is None:
                        unknown |= bit
                    else:
                        satisfied |= bit if one.satisfied else 0
                        erring |= bit if one.errs else 0
                named = {self._names[number]: one for number, one in answers.items()}
                verdict = combine3(named, self._forbids)
                if verdict.permitted is None or None in answers.values():
                    permitted = None
                elif permitted is not None:
                    permitted = permitted and verdict.permitted
                by.update(verdict.by)
                failing.update(verdict.erring)
            if permitted is not None:
                kept = {self._names[number] for number in group.determining}
                erred = {self._names[number] for number in group.erring}
                differs |= (permitted, by, failing) != (group.permitted, kept, erred)
            for number in group.determining:
                unknown &= ~(1 << number)
            for number in group.erring:
                erring |= 1 << number
                unknown &= ~(1 << number)
            for number in set(group.determining) - set(group.erring):
                satisfied |= 1 << number
        return Masks(satisfied, erring, unknown, differs)

    def _answers(self, row: Mapping[str, Any], act: int) -> dict[int, Answer | None]:
        """What each clause in scope says; None where nobody can know."""
        asked = asked_of(row, self._acts[act])
        expunged = row["on_file"] is None
        answers: dict[int, Answer | None] = {}
        for number in self._scope[act]:
            answers[number] = None
            if self._not_kept[number] or (expunged and self._of_record[number]):
                continue
            try:
                answers[number] = self._clauses[number].answer(asked)
            except Undecided:
                continue
        return answers
