"""Texts of datetime, duration, decimal and ip as numbers, each checked by the reference engine.

Source: Cedar RFC 80 and the Lean specification, `Cedar/Spec/Ext`. Invariant: a number
worked out here is one that cedarpy said, of this very text, to be the same; a text that
cedarpy refuses makes the expression err; what we read otherwise than cedarpy is not
encoded. Does not: evaluate operations.
"""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import cedarpy

from comity.cedar.datetimes import milliseconds
from comity.cedar.symbolic.answer import WRITTEN, NotEncoded
from comity.cedar.symbolic.network import parts

_DURATION: Final = re.compile(
    r"(-)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII
)
_UNITS: Final = (86_400_000, 3_600_000, 60_000, 1_000, 1)
_FOUR_CENTURIES: Final = 146_097 * 86_400_000
_DECIMAL: Final = re.compile(r"(-)?(\d+)\.(\d{1,4})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NAMES: Final = {
    "datetime": "datetime",
    "duration": "duration",
    "decimal": "decimal",
    "ip": "ipaddr",
}
"""Constructors and the types of what they make."""


@lru_cache(maxsize=4_096)
def read(function: str, text: str) -> int | None:
    """The number of a text; None where it is none, so that the engine errs on it."""
    literal = f"{function}({quoted(text)})"
    if not _allows(f"{literal} == {literal}"):
        return None
    number = _number(function, text)
    if number is None or not _allows(f"{literal} == {cedar(function, number)}"):
        raise NotEncoded(literal)
    return number


def _number(function: str, text: str) -> int | None:
    match function:
        case "datetime" if text.startswith("0000-"):
            # Four hundred years later the calendar is the same.
            later = milliseconds(f"0400{text[4:]}")
            return None if later is None else later - _FOUR_CENTURIES
        case "datetime":
            return milliseconds(text)
        case "duration":
            return _duration(text)
        case "decimal":
            found = _DECIMAL.fullmatch(text)
            if found is None:
                return None
            number = int(found[2] + found[3].ljust(4, "0"))
            return -number if found[1] else number
        case "ip":
            return _network(text)
    return None


def cedar(function: str, number: int) -> str:
    """A number as a Cedar expression, in another form than most are written in."""
    match function:
        case "datetime":
            return f'datetime("1970-01-01").offset(duration("{number}ms"))'
        case "duration":
            return f'duration("{number}ms")'
        case "decimal":
            return f'decimal("{decimal_text(number)}")'
    return f'ip("{network_text(number)}")'


def as_json(function: str, number: int) -> dict[str, Any]:
    """A number as a value in a request or among entities."""
    match function:
        case "datetime" if not WRITTEN[0] <= number <= WRITTEN[1]:
            start, step = as_json("datetime", 0), as_json("duration", number)
            return {"__extn": {"fn": "offset", "args": [start, step]}}
        case "datetime":
            at = _EPOCH + timedelta(milliseconds=number)
            text = f"{at:%Y}".zfill(4) + f"-{at:%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
        case "duration":
            text = f"{number}ms"
        case "decimal":
            text = decimal_text(number)
        case _:
            text = network_text(number)
    return {"__extn": {"fn": function, "arg": text}}


def decimal_text(number: int) -> str:
    """A decimal of four digits."""
    whole, rest = divmod(abs(number), 10_000)
    return f"{'-' if number < 0 else ''}{whole}.{rest:04}"


def network_text(number: int) -> str:
    """An address with its prefix."""
    version, address, prefix = parts(number)
    if version == 4:
        return f"{ipaddress.IPv4Address(address % 2**32)}/{min(prefix, 32)}"
    words = [f"{address >> shift & 0xFFFF:x}" for shift in range(112, -1, -16)]
    return f"{':'.join(words)}/{min(prefix, 128)}"


def quoted(text: str) -> str:
    """A string literal of Cedar."""
    return (
        '"'
        + "".join(
            one if 32 <= ord(one) < 127 and one not in '"\\' else f"\\u{{{ord(one):x}}}"
            for one in text
        )
        + '"'
    )


def _duration(text: str) -> int | None:
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        return None
    number = sum(
        int(part) * unit for part, unit in zip(found.groups()[1:], _UNITS, strict=True) if part
    )
    return -number if found[1] else number


def _network(text: str) -> int | None:
    try:
        found = ipaddress.ip_interface(text)
    except ValueError:
        return None
    six = int(found.version == 6)
    return (six << 136) | (int(found.ip) << 8) | found.network.prefixlen


def _allows(condition: str) -> bool:
    """Whether cedarpy finds a condition without variables true."""
    request = {
        "principal": {"type": "P", "id": "p"},
        "action": {"type": "Action", "id": "a"},
        "resource": {"type": "R", "id": "r"},
        "context": json.dumps({}),
    }
    policy = f"permit (principal, action, resource) when {{ {condition} }};"
    return bool(cedarpy.is_authorized(request, policy, "[]").allowed)
