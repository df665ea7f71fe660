"""Decision cases: what the library makes of a table that somebody else wrote.

Source: `docs/law-cases.md` (columns and words). Invariants: a case is decided by the texts
cited under its regime, as in force on its day, with the same engine as a live question;
what a case expects never decides; an expected duty must arise, others may besides.
Does not: read files, or know which cases there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from comity.custody.case_events import special
from comity.custody.case_facts import Read, read_conditions
from comity.errors import ComityError
from comity.instant import Instant, InstantError, parse_instant, parse_local
from comity.law.instrument import ClauseRef, Instrument, Kind
from comity.law.problem import nearest
from comity.law.question import FactUnusable, Question
from comity.law.ruling import Ruling
from comity.law.verdict import Verdict, decide

COLUMNS: Final = (
    "id", "regime", "event", "on_date", "conditions", "expected", "citation", "confidence",
)  # fmt: skip
EVENTS: Final[Mapping[str, str]] = {
    "detainer_hold": "hold",
    "hold": "hold",
    "notify_release": "notify release",
    "custody_transfer": "transfer",
    "transfer": "transfer",
    "interview": "interview",
    "enter": "enter",
    "access": "enter",
    "status_communication": "send status",
    "agreement_create": "make an agreement",
    "agreement_maintain": "keep an agreement",
    "agreement_check": "check an agreement",
    "policy_check": "keep a policy",
    "database_access": "give access",
    "disclosure": "disclose",
    "disseminate": "disseminate",
    "publish": "publish",
    "confirm_existence": "confirm existence",
    "status_inquiry": "ask status",
    "request_received": "take a request",
    "notification_sent": "answer a request",
    "detainer_binding": "treat as binding",
    "consent_form": "use a consent form",
    "community_forum": "hold a forum",
    "task_force": "join a task force",
    "assistance": "assist",
    "arrest": "arrest",
    "civil_arrest": "arrest",
    "serve_admin_warrant": "serve a warrant",
    "interrogate_alienage": "question",
    "office_space": "give space",
    "booking": "book",
    "report": "report",
    "collect": "collect",
    "storage": "store",
    "retain": "retain",
    "ledger": "keep the listing",
    "expunge": "expunge",
    "limited_access": "limit access",
    "challenge": "decide a challenge",
    "challenge_upheld": "uphold a challenge",
    "audit_event": "log",
    "audit_delete": "delete a log",
    "logon": "sign in",
    "accounting": "keep an accounting",
    "accounting_request": "show an accounting",
    "accounting_suspend": "suspend an accounting",
    "accounting_content": "fill an accounting",
}
"""What tables call an act, and what it is called here; an act's own name serves too."""


class CaseInvalid(ComityError):
    """A case that cannot be put to the law as it is written."""


class Case(msgspec.Struct, frozen=True):
    """One row. `expected` is a ruling, then what goes with it, parted by `;`."""

    id: str
    regime: str
    event: str
    on_date: str
    conditions: Mapping[str, Any]
    expected: str
    citation: str = ""
    confidence: str = ""


class Ran(msgspec.Struct, frozen=True):
    """A case decided. `got` is in the words of tables; `unread` are conditions no text reads."""

    case: Case
    got: str
    met: bool
    clauses: tuple[ClauseRef, ...]
    unread: tuple[str, ...]
    why: str = ""


def read_case(row: Mapping[str, str | None]) -> Case:
    """A case from a row of text. Raises CaseInvalid naming the column."""
    case_id = (row.get("id") or "").strip()
    for column in COLUMNS[:6]:
        if not (row.get(column) or "").strip():
            raise CaseInvalid(
                f"`{column}` is empty", where=case_id or "a case without id", remedy="fill it in"
            )
    try:
        conditions = msgspec.json.decode(row["conditions"] or "")
    except msgspec.DecodeError as fault:
        raise CaseInvalid(
            f"`conditions` is not JSON: {fault}", where=case_id, remedy="write an object: {}"
        ) from fault
    if not isinstance(conditions, dict):
        raise CaseInvalid("`conditions` is no object", where=case_id, remedy="write {} around it")
    text = {column: (row.get(column) or "").strip() for column in COLUMNS}
    return Case(
        text["id"],
        text["regime"],
        text["event"],
        text["on_date"],
        conditions,
        text["expected"],
        text["citation"],
        text["confidence"],
    )


