"""The events of a standing inquiry, sent as they come and cut at the last instant of the term.

Server-sent events (WHATWG HTML §9.2). Pull model: each connection has its own
position in the one sequence of events and is woken when something was taken in.
Invariants: every event is decided under the law in force at its sending, entered,
durable, and only then sent; an event dated at or after the end of the term is never
sent, whatever our clock says; the end of the term closes the subscription with an
entry and a last event `closed` that cites the clause; the id of an event is its
position, so that `Last-Event-ID` resumes without gap. Over-reports where a
connection breaks between entry and arrival; never under-reports.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from enum import Enum, auto
from functools import partial
from typing import Final

import msgspec

from comity.disclosure.answer import Answer, EntryPromise, answer_shown, promise
from comity.disclosure.decision import Decision, Outcome, Ruling
from comity.disclosure.disclose import disclose
from comity.disclosure.inquiry import ByStanding, Inquiry
from comity.disclosure.seal import Signed, clause_part, seal_shown, seal_unshown
from comity.disclosure.subscription import Closing, closing, decide_event, follows, touched
from comity.instant import Instant, format_instant
from comity.law.vocabulary import ListAct
from comity.ledger.append import DurableReceipt, GenerationMoved, Guard
from comity.store.sqlite.inquiries import Subscription, close_subscription, subscription_of
from comity.web.caller import Caller
from comity.web.holdings import Bell, Placed
from comity.web.inquiry_body import read_inquiry
from comity.web.problems import ProblemRaised
from comity.web.service import Desk
from comity.web.standing import seal_standing, signed_of
from comity.web.view import View

BATCH_EVENTS: Final = 200
"""Events read at once by one connection."""
HEARTBEAT_SECONDS: Final = 15.0
"""How often a silent connection gets a comment, and its term is looked at."""
RETRY_MS: Final = 3000
"""What a client is told to wait before it connects again."""

HEARTBEAT: Final = b": still here\n\n"
GOODBYE: Final = b": the gateway is shutting down; connect again\n\n"


class Closed(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last message of a subscription: why it ended, and under which clause."""

    inquiry_id: str
    at: str
    reason: str
    words: str
    clauses: tuple[dict[str, str], ...]
    entry: EntryPromise | None = None


class _Turn(Enum):
    """What becomes of a turn that sends no message."""

    HANG_UP = auto()  # the connection ends, the subscription may go on
    AGAIN = auto()  # the law or the registry moved: look again whether it may go on
    SILENT = auto()  # nothing of this event is sent


