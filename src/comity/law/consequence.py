"""What goes with a ruling: limits, days and contents, as a rule's `@also` writes them.

Source: the texts; the forms are listed in `docs/instruments.md`. Invariants: a form that
is not known is a fault of the text, found when it is read; a day is worked out on the
calendar of the place. Does not: watch over what follows (custody duties do).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from comity.errors import ComityError
from comity.instant import Instant, format_local

_PLAIN: Final = re.compile(r"[a-z_]+(:[^\s:][^:]*)?", re.ASCII)
_DAYS: Final = re.compile(r"([a-z_]+): ([1-9]\d{0,4}) days after ([a-z_]+)", re.ASCII)
_LATER: Final = re.compile(r"([a-z_]+): the greater of ([1-9]\d{0,4}) and ([a-z_]+)", re.ASCII)
_END_OF_DAY: Final = "until: end of the day"
_FORMS: Final = (
    "`max_hours:48`, `by: 60 days after filed`, `retain_years: the greater of 5 and "
    "record_life_years` or `until: end of the day`"
)


class ConsequenceInvalid(ComityError):
    """An `@also` that says nothing we can work out."""


def demand_form(written: str) -> None:
    """Raises ConsequenceInvalid unless the form is known."""
    if written != _END_OF_DAY and not any(
        form.fullmatch(written) for form in (_PLAIN, _DAYS, _LATER)
    ):
        raise ConsequenceInvalid(f"`{written}` is no consequence", remedy=f"write it as {_FORMS}")


def consequence(
    written: str, given: Mapping[str, Any], release_at: Instant | None, zone: str
) -> str | None:
    """The consequence worked out: `by:2026-03-06`. None where the fact it needs is not given.

    `written` is of a known form. Days are calendar days; `until: end of the day` is 23:59
    local time of the day on which the person would otherwise leave.
    """
    if written == _END_OF_DAY:
        if release_at is None:
            return None
        return f"until:{format_local(release_at, zone)[:10]}T23:59"
    days = _DAYS.fullmatch(written)
    if days is not None:
        start = given.get(days[3])
        if not isinstance(start, str):
            return None
        return f"{days[1]}:{date.fromisoformat(start) + timedelta(days=int(days[2]))}"
    later = _LATER.fullmatch(written)
    if later is not None:
        other = given.get(later[3])
        years = max(int(later[2]), other) if isinstance(other, int) else int(later[2])
        return f"{later[1]}={years}"
    return written
