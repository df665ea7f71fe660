"""`POST /custody/papers` and `GET /custody/papers/{message_id}`: papers as signed messages.

Source: 8 CFR 287.7; docs/custody.md. Invariants: what an agency reads is the same, byte for byte
but for instant and entry, whether the person is in custody, was released, was expunged or never
was, unless the law lets it learn more by an act that is done for it; it is decided and durable
before it leaves, and what is disclosed is what the entry holds; the same message counts once. Does not: hold anybody, or keep a paper for somebody who is not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from comity.custody.clock import ClockUnusable
from comity.custody.decide import Decided, in_words
from comity.custody.desk import (
    Judged,
    PaperKept,
    PersonFile,
    judge,
    may_be_told,
    presence_of,
    undecided,
)
from comity.custody.facts import StatementUnusable
from comity.custody.gate import Presence
from comity.custody.intake import compared
from comity.custody.paper import Paper, PaperUnusable
from comity.disclosure.answer import EntryPromise, promise
from comity.disclosure.seal import clause_part
from comity.errors import NotFound
from comity.instant import format_instant
from comity.law.paper import NamedPerson
from comity.law.question import FactUnusable
from comity.law.vocabulary import CustodyAct, DataClass
from comity.ledger.append import AlreadyUsed, DurableReceipt, GenerationMoved
from comity.records.record import Custody, CustodyStatus, PersonId, Record, RecordId
from comity.store.sqlite.custody import same_file
from comity.store.sqlite.custody_decide import arising, known_tasks
from comity.store.sqlite.custody_files import paper_on_file, person_file, senders
from comity.store.sqlite.custody_message import (
    REPEAT_MS,
    AlreadyReceived,
    Here,
    Message,
    MessageKept,
    answer_message,
    message_on_file,
    receive_message,
)
from comity.store.sqlite.inquiries import nonce_once
from comity.store.sqlite.ledger import entry
from comity.store.sqlite.records import find_by_name, find_by_state_id
from comity.store.sqlite.registry import Made
from comity.web.caller import Caller, replayed
from comity.web.custody_body import Received, read_paper
from comity.web.problems import ProblemRaised
from comity.web.service import DECIDED_MAX, Desk, law_moving
from comity.web.view import View

CANDIDATES_MAX: Final = 50
_UNDECIDABLE: Final = (FactUnusable, StatementUnusable, PaperUnusable, ClockUnusable)
_HERE: Final = Custody(CustodyStatus.IN_CUSTODY)
_NOBODY: Final = (
    "Decided for a person of whom nothing is known here. Nothing in this says whether the person"
    " is in custody, or was, or is on file."
)
_TOLD: Final = "Decided for the person named. The law in force lets you learn what follows."


T = TypeVar("T")


class PaperAct(msgspec.Struct, frozen=True):
    """What the law says of one act upon the paper. `ruling`: must, may, deny, no rule and so on."""

    act: str
    ruling: str
    words: str
    clauses: tuple[dict[str, str], ...]


class PaperAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was decided upon a paper. `told`: by data class, only what the law lets be told."""

    message_id: str
    at: str
    law: str
    paper_class: str
    state: str
    judicial: bool
    why: str
    findings: tuple[str, ...]
    acts: tuple[PaperAct, ...]
    words: str
    entries: tuple[EntryPromise, ...] = ()
    told: dict[str, dict[str, Any]] = {}


