"""What takes two people: proposed by one, confirmed or declined by another, in SQLite.

Table in `ddl/accounts.sql`. Invariants: every step is one write job with its sealed entry; whoever
proposed never confirms (Cedar says so first, `comity.access.policy`, and the table last); a proposal
ends once, and `PROPOSAL_MS` after it was made; `confirm` returns what was proposed, for the job that
then does it in the same transaction, so that nothing is confirmed without being done. What is about a
record goes when that is expunged. Does not: do the act.
"""

from __future__ import annotations

from typing import Any, Final

import apsw
import msgspec

from comity.access.act import Act
from comity.access.entry import proposal_told
from comity.errors import ComityError, NotFound, NotPermitted
from comity.instant import Instant
from comity.ledger.append import DurableReceipt
from comity.store.sqlite.accounts import enter
from comity.store.sqlite.registry import Made

PROPOSAL_MS: Final = 24 * 3_600_000
ID_BYTES: Final = 8
_BY_ID: Final = (
    "SELECT proposal_id, act, body, record_id, proposed_by, proposed_at, until, ended_by, ended_at,"
    " ended FROM two_people WHERE proposal_id = ?"
)
_WAITING: Final = (
    "SELECT proposal_id, act, body, record_id, proposed_by, proposed_at, until, ended_by, ended_at,"
    " ended FROM two_people WHERE ended IS NULL AND until > ? AND (? IS NULL OR act = ?)"
    " ORDER BY proposed_at, proposal_id"
)


class ProposalOver(ComityError):
    """A proposal was confirmed, declined or withdrawn before, or its time has run out."""


class Proposal(msgspec.Struct, frozen=True):
    """What somebody proposed. `body` is what the act is about, as its own page wrote it."""

    proposal_id: str
    act: Act
    body: bytes
    record_id: str | None
    proposed_by: str
    proposed_at: Instant
    until: Instant
    ended_by: str | None = None
    ended_at: Instant | None = None
    ended: str | None = None

    def waits(self, at: Instant) -> bool:
        """Whether it can still be confirmed."""
        return self.ended is None and at < self.until


def propose(
    connection: apsw.Connection, act: Act, body: bytes, made: Made, record_id: str | None = None
) -> tuple[Proposal, DurableReceipt]:
    """Keep a proposal for somebody else to confirm. Raises NotFound where there is no such record."""
    if (
        record_id is not None
        and not connection.execute(
            "SELECT count(*) FROM record WHERE record_id = ?", (record_id,)
        ).get
    ):
        raise NotFound("no such record", where=record_id)
    made_id = made.randomness(ID_BYTES).hex()
    until = Instant(made.at + PROPOSAL_MS)
    connection.execute(
        "INSERT INTO two_people (proposal_id, act, body, record_id, proposed_by, proposed_at, until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (made_id, act.value, body, record_id, made.by, made.at, until),
    )
    told = proposal_told("proposed", act, made_id, made.by, made.at)
    proposal = Proposal(made_id, act, body, record_id, made.by, made.at, until)
    return proposal, enter(connection, told, made)


def confirm(connection: apsw.Connection, proposal_id: str, act: Act, made: Made) -> Proposal:
    """Confirm, inside the job that does what was proposed. Raises NotFound, ProposalOver, NotPermitted."""
    proposal = _waiting(connection, proposal_id, act, made.at)
    if proposal.proposed_by == made.by:
        raise NotPermitted("whoever proposed this cannot confirm it", where=proposal_id)
    return _end(connection, proposal, "confirmed", made)


def decline(connection: apsw.Connection, proposal_id: str, act: Act, made: Made) -> Proposal:
    """End a proposal without doing it: withdrawn by whoever made it, declined by another."""
    proposal = _waiting(connection, proposal_id, act, made.at)
    how = "withdrawn" if proposal.proposed_by == made.by else "declined"
    return _end(connection, proposal, how, made)


def proposal_of(connection: apsw.Connection, proposal_id: str) -> Proposal | None:
    """The proposal of that id."""
    row = connection.execute(_BY_ID, (proposal_id,)).fetchone()
    return None if row is None else _proposal(row)


def waiting(
    connection: apsw.Connection, at: Instant, act: Act | None = None
) -> tuple[Proposal, ...]:
    """What waits for a second person, oldest first."""
    rows = connection.execute(_WAITING, (at, act, act)).fetchall()
    return tuple(map(_proposal, rows))


def _waiting(connection: apsw.Connection, proposal_id: str, act: Act, at: Instant) -> Proposal:
    proposal = proposal_of(connection, proposal_id)
    if proposal is None or proposal.act is not act:
        raise NotFound("there is no such proposal", where=proposal_id)
    if not proposal.waits(at):
        raise ProposalOver(
            f"the proposal was {proposal.ended}" if proposal.ended else "its time has run out",
            where=proposal_id,
            remedy="propose it anew",
        )
    return proposal


def _end(connection: apsw.Connection, proposal: Proposal, how: str, made: Made) -> Proposal:
    connection.execute(
        "UPDATE two_people SET ended = ?, ended_by = ?, ended_at = ? WHERE proposal_id = ?",
        (how, made.by, made.at, proposal.proposal_id),
    )
    told = proposal_told(how, proposal.act, proposal.proposal_id, made.by, made.at)
    enter(connection, told, made)
    return msgspec.structs.replace(proposal, ended=how, ended_by=made.by, ended_at=made.at)


def _proposal(row: tuple[Any, ...]) -> Proposal:
    proposal_id, act, *others = row
    return Proposal(proposal_id, Act(act), *others)
