"""Papers that agencies send as signed messages, and what they read back, in SQLite.

Tables in `ddl/custody.sql`. Invariants: a message id counts once for its agency, for ever; every
message leaves three entries and every look at its answer leaves one, of the same kinds, whether
or not the person is here; what is kept of a message when the person's record is expunged names
nobody. The functions are for use inside a write job. Does not: decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import apsw
import msgspec

from comity.custody import entry as entries
from comity.custody.decide import Decided
from comity.custody.desk import Judged, PaperKept, PersonFile
from comity.custody.duty import Task
from comity.custody.sealed_paper import PaperFile
from comity.errors import ComityError
from comity.instant import Instant
from comity.law.vocabulary import CustodyAct
from comity.ledger.append import DurableReceipt, Generation, Once
from comity.records.record import Record
from comity.store.sqlite.append import claim_once
from comity.store.sqlite.custody import enter, refuse_paper, take_in_paper
from comity.store.sqlite.custody_decide import demand_generation, demand_unchanged, keep_decision
from comity.store.sqlite.registry import Made

REPEAT_MS: Final = 600_000
"""How long the same message sent again is answered again."""


class AlreadyReceived(ComityError):
    """A message of this id came before."""


class Message(msgspec.Struct, frozen=True):
    """A message as it came, and what the law says of it for somebody of whom nothing is known."""

    ori: str
    message_id: str
    body_digest: str
    key_id: str
    bare: Decided
    answer: bytes


class MessageKept(msgspec.Struct, frozen=True):
    """A message on file. `paper_id`: the paper it became, if somebody was here to hold."""

    ori: str
    message_id: str
    body_digest: str | None
    received_at: Instant
    answer: bytes
    entry: int
    paper_id: str | None


class Here(msgspec.Struct, frozen=True):
    """Somebody in custody whom a message names: the file with the new paper, and the decision.

    `kept` is None where the very same file is on file already.
    """

    file: PersonFile
    judged: Judged
    tasks: dict[str, list[Task]]
    kept: PaperKept | None
    paper_id: str


def receive_message(
    connection: apsw.Connection,
    message: Message,
    document: tuple[PaperFile, bytes],
    here: Here | None,
    nonce: Once,
    of: Generation,
    made: Made,
) -> DurableReceipt:
    """Take a message in, with the decision upon it; the receipt of the message's own entry.

    Raises AlreadyUsed (nonce), AlreadyReceived, GenerationMoved, PaperOnFile.
    """
    claim_once(connection, nonce)
    if message_on_file(connection, message.ori, message.message_id) is not None:
        raise AlreadyReceived("a message of this id was received before", where=message.message_id)
    if here is None:
        demand_generation(connection, of)
    else:
        demand_unchanged(connection, here.file.record, of)
    told = entries.message_received(
        message.message_id, message.ori, message.key_id, message.bare, made.at
    )
    receipt = enter(connection, told, None, made)
    classified = message.bare.classified
    if here is None:
        refuse_paper(connection, None, classified, message.ori, made)
        nobody = entries.decision_upon_nobody(message.bare, made.at, message.ori)
        enter(connection, nobody, None, made)
    else:
        if here.kept is None:
            record_id = here.file.record.record_id
            refuse_paper(connection, record_id, classified, message.ori, made)
        else:
            take_in_paper(connection, here.kept, document, classified, made)
        keep_decision(connection, here.file, here.judged, here.tasks, made)
    connection.execute(
        "UPDATE custody_message SET body_digest = NULL"
        " WHERE body_digest IS NOT NULL AND received_at < ?",
        (made.at - REPEAT_MS,),
    )
    connection.execute(
        "INSERT INTO custody_message VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            message.ori,
            message.message_id,
            message.body_digest,
            made.at,
            message.answer,
            receipt.index,
            None if here is None else here.paper_id,
        ),
    )
    return receipt


def answer_message(
    connection: apsw.Connection,
    kept: MessageKept,
    told: Mapping[str, Mapping[str, Any]],
    here: tuple[Record, Decided, tuple[CustodyAct, ...]] | None,
    nonce: Once,
    of: Generation,
    law: str,
    key_id: str,
    made: Made,
) -> DurableReceipt:
    """Enter what an agency reads back of its message. Raises AlreadyUsed, GenerationMoved.

    `here` is None where it learns nothing of anybody, whether or not somebody is here.
    """
    claim_once(connection, nonce)
    if here is None:
        demand_generation(connection, of)
        facts = entries.message_withheld(kept.ori, key_id, law, made.at)
        return enter(connection, facts, None, made)
    record, decided, acts = here
    demand_unchanged(connection, record, of)
    facts = entries.message_answered(record, told, kept.ori, key_id, decided, acts, made.at)
    return enter(connection, facts, record, made)


def message_on_file(connection: apsw.Connection, ori: str, message_id: str) -> MessageKept | None:
    """The message an agency sent under that id, or None."""
    for row in connection.execute(
        "SELECT * FROM custody_message WHERE ori = ? AND message_id = ?", (ori, message_id)
    ):
        return MessageKept(*row)
    return None
