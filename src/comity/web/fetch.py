"""An agency looks up its own inquiry: what became of it, or its answer once it is approved.

Invariants: an agency sees its own inquiries only; looking up says no more than
the decision did and discloses nothing; an approved inquiry is decided afresh under
the law in force now and goes the straight way, each time with entries of its own.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from comity.disclosure.answer import Answer, EntryPromise, promise
from comity.disclosure.seal import Signed, seal_settled
from comity.instant import Instant
from comity.ledger.append import AlreadyUsed, DurableReceipt, GenerationMoved, Guard, Once
from comity.store.sqlite.inquiries import (
    REPEAT_MS,
    Held,
    fetch_approved,
    held_inquiry,
    nonce_once,
)
from comity.store.sqlite.ledger import opened
from comity.web.caller import Caller, replayed
from comity.web.inquiry_body import read_inquiry
from comity.web.problems import ProblemRaised
from comity.web.service import DECIDED_MAX, Desk, answer_settled, law_moving
from comity.web.signature import body_digest


class Status(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of an inquiry, without what was disclosed.

    `approval` is `awaited` or `approved`, or absent where none is due.
    """

    inquiry_id: str
    outcome: str
    at: str
    law: str
    clauses: tuple[dict[str, str], ...]
    entries: tuple[EntryPromise, ...]
    reason: str | None = None
    approval: str | None = None


async def fetch(desk: Desk, caller: Caller, inquiry_id: str) -> Answer | Status:
    """The answer of an approved inquiry, else its status. Raises ProblemRaised (not found)."""
    ori, proven = caller.key.ori, caller.proven
    nonce = nonce_once(proven.key_id, proven.nonce, proven.good_until)
    held = held_inquiry(desk.database.reader(), ori, inquiry_id)
    if held is not None and _may_be_fetched(held, desk.clock()):
        return await _answer(desk, caller, held, nonce)
    answered = desk.notes.find(ori, inquiry_id)
    if answered is None:
        raise ProblemRaised("not-found", f"this agency has no inquiry `{inquiry_id}`")
    await desk.claim(None, nonce)
    reader = desk.database.reader()
    entries = [opened(reader, answered.first_entry + place) for place in range(answered.entries)]
    decision: dict[str, Any] = entries[0].decision
    return Status(
        inquiry_id=inquiry_id,
        outcome=str(decision["outcome"]),
        at=str(decision["at"]),
        law=str(decision["law"]),
        clauses=tuple(decision["clauses"]),
        entries=tuple(promise(DurableReceipt(entry.index, entry.commitment)) for entry in entries),
        reason=decision["reason"],
        approval=None if held is None else "awaited" if held.approved_at is None else "approved",
    )


def _may_be_fetched(held: Held, at: Instant) -> bool:
    """An approval is for one answer, which may be fetched again while a repeat may."""
    if held.approved_at is None:
        return False
    return held.answered_at is None or at <= held.answered_at + REPEAT_MS


async def _answer(desk: Desk, caller: Caller, held: Held, nonce: Once) -> Answer:
    inquiry = read_inquiry(held.body)
    signed = Signed(held.key_id, held.nonce, body_digest(held.body))
    for _ in range(DECIDED_MAX):
        view, at = desk.views.current(), desk.clock()
        settled, of = desk.settle(view, caller.key, inquiry, at, approved=True)
        sealed = seal_settled(settled, signed, desk.randomness)
        guard = Guard(view.generation, (nonce,))
        job = partial(fetch_approved, sealed=sealed, guard=guard, held=held, at=at)
        try:
            receipts = await desk.write(job)
        except GenerationMoved:
            continue
        except AlreadyUsed as used:
            raise replayed() from used
        return answer_settled(settled, of, sealed, receipts)
    raise law_moving()
