"""The straight way of one inquiry: law, records, decide, append, disclose, answer.

Source: DESIGN.md, One straight way. Invariants: nothing is answered before its
entries are durable; where law, registry or a record's standing changed meanwhile,
the inquiry is decided again, a bounded number of times; an inquiry id and a nonce
count once, in the transaction of the entries; a repeat of the same body gets the
same answer, without a new entry, only while deciding it afresh gives the same
bytes. Does not: know HTTP (`comity.web.gateway`) or hold connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import apsw
import msgspec

from comity.disclosure.answer import Answer, answer_refused, answer_shown
from comity.disclosure.decide import Settled, decide_register, settle, too_broad
from comity.disclosure.decide_list import beyond
from comity.disclosure.decision import Decision, Outcome
from comity.disclosure.disclose import disclose
from comity.disclosure.inquiry import (
    Asked,
    Basis,
    ByList,
    ByStanding,
    Inquirer,
    Inquiry,
    OnBehalfOf,
    Ori,
)
from comity.disclosure.kinds import Kinds
from comity.disclosure.process import basis, names, names_whom
from comity.disclosure.registry import Key
from comity.disclosure.seal import seal_settled
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.law.vocabulary import ListAct
from comity.ledger.append import (
    AlreadyUsed,
    DurableReceipt,
    Generation,
    GenerationMoved,
    Guard,
    LedgerUnwritable,
    Once,
)
from comity.ledger.entry import Randomness, SealedEntry
from comity.records.record import Record
from comity.store.faults import StoreUnreadable, StoreUnwritable
from comity.store.sqlite.database import Database
from comity.store.sqlite.inquiries import (
    Answered,
    Held,
    hold_inquiry,
    inquiry_once,
    nonce_once,
)
from comity.store.sqlite.ledger import SqliteLedger
from comity.store.sqlite.registry import process_on_file
from comity.web.caller import Caller, replayed
from comity.web.holdings import Holdings, Lists
from comity.web.incidents import Incidents
from comity.web.inquiry_body import read_inquiry
from comity.web.limits import Limits
from comity.web.list_answer import settle_list
from comity.web.notes import Given, Notes
from comity.web.problems import ProblemRaised
from comity.web.view import View, Views

DECIDED_MAX: Final = 5
"""How often an inquiry is decided before a law that keeps moving is a problem."""

EVEN_SECONDS: Final = 0.25
"""How long every answer about a paper takes, so that its time tells nothing of who is here."""

T = TypeVar("T")
Clock = Callable[[], Instant]


class Desk:
    """Answers inquiries of verified callers. One for each gateway process."""

    def __init__(
        self,
        database: Database,
        views: Views,
        holdings: Holdings,
        *,
        clock: Clock,
        randomness: Randomness,
        limits: Limits,
        time_zone: str = "UTC",
        even_seconds: float = EVEN_SECONDS,
    ) -> None:
        self.time_zone = time_zone
        self.even_seconds = even_seconds
        self.database = database
        self.views = views
        self.holdings = holdings
        self.clock = clock
        self.randomness = randomness
        self.limits = limits
        self.ledger = SqliteLedger(database)
        self.notes = Notes(database)
        self.kinds = Kinds()
        self.lists_fault: str | None = None
        """Why lists are answered by their classes no more, once one disagreed with the engine."""
        self.incidents = Incidents(database, randomness)

    async def ask(self, caller: Caller, body: bytes, seen: View | None = None) -> Answer:
        """Answer one inquiry. Raises ProblemRaised where it never becomes one.

        `seen` is the view the caller was admitted under, if it was read just now.
        """
        inquiry = read_inquiry(body)
        if isinstance(inquiry.query, ByStanding):
            raise ProblemRaised(
                "unusable-inquiry",
                "a standing inquiry is not answered here",
                where="query.kind",
                remedy="POST it to /subscriptions",
            )
        ori, proven = caller.key.ori, caller.proven
        once = (
            nonce_once(proven.key_id, proven.nonce, proven.good_until),
            inquiry_once(ori, inquiry.inquiry_id),
        )
        for _ in range(DECIDED_MAX):
            view, at = seen or self.views.current(), self.clock()
            seen = None
            settled, of = self.settle(view, caller.key, inquiry, at, approved=False)
            sealed = seal_settled(settled, caller.signed, self.randomness)
            guard = Guard(view.generation, once)
            try:
                if awaits_approval(settled):
                    held = Held(ori, inquiry.inquiry_id, body, proven.key_id, proven.nonce, at)
                    receipts = await self._hold(sealed, guard, proven.body_digest, held)
                else:
                    receipts = await self.append(sealed, guard)
                    self.notes.add(
                        Answered(
                            ori,
                            inquiry.inquiry_id,
                            proven.body_digest,
                            receipts[0].index,
                            len(receipts),
                            at,
                        )
                    )
            except GenerationMoved:
                continue
            except AlreadyUsed as used:
                if used.once == once[0]:
                    raise replayed() from used
                given = self._given(caller, inquiry, settled, sealed)
                await self.claim(guard.generation, once[0])
                return answer_settled(dated(settled, given.at), of, given.sealed, given.receipts)
            return answer_settled(settled, of, sealed, receipts)
        raise law_moving()

    def settle(
        self, view: View, key: Key, inquiry: Inquiry, at: Instant, *, approved: bool
    ) -> tuple[Settled, int]:
        """Decide an inquiry under a view; with how many records it may see over all its pages.

        A list is decided as a whole before any record is read. Its pages and counts are of the
        permitted set: found by the classes of the records where the store can, else cut out
        after every record was decided.
        """
        law = self.incidents.trust(view.law(at))
        settled = self._settle(view, law, key, inquiry, at, approved=approved)
        self.incidents.look(law, at)
        return settled

    def _settle(
        self,
        view: View,
        law: LawInForce,
        key: Key,
        inquiry: Inquiry,
        at: Instant,
        *,
        approved: bool,
    ) -> tuple[Settled, int]:
        if isinstance(inquiry.query, ByList):
            asked = self.asked(view, key, inquiry, (), at, approved=approved)
            register = decide_register(asked, law, ListAct.LIST)
            if register.outcome is not Outcome.PERMIT:
                return Settled(asked, (), register), 0
            listed = self._list(view, law, key, inquiry, at, approved=approved)
            if listed is not None:
                return listed
        most = self.limits.list_candidates_max
        candidates = self.holdings.candidates(inquiry.query, most + 1)
        if len(candidates) > most:
            asked = self.asked(view, key, inquiry, (), at, approved=approved)
            return too_broad(asked, law, most), 0
        asked = self.asked(view, key, inquiry, candidates, at, approved=approved)
        return _page(settle(asked, law, candidates))

    def _list(
        self,
        view: View,
        law: LawInForce,
        key: Key,
        inquiry: Inquiry,
        at: Instant,
        *,
        approved: bool,
    ) -> tuple[Settled, int] | None:
        """A list that may be asked for, by the classes of the records; None where that cannot be."""
        lists = self.holdings
        if not isinstance(lists, Lists) or self.lists_fault or law.memory.broken:
            return None
        if law.engine.names_resources:  # then a class is not all that tells two records apart
            return None
        found = settle_list(
            lists,
            law,
            lambda records: self.asked(view, key, inquiry, records, at, approved=approved),
            self.kinds,
            self.limits.list_candidates_max,
        )
        if found is None:
            return None
        if found.disagreed is not None:
            self.lists_fault = found.disagreed
            law.memory.distrust(found.disagreed)  # which is an incident: alarmed and entered
        return found.settled, found.of

    def asked(
        self,
        view: View,
        key: Key,
        inquiry: Inquiry,
        candidates: Sequence[Record],
        at: Instant,
        *,
        approved: bool,
    ) -> Asked:
        """The inquiry with its principals and its basis, at that instant."""
        if view.registry.key(key.key_id, at) is None:
            raise ProblemRaised("unknown-key", f"key `{key.key_id}` counts no longer")
        inquirer = view.registry.inquirer(key.ori, inquiry.officer, at)
        if inquirer is None:
            raise ProblemRaised("unknown-key", f"agency {key.ori} is not registered")
        found = self._basis(inquiry, candidates, at)
        return Asked(
            inquiry=inquiry,
            inquirer=inquirer,
            on_behalf_of=_second(view, inquiry.on_behalf_of, at),
            basis=found if isinstance(found, Basis) else None,
            basis_fault=found if isinstance(found, str) else None,
            approved=approved,
            at=at,
        )

    async def append(
        self, sealed: Sequence[SealedEntry], guard: Guard
    ) -> tuple[DurableReceipt, ...]:
        """Make entries durable. Raises ProblemRaised (ledger unwritable) and what a guard raises."""
        try:
            return await self.ledger.append(sealed, guard)
        except LedgerUnwritable as fault:
            raise ledger_unwritable(fault) from fault

    async def write(self, job: Callable[[apsw.Connection], T]) -> T:
        """Run a write job. Raises ProblemRaised (ledger unwritable) and what the job raises."""
        try:
            return await asyncio.wrap_future(self.database.write(job))
        except StoreUnwritable as fault:
            raise ledger_unwritable(fault) from fault

    async def _hold(
        self, sealed: Sequence[SealedEntry], guard: Guard, body_digest: str, held: Held
    ) -> tuple[DurableReceipt, ...]:
        return await self.write(
            lambda connection: hold_inquiry(connection, sealed, guard, body_digest, held)
        )

    async def claim_nonce(self, caller: Caller) -> None:
        """Use up the caller's nonce without an entry. Raises as `claim`."""
        proven = caller.proven
        await self.claim(None, nonce_once(proven.key_id, proven.nonce, proven.good_until))

    async def claim(self, generation: Generation | None, nonce: Once) -> None:
        """Use up a nonce without an entry. Raises ProblemRaised: replayed, ledger unwritable."""
        try:
            await self.append((), Guard(generation, (nonce,)))
        except AlreadyUsed as used:
            raise replayed() from used
        except GenerationMoved as moved:
            raise law_moving() from moved

    def _given(
        self, caller: Caller, inquiry: Inquiry, settled: Settled, sealed: Sequence[SealedEntry]
    ) -> Given:
        """The answer already given, if this is its repeat and it would be given again."""
        answered = self.notes.find(caller.key.ori, inquiry.inquiry_id)
        return self.notes.same_again(answered, caller.proven.body_digest, settled, sealed)

    def _basis(
        self, inquiry: Inquiry, candidates: Sequence[Record], at: Instant
    ) -> Basis | str | None:
        if inquiry.legal_basis is None:
            return None
        process = process_on_file(self.database.reader(), inquiry.legal_basis)
        if process is None:
            return f"process `{inquiry.legal_basis}` is not on file"
        found = basis(process, None, at, inquiry.query)
        if isinstance(found, str):
            return found
        named = (
            all(names(process, record) for record in candidates)
            if candidates
            else names_whom(process, inquiry.query)
        )
        return msgspec.structs.replace(found, names_subject=named)


