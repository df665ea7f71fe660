"""What a store raises when it cannot serve. A refusal is never one of these.

Two facts are kept apart: *nothing was written* (certain), and *the commit itself
failed*, after which the data may or may not outlive a crash (`certain` is False).
Either way nothing may leave: an entry without an answer is an over-report, which
is allowed; an answer without an entry is not.
"""

from __future__ import annotations

from comity.errors import ComityError, IntegrityFault


class StoreUnwritable(ComityError):
    """The change was not made durable.

    `certain` is True where nothing was written, False where the commit failed
    and what it held may still turn up after a crash.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        remedy: str | None = None,
        certain: bool = True,
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.certain = certain


class StoreUnreadable(ComityError):
    """The file is there but cannot be opened or read now (rights, lock, failing disk)."""


class StoreInvalid(IntegrityFault):
    """The file is not a Comity database, or not one this version understands."""
