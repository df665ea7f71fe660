"""A decision at the desk as the object that letters are made of.

Source: `comity.custody.matter`; DESIGN.md, Faces. Invariants: a letter says that something will be
done only where it will: a paper without effect, or nobody in custody, and a law that commands are
for counsel and for no letter; what is known of the person is given once, and what of it anybody
reads follows from the acts. Does not: write the letter.
"""

from __future__ import annotations

from comity.custody.decide import Decided
from comity.custody.desk import Judged, PaperKept, PersonFile, Sender
from comity.custody.document import LetterFaulty
from comity.custody.gate import Presence
from comity.custody.matter import ActAnswer, Doing, Matter, Office, Presented, Told
from comity.custody.paper import Paper
from comity.instant import Instant
from comity.law.vocabulary import CustodyAct, DataClass


def matter_of(
    file: PersonFile,
    judged: Judged,
    kept: PaperKept,
    sender: Sender,
    custodian: Office,
    entry: int,
    see_at: str = "",
) -> Matter:
    """One paper as decided, for its letters. Raises LetterFaulty where none can be written."""
    decided = judged.of(kept.paper_id)
    if decided is None:
        raise LetterFaulty("the paper is not decided", where=kept.paper_id, remedy="decide it")
    acts = tuple(_act(act, decided, judged) for act in CustodyAct)
    for one in acts:
        _demand_true(one, judged, kept.paper_id)
    identity = file.record.identity
    name = "" if identity is None else f"{identity.given_name or ''} {identity.sur_name or ''}"
    leaves = judged.eligible
    return Matter(
        custodian=custodian,
        agency=Office(sender.name or sender.ori),
        paper=_presented(kept.paper, decided, kept.received_at),
        person=name.strip() or "-",
        record=file.record.record_id,
        acts=acts,
        at=judged.at,
        zone=judged.zone,
        law=judged.law,
        entry=str(entry),
        see_at=see_at,
        known=() if leaves is None else (Told(DataClass.RELEASE, at=leaves.at),),
    )


def _act(act: CustodyAct, decided: Decided, judged: Judged) -> ActAnswer:
    held = next(
        (one for one in judged.door.held_upon if one.paper_id == decided.on_file.paper_id), None
    )
    return ActAnswer(
        act,
        decided.verdicts[act],
        chosen=act in decided.on_file.chosen,
        until=held.until if held is not None and act is CustodyAct.HOLD else None,
    )


def _demand_true(one: ActAnswer, judged: Judged, paper_id: str) -> None:
    if one.doing is not Doing.WILL:
        return
    if judged.presence is not Presence.IN_CUSTODY or not judged.used(paper_id, one.act):
        raise LetterFaulty(
            f"the law says `{one.verdict.ruling.value}` to {one.act.value}, and it will not be done:"
            " the paper has no effect, or nobody is in custody",
            where=paper_id,
            remedy="see `comity custody decide`; counsel writes this answer",
        )


def _presented(paper: Paper, decided: Decided, received_at: Instant) -> Presented:
    form = decided.classified.form
    named = paper.named
    return Presented(
        title=decided.classified.paper_class.value
        if form is None
        else f"{form.title}, Form {form.number}",
        reference=paper.docket or "-",
        dated=paper.issued_on or "-",
        person="-" if named is None else f"{named.sur_name}, {named.given_name}",
        received_at=received_at,
    )
