"""The answer an agency gets: what left, what was withheld and under which clause, in words too.

Invariant: an answer by which nothing is shown is a function of the inquiry, the
law and the instant alone; the entry's index and commitment are its only other
bytes and are as random for one who has a record as for one who has none.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from comity.disclosure.decision import Decision, Outcome, Ruling
from comity.disclosure.disclose import Disclosure
from comity.disclosure.inquiry import Asked, ByList
from comity.disclosure.seal import clause_part
from comity.instant import format_instant
from comity.law.instrument import ClauseRef
from comity.law.vocabulary import DataClass
from comity.ledger.append import DurableReceipt

_CLASSES: Final = tuple(data_class.value for data_class in DataClass)


class EntryPromise(msgspec.Struct, frozen=True):
    """Where the entry stands: `commitment` is base64 of its 33 public bytes."""

    index: int
    commitment: str


class Withheld(msgspec.Struct, frozen=True, omit_defaults=True):
    """A data class that was asked for and did not leave."""

    data_class: str
    outcome: str
    clauses: tuple[dict[str, str], ...] = ()


class Shown(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record's disclosed data classes."""

    data: dict[str, Any]
    entry: EntryPromise
    withheld: tuple[Withheld, ...] = ()


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What goes back over the wire. `of` is the number of records this inquiry may see."""

    inquiry_id: str
    outcome: str
    at: str
    law: str
    words: str
    clauses: tuple[dict[str, str], ...]
    entries: tuple[EntryPromise, ...]
    shown: tuple[Shown, ...] = ()
    reason: str | None = None
    page: int | None = None
    of: int | None = None


def promise(receipt: DurableReceipt) -> EntryPromise:
    """A durable receipt as an answer writes it."""
    return EntryPromise(receipt.index, b64encode(receipt.commitment).decode("ascii"))


def answer_shown(
    asked: Asked, outcome: Outcome, disclosures: Sequence[Disclosure], of: int
) -> Answer:
    """The answer that carries disclosures. `of` counts the permitted set over all pages."""
    clauses = tuple(
        dict.fromkeys(
            clause for disclosure in disclosures for clause in disclosure.decision.clauses
        )
    )
    shown = tuple(
        Shown(
            disclosure.data,
            promise(disclosure.receipt),
            tuple(_withheld(ruling) for ruling in _unseen(disclosure.decision)),
        )
        for disclosure in disclosures
    )
    query = asked.inquiry.query
    first = disclosures[0].decision
    return Answer(
        inquiry_id=asked.inquiry.inquiry_id,
        outcome=outcome.value,
        at=format_instant(first.at),
        law=first.law_digest,
        words=words_for_shown(outcome, disclosures, of),
        clauses=tuple(clause_part(clause) for clause in clauses),
        entries=tuple(one.entry for one in shown),
        shown=shown,
        page=query.page if isinstance(query, ByList) else None,
        of=of if isinstance(query, ByList) else None,
    )


def answer_refused(asked: Asked, refusal: Decision, receipt: DurableReceipt) -> Answer:
    """The answer by which nothing is shown."""
    return Answer(
        inquiry_id=asked.inquiry.inquiry_id,
        outcome=refusal.outcome.value,
        at=format_instant(refusal.at),
        law=refusal.law_digest,
        words=words_for_refusal(refusal),
        clauses=tuple(clause_part(clause) for clause in refusal.clauses),
        entries=(promise(receipt),),
        reason=refusal.reason,
    )


def words_for_shown(outcome: Outcome, disclosures: Sequence[Disclosure], of: int) -> str:
    """One or two plain sentences for a person."""
    count = f"{of} record" + ("" if of == 1 else "s")
    shown = {name for one in disclosures for name in one.data}
    seen = [name for name in _CLASSES if name in shown]
    by = _because(
        tuple(dict.fromkeys(clause for one in disclosures for clause in one.decision.clauses))
    )
    said = f"by {by}. {count}: {', '.join(seen)}"
    if outcome is Outcome.PERMIT:
        return f"Permitted {said}."
    unseen = {
        ruling.act.removeprefix("see "): ruling
        for one in disclosures
        for ruling in _unseen(one.decision)
    }
    parts = [f"{name} ({_because(ruling.clauses)})" for name, ruling in sorted(unseen.items())]
    return f"Permitted in part {said}. Withheld: {'; '.join(parts)}."


def words_for_refusal(refusal: Decision) -> str:
    """One or two plain sentences for a person, never about whether a record exists."""
    said = {
        Outcome.WITHHOLD: "Nothing is shown, and whether a record exists is neither confirmed nor denied",
        Outcome.HOLD_FOR_APPROVAL: "Held until the custodian approves it",
    }.get(refusal.outcome, "Refused")
    why = _because(refusal.clauses) if refusal.clauses else ""
    reason = refusal.reason or ""
    return (
        ": ".join(part for part in (said, "; ".join(p for p in (why, reason) if p)) if part) + "."
    )


def _because(clauses: Sequence[ClauseRef]) -> str:
    if not clauses:
        return "no clause permits it"
    return ", ".join(clause.cite() for clause in clauses)


def _unseen(decision: Decision) -> tuple[Ruling, ...]:
    return tuple(ruling for ruling in decision.rulings if ruling.outcome is not Outcome.PERMIT)


def _withheld(ruling: Ruling) -> Withheld:
    return Withheld(
        ruling.act.removeprefix("see "),
        ruling.outcome.value,
        tuple(clause_part(clause) for clause in ruling.clauses),
    )
