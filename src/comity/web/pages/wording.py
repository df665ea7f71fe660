"""Days, moments and numbers as a reader of English or Spanish writes them.

Source: Unicode CLDR 47 for en-US and es-US (a test compares with Babel's copy of it). Does not:
say how long ago something was; a printed page would lie the next day.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from comity.instant import Instant, time_zone
from comity.web.pages.language import Words

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS: Final = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "es": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
}


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """A message that is translated where it is shown: marks it for the translators."""
    return message


def day_said(at: Instant, zone: str, words: Words) -> str:
    """`August 31, 2018`; `31 de agosto de 2018`."""
    moment = _local(at, zone)
    month = _MONTHS[words.language][moment.month - 1]
    if words.language == "es":
        return f"{moment.day} de {month} de {moment.year}"
    return f"{month} {moment.day}, {moment.year}"


def moment_said(at: Instant, zone: str, words: Words) -> str:
    """`August 31, 2018, 23:59 EDT`: the day, the 24-hour clock and the zone's own letters."""
    moment = _local(at, zone)
    return f"{day_said(at, zone, words)}, {moment:%H:%M} {moment.tzname()}"


def number_said(value: float) -> str:
    """`12,345.6`. Spanish in the United States writes numbers alike (es-US)."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"


def _local(at: Instant, zone: str) -> datetime:
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(time_zone(zone))
