"""Tasks close with proof, once, and are late by the clock and not by what anybody says."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.custody.duty import Occasion, Task, TaskKind, tasks
from comity.custody.service import (
    How,
    Service,
    Step,
    TaskState,
    TaskStepRefused,
    Whom,
    WhyUndone,
    done,
    holding_up,
    holds,
    state,
    step_facts,
    task_facts,
    undone,
)
from comity.custody.within import HOUR, Moment
from comity.instant import Instant
from comity.law.instrument import ClauseRef, Duty
from comity.law.verdict import Owed
from tests.custody.letter_samples import AT, WEST

CLAUSE = ClauseRef("a-text@1", "3", "A copy", "00" * 32)
LATER = Instant(AT + HOUR)
GOOD = Service(
    How.IN_PERSON, Instant(AT + HOUR // 2), "Officer Lee", Whom.PERSON, witness="Officer Kim"
)


def task(duty: str = "copy-to-subject", within: str = "promptly", language: str = "en") -> Task:
    one = Owed(Duty(duty, "agency", "do it", "a request", within, 1, ("hold",)), CLAUSE)
    return tasks([one], Occasion("paper-1", AT, WEST, language))[0]


def served(**changes: object) -> Service:
    return msgspec.structs.replace(GOOD, **changes)


def test_a_task_is_open_then_late_then_done() -> None:
    copy = task()
    assert copy.due is not None
    assert state(copy, (), AT) is TaskState.OPEN
    assert state(copy, (), Instant(copy.due - 1)) is TaskState.OPEN
    assert state(copy, (), copy.due) is TaskState.LATE
    step = done(copy, (), LATER, "Officer Lee", GOOD)
    assert not step.late
    assert state(copy, (step,), LATER) is TaskState.DONE
    assert state(copy, (step,), AT) is TaskState.OPEN, "before it was closed it was open"


def test_late_is_when_it_was_served_and_not_when_it_was_typed_in() -> None:
    copy = task()
    assert copy.due is not None
    typed = Instant(copy.due + HOUR)
    assert not done(copy, (), typed, "Lee", served(at=Instant(copy.due - 1))).late
    assert done(copy, (), typed, "Lee", served(at=copy.due)).late
    entry = task("record-in-case-file")
    assert done(entry, (), typed, "Lee").late


@given(st.integers(0, 10**9).map(lambda after: Instant(AT + after)))
def test_late_follows_from_the_limit(at: Instant) -> None:
    entry = task("record-in-case-file")
    assert entry.due is not None
    step = done(entry, (), at, "Lee")
    assert step.late == (at >= entry.due)
    assert (state(entry, (), at) is TaskState.LATE) == step.late


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"at": Instant(AT - 1)}, "before it arose"),
        ({"at": Instant(LATER + 1)}, "in time to come"),
        ({"by": " "}, "nobody is named"),
        ({"to": Whom.COUNSEL, "to_name": "R. Roe"}, "owed to the person"),
        ({"witness": ""}, "nobody signed"),
        ({"how": How.OTHER, "note": " "}, "says nothing"),
        ({"language": "es"}, "understands `en`"),
        ({"note": "x" * 501}, "longer than 500"),
    ],
)
def test_a_proof_that_proves_nothing_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(TaskStepRefused, match=says):
        done(task(), (), LATER, "Officer Lee", served(**changes))


def test_sound_proofs() -> None:
    assert done(task(), (), LATER, "Lee", served(witness="", signed_for=True)).to is TaskState.DONE
    assert (
        done(task(), (), LATER, "Lee", served(how=How.OTHER, note="read through the door")).to
        is TaskState.DONE
    )
    assert (
        done(task(language="es-MX"), (), LATER, "Lee", served(language="es")).to is TaskState.DONE
    )
    interpreted = served(language="en", note="interpreted by telephone")
    assert done(task(language="ht"), (), LATER, "Lee", interpreted).to is TaskState.DONE


def test_notice_to_counsel_names_who_had_it() -> None:
    notice = task("notice-to-attorney-or-one-designee")
    assert notice.kind is TaskKind.NOTICE_TO_COUNSEL
    mailed = served(how=How.MAIL, to=Whom.COUNSEL)
    with pytest.raises(TaskStepRefused, match="not named"):
        done(notice, (), LATER, "Lee", mailed)
    with pytest.raises(TaskStepRefused, match="counsel or one designee"):
        done(notice, (), LATER, "Lee", served())
    assert (
        done(notice, (), LATER, "Lee", msgspec.structs.replace(mailed, to_name="R. Roe")).to
        is TaskState.DONE
    )


def test_nothing_is_done_early_twice_or_by_nobody() -> None:
    copy = task()
    step = done(copy, (), LATER, "Lee", GOOD)
    tries: tuple[Callable[[], Step], ...] = (
        lambda: done(copy, (step,), LATER, "Lee", GOOD),
        lambda: undone(copy, (step,), LATER, "Lee", WhyUndone.NOT_OWED),
        lambda: done(copy, (), Instant(AT - 1), "Lee", GOOD),
        lambda: done(copy, (), LATER, "", GOOD),
        lambda: done(copy, (), LATER, "Lee"),
    )
    for late_try in tries:
        with pytest.raises(TaskStepRefused) as refused:
            late_try()
        assert refused.value.remedy


def test_undone_says_why_and_missed_only_when_missed() -> None:
    copy = task()
    assert copy.due is not None
    gone = undone(copy, (), LATER, "Lee", WhyUndone.PERSON_GONE)
    assert (gone.to, gone.late) == (TaskState.UNDONE, False)
    assert state(copy, (gone,), Instant(copy.due + 1)) is TaskState.UNDONE
    with pytest.raises(TaskStepRefused, match="not passed"):
        undone(copy, (), LATER, "Lee", WhyUndone.MISSED)
    assert undone(copy, (), copy.due, "Lee", WhyUndone.MISSED).late


def test_steps_of_other_tasks_do_not_close_this_one() -> None:
    step = done(task("record-in-case-file"), (), LATER, "Lee")
    assert state(task(), (step,), LATER) is TaskState.OPEN
    with pytest.raises(TaskStepRefused, match="another task"):
        step_facts(task(), step, "person-1", "paper-1")


def test_what_comes_from_elsewhere_is_checked() -> None:
    copy = task()
    assert copy.due is not None
    step = done(copy, (), LATER, "Lee", GOOD)
    assert holds(copy, step)
    gone = undone(copy, (), LATER, "Lee", WhyUndone.PERSON_GONE)
    assert holds(copy, gone)
    for forged in (
        msgspec.structs.replace(step, late=True),
        msgspec.structs.replace(step, service=None),
        msgspec.structs.replace(step, at=Instant(AT - 1)),
        msgspec.structs.replace(step, to=TaskState.OPEN),
        msgspec.structs.replace(step, task="another"),
        msgspec.structs.replace(gone, why=None),
        msgspec.structs.replace(gone, why=WhyUndone.MISSED),
        msgspec.structs.replace(gone, by=""),
    ):
        assert not holds(copy, forged)


def test_an_answer_waits_for_what_is_owed_before_it() -> None:
    entry = task("log-who-why-when", "before the answer leaves")
    both = (entry, task())
    assert holding_up(both, (), Moment.ANSWER, LATER) == (entry,)
    step = done(entry, (), LATER, "Lee")
    assert holding_up(both, (step,), Moment.ANSWER, AT) == (entry,)
    assert holding_up(both, (step,), Moment.ANSWER, LATER) == ()


def test_the_open_half_of_an_entry_points_to_nobody() -> None:
    copy = task(language="es")
    service = served(language="es", to_name="Jane Doe", note="saw Jane", paper_digest="ab" * 32)
    step = done(copy, (), LATER, "Officer Lee", service)
    for facts in (
        step_facts(copy, step, "person-1", "paper-1"),
        task_facts(copy, "person-1", "paper-1"),
    ):
        public = json.dumps([facts.request, facts.decision])
        pointing = ("person-1", "paper-1", copy.id, "Jane", "Kim", '"es"', "ab" * 32)
        assert [word for word in pointing if word in public] == []
        assert facts.subject == {"person": "person-1", "matter": "paper-1", "task": copy.id}
    sealed = step_facts(copy, step, "person-1", "paper-1")
    assert sealed.content["served"]["to_name"] == "Jane Doe"
    assert sealed.content["served"]["language"] == "es"
    assert sealed.decision["clause"]["instrument"] == "a-text@1"
    assert sealed.decision["served"]["how"] == "in person"
    assert isinstance(step, Step)
