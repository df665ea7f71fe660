"""The agency's answer, the person's notice and the file's record, of one decided paper."""

from __future__ import annotations

import re

import msgspec
import pytest

from comity.custody.agency_answer import agency_answer
from comity.custody.document import Document, LetterFaulty, document_digest, texts
from comity.custody.file_record import file_record
from comity.custody.matter import ActAnswer, Doing, Matter, wording
from comity.custody.person_notice import Copy, person_notice
from comity.custody.service import How, Service, Whom, done
from comity.instant import Instant
from comity.law.vocabulary import CustodyAct, DataClass
from comity.web.letter_texts import answer_texts, notice_for, record_texts
from tests.custody.letter_samples import AT, CODE, RELEASE_AT, matter, owed_tasks, verdict

STATUS_WORDS = re.compile(
    r"citizen|status|immigrant|nationalit|lawful|undocumented|ciudadan|estatus|migrator", re.I
)
RELEASE_DAY = "November 23, 2026"


def answer(of: Matter) -> Document:
    return agency_answer(of, answer_texts())


def notice(of: Matter, language: str = "en", code: str | None = CODE) -> Document:
    return person_notice(of, notice_for(language).phrases, code, attached=True)


def whole(document: Document) -> str:
    return "\n".join(texts(document))


def test_the_answer_has_every_clause_with_its_words() -> None:
    of = matter()
    found = whole(answer(of))
    assert len(of.cited) >= 4
    for ref in of.cited:
        clause = wording(of, ref)
        assert clause.name in found
        assert f"clause {ref.clause}" in found
        for paragraph in clause.paragraphs:
            assert paragraph in found


def test_the_answer_says_how_far_its_words_can_be_trusted() -> None:
    found = whole(answer(matter()))
    assert "TRUTH Act, california-truth-act@1, clause 1. In our words." in found
    assert "California Values Act, california-values-act@1, clause 2. Compared with" in found


def test_the_agency_reads_only_what_an_act_done_for_it_opens() -> None:
    told, untold = matter(), matter(chosen=False)
    assert told.opened == {DataClass.RELEASE}
    assert untold.opened == frozenset()
    assert RELEASE_DAY in whole(answer(told))
    for of in (told, untold):
        found = whole(answer(of))
        for withheld in ("Tower 4", "cell 11", "held since", of.record, of.person, CODE):
            assert withheld not in found
    assert RELEASE_DAY not in whole(answer(untold))


def test_a_refusal_reads_the_same_whatever_is_known() -> None:
    untold = matter(felon=False)
    other = msgspec.structs.replace(untold, known=(), person="Somebody Else", record="none")
    assert document_digest(answer(untold)) == document_digest(answer(other))


def test_the_person_is_named_as_the_agency_named_them() -> None:
    assert "DOE, JANE Q" in whole(answer(matter()))
    assert "DOE, JANE Q" not in whole(notice(matter()))
    assert "For Jane Q. Doe" in whole(notice(matter()))


def test_what_is_done_follows_from_the_verdict() -> None:
    doing = {one.act: one.doing for one in matter().acts}
    assert doing == {
        CustodyAct.HOLD: Doing.NOT,
        CustodyAct.NOTIFY_RELEASE: Doing.WILL,
        CustodyAct.TRANSFER: Doing.OPEN,
        CustodyAct.INTERVIEW: Doing.NOT,
        CustodyAct.ENTER: Doing.NO_RULE,
        CustodyAct.TELL_STATUS: Doing.NOT,
    }
    chosen_hold = ActAnswer(CustodyAct.HOLD, matter().acts[0].verdict, chosen=True)
    assert chosen_hold.doing is Doing.NOT, "what the law refuses cannot be chosen"


def test_what_was_done_against_the_law_is_no_ordinary_letter() -> None:
    of = matter()
    held = msgspec.structs.replace(of.acts[0], done_at=AT)
    with pytest.raises(LetterFaulty, match="the law says: deny"):
        answer(msgspec.structs.replace(of, acts=(held,)))
    told = msgspec.structs.replace(of.acts[-1], done_at=AT)
    assert told.act is CustodyAct.TELL_STATUS
    with pytest.raises(LetterFaulty, match="no status is held"):
        answer(msgspec.structs.replace(of, acts=(told,)))


def test_what_is_unsettled_goes_to_counsel_and_is_not_done() -> None:
    base = verdict(CustodyAct.HOLD, AT, "california")
    open_question = msgspec.structs.replace(base, escalate=True, conflict="two texts pull apart")
    acts = (ActAnswer(CustodyAct.HOLD, open_question, chosen=True),)
    of = msgspec.structs.replace(matter(), acts=acts)
    assert acts[0].doing is Doing.COUNSEL
    found = whole(answer(of))
    assert "We do not do this, and counsel has been asked to look." in found
    assert "two texts pull apart" in found


def test_a_rule_that_could_not_be_decided_is_not_told_as_no_law() -> None:
    base = verdict(CustodyAct.HOLD, AT, "california")
    broken = msgspec.structs.replace(base.findings[0], fault="policy `x`: it errs")
    faulty = msgspec.structs.replace(base, clauses=(), findings=(broken,), escalate=True)
    of = msgspec.structs.replace(matter(), acts=(ActAnswer(CustodyAct.HOLD, faulty),))
    found = whole(answer(of))
    assert "a text that could not be applied" in found
    assert "no text in force" not in found
    record = file_record(of, record_texts(), (), (), (), AT)
    assert "policy `x`: it errs" in whole(record)
    assert "No duty arose." in whole(record)


