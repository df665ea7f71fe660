"""The pages of the jail's door, used as at two in the morning: plain forms, scripts off."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from comity.access.account import Role
from comity.store.sqlite.append import size
from comity.store.sqlite.custody_files import papers_of, person_file, tasks_of
from comity.store.sqlite.ledger import check_ledger
from tests.web.jail import CONVICTED, PDF, book, entries, open_jail
from tests.web.pages.house import Seen, TestHouse, Visitor
from tests.web.town import BUREAU, Town

DETAINER = {
    "form": "DHS Form I-247A (2/17)",
    "signed_by": "deportation officer",
    "issued_on": "2018-08-01",
    "box_1": "yes",
    "box_1_grounded": "yes",
    "box_2": "no",
    "served": "yes",
    "names_subject": "yes",
    "attached": "I-200",
    "court_not": "yes",
}


@pytest.fixture
def jail(town: Town) -> Iterator[Town]:
    """A town with an order about detainers."""
    open_jail(town)
    yield town
    assert check_ledger(town.database.reader()) == ()


@pytest.fixture
def officer(jail: Town) -> Visitor:
    """The custody officer on duty."""
    return TestHouse(jail).staff(Role.CUSTODY)


def take_in(officer: Visitor, record: str, **changes: str) -> str:
    """A paper taken in by the form; its id."""
    fields = {"record": record, "agency": BUREAU, **DETAINER, **changes}
    reply = officer.submit("/console/intake", fields, {"scan": ("x.pdf", PDF, "application/pdf")})
    assert reply.status_code == 303, Seen(reply.text).text
    return reply.headers["location"].rpartition("/")[2]


def test_from_a_paper_to_the_door(jail: Town, officer: Visitor) -> None:
    record = book(jail, "Nemo", charges=CONVICTED)
    paper = take_in(officer, record)
    page = Seen(officer.get(f"/console/papers/{paper}").text)
    assert "not a judge's paper" in page.text
    assert "We do not hold" in page.text
    hrefs = [one["href"] for tag, one in page.elements if tag == "a" and "href" in one]
    assert any(re.fullmatch(r"/agreements/.+#clause-1", href or "") for href in hrefs)
    board = Seen(officer.get("/console/custody").text)
    assert "Nemo" in board.text
    person = officer.get(f"/console/custody/{record}")
    assert Seen(person.text).elements[0][0] == "html"
    said = Seen(person.text).text
    verdict = person_sentence(person.text)
    assert verdict in said
    before = size(jail.database.reader())
    gone = officer.submit(f"/console/custody/{record}/release", {})
    assert gone.status_code == 303
    kinds = [one.decision["kind"] for one in entries(jail)[before:]]
    assert kinds == ["custody decision", "release carried out"]
    custody = person_file(jail.database.reader(), record).record.custody
    assert custody is not None
    assert custody.status.value != "in custody"


def person_sentence(text: str) -> str:
    """The one sentence on top."""
    found = re.search(r'class="verdict[^"]*"><p lang="en">([^<]+)</p>', text)
    assert found is not None
    return " ".join(found[1].split()).replace("&#39;", "'")


def test_a_judge_who_signs_no_such_form_interrupts(jail: Town, officer: Visitor) -> None:
    record = book(jail)
    fields = {"record": record, "agency": BUREAU, **DETAINER, "a_judge_signed": "yes"}
    before = size(jail.database.reader())
    reply = officer.submit("/console/intake", fields)
    assert reply.status_code == 422
    assert "Stop: no judge signs Form" in Seen(reply.text).text
    assert size(jail.database.reader()) == before
    assert papers_of(jail.database.reader(), record) == ()
    again = officer.submit("/console/intake", {**fields, "as_read": "yes"})
    assert again.status_code == 303
    assert len(papers_of(jail.database.reader(), record)) == 1


def test_nobody_to_hold_is_said_in_the_same_words(jail: Town, officer: Visitor) -> None:
    said = []
    for record in ("2018-0000-0001", "2018-0000-0002"):
        reply = officer.submit("/console/intake", {"record": record, "agency": BUREAU, **DETAINER})
        assert reply.status_code == 422
        said.append(Seen(reply.text).text.replace(record, "X"))
    assert said[0] == said[1]
    assert "There is nobody to hold under this number." in said[0]


def test_a_hand_over_without_a_judge_is_not_let_through(jail: Town, officer: Visitor) -> None:
    record = book(jail)
    paper = take_in(officer, record)
    before = size(jail.database.reader())
    reply = officer.submit(f"/console/custody/{record}/release", {"upon": paper})
    assert reply.status_code == 422
    assert "may not be handed over" in Seen(reply.text).text
    kinds = {one.decision["kind"] for one in entries(jail)[before:]}
    assert kinds <= {"custody decision"}
    custody = person_file(jail.database.reader(), record).record.custody
    assert custody is not None
    assert custody.status.value == "in custody"


def test_what_the_law_does_not_leave_to_us_cannot_be_chosen(jail: Town, officer: Visitor) -> None:
    paper = take_in(officer, book(jail))
    path = f"/console/papers/{paper}"
    reply = officer.submit(path, {"do": "use", "act": "hold"})
    assert reply.status_code == 422
    assert "There is nothing to choose" in Seen(reply.text).text


def test_a_copy_given_in_person_needs_a_signature_or_a_witness(
    jail: Town, officer: Visitor
) -> None:
    paper = take_in(officer, book(jail))
    path = f"/console/papers/{paper}"
    assert officer.submit(path, {"do": "serve", "how": "in person"}).status_code == 422
    done = officer.submit(path, {"do": "serve", "how": "in person", "signed": "yes"})
    assert done.status_code == 303
    assert "Copy given yes" in Seen(officer.get(path).text).text
    assert officer.submit(path, {"do": "withdraw"}).status_code == 303
    assert "Withdrawn yes" in Seen(officer.get(path).text).text


def test_letters_are_made_and_entered(jail: Town, officer: Visitor) -> None:
    record = book(jail, charges=CONVICTED)
    paper = take_in(officer, record)
    before = size(jail.database.reader())
    answer = officer.submit(f"/console/papers/{paper}/letter", {})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    notice = officer.submit(f"/console/papers/{paper}/notice", {"language": "es"})
    assert 'lang="es"' in notice.text
    kinds = [one.decision["kind"] for one in entries(jail)[before:]]
    assert kinds == ["custody decision", "letter made"] * 2


def test_duties_are_closed_with_their_proof(jail: Town, officer: Visitor) -> None:
    record = book(jail, charges=CONVICTED)
    take_in(officer, record)
    owed = tasks_of(jail.database.reader(), record)
    page = officer.get("/console/duties")
    assert page.status_code == 200
    for one in owed:
        path = f"/console/duties/{one.task.id}"
        assert officer.get(path).status_code == 200
        reply = officer.submit(path, {"do": "undone"})
        assert reply.status_code == 422
        reply = officer.submit(path, {"do": "undone", "why": "counsel found that it is not owed"})
        assert reply.status_code in (303, 422)


@pytest.mark.parametrize("role", [Role.RECORDS, Role.ADMINISTRATOR])
def test_others_do_not_stand_at_the_door(jail: Town, role: Role) -> None:
    record = book(jail)
    other = TestHouse(jail).staff(role)
    for path in ("/console/intake", f"/console/custody/{record}/release"):
        assert other.get(path).status_code == 403


def test_hostile_words_stay_words(jail: Town, officer: Visitor) -> None:
    record = book(jail, "<script>alert(1)</script>")
    take_in(officer, record, called="<img src=x onerror=alert(1)>")
    for path in ("/console/custody", f"/console/custody/{record}"):
        text = officer.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
