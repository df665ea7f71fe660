"""Every page of the portal."""

from __future__ import annotations

from typing import Final

from comity.web.pages.face import Face
from comity.web.portal import check, my_record
from comity.web.portal.about import about
from comity.web.portal.agreement import agreement
from comity.web.portal.agreements import agreements
from comity.web.portal.changes import changes_feed, changes_page
from comity.web.portal.clause_use import clause_use
from comity.web.portal.disclosures import disclosures
from comity.web.portal.front_page import front_page
from comity.web.portal.promises import promises
from comity.web.portal.versions import versions

FACES: Final[tuple[Face, ...]] = (
    Face(path="/", title="What is shared, with whom, and why", page=front_page),
    Face(path="/agreements", title="Agreements", page=agreements, menu="Agreements"),
    Face(path="/agreements/{ref}", title="Agreement", page=agreement),
    Face(path="/agreements/{ref}/use", title="How often each clause decided", page=clause_use),
    Face(path="/agreements/{ref}/changes", title="What changed", page=versions),
    Face(
        path="/disclosures",
        title="Disclosures and refusals",
        page=disclosures,
        menu="Disclosures",
    ),
    Face(path="/promises", title="Promises", page=promises, menu="Promises"),
    Face(path="/changes", title="Changes of sharing", page=changes_page, menu="Changes"),
    Face(path="/changes.atom", title="Changes of sharing", page=changes_feed),
    Face(
        path="/check",
        title="Check it yourself",
        page=check.check,
        action=check.check_receipt,
        fields=check.FIELDS,
        body_bytes_max=check.BODY_BYTES,
        menu="Check it yourself",
    ),
    Face(path="/check/verify-receipt.sh", title="Check it yourself", page=check.script),
    Face(
        path="/my-record",
        title="Was my record shared?",
        page=my_record.my_record,
        action=my_record.open_my_record,
        fields=my_record.FIELDS,
        body_bytes_max=my_record.BODY_BYTES,
        menu="Was my record shared?",
    ),
    Face(path="/about", title="About this system", page=about, menu="About"),
)
