"""The records and their events, as far as the gateway reads them, and the bell for new ones.

`Holdings` is what `comity.web.records_held` makes of the store.
The bell is pulled by: whoever waits wakes when something was taken in, and reads
from its own position, so that a slow reader delays nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import msgspec

from comity.disclosure.inquiry import ByList, Query
from comity.disclosure.listed import Listed
from comity.instant import Instant
from comity.records.event import RecordEvent
from comity.records.record import Record


class Placed(msgspec.Struct, frozen=True):
    """An event with its position: events are numbered in the order they were taken in."""

    position: int
    event: RecordEvent


class BadMessage(msgspec.Struct, frozen=True):
    """A message that was not taken in: quarantined, or of an expunged record. `line` counts from 1."""

    line: int
    reason: str


class Taken(msgspec.Struct, frozen=True):
    """What became of the messages of one request. `dropped` counts rejected fields by name."""

    taken_in: int
    duplicates: int
    quarantined: tuple[BadMessage, ...]
    dropped: dict[str, int] = {}


class Holdings(Protocol):
    """Records and events of one store."""

    def candidates(self, query: Query, most: int) -> Sequence[Record]:
        """The records that fit, whatever their standing, at most `most`."""
        ...

    def record(self, record_id: str) -> Record | None:
        """The record as it stands now, or None."""
        ...

    def last_position(self) -> int:
        """The position of the last event taken in; 0 where there is none."""
        ...

    def events_after(self, position: int, most: int) -> Sequence[Placed]:
        """The events after a position, in order, at most `most`."""
        ...

    async def take_in(self, source: str, messages: Sequence[bytes], at: Instant) -> Taken:
        """Take in messages of one record system, durably: the bad ones go to quarantine.

        Raises StoreUnwritable, where nothing was taken in.
        """
        ...


@runtime_checkable
class Lists(Protocol):
    """Holdings that answer lists by the classes of their records (`comity.web.list_answer`)."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything read inside is of one moment."""
        ...

    def classes(self, in_custody: bool | None) -> Mapping[int, dict[str, Any]]:
        """All classes that a record may have, or those of people in custody, or of the others."""
        ...

    def find(self, query: ByList, classes: Sequence[int], most: int) -> Sequence[Listed] | None:
        """What fits and is of these classes, in the order of ids; None for more than `most`."""
        ...

    def some(self, query: ByList, classes: Sequence[int], most: int) -> Sequence[Record]:
        """Records of these classes that fit, at most `most`, in no order."""
        ...

    def records(self, listed: Sequence[Listed]) -> Sequence[Record]:
        """The records as they stand, in the order given."""
        ...


class Bell:
    """Wakes every waiter of one event loop. `ring` may be called on that loop only."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake whoever waits now."""
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, seconds: float) -> bool:
        """Wait for the bell; False where it did not ring in that time."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait_for(waiter, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiters.discard(waiter)
        return True
