"""Events of a real jail taken in each second, beside what a user would write instead.

The feed is the custody feed of 8.5 years (1,035,434 events) where it is there, else the
shipped synthetic city. Comity reads the Parquet file by its mapping, folds every event
and makes each batch durable. The alternative is the usual one: SQLAlchemy's ORM over
SQLite with the same durability, the row found by its key, changed, and one commit each
1,000 events. The ratio is of the two on the first events of the feed, each reading the
file itself, because the alternative is slow. It folds nothing and keeps no stamps, so the
comparison favours it. `COMITY_SHARED` names the folder of the feed where it is not beside
the repository.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from bench.figure import Figure, three_digits
from comity.cli.output import clock
from comity.records.event import RecordEvent
from comity.records.ingest import Message, messages_of_rows, take_in
from comity.records.mapping import read_mapping
from comity.records.read import Rows

ROOT: Final = Path(__file__).resolve().parent.parent
SHARED: Final = Path(os.environ.get("COMITY_SHARED", ROOT.parent / "shared"))
FEED: Final = SHARED / "data" / "bench" / "nyc_doc_2016_2024_events.parquet"
SLICE_EVENTS: Final = 50_000
ALTERNATIVE_COMMIT: Final = 1_000
CITY_DAYS: Final = 120
RATE_MIN: Final = 20_000
RSS_MB_MAX: Final = 500


class Run(msgspec.Struct):
    """What one process measured of itself."""

    events: int
    seconds: float
    rss_mb: float


def measure() -> Iterator[Figure]:
    """Each side in a process of its own, so that the peak of memory is its own."""
    if not FEED.is_file():
        print(f"bench: {FEED} is not here: measured on the synthetic city", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        ours = _run("whole", Path(folder) / "whole")
        part = _run("slice", Path(folder) / "slice")
        other = _run("alternative", Path(folder) / "alternative")
    rate, part_rate, other_rate = (one.events / one.seconds for one in (ours, part, other))
    feed = FEED.name if FEED.is_file() else f"synthetic city, {CITY_DAYS} days"
    yield Figure(
        bench="ingest",
        figure="events_per_s",
        value=three_digits(rate),
        unit="events/s",
        against={
            "feed": feed,
            "events": ours.events,
            "at_least": RATE_MIN,
            "sqlalchemy_per_s": three_digits(other_rate),
            "slice_events": other.events,
            "slice_per_s": three_digits(part_rate),
        },
        ratio=three_digits(part_rate / other_rate),
    )
    yield Figure(
        bench="ingest",
        figure="peak_rss_mb",
        value=three_digits(ours.rss_mb),
        unit="MB",
        against={
            "limit_mb": RSS_MB_MAX,
            "events": ours.events,
            "sqlalchemy_mb": three_digits(other.rss_mb),
        },
        ratio=three_digits(ours.rss_mb / other.rss_mb),
    )


def _run(side: str, folder: Path) -> Run:
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "bench.ingest", side, str(folder)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    return msgspec.json.decode(done.stdout, type=Run)


def _events() -> Iterator[Message]:
    """The feed as messages, read and checked as `comity ingest` does."""
    if not FEED.is_file():
        yield from _city()
        return
    mapping = read_mapping((ROOT / "feeds" / "nyc-doc.toml").read_text("utf-8"), "nyc-doc.toml")
    rows = Rows(FEED)
    yield from messages_of_rows(rows, rows.columns, mapping, clock(), hold_birthplace=False)


def _city() -> Iterator[Message]:
    from comity.city.days import city_events
    from comity.city.figures import city_figures
    from comity.instant import Instant, parse_local

    start = parse_local("2018-01-01", "America/New_York")
    end = Instant(start + CITY_DAYS * 86_400_000)
    rate = city_figures().arrests_a_day
    events = city_events(2018, start, end, arrests_per_day=rate, time_zone="America/New_York")
    for number, event in enumerate(events):
        yield str(number), event, {}


def _whole(folder: Path) -> tuple[int, float]:
    return _take_in(_events(), folder)


def _slice(folder: Path) -> tuple[int, float]:
    return _take_in(islice(_events(), SLICE_EVENTS), folder)


def _take_in(messages: Iterable[Message], folder: Path) -> tuple[int, float]:
    from comity.cli.ingest import suit_process_to_bulk
    from comity.store.sqlite.database import Database
    from comity.store.sqlite.records import SqliteRecords

    suit_process_to_bulk()  # as the command does
    with Database.open(folder / "comity.db", create=True) as database:
        store = SqliteRecords(database, os.urandom)
        begun = perf_counter()
        taken = take_in(messages, store, clock)
        seconds = perf_counter() - begun
    if taken.applied != taken.messages:
        raise RuntimeError(f"not every event was applied: {taken}")
    return taken.messages, seconds


def _alternative(folder: Path) -> tuple[int, float]:
    from bench.alternative.intake import take_in_events

    messages = (message for _, message, _ in islice(_events(), SLICE_EVENTS))
    events = (message for message in messages if isinstance(message, RecordEvent))
    begun = perf_counter()
    count = take_in_events(events, folder / "orm.db", commit_each=ALTERNATIVE_COMMIT)
    return count, perf_counter() - begun


SIDES: Final = {"whole": _whole, "slice": _slice, "alternative": _alternative}

if __name__ == "__main__":
    events, seconds = SIDES[sys.argv[1]](Path(sys.argv[2]))
    # Linux counts KiB.
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(msgspec.json.encode(Run(events, seconds, rss_mb)).decode())
