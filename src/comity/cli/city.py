"""`comity city`: the events of a synthetic city, one JSON object a line.

The lines are messages as `comity ingest` takes them in (docs/records.md). Nobody in
them exists (docs/city.md). Invariant: the same options write the same bytes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import click

from comity.city.days import ARRESTS_A_DAY_MAX, CityImpossible, city_events
from comity.city.figures import city_figures
from comity.city.scene_steps import TIME_ZONE
from comity.city.scenes import evening
from comity.cli.output import Progress, emit, say
from comity.instant import Instant, format_local, parse_local
from comity.records.event import RecordEvent
from comity.records.message import encode_event

SEED: Final = 2018
FIRST_DAY: Final = "2018-08-01"
DAYS_MAX: Final = 36_500


@click.command("city")
@click.option(
    "--days",
    type=click.IntRange(1, DAYS_MAX),
    default=30,
    show_default=True,
    help="How many days of events.",
)
@click.option(
    "--from",
    "first",
    metavar="DAY",
    default=FIRST_DAY,
    show_default=True,
    help="The first day, as 2018-08-01.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=SEED,
    show_default=True,
    help="Another seed is another city.",
)
@click.option(
    "--arrests",
    type=click.FloatRange(0, ARRESTS_A_DAY_MAX, min_open=True),
    metavar="RATE",
    help="Arrests a day; else as many as in Philadelphia.",
)
@click.option(
    "--time-zone", metavar="ZONE", default=TIME_ZONE, show_default=True, help="The city's days."
)
@click.option("--scene", is_flag=True, help="With the people of the demo, 31 August 2018.")
def city(
    days: int, first: str, seed: int, arrests: float | None, time_zone: str, scene: bool
) -> None:
    """Make the events of a synthetic city.

    One JSON object a line, in the order in which they occurred: `comity city > events.ndjson`,
    then `comity ingest events.ndjson`. Nobody in them exists.
    """
    start = parse_local(first, time_zone)
    end = parse_local(_day_after(first[:10], days), time_zone)
    rate = city_figures().arrests_a_day if arrests is None else arrests
    events = city_events(seed, start, end, arrests_per_day=rate, time_zone=time_zone)
    if scene:
        events = heapq.merge(events, _scene(seed, start, end), key=_order)
    count = 0
    with Progress("events") as line:
        for event in events:
            emit(encode_event(event).decode())
            count += 1
            line.step()
    say(
        f"{count:,} events of people who do not exist, from {format_local(start, time_zone)}"
        f" until {format_local(end, time_zone)}, seed {seed}"
    )


def _day_after(first: str, days: int) -> str:
    """The ISO day that many days after another. Raises CityImpossible beyond the calendar."""
    try:
        return (date.fromisoformat(first) + timedelta(days=days)).isoformat()
    except OverflowError as fault:
        raise CityImpossible(
            f"{days} days from {first} lead out of the calendar", remedy="choose an earlier day"
        ) from fault


def _scene(seed: int, start: Instant, end: Instant) -> Iterator[RecordEvent]:
    """The events of the demo's people that fall into the days asked for."""
    told = evening(seed)
    return (event for event in (*told.before, *told.during) if start <= event.occurred_at < end)


def _order(event: RecordEvent) -> tuple[int, str, str]:
    return event.occurred_at, event.record_id, event.event_id
