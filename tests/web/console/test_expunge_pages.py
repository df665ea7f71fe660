"""Expunging takes two people; who had received it is told; and the history that was there before."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from comity.access.account import Role
from comity.access.act import Act
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.records import find_record
from comity.store.sqlite.two_people import waiting
from tests.web.console.people import booked, keep_records, person, post
from tests.web.pages.house import Seen, TestHouse, Visitor
from tests.web.town import BUREAU, OTHER, Town

HOSTILE = '<script>alert("x")</script>\'"><img src=x onerror=1>'


@pytest.fixture
def ann(house: TestHouse) -> Visitor:
    keep_records(house.town)
    booked(house.town)
    return person(house, "ann")


def ask(town: Town, record_id: str = "B-1", **more: Any) -> dict[str, Any]:
    reply = town.ask(query={"kind": "identifier", "record_id": record_id}, **more)
    town.desk.notes.write()
    told: dict[str, Any] = reply.json
    return told


def told(visitor: Visitor, path: str) -> dict[str, Any]:
    path, _, query = path.partition("?")
    data: dict[str, Any] = msgspec.json.decode(visitor.get(f"{path}.json?{query}").content)["data"]
    return data


def propose(visitor: Visitor, authority: str = "CP-51") -> str:
    """Propose to expunge B-1; the path of the proposal."""
    path = "/console/records/expunge?id=B-1"
    fields = {"id": "B-1", "authority": authority, "seen": told(visitor, path)["seen"]}
    reply = visitor.submit(path, fields)
    assert reply.status_code == 303, reply.text
    return str(reply.headers["location"])


def confirm(visitor: Visitor, path: str, **changes: str) -> Any:
    fields = {"seen": told(visitor, path)["seen"], "decision": "confirm", "number": "B-1"}
    return visitor.submit(path, {**fields, **changes})


def test_two_people_expunge_and_the_recipients_stand_to_be_told(
    ann: Visitor, house: TestHouse, town: Town
) -> None:
    entry = ask(town)["entries"][0]["index"]
    path = propose(ann)
    cy = person(house, "cy")
    shown = Seen(cy.get(path).text).text
    assert "CP-51" in shown
    assert BUREAU in shown
    assert confirm(cy, path).headers["location"] == "/console/recalls"
    assert find_record(town.database.reader(), "B-1") is None
    last = opened(town.database.reader(), size(town.database.reader()) - 1)
    assert last.decision["kind"] == "expungement"
    assert last.request["by"] == "ann, cy"
    page = msgspec.json.decode(ann.get("/console/recalls.json").content)
    (row,) = page["tables"]["recalls"]["rows"]
    assert (row["agency"], row["entry"], row["acknowledged"]) == (BUREAU, entry, None)
    letter = Seen(ann.get(f"/console/recalls/{last.index}/{BUREAU}").text).text
    assert f"entry {entry}" in letter
    assert "Nemo" not in letter
    assert "B-1" not in letter


def test_the_same_person_never_confirms(ann: Visitor, house: TestHouse, town: Town) -> None:
    path = propose(ann)
    page = ann.get(path)
    assert "Somebody else must confirm it" in page.text
    assert "Confirm and expunge" not in page.text
    reply = confirm(ann, path)
    assert reply.status_code == 403
    assert find_record(town.database.reader(), "B-1") is not None
    again = house.staff(Role.RECORDS, handle="ann")  # the same person in another session
    assert confirm(again, path).status_code == 403
    assert waiting(town.database.reader(), town.now, Act.EXPUNGE)


def test_nothing_is_destroyed_that_was_not_seen(ann: Visitor, house: TestHouse, town: Town) -> None:
    path = propose(ann)
    cy = person(house, "cy")
    seen = told(cy, path)["seen"]
    ask(town)  # somebody is told of it in between
    reply = confirm(cy, path, seen=seen)
    assert reply.status_code == 422
    assert "has changed since" in reply.text
    assert find_record(town.database.reader(), "B-1") is not None
    assert confirm(cy, path, number="B-2").status_code == 422
    assert confirm(cy, path).status_code == 303


def test_a_proposal_is_made_once_declined_and_runs_out(
    ann: Visitor, house: TestHouse, town: Town
) -> None:
    path = propose(ann)
    fields = {
        "id": "B-1",
        "authority": "x",
        "seen": told(ann, "/console/records/expunge?id=B-1")["seen"],
    }
    again = post(house, ann, "/console/records/expunge?id=B-1", fields)
    assert again.status_code == 422
    cy = person(house, "cy")
    assert cy.submit(path, {"seen": "0", "decision": "decline"}).status_code == 303
    assert cy.get(path).status_code == 404
    other = propose(ann)
    town.now = type(town.now)(town.now + 25 * 3_600_000)
    assert cy.get(other).status_code == 404


def test_who_may_not_expunge_does_not_see_the_page(house: TestHouse, town: Town) -> None:
    for role in (Role.AUDITOR, Role.LAW, Role.CUSTODY, Role.ADMINISTRATOR):
        staff = house.staff(role, handle=role.value)
        assert staff.get("/console/records/expunge").status_code == 403
    assert house.analyst(BUREAU).get("/console/records/expunge").status_code == 403


def test_the_history_holds_every_disclosure_and_refusal_in_order(ann: Visitor, town: Town) -> None:
    first = ask(town)["entries"][0]["index"]
    second = ask(town, purpose="public housing")["entries"][0]["index"]
    data = told(ann, "/console/records?id=B-1")
    assert data["found"]
    line = [(one["said"], one["entry"]) for one in data["line"]]
    assert line == [("booked", None), ("Shown", first), ("Neither confirmed nor denied", second)]
    assert data["told"] == [[BUREAU, 1]]
    page = ann.get("/console/records?id=B-1").text
    assert "Nemo1" in page
    assert "C-17" not in page
    assert "/agreements/town-bureau@1#clause-3" in page
    file = ann.get("/console/records.csv?id=B-1&table=accounting").text
    assert f",{first}\r\n" in file


def test_a_record_is_found_by_its_number_alone(ann: Visitor, house: TestHouse, town: Town) -> None:
    for asked in ("Nemo1", "nemo", "B-", "%", "P-1", HOSTILE):
        reply = ann.get(f"/console/records?id={quote(asked)}")
        assert reply.status_code == 404
        assert "Nina" not in reply.text
    confirm(person(house, "cy"), propose(ann))
    gone = ann.get("/console/records?id=B-1")
    assert gone.status_code == 404
    assert "was expunged" in gone.text


def test_hostile_records_and_orders_stay_words(ann: Visitor, house: TestHouse, town: Town) -> None:
    booked(town, 2, sur_name=HOSTILE)
    path = propose(ann, authority=HOSTILE)
    for page in (ann.get("/console/records?id=B-2"), ann.get(path), ann.get("/console")):
        seen = Seen(page.text)
        assert page.status_code == 200
        assert not [one for one in seen.elements if one[0] == "img"]
        assert all("src" in attrs for tag, attrs in seen.elements if tag == "script")
    assert HOSTILE in Seen(ann.get("/console/records?id=B-2").text).text


def test_a_recall_is_acknowledged_by_the_agency_it_was_sent_to_and_by_no_other(
    ann: Visitor, house: TestHouse, town: Town
) -> None:
    ask(town)
    confirm(person(house, "cy"), propose(ann))
    bo, foreign = house.analyst(BUREAU), house.analyst(OTHER, officer="o-1", handle="di")
    (one,) = told(bo, "/desk/recalls")["outstanding"]
    which = {"expungement": str(one["expungement"]), "entry": str(one["entry"])}
    assert told(foreign, "/desk/recalls")["outstanding"] == []
    page = bo.get("/desk/recalls").text
    assert "Nemo" not in page
    stolen = post(house, foreign, "/desk/recalls", {**which, "destroyed": "yes"})
    assert stolen.status_code == 404
    assert bo.submit("/desk/recalls", which).status_code == 422
    before = size(town.database.reader())
    assert bo.submit("/desk/recalls", {**which, "destroyed": "yes"}).status_code == 303
    entry = opened(town.database.reader(), before)
    assert entry.decision["kind"] == "recall acknowledged"
    assert entry.decision["of_entry"] == one["entry"]
    assert entry.request == {"by": "bo"}
    assert told(bo, "/desk/recalls")["outstanding"] == []
    page_of = msgspec.json.decode(ann.get("/console/recalls.json").content)
    assert page_of["data"] == {"all": 1, "outstanding": 0}
    assert page_of["tables"]["recalls"]["rows"][0]["acknowledged"] is not None
