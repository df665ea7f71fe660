"""One paper on file: what it is and why, what may be done upon it, and what staff do with it.

Invariants: only what the law leaves to the custodian can be chosen, by name; serving needs what
proves it; a withdrawn paper stays on file without effect. Does not: decide.
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.custody.decide import in_words
from comity.custody.desk import PaperKept
from comity.custody.service import How, Service, Whom
from comity.errors import NotFound
from comity.law.ruling import Ruling
from comity.law.vocabulary import CustodyAct
from comity.store.sqlite.custody import ChangeRefused, choose, serve_paper, withdraw_paper
from comity.store.sqlite.custody_files import document_of, paper_on_file
from comity.web.console.custody_person import PaperShown, paper_shown
from comity.web.console.custody_place import look, name_of, paper_path, person_path
from comity.web.pages.form import Field, Form
from comity.web.pages.page import File, Page, Redirect, Shown
from comity.web.pages.visit import Visit

HOW: Final = tuple(one.value for one in How)
_ACTS: Final = tuple(act.value for act in CustodyAct if act is not CustodyAct.TELL_STATUS)
PAPER_FIELDS: Final = (
    Field("do", required=True, choices=("use", "stop using", "serve", "withdraw")),
    Field("act", choices=_ACTS),
    Field("how", choices=HOW),
    Field("signed", choices=("yes",)),
    Field("witness"),
    Field("note", most=500),
)


class PaperPage(msgspec.Struct, frozen=True):
    """What the page of a paper shows. `choosable`: acts that the law leaves to the custodian."""

    record: str
    name: str
    person: str
    shown: PaperShown
    scan: bool
    served: bool
    withdrawn: bool
    choosable: tuple[str, ...]
    chosen: tuple[str, ...]
    how: tuple[str, ...] = HOW


def paper(visit: Visit) -> Page:
    """The page `/console/papers/{paper}`. Raises NotFound."""
    return _page(visit, {})


def _page(visit: Visit, faults: dict[str, str]) -> Page:
    kept = paper_on_file(visit.reader(), visit.path["paper"])
    looked = look(visit, kept.record_id)
    decided = looked.judged.of(kept.paper_id)
    if decided is None:
        raise NotFound(looked.fault or "the paper cannot be decided", where=kept.paper_id)
    name = name_of(looked.file)
    choosable = tuple(
        act.value for act, verdict in decided.verdicts.items() if _may_choose(act, verdict.ruling)
    )
    return Page(
        template="console/paper.html",
        title=visit.text("Paper %(paper)s", paper=kept.paper_id),
        data=PaperPage(
            kept.record_id,
            name,
            person_path(kept.record_id),
            paper_shown(decided, kept.agency, kept.received_at),
            document_of(visit.reader(), kept.paper_id) is not None,
            kept.served_at is not None,
            kept.withdrawn_at is not None,
            tuple(act for act in choosable if CustodyAct(act) not in decided.on_file.chosen),
            tuple(act.value for act in decided.on_file.chosen),
        ),
        status=422 if faults else 200,
        faults=faults,
    )


def _may_choose(act: CustodyAct, ruling: Ruling) -> bool:
    """That no text forbids it gives nobody the power to hold or to hand over (gate)."""
    seizes = act in (CustodyAct.HOLD, CustodyAct.TRANSFER)
    return act is not CustodyAct.TELL_STATUS and (
        ruling is Ruling.MAY or (ruling is Ruling.NOT_RESTRICTED and not seizes)
    )


def act_upon(visit: Visit, form: Form) -> Shown:
    """Choose or no longer use what the law allows, serve a copy, or enter a withdrawal."""
    if form.faults:
        return _page(visit, dict(form.faults))
    kept = paper_on_file(visit.reader(), visit.path["paper"])
    try:
        match form["do"]:
            case "use" | "stop using":
                fault = _choose(visit, kept, form)
            case "serve":
                fault = _serve(visit, kept, form)
            case _:
                visit.write(lambda c: withdraw_paper(c, kept.paper_id, visit.made()))
                fault = None
    except ChangeRefused as refused:
        fault = {"do": refused.sentence()}
    return _page(visit, fault) if fault else Redirect(paper_path(kept.paper_id))


def _choose(visit: Visit, kept: PaperKept, form: Form) -> dict[str, str] | None:
    if not form["act"]:
        return {"act": "Choose one of the list"}
    act, uses = CustodyAct(form["act"]), form["do"] == "use"
    if uses:
        decided = look(visit, kept.record_id).judged.of(kept.paper_id)
        if decided is None:
            return {"act": "The papers cannot be decided"}
        verdict = decided.verdicts[act]
        if not _may_choose(act, verdict.ruling):
            return {"act": f"There is nothing to choose: {in_words(act, verdict)}"}
    visit.write(lambda c: choose(c, kept.paper_id, act, visit.made(), uses=uses))
    return None


def _serve(visit: Visit, kept: PaperKept, form: Form) -> dict[str, str] | None:
    if not form["how"]:
        return {"how": "Choose one of the list"}
    how, signed = How(form["how"]), bool(form["signed"])
    if how is How.OTHER and not form["note"]:
        return {"note": "Say how it was given"}
    if how is How.IN_PERSON and not signed and not form["witness"]:
        return {"witness": "Say who saw it, or that the person signed"}
    service = Service(
        how,
        visit.at,
        visit.me.handle,
        Whom.PERSON,
        witness=form["witness"],
        signed_for=signed,
        paper_digest=kept.digest or "",
        note=form["note"],
    )
    visit.write(lambda c: serve_paper(c, kept.paper_id, service, visit.made()))
    return None


def scan(visit: Visit) -> File:
    """The scanned paper, to download. Raises NotFound."""
    kept = paper_on_file(visit.reader(), visit.path["paper"])
    document = document_of(visit.reader(), kept.paper_id)
    if document is None:
        raise NotFound("no scan is on file", where=kept.paper_id)
    return File(body=document.body, media_type=document.media_type, name=kept.paper_id)
