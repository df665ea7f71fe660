"""`comity city`: events as messages on stdout, talk on stderr, clear errors."""

from __future__ import annotations

from collections import Counter

import pytest

from comity.city.days import city_events
from comity.city.scenes import MIDNIGHT, evening
from comity.cli.main import OK, USAGE, run
from comity.instant import parse_local
from comity.records.message import decode_event


def city(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str], str]:
    code = run(["city", *options])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


def test_each_line_is_a_message_of_the_feed(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, err = city(capsys, "--days", "2", "--from", "2018-08-11", "--seed", "5")
    assert code == OK
    assert f"{len(lines):,} events" in err
    start, end = (parse_local(day, "America/New_York") for day in ("2018-08-11", "2018-08-13"))
    read = [
        decode_event(line.encode(), MIDNIGHT, Counter(), hold_birthplace=True) for line in lines
    ]
    assert read == list(city_events(5, start, end))


def test_the_scene_is_merged_in_by_time(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--days", "1", "--from", "2018-08-31", "--arrests", "1")
    _, without, _ = city(capsys, *options)
    _, lines, _ = city(capsys, *options, "--scene")
    read = [
        decode_event(line.encode(), MIDNIGHT, Counter(), hold_birthplace=True) for line in lines
    ]
    assert [event.occurred_at for event in read] == sorted(event.occurred_at for event in read)
    scene = evening(2018)
    start = parse_local("2018-08-31", "America/New_York")
    added = {
        event.event_id
        for event in (*scene.before, *scene.during)
        if start <= event.occurred_at < MIDNIGHT
    }
    assert added == {event.event_id for event in read if "-9" in event.record_id}
    assert len(lines) == len(without) + len(added)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--from", "31.8.2018"), "is not a local time"),
        (("--from", "9999-12-01", "--days", "60"), "out of the calendar"),
        (("--from", "1850-01-01"), "leaves the years"),
        (("--days", "0"), "invalid value"),
        (("--arrests", "0"), "invalid value"),
        (("--time-zone", "Mars/Olympus"), "is not a time zone"),
    ],
)
def test_what_cannot_be_made_is_said(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], says: str
) -> None:
    code, lines, err = city(capsys, *options)
    assert (code, lines) == (USAGE, [])
    assert says in err
    assert "Try:" in err
