"""The base of every error Comity raises on purpose.

Each package derives its own. A refusal is never an error: it is a value
(`comity.disclosure.decision.Decision`). An error says what is wrong, where,
and what to do about it.
"""

from __future__ import annotations


class ComityError(Exception):
    """What is wrong, where it is, and what to try.

    `what` is lowercase without a full stop; `where` is a file with line, a
    message position or a field; `remedy` is what a person can do next.
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """One line: `where: what`."""
        return f"{self.where}: {self.what}" if self.where else self.what


class NotFound(ComityError):
    """What was named does not exist (exit code 3)."""


class NotPermitted(ComityError):
    """The caller may not do this (exit code 4)."""


class Unreachable(ComityError):
    """A server or file system cannot be reached (exit code 5)."""


class IntegrityFault(ComityError):
    """Stored or received bytes are not what they must be (exit code 6)."""
