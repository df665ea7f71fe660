"""Check it yourself: the signed checkpoint, who vouches for it, and a receipt held against the log's keys.

Source: docs/receipts.md; C2SP tlog-proof. The page checks a receipt in three ways, from most to least
trust in this server: the server itself; a script in the browser, which sends nothing anywhere and
takes the key from the visitor; a shell script to run elsewhere. Invariants: what was sent is read,
answered and forgotten; of a receipt the server says what request and decision say, and of subject
and content only that they are open. Does not: count witnesses for the visitor, who has a policy
of their own (`comity receipt verify`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.disclosure.opened_entry import OpenedEntry, opened_entry
from comity.errors import ComityError
from comity.instant import Instant, InstantError, parse_instant
from comity.ledger.checkpoint import parse_checkpoint
from comity.ledger.note import Note, parse_note
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.receipt import VerifiedReceipt, verify_receipt
from comity.ledger.wire import print_base64
from comity.store.publishing import Publisher
from comity.web.closed_words import Cited, cited, class_said, outcome_said, purpose_said
from comity.web.pages.form import Field, Form
from comity.web.pages.page import File, Page
from comity.web.pages.render import static_file
from comity.web.pages.visit import Visit
from comity.web.portal.disclosures import agency_said

RECEIPT_CHARS_MAX: Final = 60_000
BODY_BYTES: Final = 256 * 1024
SCRIPT: Final = "verify-receipt.sh"
FIELDS: Final = (
    Field("receipt", most=RECEIPT_CHARS_MAX, lines=True),
    Field("file", file=True),
)
_PRIVATE: Final = {"Cache-Control": "no-store"}


class LogShown(msgspec.Struct, frozen=True):
    """One of the logs: its key, and its checkpoint with the names that signed it."""

    key: str
    size: int | None
    root: str | None
    signed_by: tuple[str, ...]
    note: str | None


class ReceiptShown(msgspec.Struct, frozen=True):
    """What became of a receipt. `fault` and `remedy` are of one that does not hold."""

    holds: bool
    fault: str = ""
    remedy: str | None = None
    log: str = ""
    index: int = 0
    size: int = 0
    witnesses: int = 0
    kind: str | None = None
    at: Instant | None = None
    agency: str | None = None
    purpose: str | None = None
    outcome: str | None = None
    shown: tuple[str, ...] = ()
    clauses: tuple[Cited, ...] = ()
    also_open: tuple[str, ...] = ()


class Check(msgspec.Struct, frozen=True):
    """The logs, and what became of a receipt that was sent."""

    logs: tuple[LogShown, ...]
    given: str
    receipt: ReceiptShown | None


def check(visit: Visit) -> Page:
    """The page `/check`."""
    return _page(visit)


def check_receipt(visit: Visit, form: Form) -> Page:
    """A receipt was pasted or uploaded."""
    upload = form.uploads.get("file")
    given = form["receipt"]
    faults = dict(form.faults)
    if not given and upload is None and not faults:
        faults["receipt"] = "Paste a receipt, or choose its file"
    if faults:
        return _page(visit, given[:RECEIPT_CHARS_MAX], faults=faults)
    # A form strips the newline at the end, which is a part of the checkpoint.
    raw = upload.body if upload is not None else f"{given}\n".encode()
    return _page(visit, given, _verified(visit, raw))


def script(_visit: Visit) -> File:
    """The shell script `/check/verify-receipt.sh`."""
    return File(
        body=static_file(SCRIPT), media_type="text/x-shellscript; charset=utf-8", name=SCRIPT
    )


def _page(
    visit: Visit,
    given: str = "",
    receipt: ReceiptShown | None = None,
    faults: dict[str, str] | None = None,
) -> Page:
    publisher = visit.house.publisher
    logs = () if publisher is None else _logs(publisher)
    return Page(
        template="portal/check.html",
        title=visit.text("Check it yourself"),
        data=Check(logs, given, receipt),
        status=422 if faults else 200,
        faults=faults or {},
        headers=_PRIVATE if given or receipt else {},
    )


def _logs(publisher: Publisher) -> tuple[LogShown, ...]:
    """Every log, the one of now first."""
    found = []
    for log in reversed(publisher.logs()):
        shown = log.shown()
        if shown is None:
            found.append(LogShown(str(log.verifier_key), None, None, (), None))
            continue
        note: Note = parse_note(shown.note)
        checkpoint = parse_checkpoint(note.text)
        names = tuple(dict.fromkeys(one.name for one in note.signatures))
        found.append(
            LogShown(
                str(log.verifier_key),
                checkpoint.size,
                print_base64(checkpoint.root),
                names,
                shown.note.decode("utf-8"),
            )
        )
    return tuple(found)


def _verified(visit: Visit, raw: bytes) -> ReceiptShown:
    publisher = visit.house.publisher
    if publisher is None:
        return ReceiptShown(False, visit.text("This installation publishes no log."))
    policy = Policy(logs=tuple(PolicyLog(log.verifier_key) for log in publisher.logs()))
    try:
        verified = verify_receipt(raw, policy)
    except ComityError as fault:
        where = f" ({fault.where})" if fault.where else ""
        return ReceiptShown(False, f"{fault.what}{where}", fault.remedy)
    return _shown(visit, verified)


def _shown(visit: Visit, verified: VerifiedReceipt) -> ReceiptShown:
    judged = verified.judged
    names = {one.name for one in judged.note.signatures} - {judged.log.name}
    said = opened_entry(verified.index, judged.log.name, verified.values)
    return ReceiptShown(
        True,
        log=judged.log.name,
        index=verified.index,
        size=judged.checkpoint.size,
        witnesses=len(names),
        kind=said.kind,
        at=instant_of(said),
        agency=None if said.agency is None else agency_said(visit, said.agency),
        purpose=None if said.purpose is None else purpose_said(visit, said.purpose),
        outcome=None if said.outcome is None else outcome_said(visit, said.outcome),
        shown=tuple(class_said(visit, one) for one in said.shown),
        clauses=cited(said.clauses),
        also_open=tuple(name for name in ("subject", "content") if name in verified.values),
    )


def instant_of(said: OpenedEntry) -> Instant | None:
    """The instant an entry names, if it is one."""
    try:
        return None if said.at is None else parse_instant(said.at)
    except InstantError:
        return None
