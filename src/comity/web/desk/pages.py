"""Every page of the desk."""

from __future__ import annotations

from typing import Final

from comity.access.act import Act
from comity.web.desk.ask_page import FIELDS, PATH, ask_action, ask_page
from comity.web.desk.may_ask import desk_page, rules_page
from comity.web.desk.own_inquiries import (
    RECEIPT_FIELDS,
    fetch_answer,
    no_receipt,
    own_inquiries,
    own_inquiry,
    own_receipt,
)
from comity.web.desk.own_recalls import FIELDS as RECALL_FIELDS
from comity.web.desk.own_recalls import acknowledge, own_recalls
from comity.web.pages.face import Face
from comity.web.pages.wording import N_

FACES: Final[tuple[Face, ...]] = (
    Face(
        path="/desk",
        title=N_("Desk"),
        page=desk_page,
        see=Act.READ_OWN_INQUIRIES,
        menu=N_("Desk"),
    ),
    Face(
        path=PATH,
        title=N_("Ask"),
        page=ask_page,
        action=ask_action,
        fields=FIELDS,
        see=Act.ASK,
        menu=N_("Ask"),
    ),
    Face(
        path="/desk/rules",
        title=N_("What you may ask"),
        page=rules_page,
        see=Act.ASK,
        menu=N_("What you may ask"),
    ),
    Face(
        path="/desk/inquiries",
        title=N_("Inquiries of your agency"),
        page=own_inquiries,
        see=Act.READ_OWN_INQUIRIES,
        menu=N_("Your inquiries"),
    ),
    Face(
        path="/desk/inquiries/{inquiry_id}",
        title=N_("Inquiry"),
        page=own_inquiry,
        action=fetch_answer,
        see=Act.READ_OWN_INQUIRIES,
        do=Act.ASK,
    ),
    Face(
        path="/desk/receipts",
        title=N_("Receipts"),
        page=no_receipt,
        action=own_receipt,
        fields=RECEIPT_FIELDS,
        see=Act.READ_OWN_INQUIRIES,
        do=Act.ASK,
    ),
    Face(
        path="/desk/recalls",
        title=N_("Recalls"),
        page=own_recalls,
        action=acknowledge,
        fields=RECALL_FIELDS,
        see=Act.READ_OWN_INQUIRIES,
        do=Act.ACKNOWLEDGE_RECALL,
        menu=N_("Recalls"),
    ),
)
