"""The demo's custody act: one Friday night, a detainer arrives and nobody is held upon it.

Invariants: the paper is typed from what is written on it; the law that decides is the body of
texts adopted in the demo's city; each step is an entry before the next is told; the letters are
made from the decision that is on file. Does not: know what the texts say.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from comity.city.demonstration import Told
from comity.city.trail import ICE_ORI
from comity.cli.custody_case import AtDesk
from comity.custody.agency_answer import agency_answer
from comity.custody.classify import Classified, classify
from comity.custody.clock import when
from comity.custody.decide import in_words
from comity.custody.desk import Judged, Leaving, PaperKept
from comity.custody.gate import Ground
from comity.custody.intake import interruption
from comity.custody.matter import ActAnswer, Matter, Office, Presented
from comity.custody.paper import Paper
from comity.custody.person_notice import person_notice
from comity.errors import IntegrityFault
from comity.instant import Instant, format_instant
from comity.law.paper import NamedPerson
from comity.law.paper import Office as Signer
from comity.law.vocabulary import CustodyAct
from comity.records.record import Record
from comity.store.sqlite.custody import depart, set_leaving, take_in_paper
from comity.store.sqlite.custody_decide import Settled
from comity.store.sqlite.records import find_record
from comity.web.letter_page import letter_page
from comity.web.letter_texts import answer_texts, notice_for

OFFICER: Final = "custody officer 0412"
DETAINER: Final = "detainer-1"
_IN_CUSTODY: Final = (
    "SELECT record_id FROM record WHERE in_custody = 1 AND sur_key IS NOT NULL ORDER BY number"
)


def play_custody(desk: AtDesk, place: Path) -> Iterator[Told]:
    """The act itself, over the folder that the evening founded. `place` gets the letters."""
    record = _somebody(desk)
    yield _told(
        desk,
        "Bail is posted",
        f"record {record.record_id}",
        "due to leave",
        f"From {when(desk.at, desk.zone)} the person may leave. Nothing here holds them.",
        desk.write(
            lambda connection, made: set_leaving(
                connection,
                record.record_id,
                Leaving(desk.at, Ground.BAIL_POSTED, OFFICER, desk.at),
                made,
            )
        ).index,
    )
    paper = _detainer(record)
    classified = classify(paper, desk.at, desk.zone)
    yield _told(
        desk,
        "A detainer arrives",
        "form I-247A, signed by a deportation officer, an I-200 attached",
        classified.paper_class.value,
        f"{classified.why} It is {classified.state.value}. {classified.reviewable}",
        _take_in(desk, record, paper, classified),
    )
    yield _interrupted(desk)
    settled = desk.settle(record.record_id)
    yield from _decided(desk, settled)
    yield _door(desk, settled)
    yield from _letters(desk, settled, place)
    receipt = desk.write(
        lambda connection, made: depart(connection, record.record_id, settled.judged, made)
    )
    yield _told(
        desk,
        "The person walks out",
        "a release is never refused: a request cannot stop it",
        "released",
        f"Let go at {when(desk.at, desk.zone)}; what the law said stands in entry "
        f"{settled.receipt.index}.",
        receipt.index,
    )


def _somebody(desk: AtDesk) -> Record:
    """Somebody in custody whose case is not over, so that the night is theirs alone."""
    reader: apsw.Connection = desk.database.reader()
    for (record_id,) in reader.execute(_IN_CUSTODY).fetchall():
        found = find_record(reader, str(record_id))
        if found is not None and found.identity is not None and found.charges:
            return found
    raise IntegrityFault("nobody is in custody in this city", remedy="found the demo anew")


def _detainer(record: Record) -> Paper:
    identity = record.identity
    named = NamedPerson(
        (identity and identity.sur_name) or "",
        (identity and identity.given_name) or "",
        identity.birth_date if identity else None,
    )
    return Paper(
        form="I-247A",
        issuer="Enforcement and Removal Operations",
        signed_by=Signer.DEPORTATION_OFFICER,
        names_subject=True,
        named=named,
        issued_on="2018-08-31",
        served=True,
        served_on="2018-08-31",
        box_1=True,
        box_1_grounded=True,
        box_2=False,
        attached=("I-200",),
    )


def _take_in(desk: AtDesk, record: Record, paper: Paper, classified: Classified) -> int:
    kept = PaperKept(DETAINER, record.record_id, ICE_ORI, paper, desk.at, 0)
    index: int = desk.write(
        lambda connection, made: take_in_paper(connection, kept, None, classified, made)
    ).index
    return index


def _interrupted(desk: AtDesk) -> Told:
    """Somebody says on the telephone that a judge signed it."""
    said = interruption(Paper(form="I-200"), a_judge_signed=True)
    if said is None:
        raise IntegrityFault("nobody was interrupted", remedy="this is a fault: report it")
    return _told(
        desk,
        "“A judge signed it”",
        "the caller says so of the I-200 that came with it",
        "interrupted",
        said.text,
        None,
    )


def _decided(desk: AtDesk, settled: Settled) -> Iterator[Told]:
    """Each of the six acts, in one sentence, with the clause."""
    (one,) = settled.judged.decided
    for act in CustodyAct:
        verdict = one.verdicts[act]
        yield _told(
            desk,
            f"May we {act.value}?",
            "the texts in force on that night",
            verdict.ruling.value,
            in_words(act, verdict),
            settled.receipt.index if act is CustodyAct.HOLD else None,
        )


def _door(desk: AtDesk, settled: Settled) -> Told:
    door = settled.judged.door
    owed = [task for of_paper in settled.tasks.values() for task in of_paper]
    duties = "; ".join(dict.fromkeys(task.text for task in owed)) or "none"
    return _told(
        desk,
        "The gate",
        "all papers of this person together",
        door.answer.value,
        f"{door.sentence} Duties: {duties}.",
        None,
    )


def _letters(desk: AtDesk, settled: Settled, place: Path) -> Iterator[Told]:
    matter = _matter(desk, settled.judged, settled)
    notice = notice_for("es")
    folder = place / "letters"
    folder.mkdir(exist_ok=True)
    made = {
        "answer-to-the-agency.html": letter_page(agency_answer(matter, answer_texts())),
        "notice-to-the-person.html": letter_page(
            person_notice(matter, notice.phrases, None, attached=True)
        ),
    }
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")
    yield _told(
        desk,
        "On the table",
        "the answer to the agency, and the notice to the person in Spanish",
        "two letters",
        f"{folder / 'answer-to-the-agency.html'} cites "
        f"{len(matter.cited)} clauses; {folder / 'notice-to-the-person.html'} says who asked, what "
        "was asked and what is done about it.",
        None,
    )


def _matter(desk: AtDesk, judged: Judged, settled: Settled) -> Matter:
    (one,) = judged.decided
    record = settled.file.record
    identity = record.identity
    name = " ".join(
        part for part in (identity and identity.given_name, identity and identity.sur_name) if part
    )
    asked = [act for act in CustodyAct if act in one.classified.asks]
    return Matter(
        Office("City of Philadelphia, Department of Prisons"),
        Office(desk.sender(ICE_ORI).name),
        Presented("Form I-247A, Immigration Detainer", DETAINER, "2018-08-31", name, desk.at),
        name,
        record.record_id,
        tuple(ActAnswer(act, one.verdicts[act]) for act in asked),
        Instant(desk.at),
        desk.zone,
        judged.law,
        str(settled.receipt.index),
        "the city's portal",
    )


def _told(
    desk: AtDesk, title: str, asked: str, outcome: str, words: str, entry: int | None
) -> Told:
    return Told(
        title,
        format_instant(desk.at),
        asked,
        outcome,
        words,
        entries=() if entry is None else (entry,),
    )
