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
from comity.ledger.policy import Policy, PolicyLog, judge
from comity.ledger.tile_read import TileReader
from comity.store.padding import Padder
from comity.store.publishing import Publisher, ShardLog, Signed
from comity.web.witness_client import Report, collect_now

BEAT_SECONDS: Final = 1.0
REST_SECONDS: Final = 0.05
"""Between two beats, however long the first one took."""
LOGS_ASKED_FOR: Final = 2
"""The log of this year, and the one before, until its last checkpoint is cosigned."""
WITNESS_SECONDS: Final = 2.0
"""How long a beat waits for witnesses that are slow."""

_LOG: Final = logging.getLogger("comity.gateway")


class Beat:
    """Signs, shows and has cosigned, beat by beat."""

    def __init__(
        self,
        publisher: Publisher,
        clock: Callable[[], Instant],
        policy: Policy | None = None,
        padder: Padder | None = None,
    ) -> None:
        self._publisher = publisher
        self._padder = padder
        self._clock = clock
        self._policy = policy
        self._sizes: dict[int, dict[str, int]] = {}
        """What each witness said it cosigned last, by log."""

    async def run(self) -> None:
        """Beat until cancelled; what was begun is finished then."""
        with ThreadPoolExecutor(1, "comity-publisher") as thread:
            loop = asyncio.get_running_loop()
            while True:
                next_beat = loop.time() + BEAT_SECONDS
                await loop.run_in_executor(thread, self.once)
                await asyncio.sleep(max(REST_SECONDS, next_beat - loop.time()))

    def once(self) -> Sequence[Report]:
        """One beat; what the witnesses said, where they were asked. Raises nothing of the store's."""
        try:
            at = self._clock()
            if self._padder is None:
                self._publisher.publish(at)
            elif self._padder.due(at):
                self._publisher.publish(at, self._padder.fill)
            if self._policy is None or not any(one.url for one in self._policy.witnesses):
                return ()
            logs = self._publisher.logs()[-LOGS_ASKED_FOR:]
            return tuple(report for log in logs for report in self._ask(log, self._policy))
        except (ComityError, OSError) as fault:
            _tell("publish", type(fault).__name__, str(fault))
            return ()

    def _ask(self, log: ShardLog, policy: Policy) -> Sequence[Report]:
        shown = log.shown()
        # The file may not list a log that began since it was written; the witnesses must know it.
        own = msgspec.structs.replace(policy, logs=(PolicyLog(log.verifier_key),))
        if shown is None or judge(parse_note(shown.note), own).final:
            return ()
        collected = collect_now(
            parse_note(shown.note),
            own,
            _prover(log, shown),
            sizes=self._sizes.get(log.number, {}),
            timeout_seconds=WITNESS_SECONDS,
        )
        self._sizes[log.number] = {**self._sizes.get(log.number, {}), **collected.sizes}
        for alarm in collected.alarms:
            _tell("witness", alarm.outcome.value, f"{', '.join(alarm.names)}: {alarm.what}")
        log.show_cosigned(collected.note)
        return collected.reports


def _prover(log: ShardLog, shown: Signed) -> Callable[[int], Sequence[bytes]]:
    checkpoint = shown.checkpoint
    return TileReader(checkpoint.size, checkpoint.root, log.folder.fetch).consistency_proof


def _tell(route: str, fault: str, what: str) -> None:
    """One structured line. Of checkpoints and witnesses alone: nothing in it is about a person."""
    line = {"route": route, "fault": fault, "what": what}
    _LOG.error("%s", msgspec.json.encode(line).decode())