async def evenly(desk: Desk, work: Awaitable[T]) -> T:
    """Do the work, and answer, or fail, no sooner than every answer about a paper takes.

    The work differs by about a millisecond with whether somebody is here (measured), which
    patience and an average would show.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + desk.even_seconds
    try:
        return await work
    finally:
        await asyncio.sleep(max(0.0, until - loop.time()))


async def take_paper(desk: Desk, caller: Caller, body: bytes) -> PaperAnswer:
    """Take in a paper of an agency. Raises ProblemRaised where it never becomes one."""
    received = read_paper(body, desk.clock(), desk.time_zone)
    ori, proven = caller.key.ori, caller.proven
    nonce = nonce_once(proven.key_id, proven.nonce, proven.good_until)
    for _ in range(DECIDED_MAX):
        view, at = desk.views.current(), desk.clock()
        _demand_officer(view, ori, received.officer, desk)
        made = Made(ori, at, desk.randomness)
        bare = _bare(desk, view, ori, received.paper, made)
        here = _whoever_is_here(desk, view, ori, received, made)
        said = _answer(received.message_id, bare, made)
        message = Message(
            ori,
            received.message_id,
            proven.body_digest,
            proven.key_id,
            bare,
            msgspec.json.encode(said),
        )
        job = partial(
            receive_message,
            message=message,
            document=(received.file, received.document),
            here=here,
            nonce=nonce,
            of=view.generation,
            made=made,
        )
        try:
            receipt = await desk.write(job)
        except GenerationMoved:
            continue
        except AlreadyUsed as used:
            raise replayed() from used
        except AlreadyReceived as fault:
            again = _again(desk, caller, received.message_id, fault)
            await desk.claim(None, nonce)
            return again
        return msgspec.structs.replace(said, entries=(promise(receipt),))
    raise law_moving()


async def read_back(desk: Desk, caller: Caller, message_id: str) -> PaperAnswer:
    """What is decided upon a paper of the agency. Raises ProblemRaised (not found)."""
    proven = caller.proven
    nonce = nonce_once(proven.key_id, proven.nonce, proven.good_until)
    for _ in range(DECIDED_MAX):
        view, at = desk.views.current(), desk.clock()
        kept = message_on_file(desk.database.reader(), caller.key.ori, message_id)
        if kept is None:
            raise ProblemRaised("not-found", f"this agency has no message `{message_id[:64]}`")
        made = Made(caller.key.ori, at, desk.randomness)
        file, judged = _file_of(desk, view, kept, made)
        paper_id = kept.paper_id or ""
        acts = may_be_told(judged, paper_id, file.record)
        decided = judged.of(paper_id)
        learns = bool(acts) and decided is not None
        told = _told(judged, acts) if learns else {}
        job = partial(
            answer_message,
            kept=kept,
            told=told,
            here=(file.record, decided, acts) if learns and decided is not None else None,
            nonce=nonce,
            of=view.generation,
            law=view.law(at).digest,
            key_id=proven.key_id,
            made=made,
        )
        try:
            receipt: DurableReceipt = await desk.write(job)
        except GenerationMoved:
            continue
        except AlreadyUsed as used:
            raise replayed() from used
        if not learns or decided is None:
            return _stored(kept, receipt)
        said = _answer(message_id, decided, made)
        return msgspec.structs.replace(said, words=_TOLD, told=told, entries=(promise(receipt),))
    raise law_moving()


def _bare(desk: Desk, view: View, ori: str, paper: Paper, made: Made) -> Decided:
    """The paper decided for somebody in custody of whom nothing is known."""
    bare = msgspec.structs.replace(paper, names_subject=True)
    found = _nobody(desk, view, ori, bare, made).decided
    if not found:
        raise ProblemRaised(
            "unusable-inquiry",
            "the facts of the paper cannot be put to the law",
            where="facts",
            remedy="correct them; docs/custody.md says what each is",
        )
    return found[0]


def _nobody(desk: Desk, view: View, ori: str, paper: Paper, made: Made) -> Judged:
    record = Record(RecordId("nobody"), PersonId("nobody"), custody=_HERE)
    kept = PaperKept("paper", record.record_id, ori, paper, made.at, 0)
    return _judge(desk, view, PersonFile(record, (kept,)), made)


def _judge(desk: Desk, view: View, file: PersonFile, made: Made) -> Judged:
    who, law = senders(file, view.registry, made.at), view.law(made.at)
    try:
        return judge(file, who, law, made.at, desk.time_zone)
    except _UNDECIDABLE:
        # What is wrong with somebody's file must not show by an answer that others do not get.
        return undecided(file, law.digest, made.at, desk.time_zone)


def _whoever_is_here(
    desk: Desk, view: View, ori: str, received: Received, made: Made
) -> Here | None:
    """Whom the paper names, if they are in custody. The work is the same where they are not."""
    reader = desk.database.reader()
    record = _in_custody(desk, received.paper.named)
    if record is None:
        _nobody(desk, view, ori, received.paper, made)
        return None
    try:
        file = person_file(reader, record.record_id)
    except NotFound:  # expunged since
        return None
    same = same_file(reader, record.record_id, received.file.digest)
    paper_id = same or f"paper-{made.randomness(6).hex()}"
    kept = None
    if same is None:
        paper = msgspec.structs.replace(received.paper, names_subject=None)
        paper = compared(paper, file.record.identity)
        kept = PaperKept(paper_id, record.record_id, ori, paper, made.at, 0, received.file.digest)
        file = msgspec.structs.replace(file, papers=(*file.papers, kept))
    judged = _judge(desk, view, file, made)
    tasks = arising(judged, known_tasks(reader, record.record_id))
    return Here(file, judged, tasks, kept, paper_id)


def _in_custody(desk: Desk, named: NamedPerson | None) -> Record | None:
    """The one person in custody whom the paper names, by state id or by name and birth date.

    Where it could be several, nobody is named.
    """
    if named is None:
        return None
    reader = desk.database.reader()
    found: tuple[Record, ...] = ()
    if named.state_id is not None:
        found = find_by_state_id(reader, named.state_id, CANDIDATES_MAX)
    elif named.birth_date is not None:
        found = find_by_name(
            reader, named.sur_name, named.given_name, named.birth_date, CANDIDATES_MAX
        )
    here = [one for one in found if presence_of(one) is Presence.IN_CUSTODY]
    if len({one.person_id for one in here}) != 1:
        return None
    return max(here, key=lambda one: ((one.custody or _HERE).since or 0, one.record_id))


def _file_of(desk: Desk, view: View, kept: MessageKept, made: Made) -> tuple[PersonFile, Judged]:
    """The file of the person whose paper it became; nobody's, with the same work, if there is none."""
    if kept.paper_id is not None:
        reader = desk.database.reader()
        try:
            file = person_file(reader, paper_on_file(reader, kept.paper_id).record_id)
        except NotFound:  # expunged since
            pass
        else:
            return file, _judge(desk, view, file, made)
    record = Record(RecordId("nobody"), PersonId("nobody"))
    of_nobody = PaperKept("paper", record.record_id, kept.ori, Paper(form="I-247A"), made.at, 0)
    file = PersonFile(record, (of_nobody,))
    return file, _judge(desk, view, file, made)


