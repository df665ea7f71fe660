"""A city that goes on: events arrive as they occur, and agencies ask, until it is told to stop.

For demonstrations: what a visitor of the pages sees move. Everything goes over HTTP, signed by the
demo's public keys, as in `comity.city.demonstration`. Invariants: an event is handed in at or after
the instant it occurred, in order; what is told is what the gateway answered; a gateway that does
not answer ends it. Does not: read a clock, sleep, or decide anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Final

import msgspec

from comity.city.cast import AgencyKey, Cast
from comity.city.dice import Dice
from comity.city.load import Known, inquiries
from comity.errors import Unreachable
from comity.instant import Instant
from comity.ledger.entry import Randomness
from comity.records.event import RecordEvent
from comity.web.client import Client, Refused, RefusedForNow

PACE_SECONDS: Final = (2, 9)
"""The least and the most between two inquiries."""
INQUIRIES_MAX: Final = 1_000_000
HANDED_MAX: Final = 200
"""Events handed in at a time, when many are due."""


class Happened(msgspec.Struct, frozen=True):
    """One thing that happened: events taken in, or an inquiry and its outcome."""

    at: Instant
    what: str


def live(
    url: str,
    cast: Cast,
    seed: int,
    people: Sequence[Known],
    events: Iterable[RecordEvent],
    *,
    clock: Callable[[], Instant],
    randomness: Randomness,
    rest: Callable[[float], bool],
) -> Iterator[Happened]:
    """Let the city go on. `rest` waits some seconds and says whether to go on.

    `events` are those still to come, by when they occur. Ends where the gateway is gone.
    """
    with ExitStack() as open_clients:

        def client(held: AgencyKey) -> Client:
            made = Client(
                url, held.key.key_id, held.private_key, clock=clock, randomness=randomness
            )
            open_clients.callback(made.close)
            return made

        feed = client(cast.source_key)
        asking = {ori: client(held) for ori, held in cast.agency_keys.items()}
        dice = Dice(seed, "living")
        # Another visit of the same city asks other things: an inquiry id counts once.
        fresh = int.from_bytes(randomness(4), "big")
        coming = iter(events)
        waiting = next(coming, None)
        try:
            for ori, inquiry in inquiries(seed + fresh, people, INQUIRIES_MAX):
                due: list[RecordEvent] = []
                while waiting is not None and waiting.occurred_at <= clock():
                    due.append(waiting)
                    waiting = next(coming, None)
                    if len(due) == HANDED_MAX:
                        break
                if due:
                    taken = feed.hand_in(due)
                    yield Happened(clock(), f"{taken.taken_in} events taken in")
                try:
                    answer = asking[ori].ask(inquiry)
                    yield Happened(clock(), f"{ori} asks: {answer.outcome}")
                except RefusedForNow:
                    yield Happened(clock(), f"{ori} asks too fast")
                except Refused as refused:
                    yield Happened(clock(), f"{ori} asks: {refused.problem.title}")
                least, most = PACE_SECONDS
                if not rest(least + dice.below(1000) * (most - least) / 1000):
                    return
        except Unreachable:
            return
