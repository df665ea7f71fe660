"""One event as JSON: read strictly, refused with the position and what to do.

The shape is `comity.records.event.RecordEvent` with times as RFC 3339 text
(docs/records.md). Invariants: rejected fields are gone before anything is read;
an unknown field, a wrong type or a time without offset refuses the whole message;
`encode_event` writes what `decode_event` reads. Does not: store anything.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Any, Final

import msgspec

from comity.errors import ComityError
from comity.instant import Instant, InstantError, format_instant, parse_instant
from comity.records.event import RecordEvent
from comity.records.hold import retype_holds
from comity.records.reject import drop_rejected, is_rejected

MESSAGE_BYTES_MAX: Final = 65_536
AHEAD_MS_MAX: Final = 86_400_000
"""How far in the future an event may claim to have occurred: one day."""
ID_CHARS_MAX: Final = 200

TIMES: Final = frozenset(
    {
        "occurred_at",
        "arrested_at",
        "filed_at",
        "disposed_at",
        "at",
        "since",
        "released_at",
        "eligible_at",
        "placed_at",
        "lifted_at",
        "convicted_at",
    }
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORD: Final = re.compile(r"[\w:.#-]+")
_QUOTED: Final = re.compile(r'"([^"]{1,100})"')


class MessageInvalid(ComityError):
    """A message is not an event; `where` names the field."""


def decode_event(
    message: bytes, at: Instant, dropped: Counter[str], *, hold_birthplace: bool
) -> RecordEvent:
    """One event from JSON. Rejected fields are counted in `dropped`. Raises MessageInvalid."""
    if len(message) > MESSAGE_BYTES_MAX:
        raise MessageInvalid(
            f"a message of {len(message):,} bytes",
            remedy=f"one event has at most {MESSAGE_BYTES_MAX:,} bytes",
        )
    try:
        tree = msgspec.json.decode(message)
        if not isinstance(tree, dict):
            raise MessageInvalid("is not a JSON object")
        clean = _with_instants(drop_rejected(tree, dropped, hold_birthplace=hold_birthplace), "")
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise MessageInvalid(f"is not JSON: {fault}") from fault
    except RecursionError as fault:
        raise MessageInvalid("is nested too deeply") from fault
    try:
        event = msgspec.convert(clean, RecordEvent)
    except msgspec.ValidationError as fault:
        raise MessageInvalid(
            str(fault).rstrip("."), remedy="see docs/records.md, Events"
        ) from fault
    return check_event(event, at)


def check_event(event: RecordEvent, at: Instant) -> RecordEvent:
    """The event with disguised holds re-typed. Raises MessageInvalid for ids or times out of bounds."""
    for name in ("source", "event_id", "record_id", "person_id"):
        value: str = getattr(event, name)
        if not 0 < len(value) <= ID_CHARS_MAX or not value.isprintable():
            raise MessageInvalid(
                "is empty, too long or holds characters that do not print",
                where=name,
                remedy=f"1 to {ID_CHARS_MAX} printable characters",
            )
    if event.occurred_at > at + AHEAD_MS_MAX:
        raise MessageInvalid(
            f"{format_instant(event.occurred_at)} is more than a day ahead",
            where="occurred_at",
            remedy="check the clock of the record system",
        )
    identity = event.parts.identity
    if identity is not None and identity.birth_date is not None:
        _check_day(identity.birth_date)
    parts = retype_holds(event.parts)
    return event if parts is event.parts else msgspec.structs.replace(event, parts=parts)


def _check_day(text: str) -> None:
    """An inquiry finds a date of birth as ISO day and in no other form."""
    try:
        if _DAY.fullmatch(text) is None:
            raise ValueError
        date.fromisoformat(text)
    except ValueError as fault:
        raise MessageInvalid(
            "is no day", where="parts.identity.birth_date", remedy="write it as 1990-03-04"
        ) from fault


def keepable(message: bytes, *, hold_birthplace: bool) -> tuple[bytes, str | None]:
    """What quarantine may keep of a message that is no event, and the record it names.

    JSON is kept without its rejected fields. What cannot be read is kept as it is,
    unless a rejected field may be in it: then nothing of it is kept.
    """
    try:
        tree = msgspec.json.decode(message)
        clean = drop_rejected(tree, Counter(), hold_birthplace=hold_birthplace)
        kept = message if clean == tree else msgspec.json.encode(clean)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = message.decode("utf-8", "replace")
        words = [*_WORD.findall(text), *_QUOTED.findall(text)]
        suspect = any(is_rejected(word, hold_birthplace=hold_birthplace) for word in words)
        return b"" if suspect else message, None
    named = clean.get("record_id") if isinstance(clean, dict) else None
    return kept, named if isinstance(named, str) else None


def encode_event(event: RecordEvent) -> bytes:
    """The event as one line of JSON, without the line end."""
    return msgspec.json.encode(_with_texts(msgspec.to_builtins(event)))


def _with_instants(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        return {name: _instant(name, inner, f"{where}.{name}") for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_instants(one, f"{where}[{n}]") for n, one in enumerate(value)]
    return value


def _instant(name: str, value: Any, where: str) -> Any:
    if name not in TIMES or value is None:
        return _with_instants(value, where)
    if not isinstance(value, str):
        raise MessageInvalid(
            "a time must be RFC 3339 text", where=where[1:], remedy="2018-08-31T23:59:59-04:00"
        )
    try:
        return parse_instant(value)
    except InstantError as fault:
        raise MessageInvalid(fault.what, where=where[1:], remedy=fault.remedy) from fault


def _with_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: format_instant(Instant(inner))
            if name in TIMES and isinstance(inner, int)
            else _with_texts(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_with_texts(one) for one in value]
    return value
