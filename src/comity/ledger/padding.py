"""Padding: entries that say nothing, so that the public log shows less of how much happened.

Source: docs/ledger-threats.md, "Counts". A pace, `8 a minute` for instance, says when a checkpoint
is signed and over how many new entries: one at the first beat of each period, over as many as the
pace says, or the next multiple of it where more than that happened. What is short is filled up with
padding: entries sealed like any other, of four compartments of which only the decision holds a word.

Invariants: from outside, the 33 bytes of padding are those of any entry, under 1,024 random bits; who
opens it learns that it is padding and nothing else; it is about nobody. Does not: append
(`comity.store.padding`), or hide an entry's place from whoever was told it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from comity.errors import ComityError
from comity.instant import Instant
from comity.ledger.canonical import canonical
from comity.ledger.entry import Randomness, SealedEntry, seal

KIND: Final = "padding"
NO_PADDING: Final = "none"
DECISION: Final = canonical({"kind": KIND})
"""The decision compartment of padding, to the byte."""

_SECONDS: Final = {"a minute": 60, "an hour": 3600}
_PACE: Final = re.compile(r"([1-9][0-9]{0,3}) (a minute|an hour)", re.ASCII)


class PaceMalformed(ComityError):
    """A text names no pace."""


class Pace(msgspec.Struct, frozen=True):
    """So many entries, or a multiple of that, in each period of so many seconds."""

    entries: int
    seconds: int

    def period(self, at: Instant) -> int:
        """The number of the period an instant is in."""
        return at // (1000 * self.seconds)

    def missing(self, fresh: int) -> int:
        """How many entries bring `fresh` new ones up to the next multiple, of one at least."""
        return max(1, -(-fresh // self.entries)) * self.entries - fresh


def parse_pace(text: str) -> Pace | None:
    """Read `none`, `8 a minute`, `64 an hour`. Raises PaceMalformed."""
    if text == NO_PADDING:
        return None
    found = _PACE.fullmatch(text)
    if not found:
        raise PaceMalformed(
            f"`{text[:40]}` is no pace", remedy="write `none`, or as in `8 a minute`, `64 an hour`"
        )
    return Pace(int(found[1]), _SECONDS[found[2]])


def padding(randomness: Randomness) -> SealedEntry:
    """One entry that says nothing."""
    nothing: dict[str, Any] = {}
    return seal(
        subject=nothing,
        content=nothing,
        request=nothing,
        decision={"kind": KIND},
        randomness=randomness,
    )
