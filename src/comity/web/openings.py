"""A person opens the entries about themselves, with the code on their notice.

Source: docs/openings.md. Invariants: what a code opens is entered, durable, before anything of it
leaves; a code that was never made, was revoked or replaced, or whose record was expunged gets the
same answer after the same work; the code travels in a body, never in an address, and stands in no
log line. The limits are on attempts, right or wrong: a code of 110 bits needs no limit against
guessing, the store does against load. Does not: make codes (`comity opening code`), or open ranges
for auditors (`comity opening range`).
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

import msgspec

from comity.disclosure.opened_entry import OpenedEntry, opened_entry
from comity.disclosure.opening_code import CodeMistyped, OpeningCode, read_code
from comity.instant import format_instant
from comity.store.opening import NotPublished, OpenedSubject, demand_published, subject_file
from comity.store.publishing import Publisher
from comity.store.sqlite.openings import NoSuchCode, use_code
from comity.web.limits import Buckets
from comity.web.problems import ProblemRaised
from comity.web.service import Desk

PER_ADDRESS: Final = 12
"""Attempts a minute from one address."""
PER_GATEWAY: Final = 240
"""Attempts a minute in all: behind a proxy everybody has one address."""
BODY_BYTES: Final = 256


class CodeGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code as it stands on the notice."""

    code: str


class SubjectOpened(msgspec.Struct, frozen=True):
    """What a code opens.

    `entries` says in words what `file` proves; `agencies` names those in it, by ORI. `later` counts
    entries that are durable and not under a checkpoint yet, this opening's own among them.
    """

    at: str
    entries: tuple[OpenedEntry, ...]
    agencies: dict[str, str]
    later: int
    file: str


class OpeningDoor:
    """Takes codes for one gateway."""

    def __init__(self, desk: Desk, publisher: Publisher | None) -> None:
        self._desk = desk
        self._publisher = publisher
        self._by_address = Buckets(PER_ADDRESS)
        self._in_all = Buckets(PER_GATEWAY)

    async def open(self, body: bytes, address: str | None) -> SubjectOpened:
        """What the code in `body` opens.

        Raises ProblemRaised: too many requests, malformed, mistyped, not found, not ready,
        ledger unwritable.
        """
        self._limit(address)
        code = _code(body)
        desk = self._desk
        if self._publisher is None:
            raise _not_ready("this gateway publishes no log to prove entries by")
        try:
            # Before the entry: what cannot be proved is not entered as opened.
            demand_published(self._publisher.log)
            at = desk.clock()
            used = await desk.write(partial(use_code, code=code, at=at, randomness=desk.randomness))
            # Somebody with a thousand entries must not keep everybody else waiting.
            found = await asyncio.to_thread(
                subject_file, desk.database, self._publisher, code, used, at
            )
        except NotPublished as fault:
            raise _not_ready(fault.what) from fault
        except NoSuchCode as fault:
            raise ProblemRaised("not-found", fault.what, remedy=fault.remedy) from fault
        return self._told(found)

    def _limit(self, address: str | None) -> None:
        at = self._desk.clock()
        try:
            self._by_address.take(address or "", at)
            self._in_all.take("", at)
        except ProblemRaised as fault:
            raise ProblemRaised(
                "too-many-requests",
                "too many codes were tried from here in a minute",
                remedy=fault.remedy,
                headers=fault.headers,
            ) from fault

    def _told(self, found: OpenedSubject) -> SubjectOpened:
        statement = found.statement
        registry = self._desk.views.current().registry
        entries = tuple(opened_entry(index, log, values) for index, log, values in found.opened)
        oris = {ori for one in entries for ori in (one.agency, one.on_behalf_of) if ori}
        return SubjectOpened(
            at=format_instant(statement.at),
            entries=entries,
            agencies={
                ori: registry.agencies[ori].name for ori in sorted(oris) if ori in registry.agencies
            },
            later=statement.later,
            file=found.raw.decode("utf-8"),
        )


def _code(body: bytes) -> OpeningCode:
    try:
        given = msgspec.json.decode(body, type=CodeGiven)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        # Without the parser's words, which may repeat what was sent.
        raise ProblemRaised(
            "malformed-inquiry", "the body is not a code", remedy='send {"code": "…"}'
        ) from fault
    try:
        return read_code(given.code)
    except CodeMistyped as fault:
        raise ProblemRaised(
            "unusable-inquiry", fault.what, where="code", remedy=fault.remedy
        ) from fault


def _not_ready(what: str) -> ProblemRaised:
    return ProblemRaised(
        "receipt-not-ready", what, remedy="ask again in a moment", headers={"Retry-After": "1"}
    )
