"""Standing inquiries: opened, listed and cancelled by the agency that asks.

Opening one is an inquiry like any other: decided (may this agency subscribe at
all?), entered, and only then open. Invariants: a subscription is one transaction
with its entry; it follows events after the one that was last when it opened; its
end, whoever makes it, is an entry too. Does not: send events (`comity.web.stream`).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from comity.disclosure.answer import EntryPromise, answer_refused, promise
from comity.disclosure.decide import decide_register
from comity.disclosure.decision import Decision, Outcome
from comity.disclosure.inquiry import Asked, ByStanding
from comity.disclosure.journal import lines
from comity.disclosure.seal import Signed, clause_part, decision_bytes, request_bytes
from comity.instant import format_instant
from comity.law.vocabulary import ListAct
from comity.ledger.append import (
    AlreadyUsed,
    DurableReceipt,
    GenerationMoved,
    Guard,
    Once,
)
from comity.ledger.entry import SealedEntry, seal
from comity.store.sqlite.inquiries import (
    Subscription,
    close_subscription,
    inquiry_once,
    nonce_once,
    open_subscription,
    subscription_of,
    subscriptions_of,
)
from comity.web.caller import Caller, replayed
from comity.web.inquiry_body import read_inquiry
from comity.web.problems import ProblemRaised
from comity.web.service import DECIDED_MAX, Desk, law_moving
from comity.web.signature import body_digest


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a standing inquiry, and where its events are.

    `outcome` is `permit` where it is open; else `words` and `clauses` say why not.
    """

    inquiry_id: str
    outcome: str
    at: str
    law: str
    words: str
    clauses: tuple[dict[str, str], ...]
    entries: tuple[EntryPromise, ...]
    reason: str | None = None
    events: str | None = None


class Listed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One subscription of the agency that asks."""

    inquiry_id: str
    opened_at: str
    events: str
    closed_at: str | None = None
    closed_reason: str | None = None


class Cancelled(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subscription that has ended; `entry` is missing where it had ended before."""

    inquiry_id: str
    closed_at: str
    entry: EntryPromise | None = None


async def subscribe(desk: Desk, caller: Caller, body: bytes) -> Standing:
    """Open a standing inquiry, or refuse it. Raises ProblemRaised where it never becomes one."""
    inquiry = read_inquiry(body)
    if not isinstance(inquiry.query, ByStanding):
        raise ProblemRaised(
            "unusable-inquiry",
            "only a standing inquiry can be subscribed to",
            where="query.kind",
            remedy="write `subscription`, or POST it to /inquiries",
            allowed=("subscription",),
        )
    ori, proven = caller.key.ori, caller.proven
    once = (
        nonce_once(proven.key_id, proven.nonce, proven.good_until),
        inquiry_once(ori, inquiry.inquiry_id),
    )
    for _ in range(DECIDED_MAX):
        view, at = desk.views.current(), desk.clock()
        asked = desk.asked(view, caller.key, inquiry, (), at, approved=False)
        law = desk.incidents.trust(view.law(at))
        decision = decide_register(asked, law, ListAct.SUBSCRIBE)
        desk.incidents.look(law, at)
        opened = decision.outcome is Outcome.PERMIT
        kind = "subscription opened" if opened else "refusal"
        sealed = seal_standing(desk, asked, decision, caller.signed, kind)
        guard = Guard(view.generation, once)
        try:
            if opened:
                subscription = Subscription(
                    ori,
                    inquiry.inquiry_id,
                    body,
                    proven.key_id,
                    proven.nonce,
                    at,
                    desk.holdings.last_position(),
                )
                receipt = await desk.write(
                    partial(
                        open_subscription,
                        sealed=sealed,
                        guard=guard,
                        body_digest=proven.body_digest,
                        subscription=subscription,
                    )
                )
            else:
                (receipt,) = await desk.append((sealed,), guard)
        except GenerationMoved:
            continue
        except AlreadyUsed as used:
            raise _used_before(desk, caller, used, once[0]) from used
        return _standing(asked, decision, receipt)
    raise law_moving()


async def list_subscriptions(desk: Desk, caller: Caller) -> tuple[Listed, ...]:
    """The agency's subscriptions, ended ones too."""
    await desk.claim_nonce(caller)
    return tuple(
        Listed(
            one.inquiry_id,
            format_instant(one.opened_at),
            events_path(one.inquiry_id),
            None if one.closed_at is None else format_instant(one.closed_at),
            one.closed_reason,
        )
        for one in subscriptions_of(desk.database.reader(), caller.key.ori)
    )


