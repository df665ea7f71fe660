"""An analyst sees the inquiries of their own agency, and of another one's nothing at all."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from comity.ledger.receipt import parse_receipt
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import opened
from tests.web.console.people import post
from tests.web.pages.house import Seen, TestHouse, Visitor
from tests.web.town import BUREAU, OTHER, Town


@pytest.fixture
def bo(house: TestHouse) -> Visitor:
    return house.analyst(BUREAU)


@pytest.fixture
def foreign(house: TestHouse) -> Visitor:
    return house.analyst(OTHER, officer="o-1", handle="di")


def asked(town: Town, **more: Any) -> dict[str, Any]:
    """An inquiry of the Bureau's own system, over the wire."""
    told: dict[str, Any] = town.ask(**more).json
    town.desk.notes.write()
    return told


def rows(visitor: Visitor) -> list[dict[str, Any]]:
    page = msgspec.json.decode(visitor.get("/desk/inquiries.json").content)
    found: list[dict[str, Any]] = page["tables"]["inquiries"]["rows"]
    return found


def test_the_list_is_of_the_whole_agency_latest_first(bo: Visitor, town: Town) -> None:
    first = asked(town)
    second = asked(town, data_classes=["identity", "parties"])
    third = asked(town, purpose="public housing")
    found = rows(bo)
    assert [one["inquiry"]["text"] for one in found] == [
        one["inquiry_id"] for one in (third, second, first)
    ]
    assert [one["outcome"] for one in found] == [
        "Neither confirmed nor denied",
        "Shown in part",
        "Shown",
    ]
    assert {one["officer"] for one in found} == {"a-1"}


def test_the_status_says_no_more_than_the_decision_did(bo: Visitor, town: Town) -> None:
    told = asked(town, data_classes=["identity", "contact"])
    page = bo.get(f"/desk/inquiries/{told['inquiry_id']}")
    seen = Seen(page.text).text
    assert "Shown in part" in seen
    assert "Nemo1" not in seen
    assert "attach a judicial warrant" in seen


def test_another_agencys_inquiry_is_no_inquiry_at_all(
    bo: Visitor, foreign: Visitor, town: Town
) -> None:
    told = asked(town, data_classes=["identity", "history"])  # held, so that there is all of it
    own = f"/desk/inquiries/{told['inquiry_id']}"
    assert bo.get(own).status_code == 200
    assert rows(foreign) == []
    for path in (own, f"{own}.json"):
        stolen, none = foreign.get(path), foreign.get(path.replace(told["inquiry_id"], "i-none"))
        assert stolen.status_code == none.status_code == 404
        assert Seen(stolen.text).text.replace(told["inquiry_id"], "i-none") == Seen(none.text).text


def test_another_agencys_answer_and_receipt_cannot_be_posted_for(
    bo: Visitor, foreign: Visitor, house: TestHouse, town: Town
) -> None:
    told = asked(town)
    town.publisher.publish(town.now)
    entry = {"entry": str(told["entries"][0]["index"])}
    before = size(town.database.reader())
    own = f"/desk/inquiries/{told['inquiry_id']}"
    assert post(house, foreign, own, {}).status_code == 404
    assert post(house, foreign, "/desk/receipts", entry).status_code == 404
    assert post(house, foreign, "/desk/receipts", {"entry": "999999"}).status_code == 404
    assert size(town.database.reader()) == before
    receipt = post(house, bo, "/desk/receipts", entry)
    assert receipt.status_code == 200
    assert parse_receipt(receipt.content).proof.index == told["entries"][0]["index"]
    opening = opened(town.database.reader(), before)
    assert opening.decision["kind"] == "opening"
    assert opening.request["ori"] == BUREAU


@pytest.mark.parametrize(
    "path",
    [
        "/desk/inquiries/{id}?ori=XXBUR0100",
        "/desk/inquiries?ori=XXBUR0100",
        "/desk/inquiries?before=99999999999999999999",
        "/desk/inquiries?before=-1",
        "/desk/recalls?ori=XXBUR0100",
        "/desk?ori=XXBUR0100",
    ],
)
def test_no_query_makes_an_analyst_of_another_agency(
    foreign: Visitor, town: Town, path: str
) -> None:
    told = asked(town)
    page = foreign.get(path.format(id=told["inquiry_id"]))
    assert page.status_code in (200, 404)
    assert told["inquiry_id"] not in re.sub(r'href="[^"]*"', "", page.text)


def test_an_analyst_sees_nothing_of_the_console(bo: Visitor) -> None:
    for path in ("", "/inquiries", "/records?id=r-1", "/recalls", "/agencies", "/feed", "/ledger"):
        assert bo.get(f"/console{path}").status_code == 403


def test_what_may_be_asked_is_said_with_the_clauses_own_examples(bo: Visitor, town: Town) -> None:
    seen = Seen(bo.get("/desk/rules").text).text
    assert "an officer investigates" in seen
    assert "an officer looks for a tenant" in seen
    assert "Never, whatever the purpose:" in seen
    assert "It runs until the end of August 31, 2018." in seen
