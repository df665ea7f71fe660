"""A list answered in the store's own SQL, as far as it can be.

Source: decisions/0021-lists-in-sql.md. Everything is read of one snapshot: the classes, which
records fit, and the records of the page. Invariants: which records fit is asked of the store
only for classes that may be seen; a refusal names the records that its query points at up to
`named_max`, and beyond that none. None is returned where only the records themselves tell: a
paper that names every one of many records. Does not: append, or know who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from comity.disclosure.decide import LIST_RESULTS_MAX, Settled, decide_register
from comity.disclosure.decide_list import ListDecider, ListSettled
from comity.disclosure.decision import Outcome
from comity.disclosure.inquiry import Asked, ByList
from comity.disclosure.kinds import Kinds
from comity.law.in_force import LawInForce
from comity.law.vocabulary import ListAct
from comity.records.record import Record
from comity.web.holdings import Lists

NAMED_OF: Final = 64
"""Records read to see whether a paper names everybody a list finds: a paper names one person."""


def settle_list(
    lists: Lists,
    law: LawInForce,
    asked_of: Callable[[Sequence[Record]], Asked],
    kinds: Kinds,
    named_max: int,
) -> ListSettled | None:
    """Settle a list that may be asked for. `asked_of` is the inquiry over the records found."""
    with lists.snapshot():
        asked = asked_of(())
        query = asked.inquiry.query
        if not isinstance(query, ByList):
            return None
        every = lists.classes(query.in_custody)
        if asked.inquiry.legal_basis is not None:
            some = lists.some(query, tuple(every), NAMED_OF)
            asked = asked_of(some)
            if len(some) == NAMED_OF and asked.basis is not None and asked.basis.names_subject:
                return None
            register = decide_register(asked, law, ListAct.LIST)
            if register.outcome is not Outcome.PERMIT:
                return ListSettled(Settled(asked, (), register), 0)
        decider = ListDecider(asked, law, every, kinds)
        rows = lists.find(query, decider.permitted, LIST_RESULTS_MAX)
        if not rows:
            found = lists.find(query, tuple(every), named_max) or ()
            return decider.nothing(found) if rows is not None else decider.too_broad(found)
        start = (query.page - 1) * query.page_size
        page = rows[start : start + query.page_size]
        if not page:
            return decider.empty_page(rows[0], lists.records(rows[:1]), len(rows))
        return decider.page(page, lists.records(page), len(rows))