def awaits_approval(settled: Settled) -> bool:
    """Whether some act of this inquiry is held for approval."""
    decisions = [decision for _, decision in settled.shown]
    if settled.refusal is not None:
        decisions.append(settled.refusal)
    return any(
        ruling.outcome is Outcome.HOLD_FOR_APPROVAL
        for decision in decisions
        for ruling in decision.rulings
    )


def answer_settled(
    settled: Settled,
    of: int,
    sealed: Sequence[SealedEntry],
    receipts: Sequence[DurableReceipt],
) -> Answer:
    """The answer of a settled inquiry, now that its entries are durable."""
    if settled.refusal is not None:
        return answer_refused(settled.asked, settled.refusal, receipts[0])
    disclosures = [
        disclose(decision, entry, receipt)
        for (_, decision), entry, receipt in zip(settled.shown, sealed, receipts, strict=True)
    ]
    return answer_shown(settled.asked, settled.outcome, disclosures, of)


def _page(settled: Settled) -> tuple[Settled, int]:
    """The page a list inquiry asks for, and how many records it may see on all pages."""
    query, of = settled.asked.inquiry.query, len(settled.shown)
    if not isinstance(query, ByList) or settled.refusal is not None:
        return settled, of
    start = (query.page - 1) * query.page_size
    shown = settled.shown[start : start + query.page_size]
    if shown:
        return msgspec.structs.replace(settled, shown=shown), of
    nothing = beyond(settled.asked, settled.shown[0][1], of)
    return Settled(settled.asked, (), nothing), of


