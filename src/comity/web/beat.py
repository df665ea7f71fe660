"""The beat of the log: each second, if there is news, sign it, show it, and ask the witnesses.

Source: docs/ledger.md; C2SP tlog-witness. Invariants: a fault, or a witness that is down, stops
nothing but its own part: entries stay durable, the checkpoint is shown with the log's signature
alone, and the next beat tries again; a witness that knows a larger or another tree is an alarm in
the log file. Runs on one thread of its own. Does not: hold back answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from comity.errors import ComityError
from comity.instant import Instant
from comity.ledger.note import parse_note
from comity.ledger.policy import Policy, judge
from comity.ledger.tile_read import TileReader
from comity.store.publishing import Publisher, Signed
from comity.web.witness_client import Report, collect_now

BEAT_SECONDS: Final = 1.0
WITNESS_SECONDS: Final = 2.0
"""How long a beat waits for witnesses that are slow."""

_LOG: Final = logging.getLogger("comity.gateway")


class Beat:
    """Signs, shows and has cosigned, beat by beat."""

    def __init__(
        self, publisher: Publisher, clock: Callable[[], Instant], policy: Policy | None = None
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._policy = policy
        self._sizes: dict[str, int] = {}

    async def run(self) -> None:
        """Beat until cancelled; what was begun is finished then."""
        with ThreadPoolExecutor(1, "comity-publisher") as thread:
            while True:
                await asyncio.get_running_loop().run_in_executor(thread, self.once)
                await asyncio.sleep(BEAT_SECONDS)

    def once(self) -> Sequence[Report]:
        """One beat; what the witnesses said, where they were asked. Raises nothing of the store's."""
        try:
            self._publisher.publish(self._clock())
            if self._policy is None or not any(one.url for one in self._policy.witnesses):
                return ()
            return self._ask(self._policy)
        except (ComityError, OSError) as fault:
            _tell("publish", type(fault).__name__, str(fault))
            return ()

    def _ask(self, policy: Policy) -> Sequence[Report]:
        shown = self._publisher.shown()
        if shown is None or judge(parse_note(shown.note), policy).final:
            return ()
        collected = collect_now(
            parse_note(shown.note),
            policy,
            self._prover(shown),
            sizes=self._sizes,
            timeout_seconds=WITNESS_SECONDS,
        )
        self._sizes |= collected.sizes
        for alarm in collected.alarms:
            _tell("witness", alarm.outcome.value, f"{', '.join(alarm.names)}: {alarm.what}")
        self._publisher.show_cosigned(collected.note)
        return collected.reports

    def _prover(self, shown: Signed) -> Callable[[int], Sequence[bytes]]:
        checkpoint = shown.checkpoint
        folder = self._publisher.folder
        return TileReader(checkpoint.size, checkpoint.root, folder.fetch).consistency_proof


def _tell(route: str, fault: str, what: str) -> None:
    """One structured line. Of checkpoints and witnesses alone: nothing in it is about a person."""
    line = {"route": route, "fault": fault, "what": what}
    _LOG.error("%s", msgspec.json.encode(line).decode())
