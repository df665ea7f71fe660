"""Which data class each field of a record belongs to: exactly one.

Source: DESIGN.md, "Law that runs"; names after NIEM 6.0 (docs/records.md).
Invariants: every field of `Record` that holds something about a person is in
`CLASS_OF`, once; a field without a class cannot leave; `whereabouts` and
`parties` hold what locates a person and who else was there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from comity.instant import Instant, format_instant
from comity.law.vocabulary import DataClass
from comity.records.message import TIMES
from comity.records.record import Record

CLASS_OF: Final[Mapping[str, DataClass]] = {
    "record_id": DataClass.EXISTENCE,
    "identity": DataClass.IDENTITY,
    "birthplace": DataClass.BIRTHPLACE,
    "contact": DataClass.CONTACT,
    "arrest": DataClass.ARREST,
    "charges": DataClass.CHARGES,
    "appearances": DataClass.COURT,
    "custody": DataClass.CUSTODY,
    "holds": DataClass.CUSTODY,
    "release": DataClass.RELEASE,
    "convictions": DataClass.HISTORY,
    "whereabouts": DataClass.WHEREABOUTS,
    "bystanders": DataClass.PARTIES,
}
"""The data class of each part of a record; every field of the part shares it."""

_PARTS_OF: Final = {
    one: tuple(part for part in CLASS_OF if CLASS_OF[part] is one) for one in DataClass
}

NEVER_LEAVES: Final = frozenset({"person_id", "standing", "stamps"})
"""The custodian's own bookkeeping: which records are one person's, and how they came to be."""


def fields_of(record: Record, data_class: DataClass) -> dict[str, Any]:
    """The fields of one data class that the record holds, as JSON values.

    Parts that hold several things become lists in the order of their sequence;
    instants become RFC 3339 text.
    """
    fields = {}
    for part in _PARTS_OF[data_class]:
        value = getattr(record, part)
        if value is not None and not (type(value) is dict and not value):
            fields[part] = _plain(value)
    return fields


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return [_plain(value[key]) for key in sorted(value)]
    if isinstance(value, msgspec.Struct):
        held = msgspec.to_builtins(value)
        for name in TIMES.intersection(held):
            if held[name] is not None:
                held[name] = format_instant(Instant(held[name]))
        return {name: one for name, one in held.items() if one is not None}
    return value
