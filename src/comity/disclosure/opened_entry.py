"""An opened entry in words: when, who, what for, what was shown, how it ended, under which clauses.

Source: docs/openings.md; what `comity.disclosure.seal` and the stores write into compartments.
Invariants: nothing is made up: what an entry does not say is None or empty; whatever another
version of Comity sealed, and was verified, is read as far as it has the known form. Does not:
verify (`ledger.opening`, `ledger.opening_range`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class OpenedEntry(msgspec.Struct, frozen=True):
    """One entry as it reads. `by` is who acted where no agency asked."""

    index: int
    log: str
    at: str | None
    kind: str | None
    agency: str | None
    by: str | None
    on_behalf_of: str | None
    purpose: str | None
    outcome: str | None
    shown: tuple[str, ...]
    clauses: tuple[str, ...]


def opened_entry(index: int, log: str, values: Mapping[str, Mapping[str, Any]]) -> OpenedEntry:
    """Read the opened compartments of one entry.

    `shown` are the data classes of the content where that is open, else those permitted.
    """
    request, decision = values.get("request", {}), values.get("decision", {})
    content = values.get("content")
    behalf = request.get("on_behalf_of")
    disclosed = None if content is None else content.get("disclosed", {})
    shown = decision.get("permitted", ()) if disclosed is None else disclosed
    return OpenedEntry(
        index=index,
        log=log,
        at=_text(decision.get("at")),
        kind=_text(decision.get("kind")),
        agency=_text(request.get("ori")),
        by=_text(request.get("by")),
        on_behalf_of=_text(behalf.get("ori")) if isinstance(behalf, dict) else None,
        purpose=_text(request.get("purpose")),
        outcome=_text(decision.get("outcome")),
        shown=tuple(sorted(map(str, shown))) if isinstance(shown, list | tuple | dict) else (),
        clauses=_clauses(decision.get("clauses")),
    )


def names_others(subject: Mapping[str, Any]) -> bool:
    """Whether the subject compartment of somebody's entry may name somebody else, too.

    The terms of an inquiry by several record or state numbers are those of everybody asked about.
    """
    terms = subject.get("terms")
    if not isinstance(terms, dict):
        return False
    many = [
        number
        for name in ("record_ids", "state_ids")
        for number in (terms.get(name) or ())
        if number != subject.get("record")
    ]
    return bool(many)


def _clauses(found: object) -> tuple[str, ...]:
    if not isinstance(found, list):
        return ()
    return tuple(
        f"{clause['instrument']}#{clause['clause']}"
        for clause in found
        if isinstance(clause, dict) and {"instrument", "clause"} <= clause.keys()
    )


def _text(found: object) -> str | None:
    return found if isinstance(found, str) else None
