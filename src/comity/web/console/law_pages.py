"""The law department's pages of the console."""

from __future__ import annotations

from typing import Final

from comity.access.act import Act
from comity.web.console import law_act, law_draft, law_list
from comity.web.pages.face import Face
from comity.web.pages.wording import N_

LAW: Final[tuple[Face, ...]] = (
    Face(
        path="/console/law",
        title=N_("Law"),
        page=law_list.law_list,
        see=Act.READ_LAW,
        menu=N_("Law"),
    ),
    Face(
        path="/console/law/{ref}",
        title=N_("Text in the law department"),
        page=law_act.text_page,
        action=law_act.act_upon,
        fields=law_act.ACT_FIELDS,
        see=Act.READ_LAW,
        do=Act.DRAFT_LAW,
        body_bytes_max=law_draft.BODY_MAX,
    ),
    Face(
        path="/console/law-draft",
        title=N_("A draft"),
        page=law_draft.draft_page,
        action=law_draft.read_draft,
        fields=law_draft.DRAFT_FIELDS,
        see=Act.DRAFT_LAW,
        menu=N_("Draft"),
        body_bytes_max=law_draft.BODY_MAX,
    ),
    Face(
        path="/console/law-proposals/{proposal}",
        title=N_("An act of law waits"),
        page=law_act.proposal_page,
        action=law_act.decide_proposal,
        fields=law_act.DECIDE_FIELDS,
        see=Act.DRAFT_LAW,
    ),
)