async def cancel(desk: Desk, caller: Caller, inquiry_id: str) -> Cancelled:
    """End a subscription of the agency. Raises ProblemRaised (not found)."""
    subscription = own_subscription(desk, caller, inquiry_id)
    proven, at = caller.proven, desk.clock()
    sealed = seal(
        subject={"inquiry_id": inquiry_id},
        content={},
        request={"ori": caller.key.ori, "key_id": proven.key_id},
        decision={
            "kind": "subscription cancelled",
            "by": caller.key.ori,
            "at": format_instant(at),
        },
        randomness=desk.randomness,
    )
    nonce = nonce_once(proven.key_id, proven.nonce, proven.good_until)
    if subscription.closed_at is not None:
        await desk.claim(None, nonce)
        return Cancelled(inquiry_id, format_instant(subscription.closed_at))
    try:
        receipt = await desk.write(
            partial(
                close_subscription,
                sealed=sealed,
                guard=Guard(None, (nonce,)),
                ori=caller.key.ori,
                inquiry_id=inquiry_id,
                at=at,
                reason="cancelled by the agency",
            )
        )
    except AlreadyUsed as used:
        raise replayed() from used
    return Cancelled(inquiry_id, format_instant(at), None if receipt is None else promise(receipt))


def own_subscription(desk: Desk, caller: Caller, inquiry_id: str) -> Subscription:
    """The caller's subscription of that id. Raises ProblemRaised (not found)."""
    found = subscription_of(desk.database.reader(), caller.key.ori, inquiry_id)
    if found is None:
        raise ProblemRaised("not-found", f"this agency has no subscription `{inquiry_id}`")
    return found


def signed_of(subscription: Subscription) -> Signed:
    """What proves who opened a subscription.

    Where somebody it named was expunged, the digest is of what is left: that of the body
    which was signed could be guessed at.
    """
    return Signed(subscription.key_id, subscription.nonce, body_digest(subscription.body))


def seal_standing(
    desk: Desk, asked: Asked, decision: Decision, signed: Signed, kind: str
) -> SealedEntry:
    """Seal the opening, refusal or end of a standing inquiry. Its terms stay erasable."""
    inquiry = asked.inquiry
    return seal(
        subject={
            "terms": msgspec.to_builtins(inquiry.query),
            "case_number": inquiry.case_number,
            "legal_basis": inquiry.legal_basis,
            "content_digest": signed.content_digest,
            "nonce": signed.nonce,
            "inquiry_id": inquiry.inquiry_id,
        },
        content={"disclosed": {}},
        request=request_bytes(asked, signed),
        decision=decision_bytes(kind, decision),
        randomness=desk.randomness,
        journal=lines(decision.outcome.value, decision.line),
    )


def events_path(inquiry_id: str) -> str:
    """Where the events of a subscription are."""
    return f"/subscriptions/{inquiry_id}/events"


def _standing(asked: Asked, decision: Decision, receipt: DurableReceipt) -> Standing:
    refused = answer_refused(asked, decision, receipt)
    opened = decision.outcome is Outcome.PERMIT
    shared: dict[str, Any] = {
        "inquiry_id": asked.inquiry.inquiry_id,
        "outcome": decision.outcome.value,
        "at": format_instant(decision.at),
        "law": decision.law_digest,
        "clauses": tuple(clause_part(clause) for clause in decision.clauses),
        "entries": (promise(receipt),),
    }
    if not opened:
        return Standing(words=refused.words, reason=decision.reason, **shared)
    cited = ", ".join(clause.cite() for clause in decision.clauses)
    return Standing(
        words=f"Permitted: the subscription is open ({cited}).",
        events=events_path(asked.inquiry.inquiry_id),
        **shared,
    )


def _used_before(desk: Desk, caller: Caller, used: AlreadyUsed, nonce: Once) -> ProblemRaised:
    if used.once == nonce:
        return replayed()
    found = desk.notes.find(caller.key.ori, used.once.key)
    return ProblemRaised(
        "inquiry-already-answered",
        "this inquiry id was used before",
        remedy="GET /subscriptions lists what is open; else use a new inquiry id",
        entry=None if found is None else found.first_entry,
    )
