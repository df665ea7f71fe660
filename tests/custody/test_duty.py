"""Duties become tasks: which, whose, by when, under which clause."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.custody.duty import (
    KINDS,
    Occasion,
    Task,
    TaskKind,
    answer_task,
    due_before,
    tasks,
)
from comity.custody.within import HOUR, Moment, Moments
from comity.instant import Instant, format_local
from comity.law.instrument import ClauseRef, Duty
from comity.law.library import survey
from comity.law.question import Question
from comity.law.verdict import Owed, decide
from tests.custody.letter_samples import AT, RELEASE_AT, WEST, matter, owed_tasks, texts

LAW = Path(__file__).resolve().parents[2] / "law"
CLAUSE = ClauseRef("a-text@1", "3", "A copy", "00" * 32)


def owed(duty: str, within: str = "promptly", what: str = "do it") -> Owed:
    return Owed(Duty(duty, "agency", what, "a request", within, 1, ("hold",)), CLAUSE)


def one(duty: str, within: str = "promptly", **occasion: object) -> tuple[Task, ...]:
    return tasks(
        [owed(duty, within)],
        Occasion("paper-1", AT, WEST, **occasion),  # type: ignore[arg-type]
    )


def by_kind(found: tuple[Task, ...]) -> list[str]:
    return [task.kind.name for task in found]


def test_california_owes_a_copy_and_its_intent_whatever_the_ruling() -> None:
    question = Question("take a request", AT, {"kind": "hold"}, zone=WEST)
    verdict = decide(texts("california"), question)
    found = tasks(verdict.duties, Occasion("paper-1", AT, WEST, "es"))
    assert by_kind(found) == ["COPY_TO_PERSON", "NOTICE_TO_PERSON"]
    assert {task.clause.cite() for task in found if task.clause} == {
        "clause 3 of california-truth-act@1 (A copy of the request, and what the agency intends)"
    }
    assert {task.language for task in found} == {"es"}


def test_new_jersey_owes_a_notice_in_a_language_understood() -> None:
    question = Question("take a request", AT, {"kind": "hold"}, zone="America/New_York")
    in_force = [text for text in texts("new-jersey") if text.version == 2]
    verdict = decide(in_force, question)
    found = tasks(verdict.duties, Occasion("paper-1", AT, "America/New_York", "ht"))
    assert by_kind(found) == ["NOTICE_TO_PERSON", "COPY_TO_PERSON", "INTERPRETER"]
    assert "`ht`" in found[2].text


def test_the_same_duty_of_two_acts_is_one_task() -> None:
    found = owed_tasks(matter())
    assert len({task.id for task in found}) == len(found)
    assert by_kind(found).count("COPY_TO_PERSON") == 1
    assert found == owed_tasks(matter()), "ids do not change"


def test_notice_to_the_person_and_to_another_are_two_tasks() -> None:
    found = one("same-notice-to-subject-and-attorney-or-designee")
    assert by_kind(found) == ["NOTICE_TO_PERSON", "NOTICE_TO_COUNSEL"]
    assert found[0].id != found[1].id


def test_ids_tell_matters_clauses_and_kinds_apart() -> None:
    first = tasks([owed("copy-to-subject")], Occasion("paper-1", AT, WEST))
    other = tasks([owed("copy-to-subject")], Occasion("paper-2", AT, WEST))
    assert first[0].id != other[0].id


@pytest.mark.parametrize(
    ("duty", "within"), [("never-heard-of", "promptly"), ("copy-to-subject", "when it suits")]
)
def test_what_nobody_foresaw_goes_to_counsel(duty: str, within: str) -> None:
    (found,) = one(duty, within)
    assert found.for_counsel
    assert found.text == "do it"
    assert (found.due is None) == (within == "when it suits")


def test_a_notice_is_due_before_the_person_leaves_where_no_text_gives_a_number() -> None:
    soon = Moments(release_at=Instant(AT + 2 * HOUR))
    assert one("copy-to-subject", moments=soon)[0].due == AT + 2 * HOUR
    assert one("copy-to-subject", "48 hours", moments=soon)[0].due == AT + 48 * HOUR
    assert one("notify-bail-judge", moments=soon)[0].due == AT + 24 * HOUR
    gone = Moments(release_at=Instant(AT - HOUR))
    assert one("copy-to-subject", moments=gone)[0].due == AT + 24 * HOUR


def test_a_limit_upon_a_hold_runs_from_when_the_person_would_leave() -> None:
    (known,) = one("release-at-the-limit", "48 hours", moments=Moments(release_at=RELEASE_AT))
    assert known.due is not None
    assert format_local(known.due, WEST)[:16] == "2026-11-25T18:00"
    (unknown,) = one("release-at-the-limit", "48 hours")
    assert (unknown.due, unknown.awaits) == (None, Moment.RELEASE)
    assert due_before((unknown,), Moment.RELEASE) == (), "to let go does not wait for itself"


def test_what_must_be_done_before_the_answer_leaves() -> None:
    found = tasks(
        [owed("log-who-why-when", "before the answer leaves"), owed("copy-to-subject")],
        Occasion("paper-1", AT, WEST),
    )
    waiting = due_before(found, Moment.ANSWER)
    assert [task.kind for task in waiting] == [TaskKind.ENTRY]
    later = tasks(
        [owed("log-who-why-when", "before the answer leaves")],
        Occasion("paper-1", AT, WEST, moments=Moments(answer_at=Instant(AT + HOUR))),
    )
    assert later[0].id == waiting[0].id
    assert later[0].due == AT + HOUR


def test_every_paper_gets_an_answer() -> None:
    task = answer_task(None, Occasion("paper-1", AT, WEST))
    assert (task.kind, task.clause, task.due) == (TaskKind.ANSWER, None, AT + 24 * HOUR)
    assert answer_task(CLAUSE, Occasion("paper-1", AT, WEST)).clause == CLAUSE


FOR_COUNSEL = {
    "delaware-law-enforcement-agreements": {"exercise-termination"},
    "california-truth-act": {"notice-30-days"},
    "pennsylvania-chria": {"prove-accuracy"},
}
"""Duties of the office that are no task at a jail's door."""


def test_the_kind_of_every_duty_that_the_library_can_make_arise_is_known() -> None:
    strange = [
        f"{text.id}: {duty.id}"
        for text in survey([LAW]).instruments
        for clause in text.clauses
        for duty in clause.duties
        if duty.acts and duty.id not in KINDS and duty.id not in FOR_COUNSEL.get(text.id, set())
    ]
    assert not strange, "say in duty.KINDS what they come to, or here that counsel looks"
