"""Every route of the gateway, once: what OpenAPI says, and what the golden list holds.

The handlers are in `comity.web.gateway` (the two hot ones) and `comity.web.app`; a
test holds the three to each other.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from comity.disclosure.answer import Answer
from comity.disclosure.inquiry import Inquiry
from comity.web.custody import PaperAnswer
from comity.web.custody_body import PaperMessage
from comity.web.fetch import Status
from comity.web.holdings import Taken
from comity.web.law_pages import LawPage
from comity.web.openings import CodeGiven, SubjectOpened
from comity.web.problems import ProblemKind
from comity.web.standing import Cancelled, Listed, Standing
from comity.web.stream import Closed

JSON: Final = "application/json"


class Health(msgspec.Struct, frozen=True):
    """Whether the gateway can do its work: answer, and make entries durable."""

    status: str  # ok | degraded
    ledger_writable: bool
    memory_sound: bool  # what was remembered of the law in force was never found to be wrong
    incidents: int  # on file; `comity doctor` says which
    entries: int
    published: int | None  # entries under the checkpoint that is shown; None without a log
    at: str


class Route(msgspec.Struct, frozen=True):
    """One route. `signed` says by whose key: `agency`, `source`, or None for anybody.

    `or_answers` is the other thing it may answer.
    """

    method: str
    path: str
    summary: str
    says: str
    answers: Any
    or_answers: Any = None
    signed: str | None = None
    takes: Any = None
    takes_as: tuple[str, ...] = (JSON,)
    answers_as: str = JSON
    problems: tuple[str, ...] = ()


_BODY: Final = ("malformed-inquiry", "unknown-word", "unusable-inquiry")
_APPEND: Final = ("ledger-unwritable", "law-moving")

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/inquiries",
        "Ask",
        "Decide one inquiry under the law in force now. Whatever the outcome (permit, permit"
        " reduced, withhold, hold for approval, refuse), a decided inquiry is a 200 whose entry"
        " in the ledger is durable. The same body under the same inquiry id may be sent again"
        " for ten minutes.",
        Answer,
        signed="agency",
        takes=Inquiry,
        problems=(*_BODY, "inquiry-already-answered", *_APPEND),
    ),
    Route(
        "GET",
        "/inquiries/{inquiry_id}",
        "Look up an inquiry",
        "What became of one of the agency's own inquiries; where it was held and has been"
        " approved, its answer, decided afresh under the law in force now.",
        Answer,
        or_answers=Status,
        signed="agency",
        problems=("not-found", *_APPEND),
    ),
    Route(
        "POST",
        "/subscriptions",
        "Open a standing inquiry",
        "Decide whether the agency may follow these records; where it may, `events` says where"
        " their events are.",
        Standing,
        signed="agency",
        takes=Inquiry,
        problems=(*_BODY, "inquiry-already-answered", *_APPEND),
    ),
    Route(
        "GET",
        "/subscriptions",
        "List the agency's standing inquiries",
        "Open and ended ones.",
        tuple[Listed, ...],
        signed="agency",
    ),
    Route(
        "DELETE",
        "/subscriptions/{inquiry_id}",
        "End a standing inquiry",
        "Its streams get a last event `closed`.",
        Cancelled,
        signed="agency",
        problems=("not-found", "ledger-unwritable"),
    ),
    Route(
        "GET",
        "/subscriptions/{inquiry_id}/events",
        "Follow a standing inquiry",
        "Server-sent events: `disclosure` holds an answer, `closed` is the last one and says why"
        " and under which clause. Each event is decided and entered by itself. `Last-Event-ID`"
        " resumes after that event.",
        Answer,
        or_answers=Closed,
        signed="agency",
        answers_as="text/event-stream",
        problems=("not-found", "not-subscribed", "unusable-inquiry"),
    ),
    Route(
        "POST",
        "/custody/papers",
        "Send a paper for somebody in custody",
        "A detainer, warrant or order, with the facts on it and the document. It is decided, act by"
        " act, for a person of whom nothing is known; the answer says nothing of whether the person"
        " is here. The same body under the same message id may be sent again for ten minutes.",
        PaperAnswer,
        signed="agency",
        takes=PaperMessage,
        problems=(*_BODY, "unreadable-paper", "message-already-received", *_APPEND),
    ),
    Route(
        "GET",
        "/custody/papers/{message_id}",
        "Read back what is decided upon a paper",
        "The same as was answered first, whether or not the person is here, unless the law in force"
        " lets the agency learn more by what is done for it: then `told` holds that, by data class."
        " Every look is an entry.",
        PaperAnswer,
        signed="agency",
        problems=("not-found", *_APPEND),
    ),
    Route(
        "GET",
        "/receipts/{index}",
        "The receipt of one of the agency's own entries",
        "A `.tlog-proof` (c2sp.org/tlog-proof) with the openings of the entry in `extra`: it proves"
        " to anybody that the entry stands in the public log, and what it says. `?open=` names the"
        " compartments to open, with commas between; without it all are. Opening an entry is itself"
        " an entry.",
        str,
        signed="agency",
        answers_as="text/plain",
        problems=("not-found", "unknown-word", "receipt-not-ready", "ledger-unwritable"),
    ),
    Route(
        "POST",
        "/events",
        "Hand in events of a record system",
        "One event, or one a line. An event that came before changes nothing; a bad one goes to"
        " quarantine and is reported, and the others are taken in.",
        Taken,
        signed="source",
        takes=dict[str, Any],
        takes_as=("application/x-ndjson", JSON),
        problems=("malformed-inquiry", "ledger-unwritable"),
    ),
    Route(
        "POST",
        "/openings",
        "Open the entries about oneself",
        "With the code on a person's notice: every entry of the ledger about them, in words and as a"
        " file that proves each of them (docs/openings.md). Not signed: whoever holds the code is"
        " taken for the person. Opening is itself an entry. A code that was revoked, or never was,"
        " is a 404 in the same words.",
        SubjectOpened,
        takes=CodeGiven,
        problems=(
            "malformed-inquiry",
            "unusable-inquiry",
            "not-found",
            "too-many-requests",
            "body-too-large",
            "receipt-not-ready",
            "ledger-unwritable",
        ),
    ),
    Route(
        "GET",
        "/law",
        "The law in force now",
        "Every text that decides at this instant, its term and its digest; and the texts that"
        " no longer do, since when, and under which clause.",
        LawPage,
    ),
    Route(
        "GET",
        "/law/{ref}",
        "The text of an instrument",
        "The canonical text that was signed, voted on and is cited.",
        str,
        answers_as="text/markdown",
        problems=("not-found",),
    ),
    Route(
        "GET",
        "/checkpoint",
        "The latest signed checkpoint of the public log",
        "A signed note (c2sp.org/tlog-checkpoint): origin, number of entries, root.",
        str,
        answers_as="text/plain",
        problems=("not-found",),
    ),
    Route(
        "GET",
        "/tile/{path}",
        "Tiles and entry bundles of the public log",
        "c2sp.org/tlog-tiles: `/tile/<level>/<index>[.p/<width>]` and"
        " `/tile/entries/<index>[.p/<width>]`. They never change.",
        bytes,
        answers_as="application/octet-stream",
        problems=("not-found",),
    ),
    Route(
        "GET",
        "/{year}/checkpoint",
        "The latest signed checkpoint of a year's log",
        "Each year has its own log (docs/ledger.md); `/checkpoint` and `/tile/` are the first one's.",
        str,
        answers_as="text/plain",
        problems=("not-found",),
    ),
    Route(
        "GET",
        "/{year}/tile/{path}",
        "Tiles and entry bundles of a year's log",
        "As `/tile/{path}`. A log of a year that is over is served for ever.",
        bytes,
        answers_as="application/octet-stream",
        problems=("not-found",),
    ),
    Route(
        "GET",
        "/health",
        "Whether the gateway works",
        "503 where the ledger cannot be written: nothing is then disclosed.",
        Health,
    ),
    Route(
        "GET",
        "/problems",
        "Every kind of problem",
        "What can keep a request from becoming an inquiry.",
        tuple[ProblemKind, ...],
    ),
    Route(
        "GET",
        "/problems/{slug}",
        "A kind of problem",
        "The page a problem's `type` names.",
        ProblemKind,
        problems=("not-found",),
    ),
    Route("GET", "/openapi.json", "This document", "OpenAPI 3.1.", dict[str, Any]),
)

SIGNED_PROBLEMS: Final = (
    "unsigned",
    "malformed-signature",
    "unknown-key",
    "expired-signature",
    "signature-not-yet-valid",
    "wrong-content-digest",
    "bad-signature",
    "replayed-nonce",
    "misdirected",
    "not-permitted",
    "too-many-requests",
    "body-too-large",
    "header-too-large",
)
EVERYWHERE: Final = ("fault", "shutting-down", "store-unreadable")