def _told(judged: Judged, acts: tuple[CustodyAct, ...]) -> dict[str, dict[str, Any]]:
    """What an agency learns by what is done for it, by data class (`comity.custody.matter`)."""
    told: dict[str, dict[str, Any]] = {}
    if CustodyAct.HOLD in acts:
        until = judged.door.release_by
        told[DataClass.CUSTODY.value] = {
            "held_until": None if until is None else format_instant(until)
        }
    if CustodyAct.NOTIFY_RELEASE in acts:
        leaves = judged.eligible
        told[DataClass.RELEASE.value] = {
            "leaves_at": None if leaves is None else format_instant(leaves.at)
        }
    return told


def _answer(message_id: str, decided: Decided, made: Made) -> PaperAnswer:
    what = decided.classified
    return PaperAnswer(
        message_id=message_id,
        at=format_instant(made.at),
        law=decided.law,
        paper_class=what.paper_class.value,
        state=what.state.value,
        judicial=what.judicial,
        why=what.why,
        findings=tuple(f"{one.reason} ({one.source})" for one in what.findings),
        acts=tuple(
            PaperAct(
                act.value,
                verdict.ruling.value,
                in_words(act, verdict),
                tuple(clause_part(ref) for ref in verdict.clauses),
            )
            for act, verdict in decided.verdicts.items()
        ),
        words=_NOBODY,
    )


def _stored(kept: MessageKept, receipt: DurableReceipt | None) -> PaperAnswer:
    said = msgspec.json.decode(kept.answer, type=PaperAnswer)
    if receipt is None:
        return said
    return msgspec.structs.replace(said, entries=(promise(receipt),))


def _again(desk: Desk, caller: Caller, message_id: str, fault: AlreadyReceived) -> PaperAnswer:
    """The answer given before, for the same body sent again. Raises ProblemRaised."""
    reader, ori = desk.database.reader(), caller.key.ori
    kept = message_on_file(reader, ori, message_id)
    fresh = kept is not None and desk.clock() - kept.received_at <= REPEAT_MS
    if kept is None or not fresh or kept.body_digest != caller.proven.body_digest:
        raise ProblemRaised(
            "message-already-received",
            "a message of this id was received before",
            where="message_id",
            remedy=f"GET /custody/papers/{message_id} has its answer; else use a new id",
        ) from fault
    return msgspec.structs.replace(_stored(kept, None), entries=(_first(desk, kept),))


def _first(desk: Desk, kept: MessageKept) -> EntryPromise:
    """The promise of the entry that a message left."""
    stored = entry(desk.database.reader(), kept.entry)
    return promise(DurableReceipt(stored.index, stored.commitment))


def _demand_officer(view: View, ori: str, officer: str, desk: Desk) -> None:
    known = view.registry.inquirer(ori, officer, desk.clock())
    fault = f"agency {ori} is not registered" if known is None else known.fault
    if fault is not None:
        raise ProblemRaised(
            "not-permitted",
            fault,
            where="officer",
            remedy="have the custodian enter the officer: `comity agency officer add`",
        )
