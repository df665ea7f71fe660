"""Fold events into the record as it stands, in whatever order they arrive.

Each part of a record remembers the event that made it. An event replaces a part
only where its stamp (occurred_at, then source, then event id) is later than the
part's. Invariants: any order and any repetition of the same events gives the same
record (property test); what an event does not mention it does not touch. Does
not: expunge; that is the removal of a record, and no event can undo it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from comity.records.event import Parts, RecordEvent
from comity.records.hold import AS_CHARGE
from comity.records.record import Record, Stamp, Standing

_SINGLE: Final = (
    "identity",
    "birthplace",
    "contact",
    "arrest",
    "custody",
    "whereabouts",
    "release",
)
_MANY: Final = ("charges", "appearances", "holds", "convictions", "bystanders")
_STANDING: Final = {
    "sealed": Standing.SEALED,
    "hidden": Standing.HIDDEN,
    "restored": Standing.OPEN,
}
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_DECODER: Final = msgspec.json.Decoder(Record)


def fold(record: Record | None, event: RecordEvent) -> Record:
    """The record after this event. A record that is given is changed in place and returned."""
    stamp = Stamp(event.occurred_at, event.source, event.event_id)
    if record is None:
        record = Record(event.record_id, event.person_id)
    stamps = record.stamps
    if _newer(stamps, "person_id", stamp):
        record.person_id = event.person_id
    parts = event.parts
    for name in _SINGLE:
        value = getattr(parts, name)
        if value is not None and _newer(stamps, name, stamp):
            setattr(record, name, value)
    for name in _MANY:
        for one in getattr(parts, name):
            if _newer(stamps, f"{name}/{one.sequence}", stamp):
                held: dict[str, Any] = getattr(record, name)
                held[one.sequence] = one
    for sequence in parts.charges_dropped:
        if _newer(stamps, f"charges/{sequence}", stamp):
            record.charges.pop(sequence, None)
    _lift_disguised_holds(record, parts)
    standing = _STANDING.get(event.verb)
    if standing is not None and _newer(stamps, "standing", stamp):
        record.standing = standing
    return record


def _lift_disguised_holds(record: Record, parts: Parts) -> None:
    """A hold that came as a charge lasts until a later event says what the charge is."""
    if not record.holds:
        return
    sequences = [charge.sequence for charge in parts.charges]
    sequences += parts.charges_dropped
    sequences += [hold.sequence.removeprefix(AS_CHARGE) for hold in parts.holds]
    for sequence in sequences:
        hold = AS_CHARGE + sequence
        said, held = record.stamps.get(f"charges/{sequence}"), record.stamps.get(f"holds/{hold}")
        if said is not None and held is not None and said > held:
            record.holds.pop(hold, None)


def _newer(stamps: dict[str, Stamp], part: str, stamp: Stamp) -> bool:
    """Whether the event counts for the part; if so, the part is stamped by it."""
    held = stamps.get(part)
    if held is not None and held >= stamp:
        return False
    stamps[part] = stamp
    return True


def encode_record(record: Record) -> bytes:
    """The one byte string of a record, whatever order its parts came in."""
    return _ENCODER.encode(record)


def decode_record(stored: bytes) -> Record:
    """A record from its bytes. Raises msgspec.ValidationError for bytes that are none."""
    return _DECODER.decode(stored)
