"""Where the entries of answered inquiries stand, so that a repeat finds its answer.

A plain answer's note is written some moments after the answer's own transaction, many
at a time, so that the hot path carries one commit only; until then it is found here.
Invariant: whether an inquiry id was used is never decided from a note (the
ledger's guard does that); a lost note means a repeat that is refused.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from comity.disclosure.decide import Settled
from comity.instant import Instant, parse_instant
from comity.ledger.append import DurableReceipt, EntryIndex
from comity.ledger.entry import SealedEntry
from comity.store.sqlite.database import Database
from comity.store.sqlite.inquiries import REPEAT_MS, Answered, answered_inquiry, remember
from comity.store.sqlite.ledger import entries_between
from comity.web.problems import ProblemRaised

GATHER_SECONDS: Final = 0.2
"""How long a note waits for others."""

_Batch = dict[tuple[str, str], Answered]
_DECISION: Final = 3
_CONTENT: Final = 1


class Given(msgspec.Struct, frozen=True):
    """An answer given before: when, its sealed entries, and where they stand."""

    at: Instant
    sealed: tuple[SealedEntry, ...]
    receipts: tuple[DurableReceipt, ...]


class Notes:
    """Notes of one gateway process. Used from its event loop and from the writer thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()  # owns everything below
        self._waiting: _Batch = {}
        self._writing: list[_Batch] = []
        self._due = False

    def add(self, answered: Answered) -> None:
        """Keep a note, on the running event loop; it is written with whatever gathers until then."""
        with self._lock:
            self._waiting[answered.ori, answered.inquiry_id] = answered
            if self._due:
                return
            self._due = True
        asyncio.get_running_loop().call_later(GATHER_SECONDS, self.write)

    def find(self, ori: str, inquiry_id: str) -> Answered | None:
        """The note of an inquiry, or None."""
        key = (ori, inquiry_id)
        with self._lock:
            for batch in (self._waiting, *self._writing):
                if key in batch:
                    return batch[key]
        return answered_inquiry(self._database.reader(), ori, inquiry_id)

    def same_again(
        self,
        answered: Answered | None,
        body_digest: str,
        settled: Settled,
        sealed: Sequence[SealedEntry],
    ) -> Given:
        """The answer given before, where deciding afresh gives the same content and decision.

        Raises ProblemRaised (inquiry already answered) naming the entry where it is known.
        """
        if answered is None:
            raise _already("its entry is in the ledger", None)
        entry = answered.first_entry
        if answered.body_digest is None or settled.asked.at > answered.answered_at + REPEAT_MS:
            raise _already(f"as entry {entry}, longer ago than a repeat is answered", entry)
        if answered.body_digest != body_digest:
            raise _already(f"as entry {entry}, with another body", entry)
        stored = tuple(entries_between(self._database.reader(), entry, entry + answered.entries))
        if len(stored) != len(sealed):
            raise _already(f"as entry {entry}, with another answer", entry)
        again: list[SealedEntry] = []
        for old, new in zip(stored, sealed, strict=True):
            if old.parts[_CONTENT] != new.parts[_CONTENT] or _undated(
                old.parts[_DECISION]
            ) != _undated(new.parts[_DECISION]):
                raise _already(f"as entry {entry}; the answer would now be another", entry)
            again.append(
                SealedEntry(old.commitment, _whole(old.parts), _whole(old.openings), old.digests)
            )
        first: dict[str, Any] = msgspec.json.decode(again[0].parts[_DECISION])
        return Given(
            parse_instant(first["at"]),
            tuple(again),
            tuple(DurableReceipt(EntryIndex(old.index), old.commitment) for old in stored),
        )

    def write(self) -> None:
        """Write what gathered."""
        with self._lock:
            self._due = False
            if not self._waiting:
                return
            batch, self._waiting = self._waiting, {}
            self._writing.append(batch)
        rows = tuple(batch.values())
        future = self._database.write(lambda connection: remember(connection, rows))
        future.add_done_callback(lambda _: self._written(batch))

    def _written(self, batch: _Batch) -> None:
        """On the writer thread. A note that could not be written is a lost note."""
        with self._lock:
            self._writing = [one for one in self._writing if one is not batch]


def _undated(part: bytes | None) -> dict[str, Any]:
    """A decision compartment without its instant."""
    decision: dict[str, Any] = {} if part is None else msgspec.json.decode(part)
    decision.pop("at", None)
    return decision


def _whole(
    four: tuple[bytes | None, bytes | None, bytes | None, bytes | None],
) -> tuple[bytes, bytes, bytes, bytes]:
    subject, content, request, decision = (part or b"" for part in four)
    return subject, content, request, decision


def _already(where: str, entry: int | None) -> ProblemRaised:
    return ProblemRaised(
        "inquiry-already-answered",
        f"this inquiry id was answered before, {where}",
        remedy="ask under a new inquiry id",
        entry=entry,
    )