class Stream:
    """One connection to the events of one subscription, beginning after a position."""

    def __init__(
        self,
        desk: Desk,
        bell: Bell,
        caller: Caller,
        subscription: Subscription,
        after: int,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        leaving: Callable[[], bool] = bool,
    ) -> None:
        self._follow(subscription)
        self._desk = desk
        self._bell = bell
        self._key = caller.key
        self._position = after
        self._heartbeat_seconds = heartbeat_seconds
        self._leaving = leaving
        self._open_under: View | None = None
        self._open_until: Instant | None = None
        self._over = False

    def _follow(self, subscription: Subscription) -> None:
        inquiry = read_inquiry(subscription.body)
        if not isinstance(inquiry.query, ByStanding):
            raise ProblemRaised("not-found", "this inquiry is no subscription")
        self._subscription = subscription
        self._inquiry: Inquiry = inquiry
        self._query: ByStanding = inquiry.query
        self._signed: Signed = signed_of(subscription)

    async def frames(self) -> AsyncIterator[bytes]:
        """What goes over the wire, in order. Ends with `closed`, or when the line must.

        Raises ProblemRaised where an entry cannot be written: nothing of it was sent.
        """
        yield f"retry: {RETRY_MS}\n\n".encode("ascii")
        while not self._leaving():
            batch = self._desk.holdings.events_after(self._position, BATCH_EVENTS)
            for placed in batch:
                turn = await self._turn(placed)
                if turn is _Turn.HANG_UP:
                    return
                if isinstance(turn, bytes):
                    yield turn
                if self._over:
                    return
                self._position = placed.position
            if batch:
                continue
            ended = await self._ended()
            if ended is not None:
                if isinstance(ended, bytes):
                    yield ended
                return
            if not await self._bell.wait(self._pause_seconds()):
                self._open_under = None  # a clause may tell the hours: look again
                yield HEARTBEAT

    async def _turn(self, placed: Placed) -> bytes | _Turn:
        """One event: the message it makes, or the last one where the subscription is over."""
        while True:
            ended = await self._ended()
            if ended is not None:
                return ended
            turn = await self._send(placed)
            if turn is not _Turn.AGAIN:
                return turn

    async def _ended(self) -> bytes | _Turn | None:
        """The closing message where the subscription is over; HANG_UP where only the line is."""
        desk, at = self._desk, self._desk.clock()
        view = desk.views.current()
        if view is self._open_under and (self._open_until is None or at < self._open_until):
            return None
        if view.registry.key(self._key.key_id, at) is None:
            return _Turn.HANG_UP
        ori, inquiry_id = self._subscription.ori, self._subscription.inquiry_id
        kept = subscription_of(desk.database.reader(), ori, inquiry_id)
        if kept is None or kept.closed_at is not None:
            reason = "ended" if kept is None else kept.closed_reason or "ended"
            return self._closed(Closing(at, reason, ()), None)
        if kept.body != self._subscription.body:
            self._follow(kept)  # somebody it named was expunged: no entry names them again
        asked = desk.asked(view, self._key, self._inquiry, (), at, approved=False)
        law = desk.incidents.trust(view.law(at))
        end = closing(asked, law)
        desk.incidents.look(law, at)
        if end is None:
            self._open_under, self._open_until = view, law.until
            return None
        ruling = Ruling(ListAct.SUBSCRIBE.value, Outcome.REFUSE, end.clauses)
        decision = Decision(Outcome.REFUSE, at, law.digest, (), (ruling,), end.clauses, end.reason)
        job = partial(
            close_subscription,
            sealed=seal_standing(desk, asked, decision, self._signed, "subscription closed"),
            guard=Guard(view.generation),
            ori=ori,
            inquiry_id=inquiry_id,
            at=at,
            reason=end.reason,
        )
        try:
            receipt = await desk.write(job)
        except GenerationMoved:
            return await self._ended()
        return self._closed(end, receipt)

    async def _send(self, placed: Placed) -> bytes | _Turn:
        """Decide one event, enter it, and frame what leaves."""
        desk, event = self._desk, placed.event
        if not set(touched(event)) & set(self._inquiry.data_classes):
            return _Turn.SILENT
        if self._follows_records_only() and event.record_id not in self._query.record_ids:
            return _Turn.SILENT
        record = desk.holdings.record(event.record_id)
        if record is None or not follows(self._query, record):
            return _Turn.SILENT
        view = desk.views.current()
        if view is not self._open_under:
            return _Turn.AGAIN
        # Decided at the later of the two instants: an event dated after the end of the
        # term is not sent before it, by a feed whose clock is ahead of ours.
        at = max(desk.clock(), event.occurred_at)
        asked = desk.asked(view, self._key, self._inquiry, (record,), at, approved=False)
        law = desk.incidents.trust(view.law(at))
        decision = decide_event(asked, law, record, event)
        desk.incidents.look(law, at)
        seal_it = seal_shown if decision.permitted else seal_unshown
        sealed = seal_it(asked, record, decision, self._signed, desk.randomness, event.event_id)
        try:
            (receipt,) = await desk.append((sealed,), Guard(view.generation))
        except GenerationMoved:
            return _Turn.AGAIN
        if not decision.permitted:
            return _Turn.SILENT
        disclosure = disclose(decision, sealed, receipt)
        answer = answer_shown(asked, decision.outcome, (disclosure,), 1)
        return _frame("disclosure", answer, placed.position)

    def _follows_records_only(self) -> bool:
        return not self._query.state_ids and self._query.charge_statute is None

    def _closed(self, end: Closing, receipt: DurableReceipt | None) -> bytes:
        self._over = True
        cited = ", ".join(clause.cite() for clause in end.clauses)
        words = ": ".join(part for part in ("The subscription has ended", cited) if part)
        message = Closed(
            self._inquiry.inquiry_id,
            format_instant(end.at),
            end.reason,
            f"{words} ({end.reason}).",
            tuple(clause_part(clause) for clause in end.clauses),
            None if receipt is None else promise(receipt),
        )
        return _frame("closed", message, None)

    def _pause_seconds(self) -> float:
        """Until the next heartbeat, or the end of the term where that comes first."""
        if self._open_until is None:
            return self._heartbeat_seconds
        left = (self._open_until - self._desk.clock()) / 1000
        return max(0.001, min(self._heartbeat_seconds, left))


def _frame(event: str, message: Answer | Closed, position: int | None) -> bytes:
    """One server-sent event. JSON has no raw line ends, so one `data` line is enough."""
    place = b"" if position is None else b"id: %d\n" % position
    return place + b"event: %s\ndata: %s\n\n" % (
        event.encode("ascii"),
        msgspec.json.encode(message),
    )
