"""A draft before anybody signs it: what is wrong with it, its redline, and what it would change.

Source: DESIGN.md, Faces (an agreement's change with redline, effect from replay and proofs).
Invariants: a draft is checked as a text on file is, each fault with line, clause and remedy; nothing
of it is kept here. Does not: adopt (`law_act`).
"""

from __future__ import annotations

from typing import Final

import msgspec
from markupsafe import Markup

from comity.law.check import check_text
from comity.law.diff import Change, ChangeKind, compare
from comity.law.instrument import Instrument
from comity.web.console.law_act import TEXT_MAX
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Page, Shown
from comity.web.pages.visit import Visit
from comity.web.portal.prose import redline

DRAFT_FIELDS: Final = (
    Field("text", required=True, most=TEXT_MAX, lines=True, secret=True),
    Field("against"),
)
BODY_MAX: Final = 4 * TEXT_MAX


class Wrong(msgspec.Struct, frozen=True):
    """One fault of a draft."""

    line: int
    clause: str | None
    what: str
    remedy: str


class ChangeSeen(msgspec.Struct, frozen=True):
    """One difference with its redline."""

    kind: str
    clause: str | None
    says: str
    before: str | None
    after: str | None
    code: bool

    @property
    def marked(self) -> Markup:
        """What was taken out and what was put in."""
        return redline(self.before or "", self.after or "")


class DraftPage(msgspec.Struct, frozen=True):
    """A draft. `ref` None: nothing was given, or it cannot be read."""

    refs: tuple[str, ...]
    text: str = ""
    against: str = ""
    ref: str | None = None
    wrong: tuple[Wrong, ...] = ()
    changes: tuple[ChangeSeen, ...] = ()


def draft_page(visit: Visit) -> Page:
    """The page `/console/law-draft`."""
    return _page(visit, DraftPage(_refs(visit), against=visit.query.get("against", "")))


def _page(visit: Visit, data: DraftPage, faults: dict[str, str] | None = None) -> Page:
    return Page(
        template="console/law_draft.html",
        title=visit.text("A draft"),
        data=data,
        status=422 if faults or data.wrong else 200,
        faults=faults or {},
    )


def read_draft(visit: Visit, form: Form) -> Shown:
    """Check the draft, and compare it with the text it would follow."""
    given, against = form["text"], form["against"]
    if form.faults:
        return _page(visit, DraftPage(_refs(visit), given, against), dict(form.faults))
    checked = check_text(given, "draft")
    wrong = tuple(Wrong(one.line, one.clause, one.what, one.remedy) for one in checked.problems)
    if checked.instrument is None or wrong:
        return _page(visit, DraftPage(_refs(visit), given, against, wrong=wrong))
    draft = checked.instrument
    before = _before(visit, draft, against)
    changes = () if before is None else tuple(map(_seen, compare(before, draft)))
    shown = DraftPage(
        _refs(visit), given, "" if before is None else before.ref, draft.ref, (), changes
    )
    return _page(visit, shown)


def _before(visit: Visit, draft: Instrument, against: str) -> Instrument | None:
    """The text named, else the latest version on file of the same text."""
    held = visit.view.register.instruments
    if against in held:
        return held[against]
    same = [one for one in held.values() if one.id == draft.id and one.version < draft.version]
    return max(same, key=lambda one: one.version, default=None)


def _seen(one: Change) -> ChangeSeen:
    code = one.kind in (ChangeKind.RULE, ChangeKind.EXAMPLES)
    return ChangeSeen(one.kind.value, one.clause, one.says, one.before, one.after, code)


def _refs(visit: Visit) -> tuple[str, ...]:
    return tuple(sorted(visit.view.register.instruments))
