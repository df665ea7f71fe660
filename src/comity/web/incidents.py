"""A memory of verdicts that was wrong: told aloud, entered for good, and trusted no more.

Source: `comity.cedar.memory`, which refuses and says `broken` where a sampled verdict is not the
engine's. Invariants: each law whose memory broke is one entry and one alarm in the log of each
process that found it; an alarm is given before the entry is tried, and an entry that could not be
made is tried again with the next inquiry; a law with an incident on file is decided without memory
from then on, also by a process that is started later. Does not: keep anybody waiting.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future
from typing import Final

import msgspec

from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.ledger.append import DurableReceipt
from comity.ledger.entry import Randomness
from comity.store.sqlite.database import Database
from comity.store.sqlite.incidents import enter_incident, incidents

_LOG: Final = logging.getLogger("comity.gateway")


class Incidents:
    """Watches the memory of whatever law a desk decides under."""

    def __init__(self, database: Database, randomness: Randomness) -> None:
        self._database = database
        self._randomness = randomness
        self._on_file = {one.law for one in incidents(database.reader())}
        self._entering: set[str] = set()
        self._alarmed: set[str] = set()

    def trust(self, law: LawInForce) -> LawInForce:
        """The law, without its memory where that was wrong before. For use before deciding."""
        if law.digest in self._on_file and law.memory.usable:
            law.memory.distrust("a remembered verdict under this law was wrong before")
        return law

    def look(self, law: LawInForce, at: Instant) -> None:
        """Alarm and enter, once a law, that its memory was wrong. For use after deciding."""
        broken, digest = law.memory.broken, law.digest
        if broken is None or digest in self._on_file or digest in self._entering:
            return
        self._entering.add(digest)
        if digest not in self._alarmed:
            self._alarmed.add(digest)
            line = {"alarm": broken, "law": digest}
            _LOG.critical("%s", msgspec.json.encode(line).decode())
        entered = self._database.write(
            lambda connection: enter_incident(connection, digest, broken, at, self._randomness)
        )
        entered.add_done_callback(lambda done: self._entered(digest, done))

    def _entered(self, digest: str, done: Future[DurableReceipt]) -> None:
        fault = done.exception()
        if fault is None:
            self._on_file.add(digest)
        else:
            _LOG.error("an incident could not be entered: %s", fault)
        self._entering.discard(digest)
