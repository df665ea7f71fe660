"""The promise every store makes about entries: durable first, then a receipt.

Invariants: a `DurableReceipt` is made only by a store, after the transaction
that holds the entry has been committed and synced; entries get consecutive
indices without a gap; a batch is appended whole or not at all. Does not: know
what an entry is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NewType, Protocol

import msgspec

from comity.errors import ComityError
from comity.ledger.entry import Commitment, SealedEntry

EntryIndex = NewType("EntryIndex", int)
Generation = NewType("Generation", int)
"""Counts changes of who may see what: law, registry, expungement, seal, hide, restore."""


class DurableReceipt(msgspec.Struct, frozen=True):
    """An entry's place in the ledger. Whoever holds one knows it survived a crash."""

    index: EntryIndex
    commitment: Commitment


class Once(msgspec.Struct, frozen=True):
    """A key that may be used once in a scope, recorded with the entries.

    Used for signature nonces (`scope` = key id) and inquiry ids (`scope` = agency).
    """

    scope: str
    key: str
    expires: int  # instant after which it may be forgotten; 0 = never


class Guard(msgspec.Struct, frozen=True):
    """What must still hold inside the transaction that makes an entry durable.

    `generation` None asks for none in particular. Keys are claimed all or none.
    """

    generation: Generation | None = None
    once: tuple[Once, ...] = ()


class LedgerUnwritable(ComityError):
    """The entry could not be made durable: nothing may leave.

    Where the commit itself failed, the entry may still turn up after a crash: an
    over-report, which is allowed. An answer without an entry is not.
    """


class GenerationMoved(ComityError):
    """Law, registry or a record's standing changed since the decision: decide again."""


class AlreadyUsed(ComityError):
    """A once-only key was used before."""

    def __init__(self, once: Once) -> None:
        super().__init__(f"`{once.key}` was used before", where=once.scope)
        self.once = once


class Ledger(Protocol):
    """Where entries become durable."""

    async def append(
        self, entries: Sequence[SealedEntry], guard: Guard
    ) -> tuple[DurableReceipt, ...]:
        """Append all entries in one durable transaction, in order.

        Raises LedgerUnwritable (not durable), GenerationMoved or AlreadyUsed
        (nothing was written, the guard did not hold). A cancelled call may
        still append.
        """
        ...
