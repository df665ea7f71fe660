"""Changes of sharing: when which text began or ended, and which agencies and keys came and went.

Source: RFC 4287 (Atom). Invariants: what is listed is the register's own timeline, where a text ends by
silence, too, and the entries of the ledger that changed the registry; drafts, officers and papers are
not in it; an item has the same id for ever, made of the log's name and of what it is about.
"""

from __future__ import annotations

import uuid
from typing import Final

import msgspec

from comity.instant import Instant, InstantError, format_instant, parse_instant
from comity.law.lifecycle import LawStatus
from comity.store.sqlite.figures import ChangeEntered
from comity.web.pages.page import Column, File, Link, Page, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_
from comity.web.portal.atom import ATOM_TYPE, Item, atom_feed
from comity.web.portal.counted import figures_of
from comity.web.portal.disclosures import agency_said
from comity.web.portal.standings import STATUSES, readable_refs

MOST: Final = 100
"""Items of the feed and of the page; the CSV file and the JSON twin have all."""

_SAID: Final = {
    "agency entered": N_("%(agency)s may ask under the texts in force"),
    "agency suspended": N_("%(agency)s is suspended and gets nothing"),
    "agency resumed": N_("%(agency)s is no longer suspended"),
    "key entered": N_("A key of %(agency)s counts"),
    "key revoked": N_("A key of %(agency)s counts no longer"),
    "party key entered": N_("A key counts by which %(party)s signs texts"),
    "party key revoked": N_("A key by which %(party)s signed texts counts no longer"),
}


class Changes(msgspec.Struct, frozen=True):
    """How many there are, how many of them the page shows, and where the feed is."""

    count: int
    most: int
    feed: str


def changes_page(visit: Visit) -> Page:
    """The page `/changes`."""
    items = changes_of(visit)
    return Page(
        template="portal/changes.html",
        title=visit.text("Changes of sharing"),
        data=Changes(len(items), MOST, "/changes.atom"),
        tables=(
            Table(
                "changes",
                visit.text("Changes of sharing"),
                (
                    Column("at", visit.text("When")),
                    Column("what", visit.text("What changed")),
                    Column("entry", visit.text("Entry of the log"), numeric=True),
                ),
                tuple((When(one.at), Link(one.title, one.href), one.entry) for one in items),
            ),
        ),
    )


def changes_feed(visit: Visit) -> File:
    """The feed `/changes.atom`."""
    items, base = changes_of(visit)[:MOST], visit.house.public_url
    origin = _origin(visit)
    body = atom_feed(
        feed_id=_urn(origin, "changes"),
        title=visit.text("Changes of sharing: %(custodian)s", custodian=visit.house.custodian),
        author=visit.house.custodian,
        language=visit.language,
        base=base,
        path="/changes.atom",
        page="/changes",
        items=items,
        at=visit.at,
    )
    return File(body=body, media_type=ATOM_TYPE)


def changes_of(visit: Visit) -> tuple[Item, ...]:
    """Every change up to now, the latest first."""
    found = [*_of_texts(visit), *_of_registry(visit)]
    return tuple(sorted(found, key=lambda one: (-one.at, -(one.entry or 0), one.id)))


def _of_texts(visit: Visit) -> list[Item]:
    register, origin = visit.view.register, _origin(visit)
    found = []
    for ref in readable_refs(visit):
        text = register.instrument(ref)
        for standing in register.timeline(ref):
            since = standing.since
            if since is None or since > visit.at or standing.status is LawStatus.DRAFT:
                continue
            status = visit.text(STATUSES[standing.status])
            found.append(
                Item(
                    id=_urn(origin, f"{ref}/{standing.status.value}/{format_instant(since)}"),
                    at=since,
                    title=f"{status}: {text.title}",
                    href=f"/agreements/{ref}",
                    summary=f"{ref}, sha256:{text.digest}",
                )
            )
    return found


def _of_registry(visit: Visit) -> list[Item]:
    keys = {key.key_id: key.ori for key in visit.view.registry.keys.values()}
    texts = visit.view.register.instruments.values()
    parties = {party.id: party.name for text in texts for party in text.parties}
    origin = _origin(visit)
    found = []
    for one in figures_of(visit).changes:
        said = _SAID.get(one.change)
        at = _instant(one)
        if said is None or at is None or at > visit.at:
            continue
        ori = keys.get(one.key_id, one.name) if one.change == "key revoked" else one.name
        title = visit.text(
            said, agency=agency_said(visit, ori), party=parties.get(one.name, one.name)
        )
        more = visit.text("from the record system %(source)s", source=one.source)
        found.append(
            Item(
                id=_urn(origin, f"entry/{one.index}"),
                at=at,
                title=f"{title} ({more})" if one.source else title,
                href=f"/changes#entry-{one.index}",
                summary=visit.text("Entry %(index)s of the public log", index=one.index),
                entry=one.index,
            )
        )
    return found


def _instant(one: ChangeEntered) -> Instant | None:
    try:
        return parse_instant(one.at)
    except InstantError:
        return None


def _origin(visit: Visit) -> str:
    """The name of the first log, which no other installation has."""
    publisher = visit.house.publisher
    return visit.house.custodian if publisher is None else publisher.logs()[0].key.name


def _urn(origin: str, name: str) -> str:
    """An id that nobody else gives, and that nothing else here gets."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"comity:{origin}/{name}").urn
