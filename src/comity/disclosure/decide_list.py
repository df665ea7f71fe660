"""A list by the classes of the records: each kind decided once, each row shown decided again.

Source: DESIGN.md, "Clause classes"; decisions/0021-lists-in-sql.md. Invariants: which records may
be seen is worked out from the decisions of their classes, and what comes out is what
`comity.disclosure.decide.settle` makes of the same records one by one, cut to its page; no row is
shown that the engine itself, asked afresh about the record as it is, does not decide as its
class was decided: where one differs, nothing is shown, and `ListSettled.disagreed` says so.
Does not: find records, or decide whether the register may be listed at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from comity.disclosure.decide import LIST_RESULTS_MAX, Decider, Settled, too_broad
from comity.disclosure.decision import Decision, Outcome, Ruling
from comity.disclosure.inquiry import Asked, ByList
from comity.disclosure.journal import about_part, line_unruled, of_nobody
from comity.disclosure.kinds import Kinds
from comity.disclosure.listed import Listed
from comity.law.in_force import LawInForce
from comity.ledger.journal_line import JournalLine
from comity.records.record import Record

DISAGREED: Final = (
    "the list and the engine disagree about a record: nothing is shown; the custodian is told"
)


class ListSettled(msgspec.Struct, frozen=True):
    """What became of a list, how many records it may see on all pages, and what was wrong."""

    settled: Settled
    of: int
    disagreed: str | None = None


class ListDecider:
    """Decides one list inquiry. `classes` are all that records may have, by number."""

    def __init__(
        self, asked: Asked, law: LawInForce, classes: Mapping[int, dict[str, Any]], kinds: Kinds
    ) -> None:
        self._asked, self._law, self._classes = asked, law, classes
        self._decide = Decider(asked, law)
        self._by_class: dict[int, Decision] = {}
        second = () if asked.on_behalf_of is None else (asked.on_behalf_of,)
        for alike in kinds.of(law, (asked.inquirer, *second), classes).values():
            self._by_class.update(dict.fromkeys(alike, self._decide.of_class(classes[alike[0]])))

    @property
    def permitted(self) -> tuple[int, ...]:
        """The classes whose records may be seen."""
        return tuple(number for number, one in self._by_class.items() if one.permitted)

    def too_broad(self, found: Sequence[Listed]) -> ListSettled:
        """More may be seen than one list shows. `found` is whatever fits, if that is not too much."""
        refused = too_broad(self._asked, self._law, LIST_RESULTS_MAX)
        looked = self._looked(found)
        return ListSettled(msgspec.structs.replace(refused, found=tuple(found), looked=looked), 0)

    def nothing(self, found: Sequence[Listed]) -> ListSettled:
        """Nothing that fits may be seen. `found` as above."""
        looked = self._looked(found)
        refusal = self._decide.absent(self._asked)
        return ListSettled(Settled(self._asked, (), refusal, tuple(found), looked), 0)

    def page(self, rows: Sequence[Listed], records: Sequence[Record], of: int) -> ListSettled:
        """The rows of a page with their records, out of `of` that may be seen."""
        decisions, disagreed = self._decided_again(rows, records)
        if disagreed is not None:
            return ListSettled(self._disagreed(rows), 0, disagreed)
        shown = tuple(zip(records, decisions, strict=True))
        return ListSettled(Settled(self._asked, shown, None), of)

    def empty_page(self, first: Listed, records: Sequence[Record], of: int) -> ListSettled:
        """A page after the last one, told by the first record that may be seen."""
        decisions, disagreed = self._decided_again((first,), records)
        if disagreed is not None:
            return ListSettled(self._disagreed((first,)), 0, disagreed)
        return ListSettled(Settled(self._asked, (), beyond(self._asked, decisions[0], of)), of)

    def _decided_again(
        self, rows: Sequence[Listed], records: Sequence[Record]
    ) -> tuple[tuple[Decision, ...], str | None]:
        """The engine's own decision of each record; and, if one is not its class's, what differs."""
        if [row.record_id for row in rows] != [record.record_id for record in records]:
            return (), "the records read are not the ones listed"
        decide = Decider(self._asked, self._law, fresh=True)
        decisions = tuple(map(decide, records))
        for row, decision in zip(rows, decisions, strict=True):
            if _nobodys(decision) != _nobodys(self._by_class[row.class_]) or not decision.permitted:
                return decisions, f"a record of class {row.class_} is not decided as its class is"
        return decisions, None

    def _disagreed(self, rows: Sequence[Listed]) -> Settled:
        asked, law = self._asked, self._law
        ruling = Ruling("ask", Outcome.REFUSE, (), (DISAGREED,))
        line = line_unruled(law, asked, Outcome.REFUSE.value)
        refusal = Decision(
            Outcome.REFUSE, asked.at, law.digest, (), (ruling,), (), DISAGREED, line=line
        )
        return Settled(asked, (), refusal, tuple(rows))

    def _looked(self, found: Sequence[Listed]) -> tuple[JournalLine, ...]:
        classes = dict.fromkeys(one.class_ for one in found)
        lines = ((self._by_class[number].line, self._classes[number]) for number in classes)
        return tuple(
            dict.fromkeys(
                msgspec.structs.replace(line, about=about_part(attributes))
                for line, attributes in lines
                if line is not None
            )
        )


def _nobodys(decision: Decision) -> Decision:
    """What the decisions of all records of a kind have in common."""
    return msgspec.structs.replace(decision, record_id=None, person_id=None, line=None)


def beyond(asked: Asked, first: Decision, of: int) -> Decision:
    """The refusal of a page after the last one; `first` is the decision of the first record."""
    query = asked.inquiry.query
    page, size = (query.page, query.page_size) if isinstance(query, ByList) else (1, of)
    return msgspec.structs.replace(
        first,
        outcome=Outcome.REFUSE,
        permitted=(),
        reason=f"page {page} is empty: {of} records on pages of {size}",
        record_id=None,
        person_id=None,
        line=of_nobody(first.line),
    )
