"""A paper at the desk: questions, interruptions, obstacles, and files that cannot be read."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comity.custody.gate import Presence
from comity.custody.intake import Arrival, ObstacleKind, Received, compared, interruption, receive
from comity.custody.paper import Paper, PaperUnusable, State
from comity.custody.paper_facts import BOX_1_CONTENTS, CHARACTERS_MAX, take_in
from comity.custody.question import FIRST, QUESTIONS, Place, Question, picture
from comity.custody.sealed_paper import BYTES_MAX, PaperFile, Unreadable, look_at
from comity.law.paper import JUDGES, Command, NamedPerson, Office
from comity.law.paper_form import FORM, PaperClass
from comity.records.record import Identity
from comity.records.reject import is_rejected
from tests.custody.doors import DETAINER, DUE, EAST, I_200, WARRANT

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"
HERE = Arrival("Philadelphia field office", sender_known=True, presence=Presence.IN_CUSTODY)


def received(paper: Paper, **arrival: Any) -> Received:
    found = receive(PDF, "application/pdf", paper, replace(HERE, **arrival), DUE, EAST)
    assert isinstance(found, Received)
    return found


def test_a_paper_in_order_meets_no_obstacle() -> None:
    found = received(DETAINER)
    assert found.classified.state is State.VALID
    assert found.obstacles == ()
    assert found.stopped == ()
    assert found.interruption is None
    assert found.file.digest == hashlib.sha256(PDF).hexdigest()


def test_three_questions_and_where_to_look() -> None:
    assert [question.text for question in FIRST] == [
        "What form number stands at the bottom left?",
        "Who signed, and what is their office?",
        "Is there a court's name at the top? Which?",
    ]
    for question in QUESTIONS.values():
        assert question.text.endswith(("?", "which."))
        assert question.where
        assert question.why
    assert set(QUESTIONS["signed_by"].answers) == {office.value for office in Office}


@pytest.mark.parametrize(
    "number", [number for number, form in FORM.items() if not form.judge_signs]
)
def test_a_judge_is_said_to_have_signed_what_no_judge_signs(number: str) -> None:
    stop = interruption(Paper(form=number), a_judge_signed=True)
    assert stop is not None
    assert f"no judge signs Form {number}" in stop.text
    assert stop.source
    assert "form" in stop.look_at
    assert interruption(Paper(form=number), a_judge_signed=False) is None
    for judge in JUDGES:
        assert interruption(Paper(form=number, signed_by=judge), a_judge_signed=False) is not None


def test_an_immigration_judge_is_said_to_be_a_judge() -> None:
    order = Paper(form="", signed_by=Office.IMMIGRATION_JUDGE, court="Immigration Court")
    stop = interruption(order, a_judge_signed=True)
    assert stop is not None
    assert "Department of Justice" in stop.text
    officer = interruption(replace(WARRANT, signed_by=Office.SPECIAL_AGENT), a_judge_signed=True)
    assert officer is not None
    assert "special agent" in officer.text
    assert interruption(WARRANT, a_judge_signed=True) is None


@given(st.text(max_size=40), st.booleans())
def test_what_somebody_calls_it_changes_nothing(called: str, claimed: bool) -> None:
    plain = received(I_200)
    found = received(I_200, called=called, a_judge_signed=claimed)
    assert found.classified == plain.classified
    assert found.classified.paper_class is PaperClass.ADMINISTRATIVE_WARRANT


def test_an_agency_nobody_has_registered_stops_a_paper_that_is_kept_all_the_same() -> None:
    found = received(DETAINER, sender_known=False)
    assert [one.kind for one in found.obstacles] == [ObstacleKind.UNKNOWN_AGENCY]
    assert found.stopped
    assert "from elsewhere than the paper" in found.obstacles[0].remedy


@pytest.mark.parametrize("presence", [Presence.RELEASED, Presence.NOT_ON_FILE])
def test_somebody_who_is_not_here(presence: Presence) -> None:
    found = received(DETAINER, presence=presence)
    assert [one.kind for one in found.obstacles] == [ObstacleKind.NOBODY_HERE]
    assert found.stopped


def test_a_second_detainer_adds_no_time_and_stops_nothing() -> None:
    found = received(DETAINER, detainers=("d-1",))
    assert [one.kind for one in found.obstacles] == [ObstacleKind.SECOND_DETAINER]
    assert "d-1" in found.obstacles[0].text
    assert found.stopped == ()
    assert received(WARRANT, detainers=("d-1",)).obstacles == ()


NEMO = Identity(sur_name="NEMO", given_name="Nina", birth_date="1980-01-01")


@pytest.mark.parametrize(
    ("named", "said", "names"),
    [
        (NamedPerson("Nemo", "Nina", birth_date="1980-01-01"), None, True),
        (NamedPerson("Nemo", "Nina", birth_date="1980-01-01"), False, False),
        (NamedPerson("Nemo", "Nina", birth_date="1981-01-01"), True, False),
        (NamedPerson("Nemo", "Nora", birth_date="1980-01-01"), None, False),
        (NamedPerson("Nemo", "Nina"), None, None),
        (NamedPerson("Nemo", "Nina"), True, True),
        (NamedPerson("Nemo", "Nina", state_id="PA1"), None, None),
        (None, None, None),
    ],
)
def test_the_person_on_the_paper_is_compared_with_the_person_here(
    named: NamedPerson | None, said: bool | None, names: bool | None
) -> None:
    paper = replace(DETAINER, named=named, names_subject=said)
    assert compared(paper, NEMO).names_subject is names
    assert compared(paper, None) == paper


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"names_subject": False}, "invalid"),
        ({"issued_on": "2027-01-01"}, "not in effect"),
        ({"withdrawn_on": "2026-11-19"}, "not in effect"),
    ],
)
def test_the_wrong_person_a_day_to_come_and_a_paper_withdrawn(
    change: dict[str, Any], state: str
) -> None:
    assert received(replace(DETAINER, **change)).classified.state is State(state)


@pytest.mark.parametrize(
    ("data", "media_type", "says"),
    [
        (b"", "application/pdf", "empty"),
        (b"hello", "application/pdf", "no PDF header"),
        (PDF[:-6], "application/pdf", "a part of it is missing"),
        (PDF + b"\0" * 2_000, "application/pdf", "a part of it is missing"),
        (b"x" * 2_000 + PDF, "application/pdf", "no PDF header"),
        (PDF, "image/png", "no whole PNG"),
        (PDF, "image/jpeg", "no whole JPEG"),
        (PDF, "image/tiff", "no TIFF"),
        (b"\xff\xd8\xff\xe0 half an image", "image/jpeg", "no whole JPEG"),
        (PDF, "text/html", "no type of file"),
        (b"%PDF-" + b"0" * BYTES_MAX, "application/pdf", "more than"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    data: bytes, media_type: str, says: str
) -> None:
    found = look_at(data, media_type)
    assert isinstance(found, Unreadable)
    assert says in found.reason
    assert found.remedy
    assert receive(data, media_type, DETAINER, HERE, DUE, EAST) == found


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PDF, "application/pdf"),
        (PDF.rstrip(), "Application/PDF; name=x.pdf"),
        (b"\0" * 100 + PDF + b"\r\n" * 20, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....IEND\xaeB`\x82", "image/png"),
        (b"\xff\xd8\xff\xe0....\xff\xd9", "image/jpeg"),
        (b"II*\0\x08\0\0\0....", "image/tiff"),
    ],
)
def test_a_whole_file_is_known_by_its_digest(data: bytes, media_type: str) -> None:
    found = look_at(data, media_type)
    assert isinstance(found, PaperFile)
    assert found.byte_count == len(data)
    assert found.digest == hashlib.sha256(data).hexdigest()
    assert found.media_type == media_type.partition(";")[0].lower()


def test_no_fact_of_ours_is_one_the_door_drops() -> None:
    for name in (*Paper.__struct_fields__, *NamedPerson.__struct_fields__):
        assert not is_rejected(name, hold_birthplace=False), name


def test_what_must_not_be_held_is_dropped_and_counted() -> None:
    found = take_in(
        {
            "form": " I-247A ",
            "Citizenship": "SECRET",
            "country_of_birth": "SECRET",
            "A#": "SECRET",
            "probable_cause_reasons": ["SECRET"],
            "named": {"sur_name": "Nemo", "given_name": "Nina", "nationality": "SECRET"},
            "attached": ["I-200"],
            "signed_by": "deportation officer",
            "commands": "keep a person",
        }
    )
    assert found.dropped == {
        "Citizenship": 1,
        "country_of_birth": 1,
        "A#": 1,
        "probable_cause_reasons": 1,
        "nationality": 1,
    }
    assert found.paper == Paper(
        form="I-247A",
        box_1_grounded=True,
        named=NamedPerson("Nemo", "Nina"),
        attached=("I-200",),
        signed_by=Office.DEPORTATION_OFFICER,
        commands=Command.HOLD,
    )
    assert "SECRET" not in repr(found)


@pytest.mark.parametrize("name", sorted(BOX_1_CONTENTS))
@pytest.mark.parametrize(
    ("contents", "grounded"), [([], False), ("", False), (["x"], True), (None, None)]
)
def test_of_the_first_box_only_whether_it_says_anything(
    name: str, contents: Any, grounded: bool | None
) -> None:
    assert take_in({name: contents}).paper.box_1_grounded is grounded


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"frm": "I-200"}, "`frm`"),
        ({"named": {"sur_name": "N", "given_name": "N", "sex": "F"}}, "`named.sex`"),
        ({"signed_by": "a judge"}, "cannot be read"),
        ({"served": "yes"}, "cannot be read"),
        ({"issued_on": "2026-02-30"}, "not a day"),
        ({"cites": "1" * (CHARACTERS_MAX + 1)}, "characters"),
    ],
)
def test_a_fact_we_cannot_read_is_refused_by_name(facts: dict[str, Any], says: str) -> None:
    with pytest.raises(PaperUnusable) as refused:
        take_in(facts)
    assert says in str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize("question", FIRST, ids=lambda one: one.field)
def test_each_of_the_three_questions_shows_where_to_look(question: Question) -> None:
    assert question.place is not None
    lines = picture(question.place).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [number for number, line in enumerate(lines) if "HERE" in line] == [
        {Place.TOP: 1, Place.SIGNATURE: 6, Place.BOTTOM_LEFT: 7}[question.place]
    ]