def run_case(case: Case, library: Iterable[Instrument]) -> Ran:
    """Decide one case. Raises CaseInvalid for one that names no regime, act or day of ours."""
    cited = [one for one in library if case.regime in one.cited_as]
    own = [one for one in cited if one.cited_as[0] == case.regime]
    if not own:
        known = sorted({name for one in library for name in one.cited_as[:1]})
        raise CaseInvalid(
            f"no text is cited as `{case.regime}`",
            where=case.id,
            remedy=nearest(case.regime, known, "add `cited_as:` to its front matter"),
        )
    zone = own[0].term.time_zone
    at, day = _when(case, zone)
    read = read_conditions(case.conditions, day, zone)
    answered = special(case.event, case.conditions, at, cited)
    if answered is not None:
        return _ran(case, answered.tokens, answered.clauses, (), answered.why)
    force = [one for one in own if _in_force(one, at)]
    if not force:
        return _ran(case, _out_of_force(own, at), (), read.unread, "no text of it is in force")
    others = [one for one in cited if one not in own and _in_force(one, at)]
    verdict = _decide(case, [*force, *others], read, at, zone)
    why = verdict.conflict or next((f.fault for f in verdict.findings if f.fault), None) or ""
    return _ran(case, _tokens(verdict), verdict.clauses, read.unread, why)


def _decide(
    case: Case, instruments: list[Instrument], read: Read, at: Instant, zone: str
) -> Verdict:
    act = EVENTS.get(case.event, case.event.replace("_", " "))
    try:
        return decide(
            instruments,
            Question(
                act=act,
                at=at,
                given=read.given,
                convictions=read.convictions,
                charges=read.charges,
                presented=read.presented,
                about=read.about,
                release_at=read.release_at,
                zone=zone,
            ),
        )
    except FactUnusable as fault:
        raise CaseInvalid(
            fault.what, where=case.id, remedy=nearest(case.event, EVENTS, fault.remedy or "")
        ) from fault


def _when(case: Case, zone: str) -> tuple[Instant, date]:
    try:
        at = (
            parse_local(case.on_date, zone)
            if len(case.on_date) <= len("2018-08-31T12:00")
            else parse_instant(_with_seconds(case.on_date))
        )
        return at, date.fromisoformat(case.on_date[:10])
    except (InstantError, ValueError) as fault:
        raise CaseInvalid(
            f"`on_date` is no day: {case.on_date}", where=case.id, remedy="write it as 2018-08-31"
        ) from fault


def _with_seconds(text: str) -> str:
    """`2018-08-31T12:00-04:00` with the seconds that RFC 3339 wants."""
    return text if text[16:17] == ":" else f"{text[:16]}:00{text[16:]}"


def _in_force(instrument: Instrument, at: Instant) -> bool:
    term = instrument.term
    return term.start <= at and (term.until is None or at < term.until)


def _out_of_force(own: list[Instrument], at: Instant) -> list[str]:
    """An agreement that has ended refuses; a text that is not yet or no longer law is silent."""
    ended = [one for one in own if one.term.until is not None and one.term.until <= at]
    if ended and ended[0].kind is Kind.AGREEMENT:
        return ["DENY", "reason:expired"]
    return ["NOT_IN_FORCE"]


def in_table_words(ruling: Ruling) -> str:
    """`may withhold` is MAY_WITHHOLD in a table."""
    return ruling.value.upper().replace(" ", "_")


def _tokens(verdict: Verdict) -> list[str]:
    also = list(verdict.also)
    first = in_table_words(verdict.ruling)
    if verdict.ruling is Ruling.VALUE and also:
        first = f"VALUE:{also.pop(0)}"
    duties = [f"duty:{owed.duty.id.replace('-', '_')}" for owed in verdict.duties]
    default = ["default:DENY"] if verdict.ruling is Ruling.UNSETTLED else []
    return [first, *also, *dict.fromkeys(duties), *default]


def _ran(
    case: Case,
    tokens: list[str] | tuple[str, ...],
    clauses: tuple[ClauseRef, ...],
    unread: tuple[str, ...],
    why: str,
) -> Ran:
    wanted = [part.strip() for part in case.expected.split(";") if part.strip()]
    met = wanted[0] == tokens[0] and set(wanted[1:]) <= set(tokens[1:])
    return Ran(case, ";".join(tokens), met, clauses, unread, why)
