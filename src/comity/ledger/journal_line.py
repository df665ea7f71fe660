"""A line of the journal: what an entry was decided on, kept beside it and not under its commitment.

Source: decisions/0019-journal.md. Invariants: `about` can be blanked without touching the rest, and
nothing else of a line is about a person; acts and clauses are numbers, whose lists stand once in
the form. Knows bytes, no people; what stands in them is `comity.disclosure.journal`'s. Does not:
write (`comity.store.sqlite.journal`).
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

KEY_BYTES = 16
EXPUNGED = b""
"""What stands for `about` once the person was expunged."""


class LineForm(msgspec.Struct, frozen=True):
    """What the numbers of a line mean: the acts and the clauses of one law, in order.

    `acts` and `clauses` are JSON arrays of names; `key` is a digest of all the rest.
    """

    key: bytes
    version: int
    law: str
    acts: bytes
    clauses: bytes


class JournalLine(msgspec.Struct, frozen=True):
    """One inquiry about one record, or about none.

    `asked`, `about` and `ruled` are JSON arrays: who asked how, what was known of the record,
    and each group of acts with whether it was permitted, by which clauses, and which erred.
    """

    form: LineForm
    at: int
    outcome: str
    asked: bytes
    about: bytes
    ruled: bytes


def line_form(version: int, law: str, acts: tuple[str, ...], clauses: tuple[str, ...]) -> LineForm:
    """The form of lines under one law."""
    written = msgspec.json.encode((version, law, acts, clauses))
    key = blake2b(written, digest_size=KEY_BYTES).digest()
    return LineForm(key, version, law, msgspec.json.encode(acts), msgspec.json.encode(clauses))
