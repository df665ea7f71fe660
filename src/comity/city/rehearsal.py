"""A rehearsal: the demo's city founded in a folder, its records played up to an instant.

One installation like any other (`comity init`), with the demo's cast, the law of
`comity.city.founding`, and some days of synthetic events (or a real feed). Demo
only: every key in it is public. Does not: ask or answer anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from comity.city.cast import Cast, demo_cast
from comity.city.days import city_events
from comity.city.founding import found_city
from comity.city.scenes import EVENING, Scene, evening
from comity.instant import Instant
from comity.law.library import Library
from comity.law.signing import private_pem
from comity.records.event import RecordEvent
from comity.records.ingest import Message, Taken, take_in
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import SqliteRecords

SEED: Final = 2018
DAYS_BEFORE: Final = 3
PLACES: Final = ("federal", "pennsylvania", "philadelphia")
"""Whose law the city lives under; other places' texts would only be read."""
DAY_MS: Final = 86_400_000


class Rehearsal(msgspec.Struct, frozen=True):
    """A city that has been founded and played to the evening."""

    database: Database
    cast: Cast
    scene: Scene
    texts: int
    acts: int
    taken: Taken


def rehearse_city(
    database: Database, law: Path, seed: int, say: Callable[[str], None]
) -> Rehearsal:
    """Found the city in an empty database and play it to 22:00 on 31 August 2018."""
    library = Library.load(law, PLACES)
    texts = {text.ref: text for text in library.instruments}
    say(f"{len(texts)} texts checked, each with its examples")
    cast = demo_cast(seed)
    acts = found_city(database, cast, texts, os.urandom)
    say(f"{acts} acts of law signed and recorded: adoptions, and the votes of ten years")
    scene = evening(seed)
    start = Instant(EVENING - DAYS_BEFORE * DAY_MS)
    background = city_events(seed, start, EVENING)
    taken = play(database, [*background, *scene.before])
    say(
        f"{taken.applied:,} events of {DAYS_BEFORE} days taken in;"
        f" {taken.quarantined + taken.expunged} refused"
    )
    return Rehearsal(database, cast, scene, len(texts), acts, taken)


def play(database: Database, events: Iterable[RecordEvent]) -> Taken:
    """Take events in, each at the instant it occurred."""
    ordered = sorted(events, key=lambda event: event.occurred_at)
    messages: list[Message] = [(event.event_id, event, {}) for event in ordered]
    last = ordered[-1].occurred_at if ordered else EVENING
    return take_in(messages, SqliteRecords(database, os.urandom), lambda: last)


def write_keys(cast: Cast, folder: Path) -> None:
    """The demo's private keys as PEM files, for whoever wants to ask by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    for ori, held in cast.agency_keys.items():
        file = folder / f"{ori}.pem"
        file.write_bytes(private_pem(held.private_key))
        file.chmod(0o600)