def dated(settled: Settled, at: Instant) -> Settled:
    """The same, decided at another instant: the one its entries name."""

    def moved(decision: Decision) -> Decision:
        return msgspec.structs.replace(decision, at=at)

    return msgspec.structs.replace(
        settled,
        shown=tuple((record, moved(decision)) for record, decision in settled.shown),
        refusal=None if settled.refusal is None else moved(settled.refusal),
    )


def ledger_unwritable(fault: LedgerUnwritable | StoreUnwritable) -> ProblemRaised:
    """The problem of a ledger that cannot be written: nothing leaves."""
    return ProblemRaised(
        "ledger-unwritable",
        f"the entry could not be made durable ({fault.what}); nothing was disclosed",
        remedy="send it again later, under the same inquiry id",
        headers={"Retry-After": "5"},
    )


def unreadable(fault: StoreUnreadable) -> ProblemRaised:
    """The problem of a store that cannot be read."""
    return ProblemRaised(
        "store-unreadable",
        f"the store cannot be read ({fault.what}); nothing was disclosed",
        remedy="send it again later",
        headers={"Retry-After": "5"},
    )


def law_moving() -> ProblemRaised:
    """The problem of a law or registry that changes faster than it is decided under."""
    return ProblemRaised(
        "law-moving",
        f"the law or the registry changed {DECIDED_MAX} times while this was decided",
        remedy="send it again",
        headers={"Retry-After": "1"},
    )


def _second(view: View, behalf: OnBehalfOf | None, at: Instant) -> Inquirer | None:
    if behalf is None:
        return None
    known = view.registry.inquirer(behalf.ori, behalf.officer, at)
    if known is not None:
        return known
    return Inquirer(
        ori=Ori(behalf.ori),
        agency_name=behalf.ori,
        parties=(),
        criminal_justice=False,
        officer=behalf.officer,
        fault=f"agency {behalf.ori}, for which this is asked, is not registered",
    )