def test_words_that_are_not_at_hand_are_a_fault() -> None:
    of = matter()
    bare = msgspec.structs.replace(of.acts[0].verdict, findings=())
    acts = (msgspec.structs.replace(of.acts[0], verdict=bare),)
    with pytest.raises(LetterFaulty, match="not at hand"):
        answer(msgspec.structs.replace(of, acts=acts))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("felon", [True, False])
def test_the_notice_says_nothing_of_status(language: str, felon: bool) -> None:
    found = whole(notice(matter(felon=felon), language))
    without_agency = found.replace("Immigration and Customs Enforcement", "").replace(
        "Immigration Detainer, Form I-247A", ""
    )
    assert STATUS_WORDS.search(without_agency) is None
    assert "immigration" not in without_agency.lower()


def test_the_notice_tells_what_the_agency_is_told() -> None:
    assert RELEASE_DAY in whole(notice(matter()))
    assert "We tell them nothing about you." in whole(notice(matter(chosen=False)))
    assert "Tower 4" not in whole(notice(matter()))


def test_the_notice_carries_the_code_and_a_copy_for_another_does_not() -> None:
    of = matter()
    found = notice(of, "es")
    assert found.lang == "es"
    assert CODE in whole(found)
    assert of.see_at in whole(found)
    copy = person_notice(
        of, notice_for("en").phrases, None, attached=True, copy=Copy("R. Roe, attorney")
    )
    assert CODE not in whole(copy)
    assert "R. Roe, attorney" in whole(copy)
    same = [line for line in whole(notice(of, code=None)).splitlines() if "Given" not in line]
    assert set(whole(copy).splitlines()) - set(same) == {
        "For R. Roe, attorney, a copy of the notice given to Jane Q. Doe"
    }
    with pytest.raises(LetterFaulty, match="does not go to anybody else"):
        person_notice(
            of, notice_for("en").phrases, CODE, attached=True, copy=Copy("R. Roe, attorney")
        )


def test_a_designee_is_offered_only_where_a_text_owes_it() -> None:
    offer = "one other person, to get this same notice"
    assert offer in whole(notice(matter()))
    of = matter()
    hold = msgspec.structs.replace(of, acts=of.acts[:1])
    assert offer not in whole(notice(hold))


def test_until_when_and_what_was_done_are_told() -> None:
    of = matter()
    permitted = of.acts[1].verdict
    acts = (
        ActAnswer(CustodyAct.HOLD, permitted, chosen=True, until=RELEASE_AT),
        ActAnswer(CustodyAct.NOTIFY_RELEASE, permitted, done_at=AT),
        ActAnswer(CustodyAct.TRANSFER, permitted, done_at=AT, until=RELEASE_AT),
    )
    found = msgspec.structs.replace(of, acts=acts)
    assert found.opened == {DataClass.CUSTODY, DataClass.RELEASE}
    english, spanish = whole(notice(found)), whole(notice(found, "es"))
    assert "until Monday, November 23, 2026, 6:00 p.m. (UTC−08:00) at the latest" in english
    assert "We did this on Friday, November 20, 2026, 10:40 a.m. (UTC−08:00)." in english
    assert "hasta lunes 23 de noviembre de 2026, 6:00 p. m. (UTC−08:00) a más tardar" in spanish
    assert "held since November 18, 2026" in whole(answer(found))


def test_the_record_has_everything_and_marks_what_the_agency_is_not_told() -> None:
    of = matter()
    found_tasks = owed_tasks(of, "fr")
    copy = next(task for task in found_tasks if task.duty == "copy-to-subject")
    service = Service(
        How.IN_PERSON, Instant(AT + 1), "Lee", Whom.PERSON, witness="Kim", note="by telephone",
    )  # fmt: skip
    step = done(copy, (), Instant(AT + 2), "Lee", service)
    letters = [answer(of), notice(of)]
    late = Instant(AT + 30 * 3_600_000)
    made = file_record(of, record_texts(), found_tasks, (step,), letters, late)
    lines = list(texts(made))
    assert lines[lines.index("whereabouts") : lines.index("whereabouts") + 3] == [
        "whereabouts", "Tower 4, cell 11", "no",
    ]  # fmt: skip
    assert lines[lines.index("release") + 2] == "yes"
    for letter in letters:
        assert document_digest(letter) in lines
    assert "interpreter or translation" in whole(made)
    assert (
        lines.count("late") == len([one for one in found_tasks if one.due and one.due <= late]) - 1
    )
    before = file_record(of, record_texts(), found_tasks, (step,), letters, AT)
    assert "done" not in texts(before)
    assert "Kim" in lines
    assert "Kim" not in texts(before)


def test_the_same_decision_is_the_same_letter() -> None:
    for make in (answer, notice):
        assert document_digest(make(matter())) == document_digest(make(matter()))
    assert document_digest(notice(matter(), "es")) != document_digest(notice(matter()))
