"""Filling up the log at a steady pace, so that sizes and times of its checkpoints say less.

Source: docs/ledger-threats.md, "Counts"; the pace is `comity.ledger.padding`. Invariants: padding
goes the way of every entry, in a transaction, before anything is signed; what is signed then is the
tree that this transaction left, and not the entries that came while it was signed. What was signed
last, and when, is read from the database, so a restart keeps the pace. Does not: sign
(`comity.store.publishing`), or run by itself (`comity.web.beat`).
"""

from __future__ import annotations

from typing import Final

import apsw

from comity.instant import Instant
from comity.ledger.entry import Randomness
from comity.ledger.merkle import Frontier
from comity.ledger.padding import DECISION, Pace, padding
from comity.store.publishing import Publisher
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.sqlite.tree import growing, last_signed

WAIT_SECONDS: Final = 30.0
"""How long the transaction may take."""

_COUNT: Final = (
    "SELECT count(*) FROM entries WHERE length(decision_part) = ?1 AND decision_part = ?2"
)


class Padder:
    """Says when a checkpoint is due, and fills the log up to its size."""

    def __init__(
        self, database: Database, publisher: Publisher, pace: Pace, randomness: Randomness
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._pace = pace
        self._randomness = randomness

    def due(self, at: Instant) -> bool:
        """Whether this is the first beat of a period, or what was signed is not shown yet."""
        last = last_signed(self._database.reader())
        if last is None or self._pace.period(last.at) < self._pace.period(at):
            return True
        signed, shown = self._publisher.signed(), self._publisher.published()
        return signed is not None and signed.checkpoint != shown

    def fill(self) -> Frontier:
        """Append what is short to the log of now; its tree then, which is what is to be signed.

        Raises StoreUnwritable, TreeBroken.
        """
        return self._database.write(self._fill).result(WAIT_SECONDS)

    def _fill(self, connection: apsw.Connection) -> Frontier:
        number, _, tree = growing(connection)
        signed = last_signed(connection, number)
        short = self._pace.missing(tree.size - (0 if signed is None else signed.size))
        append_entries(connection, [padding(self._randomness) for _ in range(short)])
        return growing(connection)[2]


def padding_held(connection: apsw.Connection) -> int:
    """How many entries are padding. Looks at every entry, and reads those alone."""
    count: int = connection.execute(_COUNT, (len(DECISION), DECISION)).get
    return count
