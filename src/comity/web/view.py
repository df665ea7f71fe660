"""What a request is decided under: the registry and the law in force, of one generation.

Invariants: a view belongs to the generation that was read before anything else of
it, so that whatever changed meanwhile makes the ledger's guard refuse
(GenerationMoved) and the inquiry is decided again; the law is read anew only when
there is more of it. One select a request finds out whether the view still holds.
Does not: decide.
"""

from __future__ import annotations

from collections.abc import Collection

from comity.disclosure.registry import RegistrySnapshot
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.law.register import Register
from comity.ledger.append import Generation
from comity.store.sqlite.append import generation
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import LawMark, law_mark, load_register
from comity.store.sqlite.registry import load_snapshot


class View:
    """Registry and law of one generation."""

    def __init__(
        self, generation: Generation, registry: RegistrySnapshot, register: Register
    ) -> None:
        self.generation = generation
        self.registry = registry
        self.register = register
        self._law: LawInForce | None = None

    def law(self, at: Instant) -> LawInForce:
        """The law in force at that instant, worked out once while it does not change."""
        law = self._law
        if law is None or not law.covers(at):
            law = self._law = self.register.in_force(at)
        return law


class Views:
    """The present view of one store. `stack` are the ids of the texts that bind; empty means all."""

    def __init__(self, database: Database, stack: Collection[str] = ()) -> None:
        self._database = database
        self.stack = tuple(stack)
        self._view: View | None = None
        self._mark: LawMark | None = None

    def current(self) -> View:
        """The view that holds now. Raises StoreUnreadable, and IntegrityFault for law that does not hold."""
        reader = self._database.reader()
        now = generation(reader)
        view = self._view
        if view is not None and view.generation == now:
            return view
        mark = law_mark(reader)
        register = (
            load_register(reader, self.stack)
            if view is None or mark != self._mark
            else view.register
        )
        self._view = View(now, load_snapshot(reader), register)
        self._mark = mark
        return self._view
