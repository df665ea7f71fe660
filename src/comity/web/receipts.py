"""The receipt of an agency's own entry: proof, checkpoint, and what opens the entry.

Source: docs/receipts.md; C2SP tlog-proof. Invariants: an agency gets the receipts of entries it
asked for itself, and of no other; an entry of somebody else and one that does not exist are told
apart by nothing; that an entry was opened is itself an entry, durable before the receipt leaves.
The subject compartment is never opened to an agency: where nothing was shown it says what was
found. What was disclosed is opened only while a text that the entry cites is in force, because a
receipt would disclose it again. Compartments that were destroyed stay closed.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from comity.errors import NotFound
from comity.instant import format_instant
from comity.ledger.append import AlreadyUsed, Guard
from comity.ledger.audit import StoredEntry
from comity.ledger.entry import COMPARTMENTS, seal
from comity.ledger.note import parse_note
from comity.ledger.proof import LogProof
from comity.ledger.receipt import openings_of, receipt_over
from comity.ledger.wire import WireMalformed, read_decimal
from comity.store.publishing import Publisher
from comity.store.sqlite.inquiries import nonce_once
from comity.store.sqlite.ledger import entry
from comity.web.caller import Caller, replayed
from comity.web.problems import ProblemRaised
from comity.web.service import Desk

_REQUEST: Final = COMPARTMENTS.index("request")
_DECISION: Final = COMPARTMENTS.index("decision")
FOR_AGENCIES: Final = ("content", "request", "decision")
"""The compartments that may be opened to the agency whose entry it is."""


async def receipt_of(
    desk: Desk, publisher: Publisher | None, caller: Caller, index_text: str, wanted: str | None
) -> bytes:
    """The receipt as a file.

    `wanted` names the compartments to open, with commas between; None is all an agency may. Raises
    ProblemRaised: not found, receipt not ready, unknown word, replayed.
    """
    names = _names(wanted)
    stored = _own(desk, caller, index_text)
    proved = None if publisher is None else publisher.prove(stored.index)
    if proved is None:
        raise ProblemRaised(
            "receipt-not-ready",
            f"entry {stored.index} is durable, and not yet under a published checkpoint",
            remedy="ask again in a moment",
            headers={"Retry-After": "1"},
        )
    proof = LogProof(proved.index, proved.path, parse_note(proved.signed.note))
    if not _cited_is_in_force(desk, stored):
        names = tuple(name for name in names if name != "content")
    openings = openings_of(stored, names)
    await _enter(desk, caller, stored, tuple(openings.opened))
    return receipt_over(proof, openings).to_bytes()


def _names(wanted: str | None) -> tuple[str, ...]:
    if wanted is None:
        return FOR_AGENCIES
    names = tuple(name for name in wanted.split(",") if name)
    for name in names:
        if name not in FOR_AGENCIES:
            raise ProblemRaised(
                "unknown-word",
                f"`{name[:20]}` is no compartment that is opened to an agency",
                where="open",
                allowed=FOR_AGENCIES,
            )
    return names


def _own(desk: Desk, caller: Caller, index_text: str) -> StoredEntry:
    try:
        stored = entry(desk.database.reader(), read_decimal(index_text))
    except (WireMalformed, NotFound) as fault:
        raise _none(index_text) from fault
    request: dict[str, Any] = msgspec.json.decode(stored.parts[_REQUEST] or b"{}")
    if request.get("ori") != caller.key.ori:
        raise _none(index_text)
    return stored


def _cited_is_in_force(desk: Desk, stored: StoredEntry) -> bool:
    """Whether a text by which the entry was decided is in force now."""
    decision: dict[str, Any] = msgspec.json.decode(stored.parts[_DECISION] or b"{}")
    cited = {clause["instrument"] for clause in decision.get("clauses", ())}
    law = desk.views.current().law(desk.clock())
    return any(text.ref in cited for text in law.instruments)


async def _enter(desk: Desk, caller: Caller, stored: StoredEntry, names: tuple[str, ...]) -> None:
    proven = caller.proven
    sealed = seal(
        subject={"nonce": proven.nonce},
        content={},
        request={"ori": caller.key.ori, "key_id": proven.key_id},
        decision={
            "kind": "opening",
            "of_entry": stored.index,
            "compartments": list(names),
            "at": format_instant(desk.clock()),
        },
        randomness=desk.randomness,
    )
    once = nonce_once(proven.key_id, proven.nonce, proven.good_until)
    try:
        await desk.append((sealed,), Guard(None, (once,)))
    except AlreadyUsed as used:
        raise replayed() from used


def _none(index_text: str) -> ProblemRaised:
    return ProblemRaised("not-found", f"this agency has no entry `{index_text[:20]}`")
