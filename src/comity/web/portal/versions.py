"""Two versions of a text, and everything that changed between them.

Invariant: both are texts that anybody may read; the differences are those of `comity.law.diff`, which
finds every one. Does not: say what the change does to inquiries.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from markupsafe import Markup

from comity.errors import NotFound
from comity.law.diff import Change, ChangeKind, compare
from comity.law.instrument import Instrument
from comity.web.pages.page import Page
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_
from comity.web.portal.agreement import earlier
from comity.web.portal.prose import redline
from comity.web.portal.standings import readable

KINDS = {
    ChangeKind.FRONT_MATTER: N_("Head of the text"),
    ChangeKind.RECITALS: N_("Recitals changed"),
    ChangeKind.ADDED: N_("Clause added"),
    ChangeKind.REMOVED: N_("Clause removed"),
    ChangeKind.MOVED: N_("Clause moved"),
    ChangeKind.TITLE: N_("Title changed"),
    ChangeKind.PROSE: N_("Prose changed"),
    ChangeKind.RULE: N_("Rule changed"),
    ChangeKind.DUTY: N_("Duty changed"),
    ChangeKind.SETS: N_("What the clause sets changed"),
    ChangeKind.EXAMPLES: N_("Examples changed"),
    ChangeKind.CITATION: N_("Citation changed"),
}


class ChangeShown(msgspec.Struct, frozen=True):
    """One difference. `code`: it is of a rule, not of prose; `head`: of the front matter."""

    kind: str
    clause: str | None
    says: str
    before: str | None
    after: str | None
    code: bool
    head: bool

    @property
    def marked(self) -> Markup:
        """What was taken out and what was put in."""
        return redline(self.before or "", self.after or "")


class Versions(msgspec.Struct, frozen=True):
    """The newer text and the older, and what changed."""

    ref: str
    title: str
    before: str
    before_title: str
    changes: tuple[ChangeShown, ...]


def versions(visit: Visit) -> Page:
    """The page `/agreements/{ref}/changes`. Raises NotFound where either is not there to read."""
    text, _ = readable(visit, visit.path["ref"])
    other = visit.query.get("from") or earlier(visit, text)
    if other is None:
        raise NotFound("this text followed no other")
    before, _ = readable(visit, other)
    return Page(
        template="portal/versions.html",
        title=visit.text("What changed"),
        data=Versions(
            text.ref,
            text.title,
            before.ref,
            before.title,
            tuple(
                ChangeShown(
                    visit.text(KINDS[one.kind]),
                    one.clause,
                    one.says,
                    one.before,
                    one.after,
                    one.kind in (ChangeKind.RULE, ChangeKind.EXAMPLES),
                    one.kind is ChangeKind.FRONT_MATTER,
                )
                for one in _compared(before, text)
            ),
        ),
    )


_KEPT = 64


def _compared(before: Instrument, after: Instrument) -> tuple[Change, ...]:
    return _of_digests(_Pair(before, after))


class _Pair:
    """Two texts, the same as two others of their digests."""

    def __init__(self, before: Instrument, after: Instrument) -> None:
        self.before, self.after = before, after

    def __hash__(self) -> int:
        return hash((self.before.digest, self.after.digest))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pair) and (
            (self.before.digest, self.after.digest) == (other.before.digest, other.after.digest)
        )


@lru_cache(maxsize=_KEPT)
def _of_digests(pair: _Pair) -> tuple[Change, ...]:
    return compare(pair.before, pair.after)
