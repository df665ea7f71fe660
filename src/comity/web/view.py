"""What a request is decided under: the registry and the law in force, of one generation.

Invariants: a view belongs to the generation that was read before anything else of
it, so that whatever changed meanwhile makes the ledger's guard refuse
(GenerationMoved) and the inquiry is decided again; the law in force is worked out
once for [since, until). One select a request finds out whether the view still
holds. Does not: decide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import apsw

from comity.disclosure.registry import RegistrySnapshot
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.ledger.append import Generation
from comity.store.sqlite.append import generation
from comity.store.sqlite.database import Database
from comity.store.sqlite.registry import load_snapshot


class LawBook(Protocol):
    """Every instrument with what became of it (`comity.law.register.Register`)."""

    def in_force(self, at: Instant) -> LawInForce:
        """The law in force at that instant."""
        ...


class View:
    """Registry and law of one generation."""

    def __init__(self, generation: Generation, registry: RegistrySnapshot, book: LawBook) -> None:
        self.generation = generation
        self.registry = registry
        self.book = book
        self._law: LawInForce | None = None

    def law(self, at: Instant) -> LawInForce:
        """The law in force at that instant, worked out once while it does not change."""
        law = self._law
        if law is None or not law.covers(at):
            law = self._law = self.book.in_force(at)
        return law


class Views:
    """The present view, read anew when the generation has moved."""

    def __init__(self, database: Database, load_law: Callable[[apsw.Connection], LawBook]) -> None:
        self._database = database
        self._load_law = load_law
        self._view: View | None = None

    def current(self) -> View:
        """The view that holds now. Raises StoreUnreadable."""
        reader = self._database.reader()
        now = generation(reader)
        view = self._view
        if view is None or view.generation != now:
            view = self._view = View(now, load_snapshot(reader), self._load_law(reader))
        return view
