"""The figures of the ledger: how many answers to whom, when, what for and how they ended, and by which clause.

Sources: docs/ledger.md for what the compartments `request` and `decision` say; DESIGN.md, Faces.
Counting a year of entries at each view is too slow, so figures are caught up: what was counted is
kept, and only entries after it are read. Invariants: figures are derived and nothing is decided by
them: thrown away, they are counted again, to the same; entry `upto` is the first that is not in
them; they name agencies, months, purposes, outcomes and clauses, and nothing of a person, so that
an expungement changes none of them. What is kept is one row, in a table that is made when it is
first needed: no schema version speaks of it. An entry of a form not known here is counted as such.
Does not: say which of the figures are too small to show (`comity.web.portal.small`).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import apsw
import msgspec

from comity.errors import ComityError
from comity.instant import InstantError, format_local, parse_instant
from comity.law.ruling import PERMITS, Ruling
from comity.ledger.padding import KIND as PADDING
from comity.store.sqlite.append import size
from comity.store.sqlite.database import Database

FORM: Final = 1
"""Of what is kept; another one is counted anew."""
AT_ONCE: Final = 1_000
"""Entries that a reader catches up itself; more are left to a thread of their own."""
PIECE: Final = 2_000
KEEP_EVERY: Final = 20_000

_MAKE: Final = (
    "CREATE TABLE IF NOT EXISTS figures"
    " (only INTEGER PRIMARY KEY CHECK (only = 1), body BLOB NOT NULL) STRICT"
)
_HAS: Final = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'figures'"
_KEEP: Final = "INSERT OR REPLACE INTO figures VALUES (1, ?)"
_ENTRIES: Final = (
    "SELECT index_, request_part, decision_part FROM entries WHERE index_ >= ?"
    " ORDER BY index_ LIMIT ?"
)
_ANSWERS: Final = ("disclosure", "refusal")
_CHANGES: Final = ("law change", "registry change")
_OF_PEOPLE: Final = ("officer entered", "officer removed", "process filed")
"""Changes of the registry that are about one officer, or a paper about somebody."""
_RELIED_ON: Final = frozenset({"permit", *(ruling.value for ruling in PERMITS)})
_UNDECIDED: Final = frozenset({Ruling.NO_RULE.value, Ruling.UNSETTLED.value, Ruling.CONFLICT.value})


class Answers(msgspec.Struct, frozen=True, order=True, array_like=True):
    """What answers are counted by: one for each record shown, or one where nothing was shown."""

    month: str  # 2018-08, in the custodian's time zone
    agency: str  # ORI
    behalf: str  # ORI of whom it was asked for, or empty
    purpose: str
    outcome: str


class Uses(msgspec.Struct, frozen=True, order=True, array_like=True):
    """What uses of clauses are counted by. `relied_on` False: it refused, withheld or held."""

    ref: str
    clause: str
    month: str
    relied_on: bool


class ChangeEntered(msgspec.Struct, frozen=True, array_like=True):
    """An entry that changed who shares what with whom. `name` is an agency's or a text's."""

    index: int
    at: str
    kind: str
    change: str
    name: str
    key_id: str = ""
    source: str = ""


class Figures(msgspec.Struct, frozen=True):
    """The figures of entries 0 ≤ index < `upto`. `unread` entries are of no known form.

    `padding` is how many are there to hide when the others came (docs/ledger.md).
    """

    zone: str
    upto: int = 0
    answers: Mapping[Answers, int] = {}
    uses: Mapping[Uses, int] = {}
    changes: tuple[ChangeEntered, ...] = ()
    unread: int = 0
    padding: int = 0


class Counting:
    """The figures of one database, kept at hand. Safe to share between threads."""

    def __init__(self, database: Database, zone: str) -> None:
        self._database = database
        self._zone = zone
        self._lock = threading.Lock()
        self._figures: Figures | None = None
        self._kept_upto = 0
        self._thread: threading.Thread | None = None

    def current(self) -> Figures:
        """The figures up to now; up to some entries ago while a thread reads a long way."""
        with self._lock:
            reader = self._database.reader()
            figures = self._figures or self._begun(reader)
            behind = size(reader) - figures.upto
            if behind <= AT_ONCE:
                figures = count_on(reader, figures, AT_ONCE)
            elif self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._catch_up, name="comity-figures", daemon=True
                )
                self._thread.start()
            self._figures = figures
        self._keep(figures)
        return figures

    def wait(self) -> Figures:
        """The figures once a thread that reads has caught up."""
        while True:
            thread = self._thread
            if thread is not None:
                thread.join()
            figures = self.current()
            if figures.upto >= size(self._database.reader()):
                return figures

    def _begun(self, reader: apsw.Connection) -> Figures:
        found = kept_figures(reader, self._zone)
        self._kept_upto = found.upto
        return found

    def _catch_up(self) -> None:
        try:
            while True:
                with self._lock:
                    before = self._figures or Figures(self._zone)
                    figures = count_on(self._database.reader(), before, PIECE)
                    self._figures = figures
                self._keep(figures)
                if figures.upto - before.upto < PIECE:
                    return
        except (apsw.Error, ComityError):
            return  # the database was closed, or cannot be read: the next view tries again

    def _keep(self, figures: Figures) -> None:
        """Keep them once there is much to lose, without waiting: what is not kept is counted again."""
        if figures.upto - self._kept_upto >= KEEP_EVERY:
            self._kept_upto = figures.upto
            self._database.write(lambda connection: keep_figures(connection, figures))


def count_on(connection: apsw.Connection, figures: Figures, most: int) -> Figures:
    """The figures with at most so many further entries counted in."""
    answers, uses = Counter(figures.answers), Counter(figures.uses)
    changes, unread, upto = list(figures.changes), figures.unread, figures.upto
    padding = figures.padding
    for index, request, decision in connection.execute(_ENTRIES, (upto, most)):
        upto = index + 1
        try:
            kind = _KIND.decode(decision).kind
            if kind in _ANSWERS:
                decided = _DECISION.decode(decision)
                answers[_answer(_REQUEST.decode(request), decided, figures.zone)] += 1
                uses.update(_uses(decided, figures.zone))
            elif kind == "custody decision":
                uses.update(_custody_uses(_CUSTODY.decode(decision), figures.zone))
            elif kind == PADDING:
                padding += 1
            elif kind in _CHANGES:
                changed = _CHANGE.decode(decision)
                if changed.change not in _OF_PEOPLE:
                    changes.append(_entered(index, changed))
        except (msgspec.MsgspecError, InstantError, OverflowError):
            unread += 1
    if upto == figures.upto:
        return figures
    return Figures(figures.zone, upto, answers, uses, tuple(changes), unread, padding)


def kept_figures(connection: apsw.Connection, zone: str) -> Figures:
    """What was kept, if it is of this form and zone and of no longer ledger; else none at all."""
    if connection.execute(_HAS).get:
        for (body,) in connection.execute("SELECT body FROM figures"):
            try:
                kept = msgspec.json.decode(body, type=_Kept)
            except msgspec.MsgspecError:
                break
            if kept.form == FORM and kept.zone == zone and kept.upto <= size(connection):
                return Figures(
                    zone,
                    kept.upto,
                    dict(kept.answers),
                    dict(kept.uses),
                    kept.changes,
                    kept.unread,
                    kept.padding,
                )
    return Figures(zone)


def keep_figures(connection: apsw.Connection, figures: Figures) -> None:
    """Keep them, in a write job."""
    connection.execute(_MAKE)
    body = _Kept(
        FORM,
        figures.zone,
        figures.upto,
        tuple(sorted(figures.answers.items())),
        tuple(sorted(figures.uses.items())),
        figures.changes,
        figures.unread,
        figures.padding,
    )
    connection.execute(_KEEP, (msgspec.json.encode(body),))


class _Kept(msgspec.Struct, frozen=True):
    """The row."""

    form: int
    zone: str
    upto: int
    answers: tuple[tuple[Answers, int], ...]
    uses: tuple[tuple[Uses, int], ...]
    changes: tuple[ChangeEntered, ...]
    unread: int
    padding: int


class _OfKind(msgspec.Struct):
    kind: str = ""


class _Behalf(msgspec.Struct):
    ori: str = ""


class _Request(msgspec.Struct):
    ori: str
    purpose: str
    on_behalf_of: _Behalf | None = None


class _Ruled(msgspec.Struct):
    outcome: str
    clauses: tuple[str, ...] = ()


class _Clause(msgspec.Struct):
    instrument: str
    clause: str


class _Decision(msgspec.Struct):
    kind: str
    at: str
    outcome: str
    rulings: tuple[_Ruled, ...] = ()
    clauses: tuple[_Clause, ...] = ()


class _Act(msgspec.Struct):
    ruling: str
    clauses: tuple[str, ...] = ()


class _Paper(msgspec.Struct):
    acts: tuple[_Act, ...] = ()


class _Custody(msgspec.Struct):
    at: str
    papers: tuple[_Paper, ...] = ()


class _Change(msgspec.Struct):
    kind: str
    at: str
    change: str
    ori: str = ""
    name: str = ""
    ref: str = ""
    party: str = ""
    key_id: str = ""
    source: str | None = None


_KIND: Final = msgspec.json.Decoder(_OfKind)
_REQUEST: Final = msgspec.json.Decoder(_Request)
_DECISION: Final = msgspec.json.Decoder(_Decision)
_CUSTODY: Final = msgspec.json.Decoder(_Custody)
_CHANGE: Final = msgspec.json.Decoder(_Change)


def _answer(request: _Request, decision: _Decision, zone: str) -> Answers:
    behalf = request.on_behalf_of
    return Answers(
        month_of(decision.at, zone),
        request.ori,
        "" if behalf is None else behalf.ori,
        request.purpose,
        decision.outcome,
    )


def _uses(decision: _Decision, zone: str) -> set[Uses]:
    """Each clause once an entry, however many acts it decided."""
    month = month_of(decision.at, zone)
    cited = [(text, one.outcome in _RELIED_ON) for one in decision.rulings for text in one.clauses]
    if decision.kind == "refusal" and not cited:
        # Refused before any act was decided: the clause that ended a text, say.
        cited = [(f"{one.instrument}#{one.clause}", False) for one in decision.clauses]
    return set(_split(cited, month))


def _custody_uses(custody: _Custody, zone: str) -> set[Uses]:
    month = month_of(custody.at, zone)
    acts = [act for paper in custody.papers for act in paper.acts]
    decided = [one for one in acts if one.ruling not in _UNDECIDED]
    cited = [(text, one.ruling in _RELIED_ON) for one in decided for text in one.clauses]
    return set(_split(cited, month))


def _split(cited: list[tuple[str, bool]], month: str) -> Iterator[Uses]:
    for text, relied_on in cited:
        ref, mark, clause = text.partition("#")
        if mark:
            yield Uses(ref, clause, month, relied_on)


def _entered(index: int, changed: _Change) -> ChangeEntered:
    name = changed.ref or changed.ori or changed.party or changed.name
    return ChangeEntered(
        index, changed.at, changed.kind, changed.change, name, changed.key_id, changed.source or ""
    )


def month_of(at: str, zone: str) -> str:
    """The month of an instant as entries write it (`2018-09-01T03:59:59.000Z`), in that zone."""
    # No zone is further than a day from UTC: only the first and last days can be of another month.
    if "02" <= at[8:10] <= "27" and at[4] == "-" and at.endswith("Z"):
        return at[:7]
    return format_local(parse_instant(at), zone)[:7]


def recounted(database: Database, zone: str) -> Figures:
    """Every entry counted from the first: what the figures must equal."""
    figures = Figures(zone)
    while True:
        further = count_on(database.reader(), figures, PIECE)
        if further is figures:
            return further
        figures = further
