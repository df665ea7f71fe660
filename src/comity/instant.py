"""Instants: milliseconds since 1970-01-01T00:00Z, as Cedar's `datetime` counts them.

Sources: RFC 3339 for text; the IANA time zone database for local days.
Invariant: an instant is an `int` in UTC; a time zone appears only where people
read or write. Does not: read a clock (time is always a parameter).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from comity.errors import ComityError

Instant = NewType("Instant", int)
"""Milliseconds since the epoch, UTC."""

_LOCAL = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?")
_RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InstantError(ComityError):
    """A text does not name an instant."""


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 instant; digits beyond the millisecond are cut off.

    Raises InstantError where the offset is missing or the day does not exist.
    """
    found = _RFC3339.fullmatch(text)
    if not found:
        raise InstantError(
            f"`{text}` is not an instant", remedy="write it as 2018-08-31T23:59:59-04:00"
        )
    stem, fraction, offset = found.groups()
    try:
        whole = datetime.fromisoformat(stem + ("+00:00" if offset == "Z" else offset))
    except ValueError as fault:
        raise InstantError(f"`{text}` is not an instant: {fault}") from fault
    millis = int((fraction or "0")[:3].ljust(3, "0"))
    return from_datetime(whole + timedelta(milliseconds=millis))


def format_instant(at: Instant) -> str:
    """RFC 3339 in UTC with milliseconds: `2018-09-01T04:00:00.000Z`."""
    minute, rest = divmod(at, 60_000)
    return f"{_minute(minute)}{rest // 1000:02}.{rest % 1000:03}Z"


@lru_cache(4096)
def _minute(minute: int) -> str:
    """The text of a minute since 1970 up to its seconds: every entry has some of the same."""
    return (_EPOCH + timedelta(minutes=minute)).isoformat(timespec="minutes")[:-6] + ":"


def format_local(at: Instant, zone: str) -> str:
    """RFC 3339 with the offset in force in `zone` at that instant, to the second."""
    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.astimezone(time_zone(zone)).isoformat(timespec="seconds")


def from_datetime(moment: datetime) -> Instant:
    """An aware datetime as an instant. Raises InstantError for a naive one."""
    if moment.tzinfo is None:
        raise InstantError("a time without a time zone is not an instant")
    return Instant((moment - _EPOCH) // timedelta(milliseconds=1))


def parse_local(text: str, zone: str) -> Instant:
    """Read `2018-08-31T24:00` in a time zone; `24:00` is the end of that day.

    An hour that occurs twice (clocks going back) means its first occurrence.
    Raises InstantError for a time that does not exist.
    """
    found = _LOCAL.fullmatch(text)
    if not found:
        raise InstantError(
            f"`{text}` is not a local time", remedy="write it as 2018-08-31T24:00 or 2018-08-31"
        )
    year, month, day = (int(part) for part in found.groups()[:3])
    hour, minute, second = (int(part or 0) for part in found.groups()[3:6])
    millis = int((found.group(7) or "0").ljust(3, "0"))
    days = 0
    if hour == 24 and minute == second == millis == 0:
        hour, days = 0, 1
    try:
        naive = datetime(year, month, day, hour, minute, second) + timedelta(days=days)
    except ValueError as fault:
        raise InstantError(f"`{text}` is not a local time: {fault}") from fault
    local = naive.replace(tzinfo=time_zone(zone))
    if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != naive:
        raise InstantError(f"`{text}` does not exist in {zone}: clocks were put forward over it")
    return Instant(from_datetime(local.astimezone(UTC)) + millis)


def time_zone(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises InstantError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise InstantError(
            f"`{name}` is not a time zone", remedy="use an IANA name such as America/New_York"
        ) from fault
