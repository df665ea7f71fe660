"""A standing inquiry: which events it follows, what leaves for each, and when it ends.

Every event is decided by itself under the law in force at the instant of
sending, and logged by itself. The end is in event time: an event at or after
the last instant of the term is never sent, and an event from before it that
arrives late is not sent either, because sending is what the term bounds.
Does not: keep a cursor or a connection (`comity.web.stream`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.disclosure.decide import decide, decide_register
from comity.disclosure.decision import Decision, Outcome
from comity.disclosure.inquiry import Asked, ByStanding
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.law.instrument import ClauseRef
from comity.law.vocabulary import DataClass, ListAct, see
from comity.records.event import RecordEvent
from comity.records.record import Record

TOUCHED: Final = {
    "identity": DataClass.IDENTITY,
    "birthplace": DataClass.BIRTHPLACE,
    "contact": DataClass.CONTACT,
    "arrest": DataClass.ARREST,
    "charges": DataClass.CHARGES,
    "charges_dropped": DataClass.CHARGES,
    "appearances": DataClass.COURT,
    "custody": DataClass.CUSTODY,
    "whereabouts": DataClass.WHEREABOUTS,
    "release": DataClass.RELEASE,
    "holds": DataClass.CUSTODY,
    "convictions": DataClass.HISTORY,
    "bystanders": DataClass.PARTIES,
}
"""The data class of each part an event may replace."""


class Closing(msgspec.Struct, frozen=True):
    """Why a standing inquiry ended, and the clause that says so."""

    at: Instant
    reason: str
    clauses: tuple[ClauseRef, ...]


def follows(query: ByStanding, record: Record) -> bool:
    """Whether an event of this record concerns the standing inquiry."""
    if record.record_id in query.record_ids:
        return True
    state_id = record.identity.state_id if record.identity is not None else None
    if state_id is not None and state_id in query.state_ids:
        return True
    return query.charge_statute is not None and any(
        charge.statute == query.charge_statute for charge in record.charges.values()
    )


def touched(event: RecordEvent) -> tuple[DataClass, ...]:
    """The data classes an event brings news of."""
    named = {
        data_class
        for part, data_class in TOUCHED.items()
        if getattr(event.parts, part) not in (None, ())
    }
    return tuple(data_class for data_class in DataClass if data_class in named)


def closing(asked: Asked, law: LawInForce) -> Closing | None:
    """Why this standing inquiry must end under this law at `asked.at`, or None while it may go on."""
    decision = decide_register(asked, law, ListAct.SUBSCRIBE)
    if decision.outcome is Outcome.PERMIT:
        return None
    return Closing(asked.at, decision.reason or "the law no longer permits it", decision.clauses)


def decide_event(asked: Asked, law: LawInForce, record: Record, event: RecordEvent) -> Decision:
    """Decide what of one event may be sent: the classes asked for that the event touches.

    An event that touches nothing the inquiry may see is a refusal to be logged; nothing is sent.
    """
    wanted = set(touched(event)) & set(asked.inquiry.data_classes)
    narrowed = msgspec.structs.replace(
        asked,
        inquiry=msgspec.structs.replace(
            asked.inquiry,
            data_classes=tuple(data_class for data_class in DataClass if data_class in wanted),
        ),
    )
    decision = decide(narrowed, law, record)
    if decision.permitted == (DataClass.EXISTENCE,) and wanted:
        # Only existence is left of what was asked: there is no news to send.
        refused = tuple(
            ruling for ruling in decision.rulings if ruling.act != see(DataClass.EXISTENCE)
        )
        return msgspec.structs.replace(
            decision,
            outcome=Outcome.REFUSE,
            permitted=(),
            clauses=refused[0].clauses if refused else (),
            reason="the event touches only what may not be seen",
        )
    return decision
