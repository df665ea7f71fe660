"""The demo's city going on behind a running gateway: what `comity serve --living` adds.

For rehearsals only. Invariants: it speaks to the gateway by HTTP with the demo's public keys, like
anybody; it ends with the gateway. Does not: found a city (`comity.cli.demo`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from comity.city.cast import demo_cast
from comity.city.days import city_events
from comity.city.living import live
from comity.city.load import known_people
from comity.city.rehearsal import DAY_MS, DAYS_BEFORE, SEED
from comity.city.scenes import EVENING
from comity.city.staff import demo_accounts
from comity.cli.output import clock, say
from comity.instant import Instant
from comity.web.pages.visit import SignInOffer

HOURS_AHEAD: Final = 24
PATIENCE_SECONDS: Final = 5.0


def offers(at: Instant) -> tuple[SignInOffer, ...]:
    """Who may sign in to the demo's pages, and by what, at an instant."""
    return tuple(
        SignInOffer(one.account.handle, one.says, one.password, one.code_at(at))
        for one in demo_accounts(SEED, EVENING)
    )


@contextmanager
def going_on(url: str) -> Iterator[None]:
    """Let the city go on beside the gateway at this address, until the block ends."""
    over = threading.Event()

    def run() -> None:
        if over.wait(1.0):  # the gateway is not up before
            return
        founded = Instant(EVENING - DAYS_BEFORE * DAY_MS)
        people = known_people(city_events(SEED, founded, EVENING))
        begin = max(clock(), EVENING)
        until = Instant(begin + HOURS_AHEAD * 3_600_000)
        events = city_events(SEED, begin, until, founded=founded)
        for happened in live(
            url,
            demo_cast(SEED),
            SEED,
            people,
            events,
            clock=clock,
            randomness=os.urandom,
            rest=lambda seconds: not over.wait(seconds),
        ):
            say(happened.what)

    thread = threading.Thread(target=run, name="city", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE_SECONDS)
