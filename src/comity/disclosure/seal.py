"""Turn what was settled into sealed entries: one for each person shown, or one for nothing shown.

The four compartments (docs/ledger.md): `subject` and `content` may point to a
person and are erasable; `request` and `decision` never do and hold no free text.
Invariants: the bytes that may later leave are those of the content compartment, so
an entry commits to exactly what was disclosed (`comity.disclosure.disclose`); the
entry of one event of a standing inquiry repeats of its terms only what points at the
record of the event, so that nobody's erasure takes an entry about somebody else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import msgspec

from comity.disclosure.data_class import fields_of
from comity.disclosure.decide import Settled
from comity.disclosure.decision import Decision, Outcome, Ruling
from comity.disclosure.inquiry import Asked, ByStanding, query_kind
from comity.disclosure.journal import lines
from comity.instant import Instant, format_instant
from comity.law.instrument import ClauseRef
from comity.law.vocabulary import DataClass, ProcessKind, Purpose, QueryKind
from comity.ledger.canonical import canonical
from comity.ledger.entry import Randomness, SealedEntry, seal
from comity.records.record import Record

REMEMBERED_MAX: Final = 4096
"""Decisions whose canonical form is remembered, some 2 KB each."""


class Signed(msgspec.Struct, frozen=True):
    """What proves who asked: the key, its nonce, and the digest of the signed body."""

    key_id: str
    nonce: str
    content_digest: str


def seal_settled(
    settled: Settled, signed: Signed, randomness: Randomness
) -> tuple[SealedEntry, ...]:
    """Seal one entry for each record shown, in order; one entry where nothing is shown."""
    asked = settled.asked
    if settled.refusal is not None:
        return (_seal_nothing(settled, settled.refusal, signed, randomness),)
    return tuple(
        seal_shown(asked, record, decision, signed, randomness)
        for record, decision in settled.shown
    )


def seal_shown(
    asked: Asked,
    record: Record,
    decision: Decision,
    signed: Signed,
    randomness: Randomness,
    event: str | None = None,
) -> SealedEntry:
    """Seal the disclosure of one record's permitted data classes.

    `event` names the event a standing inquiry was answered for.
    """
    content = {
        "disclosed": {
            data_class.value: fields_of(record, data_class) for data_class in decision.permitted
        }
    }
    return seal(
        subject=_subject(asked, signed, record)
        | {"person": record.person_id, "record": record.record_id, "event": event},
        content=content,
        request=request_bytes(asked, signed),
        decision=decision_bytes("disclosure", decision),
        randomness=randomness,
        subject_id=record.person_id,
        journal=lines(decision.outcome.value, decision.line),
    )


def seal_unshown(
    asked: Asked,
    record: Record,
    decision: Decision,
    signed: Signed,
    randomness: Randomness,
    event: str,
) -> SealedEntry:
    """Seal that an event of a standing inquiry was decided and nothing was sent."""
    return seal(
        subject=_subject(asked, signed, record)
        | {"person": record.person_id, "record": record.record_id, "event": event},
        content={"disclosed": {}},
        request=request_bytes(asked, signed),
        decision=decision_bytes("refusal", decision),
        randomness=randomness,
        subject_id=record.person_id,
        journal=lines(decision.outcome.value, decision.line),
    )


def _seal_nothing(
    settled: Settled, refusal: Decision, signed: Signed, randomness: Randomness
) -> SealedEntry:
    """Seal a refusal. Which records were looked at stays in the erasable compartment."""
    persons = sorted({record.person_id for record in settled.found})
    subject = _subject(settled.asked, signed) | {
        "person": persons[0] if len(persons) == 1 else None,
        "found": [record.record_id for record in settled.found],
    }
    return seal(
        subject=subject,
        content={"disclosed": {}},
        request=request_bytes(settled.asked, signed),
        decision=decision_bytes("refusal", refusal),
        randomness=randomness,
        subject_id=persons[0] if len(persons) == 1 else None,
        journal=lines(refusal.outcome.value, refusal.line, settled.looked),
    )


def _subject(asked: Asked, signed: Signed, record: Record | None = None) -> dict[str, Any]:
    """What the inquiry says about a person: its terms, case, basis, and its signed digest."""
    inquiry = asked.inquiry
    query = inquiry.query
    if record is not None and isinstance(query, ByStanding):
        query = _narrowed(query, record)
    return {
        "terms": msgspec.to_builtins(query),
        "case_number": inquiry.case_number,
        "legal_basis": inquiry.legal_basis,
        "content_digest": signed.content_digest,
        "nonce": signed.nonce,
    }


def _narrowed(query: ByStanding, record: Record) -> ByStanding:
    """A standing inquiry without the numbers of everybody else it follows."""
    own = None if record.identity is None else record.identity.state_id
    return msgspec.structs.replace(
        query,
        record_ids=tuple(one for one in query.record_ids if one == record.record_id),
        state_ids=tuple(one for one in query.state_ids if one == own),
    )


def request_bytes(asked: Asked, signed: Signed) -> bytes:
    """The canonical form of `request_part`, remembered: an agency asks the same way again."""
    return _request_bytes(*_request_words(asked, signed))


def request_part(asked: Asked, signed: Signed) -> dict[str, Any]:
    """Who asked for what and why, in closed words; nothing of the person asked about."""
    return _request_part(*_request_words(asked, signed))


def _request_words(asked: Asked, signed: Signed) -> tuple[Any, ...]:
    """What `_request_part` takes."""
    inquiry, behalf, basis = asked.inquiry, asked.on_behalf_of, asked.basis
    return (
        asked.inquirer.ori,
        asked.inquirer.officer,
        None if behalf is None else (behalf.ori, behalf.officer),
        inquiry.purpose,
        query_kind(inquiry.query),
        inquiry.data_classes,
        None if basis is None else basis.kind,
        asked.approved,
        signed.key_id,
    )


def _request_part(
    ori: str,
    officer: str | None,
    behalf: tuple[str, str | None] | None,
    purpose: Purpose,
    query: QueryKind,
    data_classes: tuple[DataClass, ...],
    basis: ProcessKind | None,
    approved: bool,
    key_id: str,
) -> dict[str, Any]:
    return {
        "ori": ori,
        "officer": officer,
        "on_behalf_of": None if behalf is None else {"ori": behalf[0], "officer": behalf[1]},
        "purpose": purpose.value,
        "query": query.value,
        "data_classes": [data_class.value for data_class in data_classes],
        "basis": None if basis is None else basis.value,
        "approved": approved,
        "key_id": key_id,
    }


@lru_cache(REMEMBERED_MAX)
def _request_bytes(*words: Any) -> bytes:
    return canonical(_request_part(*words))


def decision_bytes(kind: str, decision: Decision) -> bytes:
    """The canonical form of `decision_part`.

    Most decisions differ from an earlier one by their instant alone, which stands first in the
    canonical order: the rest is remembered.
    """
    rest = _rest_of(
        kind,
        decision.outcome,
        decision.law_digest,
        decision.permitted,
        decision.rulings,
        decision.clauses,
        decision.reason,
    )
    return b'{"at":"' + format_instant(decision.at).encode("ascii") + b'",' + rest


@lru_cache(REMEMBERED_MAX)
def _rest_of(
    kind: str,
    outcome: Outcome,
    law_digest: str,
    permitted: tuple[DataClass, ...],
    rulings: tuple[Ruling, ...],
    clauses: tuple[ClauseRef, ...],
    reason: str | None,
) -> bytes:
    """The canonical form of a decision behind its instant."""
    whole = decision_part(
        kind, Decision(outcome, Instant(0), law_digest, permitted, rulings, clauses, reason)
    )
    del whole["at"]
    return canonical(whole)[1:]


def decision_part(kind: str, decision: Decision) -> dict[str, Any]:
    """The verdict, its clauses and its law."""
    return {
        "kind": kind,
        "outcome": decision.outcome.value,
        "at": format_instant(decision.at),
        "law": decision.law_digest,
        "permitted": [data_class.value for data_class in decision.permitted],
        "rulings": [_ruling_part(ruling) for ruling in decision.rulings],
        "clauses": [clause_part(clause) for clause in decision.clauses],
        "reason": decision.reason,
    }


def _ruling_part(ruling: Ruling) -> dict[str, Any]:
    return {
        "act": ruling.act,
        "outcome": ruling.outcome.value,
        "clauses": [f"{clause.instrument}#{clause.clause}" for clause in ruling.clauses],
        "faults": list(ruling.faults),
    }


def clause_part(clause: ClauseRef) -> dict[str, str]:
    """A citation as entries and answers write it."""
    return {
        "instrument": clause.instrument,
        "clause": clause.clause,
        "title": clause.title,
        "digest": clause.digest,
    }
