"""What the promises of this place are, and whether they were proved of the law in force: as it was stored.

A promise says that something can never be allowed, whatever is asked. Who proves it writes the results
to `promises.json` beside the database; this reads them. Invariants: a proof counts for the law it was
made of and for no other: under another digest it is shown as out of date; a file that cannot be
read is a fault that is told, never an empty list. Does not: prove anything.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

import msgspec

from comity.errors import IntegrityFault
from comity.web.pages.visit import Visit

FILE: Final = "promises.json"
FORM: Final = 1
_BYTES_MAX: Final = 4 << 20


class Verdict(StrEnum):
    """What became of a promise."""

    PROVED = "proved"
    BROKEN = "broken"
    UNDECIDED = "undecided"


class ClauseOf(msgspec.Struct, frozen=True):
    """A clause by which a promise is kept, or broken."""

    instrument: str
    clause: str
    title: str = ""


class Promise(msgspec.Struct, frozen=True):
    """One promise. `counterexample` is an inquiry that breaks it, in words; `by` names the solvers."""

    id: str
    says: str
    verdict: Verdict
    source: str = ""
    by: tuple[str, ...] = ()
    clauses: tuple[ClauseOf, ...] = ()
    counterexample: str | None = None


class Proved(msgspec.Struct, frozen=True):
    """The results, of the law of that digest."""

    form: int
    law: str
    proved_at: str
    promises: tuple[Promise, ...]


class Proofs(Protocol):
    """Where results are kept."""

    def stored(self, visit: Visit) -> Proved | None:
        """The last results; None where nothing was ever proved here. Raises IntegrityFault."""
        ...


class BesideTheDatabase:
    """Results in a file beside the database."""

    def stored(self, visit: Visit) -> Proved | None:
        """As `Proofs.stored`."""
        return read_proved(Path(visit.database.path).with_name(FILE))


def read_proved(path: Path) -> Proved | None:
    """The results in a file; None where there is none. Raises IntegrityFault."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise _unreadable(path, str(fault.strerror)) from fault
    if len(raw) > _BYTES_MAX:
        raise _unreadable(path, "it is too large")
    try:
        found = msgspec.json.decode(raw, type=Proved)
    except msgspec.MsgspecError as fault:
        raise _unreadable(path, str(fault)) from fault
    if found.form != FORM:
        raise _unreadable(path, f"form {found.form} is not known")
    return found


def _unreadable(path: Path, why: str) -> IntegrityFault:
    return IntegrityFault(
        f"the results of proving cannot be read: {why}", where=str(path), remedy="prove anew"
    )
