"""The records officer's pages of the console."""

from __future__ import annotations

from typing import Final

from comity.access.act import Act
from comity.web.console import (
    agency_pages,
    expunge_pages,
    feed_page,
    held_pages,
    ledger_page,
    queue_page,
    recall_pages,
    record_pages,
)
from comity.web.pages.face import Face
from comity.web.pages.wording import N_

FACES: Final[tuple[Face, ...]] = (
    Face(
        path="/console",
        title=N_("Work queue"),
        page=queue_page.queue_page,
        action=queue_page.take_or_leave,
        fields=queue_page.FIELDS,
        see=Act.READ_QUEUE,
        do=Act.TAKE_WORK,
        menu=N_("Work queue"),
    ),
    Face(
        path="/console/inquiries",
        title=N_("Inquiries held for approval"),
        page=held_pages.held_list,
        see=Act.READ_INQUIRY,
        menu=N_("Inquiries"),
    ),
    Face(
        path="/console/inquiries/{ori}/{inquiry_id}",
        title=N_("Inquiry"),
        page=held_pages.held_page,
        action=held_pages.judge,
        fields=held_pages.FIELDS,
        see=Act.READ_INQUIRY,
        do=Act.JUDGE_INQUIRY,
    ),
    Face(
        path="/console/records",
        title=N_("Record"),
        page=record_pages.record_page,
        see=Act.READ_RECORD,
        menu=N_("Records"),
    ),
    Face(
        path="/console/records/expunge",
        title=N_("Expunge a record"),
        page=expunge_pages.expunge_page,
        action=expunge_pages.propose_expunging,
        fields=expunge_pages.FIELDS,
        see=Act.EXPUNGE,
    ),
    Face(
        path="/console/records/expunge/{proposal_id}",
        title=N_("Expunge a record"),
        page=expunge_pages.proposal_page,
        action=expunge_pages.decide_expunging,
        fields=expunge_pages.DECIDE_FIELDS,
        see=Act.EXPUNGE,
    ),
    Face(
        path="/console/recalls",
        title=N_("Recalls"),
        page=recall_pages.recalls_page,
        see=Act.READ_INQUIRY,
        menu=N_("Recalls"),
    ),
    Face(
        path="/console/recalls/{expungement}/{ori}",
        title=N_("Recall letter"),
        page=recall_pages.letter_page,
        see=Act.READ_INQUIRY,
    ),
    Face(
        path="/console/agencies",
        title=N_("Agencies"),
        page=agency_pages.agencies_page,
        action=agency_pages.enter_agency,
        fields=agency_pages.ADD_FIELDS,
        see=Act.READ_REGISTRY,
        do=Act.CHANGE_REGISTRY,
        menu=N_("Agencies"),
    ),
    Face(
        path="/console/agencies/{ori}",
        title=N_("Agency"),
        page=agency_pages.agency_page,
        action=agency_pages.change_agency,
        fields=agency_pages.CHANGE_FIELDS,
        see=Act.READ_REGISTRY,
        do=Act.CHANGE_REGISTRY,
    ),
    Face(
        path="/console/feed",
        title=N_("Feeds"),
        page=feed_page.feed_page,
        action=feed_page.try_again,
        fields=feed_page.FIELDS,
        see=Act.READ_FEEDS,
        do=Act.TEND_FEEDS,
        menu=N_("Feeds"),
    ),
    Face(
        path="/console/ledger",
        title=N_("Ledger"),
        page=ledger_page.ledger_page,
        see=Act.READ_QUEUE,
        menu=N_("Ledger"),
    ),
)
