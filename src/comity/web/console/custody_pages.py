"""The pages of custody: the board, a person, the door, a paper, its letters, duties."""

from __future__ import annotations

from typing import Final

from comity.access.act import Act
from comity.web.console.custody_board import board
from comity.web.console.custody_door import (
    DOOR_FIELDS,
    LEAVES_FIELDS,
    door,
    leave,
    leaves,
    say_leaves,
)
from comity.web.console.custody_duties import DUTY_FIELDS, close, duties, duty
from comity.web.console.custody_intake import INTAKE_FIELDS, UPLOAD_MAX, hand_in, intake
from comity.web.console.custody_letters import (
    NOTICE_FIELDS,
    letter,
    notice,
    write_letter,
    write_notice,
)
from comity.web.console.custody_paper import PAPER_FIELDS, act_upon, paper, scan
from comity.web.console.custody_person import decide_now, person
from comity.web.pages.face import Face
from comity.web.pages.wording import N_

CUSTODY: Final[tuple[Face, ...]] = (
    Face(
        path="/console/custody",
        title=N_("Release board"),
        page=board,
        see=Act.READ_BOARD,
        menu=N_("Release board"),
    ),
    Face(
        path="/console/custody/{record}",
        title=N_("Person in custody"),
        page=person,
        action=decide_now,
        see=Act.READ_BOARD,
        do=Act.FILE_PAPER,
    ),
    Face(
        path="/console/custody/{record}/release",
        title=N_("At the door"),
        page=door,
        action=leave,
        fields=DOOR_FIELDS,
        see=Act.RELEASE,
    ),
    Face(
        path="/console/custody/{record}/leaves",
        title=N_("When somebody may leave"),
        page=leaves,
        action=say_leaves,
        fields=LEAVES_FIELDS,
        see=Act.RELEASE,
    ),
    Face(
        path="/console/intake",
        title=N_("A paper has come"),
        page=intake,
        action=hand_in,
        fields=INTAKE_FIELDS,
        see=Act.FILE_PAPER,
        menu=N_("A paper has come"),
        body_bytes_max=UPLOAD_MAX,
    ),
    Face(
        path="/console/papers/{paper}",
        title=N_("Paper"),
        page=paper,
        action=act_upon,
        fields=PAPER_FIELDS,
        see=Act.READ_BOARD,
        do=Act.FILE_PAPER,
    ),
    Face(
        path="/console/papers/{paper}/scan",
        title=N_("Scanned paper"),
        page=scan,
        see=Act.FILE_PAPER,
    ),
    Face(
        path="/console/papers/{paper}/letter",
        title=N_("Answer to the agency"),
        page=letter,
        action=write_letter,
        see=Act.SIGN_LETTER,
    ),
    Face(
        path="/console/papers/{paper}/notice",
        title=N_("Notice to the person"),
        page=notice,
        action=write_notice,
        fields=NOTICE_FIELDS,
        see=Act.SERVE_NOTICE,
    ),
    Face(
        path="/console/duties",
        title=N_("Duties"),
        page=duties,
        see=Act.READ_BOARD,
        menu=N_("Duties"),
    ),
    Face(
        path="/console/duties/{task}",
        title=N_("Duty"),
        page=duty,
        action=close,
        fields=DUTY_FIELDS,
        see=Act.READ_BOARD,
        do=Act.CLOSE_TASK,
    ),
)
