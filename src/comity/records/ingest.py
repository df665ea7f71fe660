"""Take events in: what is good is applied, what is bad is kept aside with its reason.

Invariants: every message ends in exactly one of four ways: applied, duplicate,
quarantined, or refused because its record was expunged; a batch is one durable
transaction with its quarantine and its counts, so nothing is half applied and
running the same file again changes nothing. Does not: know a database
(`RecordStore`), read files (`comity.records.read`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal, Protocol

import msgspec

from comity.errors import ComityError
from comity.instant import Instant
from comity.records.event import RecordEvent
from comity.records.mapping import MappingInvalid, RowMapping
from comity.records.message import MessageInvalid, decode_event, keepable

BATCH_MESSAGES: Final = 10_000
"""Half as many write half as much again to the disk; more hold the write lock for longer."""
REASONS_MAX: Final = 5
NOT_KEPT: Final = "its content is not kept: a field that is dropped at the door may be in it"
EXPUNGED: Final = "the record was expunged; what the message held is not kept"


class Refused(msgspec.Struct, frozen=True):
    """A message that is no event: why, where it stood, and what may be kept of it.

    `body` is without rejected fields, empty where none of it may be kept. `form` says
    how to try again: a `line` names its own source, a `signed` message must name the
    source whose key signed it, a `row` needs its mapping. `record_id` is the record
    it names, where that can be told, so that an expungement finds it.
    """

    source: str
    position: str
    reason: str
    body: bytes
    form: Literal["line", "signed", "row"] = "line"
    record_id: str | None = None


class Batch(msgspec.Struct, frozen=True):
    """What one transaction takes in. `dropped` counts rejected fields by name."""

    events: Sequence[RecordEvent]
    positions: Sequence[str]
    refused: Sequence[Refused]
    dropped: dict[str, int]


class Applied(msgspec.Struct, frozen=True):
    """What became of a batch. `expunged` is where messages stood whose records are no more.

    `recalls` counts past disclosures of records that the batch itself expunged.
    """

    applied: int = 0
    duplicates: int = 0
    expunged: tuple[str, ...] = ()
    quarantined: int = 0
    recalls: int = 0


class RecordStore(Protocol):
    """Where a batch becomes durable, whole or not at all."""

    def take_in(self, batch: Batch, at: Instant) -> Callable[[], Applied]:
        """Begin to apply one batch in one durable transaction; calling the result waits for it.

        The waiting raises the store's own fault, and then nothing of the batch was applied.
        """
        ...


class Taken(msgspec.Struct):
    """The running count of an ingestion."""

    applied: int = 0
    duplicates: int = 0
    expunged: int = 0
    quarantined: int = 0
    recalls: int = 0
    dropped: dict[str, int] = {}
    first_reasons: list[str] = []

    @property
    def messages(self) -> int:
        """Every message, whatever became of it."""
        return self.applied + self.duplicates + self.expunged + self.quarantined


Message = tuple[str, RecordEvent | Refused, dict[str, int]]
"""Where it stood, what it is, and which rejected fields it held."""


def take_in(
    messages: Iterable[Message],
    store: RecordStore,
    at: Callable[[], Instant],
    progress: Callable[[int], None] = lambda _: None,
    batch_messages: int = BATCH_MESSAGES,
) -> Taken:
    """Take in a stream of messages, batch by batch; `at` says when each batch is received.

    While one batch is made durable, the next is read; there are never more than two.
    """
    taken = Taken()
    under_way: tuple[Batch, Callable[[], Applied]] | None = None
    for batch in _batches(messages, batch_messages):
        begun = store.take_in(batch, at())
        if under_way is not None:
            _count(taken, *under_way, progress)
        under_way = (batch, begun)
    if under_way is not None:
        _count(taken, *under_way, progress)
    return taken


def _count(
    taken: Taken,
    batch: Batch,
    begun: Callable[[], Applied],
    progress: Callable[[int], None],
) -> None:
    became = begun()
    taken.applied += became.applied
    taken.duplicates += became.duplicates
    taken.expunged += len(became.expunged)
    taken.quarantined += became.quarantined
    taken.recalls += became.recalls
    for name, count in batch.dropped.items():
        taken.dropped[name] = taken.dropped.get(name, 0) + count
    reasons = [f"{one.position}: {one.reason}" for one in batch.refused]
    reasons += [f"{position}: {EXPUNGED}" for position in became.expunged]
    taken.first_reasons += reasons[: REASONS_MAX - len(taken.first_reasons)]
    progress(len(batch.events) + len(batch.refused))


def _batches(messages: Iterable[Message], most: int) -> Iterator[Batch]:
    events: list[RecordEvent] = []
    positions: list[str] = []
    refused: list[Refused] = []
    dropped: Counter[str] = Counter()
    for position, message, names in messages:
        if isinstance(message, Refused):
            refused.append(message)
        else:
            events.append(message)
            positions.append(position)
        if names:
            dropped.update(names)
        if len(events) + len(refused) >= most:
            yield Batch(events, positions, refused, dict(dropped))
            events, positions, refused, dropped = [], [], [], Counter()
    if events or refused:
        yield Batch(events, positions, refused, dict(dropped))


def messages_of_lines(
    lines: Iterable[tuple[int, bytes]],
    source: str,
    at: Instant,
    *,
    hold_birthplace: bool,
    file: str = "",
    signed: bool = False,
) -> Iterator[Message]:
    """NDJSON lines as messages. `source` is where a line that is no event is said to come from.

    With `signed`, the lines come from whoever holds that source's key, and one that
    names another source is refused.
    """
    form: Literal["line", "signed"] = "signed" if signed else "line"
    for number, line in lines:
        position = f"{file}:{number}" if file else str(number)
        dropped: Counter[str] = Counter()
        try:
            event = decode_event(line, at, dropped, hold_birthplace=hold_birthplace)
            if signed and event.source != source:
                raise MessageInvalid(f"names the source `{event.source}`", where="source")
        except MessageInvalid as fault:
            body, record_id = keepable(line, hold_birthplace=hold_birthplace)
            reason = _reason(fault, kept=bool(body))
            yield position, Refused(source, position, reason, body, form, record_id), dropped
        else:
            yield position, event, dropped


def messages_of_rows(
    rows: Iterable[tuple[int, dict[str, object]]],
    columns: Iterable[str],
    mapping: RowMapping,
    at: Instant,
    *,
    hold_birthplace: bool,
    file: str = "",
) -> Iterator[Message]:
    """Rows of an export as messages. Raises MappingInvalid for a column nobody mapped."""
    columns = tuple(columns)
    rejected = mapping.check_columns(columns, hold_birthplace=hold_birthplace)
    file = f"{file}:" if file else ""
    for number, row in rows:
        names = {name: 1 for name in rejected if row.get(name) not in (None, "")}
        whole = len(row) == len(columns)
        try:
            if not whole:
                raise MessageInvalid("has more or fewer cells than the heading line")
            event = mapping.event_of(row, at, hold_birthplace=hold_birthplace)
        except MessageInvalid as fault:
            position = f"{file}{number}"
            # Cells that have slipped stand under other names: a rejected one could be any.
            may_keep = whole or not rejected
            kept = {name: value for name, value in row.items() if name not in rejected}
            body = msgspec.json.encode(kept) if may_keep else b""
            reason = _reason(fault, kept=may_keep)
            record_id = mapping.record_id_of(row) if whole else None
            yield position, Refused(mapping.source, position, reason, body, "row", record_id), names
        else:
            yield f"{file}{number}", event, names


def message_again(
    refused: Refused, mapping: RowMapping | None, at: Instant, *, hold_birthplace: bool
) -> Message:
    """A message of the quarantine read once more, by the rules of its first try."""
    position = refused.position
    if refused.form == "row":
        if mapping is None or mapping.source != refused.source:
            return position, refused, {}
        row = msgspec.json.decode(refused.body, type=dict[str, object])
        try:
            (found,) = messages_of_rows(
                [(0, row)], row, mapping, at, hold_birthplace=hold_birthplace
            )
        except MappingInvalid as fault:
            # The mapping has changed since: this row stays, the others are tried.
            refused = msgspec.structs.replace(refused, reason=_reason(fault, kept=True))
            return position, refused, {}
    else:
        (found,) = messages_of_lines(
            [(0, refused.body)],
            refused.source,
            at,
            hold_birthplace=hold_birthplace,
            signed=refused.form == "signed",
        )
    _, message, dropped = found
    if isinstance(message, Refused):
        message = msgspec.structs.replace(message, position=position)
    return position, message, dropped


def _reason(fault: ComityError, *, kept: bool) -> str:
    said = fault.sentence()
    if fault.remedy:
        said = f"{said}; try: {fault.remedy}"
    return said if kept else f"{said}; {NOT_KEPT}"


def only_batch(messages: Iterable[Message]) -> Batch:
    """All messages as one batch, for a sender who waits for the answer."""
    for batch in _batches(messages, most=2**31):
        return batch
    return Batch((), (), (), {})
