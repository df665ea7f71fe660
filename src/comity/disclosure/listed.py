"""A record as a list knows it: whose it is and its class, without anything that is held about it.

Source: decisions/0021-lists-in-sql.md. A class is a number for one tuple of the attributes that
a decision looks at (`comity.disclosure.facts.record_attributes`). Does not: find or decide.
"""

from __future__ import annotations

import msgspec


class Listed(msgspec.Struct, frozen=True):
    """`number` is the store's own for the record, `class_` that of its class."""

    record_id: str
    person_id: str
    number: int
    class_: int
