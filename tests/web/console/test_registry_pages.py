"""Agencies, feeds and the ledger as pages: what they say is what is so, and what they do counts at once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from comity.access.account import Role
from comity.law.signing import public_half, public_pem
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import opened
from tests.web.console.people import keep_records, person, post
from tests.web.pages.house import Seen, TestHouse, Visitor
from tests.web.town import BUREAU, Town, key_id, private_key

HOSTILE = '<script>alert("x")</script>\'"><img src=x onerror=1>'


@pytest.fixture
def lee(house: TestHouse) -> Visitor:
    keep_records(house.town)
    return person(house, "lee", (Role.LAW,))


def told(visitor: Visitor, path: str) -> dict[str, Any]:
    page: dict[str, Any] = msgspec.json.decode(visitor.get(f"{path}.json").content)
    return page


def test_an_agency_is_entered_and_may_ask(lee: Visitor, town: Town) -> None:
    fields = {
        "ori": "XXNEW0300",
        "name": HOSTILE,
        "parties": "new-one, other",
        "criminal_justice": "yes",
    }
    reply = lee.submit("/console/agencies", fields)
    assert reply.headers["location"] == "/console/agencies/XXNEW0300"
    agency = town.desk.views.current().registry.agencies["XXNEW0300"]
    assert agency.parties == ("new-one", "other")
    page = Seen(lee.get("/console/agencies/XXNEW0300").text)
    assert HOSTILE in page.text
    assert not [one for one in page.elements if one[0] in ("script", "img")]
    entry = opened(town.database.reader(), size(town.database.reader()) - 1)
    assert entry.decision["change"] == "agency entered"
    assert entry.request == {"by": "lee"}
    again = lee.submit("/console/agencies", fields)
    assert again.status_code == 422
    assert "entered already" in again.text
    assert lee.submit("/console/agencies", {**fields, "ori": "x"}).status_code == 422


def test_a_suspension_counts_at_once_and_is_ended(lee: Visitor, town: Town) -> None:
    path = f"/console/agencies/{BUREAU}"
    assert lee.submit(path, {"change": "suspend"}).status_code == 422
    assert lee.submit(path, {"change": "suspend", "reason": "an audit"}).status_code == 303
    refused = town.ask().json
    assert refused["outcome"] == "refuse"
    assert "an audit" in refused["reason"]
    assert "an audit" in Seen(lee.get(path).text).text
    assert lee.submit(path, {"change": "resume"}).status_code == 303
    assert "suspended" not in (town.ask().json.get("reason") or "")


def test_keys_and_officers_come_and_go(lee: Visitor, town: Town) -> None:
    path = f"/console/agencies/{BUREAU}"
    pem = public_pem(public_half(private_key("second"))).decode()
    assert lee.submit(path, {"change": "add key", "public_key": "no key"}).status_code == 422
    assert lee.submit(path, {"change": "add key", "public_key": pem}).status_code == 303
    assert town.send("POST", "/inquiries", town.inquiry(), as_="second").status == 200
    other = {"change": "revoke key", "key_id": key_id("other")}
    assert lee.submit(path, other).status_code == 422  # of another agency
    gone = {"change": "revoke key", "key_id": key_id("second")}
    assert lee.submit(path, gone).status_code == 303
    assert town.send("POST", "/inquiries", town.inquiry(), as_="second").status == 401
    assert lee.submit(path, {"change": "add officer", "officer": "a-2"}).status_code == 303
    assert lee.submit(path, {"change": "remove officer", "officer": "a-2"}).status_code == 303
    assert "off the roster" in Seen(lee.get(path).text).text
    assert lee.get("/console/agencies/XXNONE000").status_code == 404


def test_the_records_office_reads_the_registry_and_does_not_change_it(
    lee: Visitor, house: TestHouse
) -> None:
    ann = person(house, "ann")
    path = f"/console/agencies/{BUREAU}"
    assert "Suspend" not in ann.get(path).text
    assert post(house, ann, path, {"change": "suspend", "reason": "x"}).status_code == 403
    assert house.analyst(BUREAU).get(path).status_code == 403


def test_a_message_in_quarantine_is_tried_again_by_its_own_rules(
    lee: Visitor, house: TestHouse, town: Town
) -> None:
    ann = person(house, "ann")
    event = {
        "source": "jail",
        "event_id": "e-1",
        "verb": "booked",
        "occurred_at": "2018-09-04T09:30:00-04:00",  # more than a day ahead of the clock
        "record_id": "B-7",
        "person_id": "P-7",
        "parts": {"custody": {"status": "in custody"}},
    }
    taken = town.run(town.desk.holdings.take_in("jail", [msgspec.json.encode(event)], town.now))
    assert len(taken.quarantined) == 1
    (waiting,) = told(ann, "/console/feed")["data"]["waiting"]
    assert waiting["again"]
    (work,) = told(ann, "/console")["data"]["work"]
    assert (work["kind"], work["key"]) == ("quarantine", "jail")
    fields = {"number": str(waiting["number"])}
    assert ann.submit("/console/feed", fields).status_code == 422
    assert len(told(ann, "/console/feed")["data"]["waiting"]) == 1
    town.now = type(town.now)(town.now + 6 * 86_400_000)
    assert ann.submit("/console/feed", fields).status_code == 303
    assert told(ann, "/console/feed")["data"]["waiting"] == []
    (source,) = told(ann, "/console/feed")["tables"]["sources"]["rows"]
    assert (source["source"], source["events"], source["silent_minutes"]) == ("jail", 1, 0)
    auditor = house.staff(Role.AUDITOR, handle="di")
    assert post(house, auditor, "/console/feed", fields).status_code == 403


def test_the_ledger_page_recomputes_and_says_what_is_shown(lee: Visitor, town: Town) -> None:
    town.ask()
    data = told(lee, "/console/ledger")["data"]
    assert data["entries"] == size(town.database.reader())
    assert data["shown"] is None
    assert data["findings"] == []
    town.publisher.publish(town.now)
    data = told(lee, "/console/ledger")["data"]
    assert data["shown"] == data["entries"]
    assert data["behind"] == 0
    assert data["signed_at"] == town.now


def test_the_ledger_page_finds_a_byte_that_was_changed(lee: Visitor, town: Town) -> None:
    town.ask()
    index = size(town.database.reader()) - 1

    def forge(connection: Any) -> None:
        connection.execute("DROP TRIGGER entries_never_change")
        connection.execute(
            "UPDATE entries SET decision_part ="
            " CAST(replace(decision_part, 'permit', 'refuse') AS BLOB) WHERE index_ = ?",
            (index,),
        )

    town.write(forge)
    findings = told(lee, "/console/ledger")["data"]["findings"]
    assert findings
    assert findings[0][0] == index
    assert "do not recompute" in Seen(lee.get("/console/ledger").text).text
