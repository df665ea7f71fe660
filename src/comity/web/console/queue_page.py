"""`/console`: the queue of only what needs a person, oldest first, with who has it and why it is here.

Source: GOV.UK and MOJ task lists: "nobody has looked" and "somebody has it" are two states. Invariants:
what is listed is read from where it stands, never copied into a list that could fall behind; somebody
sees what their roles let them see; taking something keeps nobody else from it. Does not: do the work;
other parts of the console add theirs to `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from comity.access.act import Act
from comity.disclosure.inquiry import Inquiry
from comity.errors import NotFound
from comity.instant import Instant, parse_instant
from comity.store.sqlite.feed_state import aside_by_source
from comity.store.sqlite.inquiries import held_inquiries
from comity.store.sqlite.two_people import waiting
from comity.store.sqlite.work import leave_work, recalled, take_work, work_taken
from comity.web.closed_words import purpose_said
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Page, Redirect, Shown
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_

FIELDS: Final = (
    Field("kind", required=True, most=40),
    Field("key", required=True),
    Field("do", required=True, choices=("take", "leave")),
)


class Work(msgspec.Struct, frozen=True):
    """One thing that needs a person: since when, what it is, why it is here, where it is done."""

    kind: str
    key: str
    since: Instant
    said: str
    why: str
    href: str
    due: Instant | None = None
    taken_by: str | None = None
    taken_at: Instant | None = None


Source = Callable[[Visit], Iterator[Work]]
KINDS: Final = {
    "held": N_("Inquiries held for approval"),
    "proposal": N_("What waits for a second person"),
    "quarantine": N_("Messages in quarantine"),
    "recall": N_("Recalls not acknowledged"),
}


class QueuePage(msgspec.Struct, frozen=True):
    """The queue, and how much there is of each kind."""

    work: tuple[Work, ...]
    kinds: tuple[tuple[str, str, int], ...]
    kind: str
    mine: str
    may_take: bool


def queue_page(visit: Visit) -> Page:
    """What needs a person now."""
    found = tuple(_all(visit))
    kind = visit.query.get("kind", "")
    counts: dict[str, int] = {}
    for one in found:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    shown = [one for one in found if kind in ("", one.kind)]
    return Page(
        template="console/queue.html",
        live=True,
        title=visit.text("Work queue"),
        data=QueuePage(
            tuple(sorted(shown, key=lambda one: (one.due or one.since, one.kind, one.key))),
            tuple(
                (name, visit.text(KINDS.get(name, name)), n) for name, n in sorted(counts.items())
            ),
            kind,
            visit.me.handle,
            visit.allows(Act.TAKE_WORK),
        ),
    )


def take_or_leave(visit: Visit, form: Form) -> Shown:
    """Take a piece of work, or give it back."""
    kind, key = form["kind"], form["key"]
    if not any((one.kind, one.key) == (kind, key) for one in _all(visit)):
        raise NotFound("this is not in the queue any more")
    by, at = visit.me.handle, visit.at
    if form["do"] == "take":
        visit.write(lambda connection: take_work(connection, kind, key, by, at))
    else:
        visit.write(lambda connection: leave_work(connection, kind, key))
    return Redirect("/console")


def _all(visit: Visit) -> Iterator[Work]:
    taken = work_taken(visit.reader())
    for source in SOURCES:
        for one in source(visit):
            by = taken.get((one.kind, one.key))
            yield (
                one if by is None else msgspec.structs.replace(one, taken_by=by.by, taken_at=by.at)
            )


def _held(visit: Visit) -> Iterator[Work]:
    if not visit.allows(Act.READ_INQUIRY):
        return
    for one in held_inquiries(visit.reader()):
        agency = visit.view.registry.agencies.get(one.ori)
        try:
            purpose = purpose_said(visit, msgspec.json.decode(one.body, type=Inquiry).purpose)
        except msgspec.MsgspecError:
            purpose = "?"
        yield Work(
            "held",
            f"{one.ori} {one.inquiry_id}",
            one.held_at,
            visit.text(
                "%(agency)s asks, for %(purpose)s",
                agency=one.ori if agency is None else agency.name,
                purpose=purpose,
            ),
            visit.text("A clause holds it until somebody approves it"),
            f"/console/inquiries/{one.ori}/{one.inquiry_id}",
        )


def _proposals(visit: Visit) -> Iterator[Work]:
    for one in waiting(visit.reader(), visit.at):
        if one.act is not Act.EXPUNGE or not visit.allows(one.act):
            continue
        own = one.proposed_by == visit.me.handle
        yield Work(
            "proposal",
            one.proposal_id,
            one.proposed_at,
            visit.text("An expungement, proposed by %(who)s", who=one.proposed_by),
            visit.text("You proposed it: somebody else must confirm it")
            if own
            else visit.text("It takes a second person"),
            f"/console/records/expunge/{one.proposal_id}",
            due=one.until,
        )


def _acts_of_law(visit: Visit) -> Iterator[Work]:
    for one in waiting(visit.reader(), visit.at):
        if one.act not in (Act.SIGN_LAW, Act.END_LAW) or not visit.allows(one.act):
            continue
        own = one.proposed_by == visit.me.handle
        yield Work(
            "proposal",
            one.proposal_id,
            one.proposed_at,
            visit.text("An act of law, brought by %(who)s", who=one.proposed_by),
            visit.text("You brought it: somebody else must record it")
            if own
            else visit.text("It takes a second person"),
            f"/console/law-proposals/{one.proposal_id}",
            due=one.until,
        )


def _quarantine(visit: Visit) -> Iterator[Work]:
    if not visit.allows(Act.TEND_FEEDS):
        return
    for source, count, since in aside_by_source(visit.reader()):
        yield Work(
            "quarantine",
            source,
            since,
            visit.texts(
                "%(n)s message of %(source)s", "%(n)s messages of %(source)s", count, source=source
            ),
            visit.text("They could not be taken in"),
            "/console/feed",
        )


def _recalls(visit: Visit) -> Iterator[Work]:
    if not visit.allows(Act.EXPUNGE):
        return
    outstanding: dict[tuple[int, str], tuple[Instant, int]] = {}
    for one in recalled(visit.reader()):
        if one.acknowledged is None:
            key = (one.expungement, one.recipient.ori)
            since, count = outstanding.get(key, (parse_instant(one.expunged_at), 0))
            outstanding[key] = (since, count + 1)
    for (expungement, ori), (since, count) in outstanding.items():
        yield Work(
            "recall",
            f"{expungement} {ori}",
            since,
            visit.texts(
                "%(ori)s has not acknowledged %(n)s disclosure",
                "%(ori)s has not acknowledged %(n)s disclosures",
                count,
                ori=ori,
            ),
            visit.text("Send the letter, and ask again"),
            f"/console/recalls/{expungement}/{ori}",
        )


SOURCES: Final[tuple[Source, ...]] = (_held, _proposals, _acts_of_law, _quarantine, _recalls)
