"""The text of a Cedar `datetime` as milliseconds since 1970, or that we cannot read it.

Source: Cedar RFC 80 and the Lean specification, `Cedar/Spec/Ext/Datetime.lean`.
Invariant: whatever is read here is read the same by the reference engine; what is not
is left to count with its full text. Does not: evaluate operations on datetimes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_FORM: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{3}))?(Z|([+-])(\d{2})(\d{2})))?",
    re.ASCII,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@lru_cache(maxsize=65_536)
def milliseconds(text: str) -> int | None:
    """Milliseconds since the epoch, or None for a text that this reader does not take."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    hour, minute, second = (int(part or 0) for part in found.group(4, 5, 6))
    millis = int(found[7] or 0)
    offset = timedelta(0)
    if found[9] is not None:
        if int(found[10]) > 23 or int(found[11]) > 59:
            return None
        offset = timedelta(hours=int(found[10]), minutes=int(found[11]))
        offset = -offset if found[9] == "-" else offset
    try:
        local = datetime(year, month, day, hour, minute, second, millis * 1000, tzinfo=UTC)
        return (local - _EPOCH - offset) // _MILLISECOND
    except (ValueError, OverflowError):
        return None
