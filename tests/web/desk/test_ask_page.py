"""The desk's form: what it offers, what it sends, what comes back, and that it is the straight way."""

from __future__ import annotations

import html
import re
from typing import Any

import msgspec
import pytest

from comity.disclosure.process import Label, Process
from comity.law.paper import NamedPerson
from comity.records.record import Contact, Identity, Standing
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.registry import file_process, suspend_agency
from tests.web.pages.house import Seen, TestHouse, Visitor
from tests.web.town import BUREAU, END, OTHER, Town, record

HOSTILE = '<script>alert("x")</script>\'"><img src=x onerror=1>'
FORM = "/desk/ask?purpose=criminal+investigation&by=identifier"


@pytest.fixture
def bo(house: TestHouse) -> Visitor:
    house.town.memory.records["r-1"] = record(1, contact=Contact(address="1 Nowhere"))
    return house.analyst(BUREAU)


def filled(page: str, **fields: Any) -> dict[str, Any]:
    """The fields of the form that a page shows, with some filled in."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in hidden} | fields


def send(bo: Visitor, form: str = FORM, **fields: Any) -> Any:
    page = bo.get(form)
    assert page.status_code == 200, page.text
    return bo.post("/desk/ask", filled(page.text, **fields))


def offered(bo: Visitor, form: str = FORM) -> dict[str, dict[str, Any]]:
    told = msgspec.json.decode(bo.get(form.replace("/desk/ask", "/desk/ask.json")).content)["data"]
    return {one["data_class"]: one for one in (*told["can"], *told["cannot"])}


def test_only_what_the_law_could_permit_is_offered(bo: Visitor) -> None:
    first = msgspec.json.decode(bo.get("/desk/ask.json").content)["data"]
    assert [one for one, _ in first["purposes"]] == ["criminal investigation"]
    assert [one for one, _ in first["kinds"]] == ["identifier", "name", "list"]
    classes = offered(bo)
    states = {name: one["state"] for name, one in classes.items()}
    assert states == {
        "existence": "shown",
        "identity": "shown",
        "charges": "shown",
        "court": "shown",
        "custody": "shown",
        "contact": "shown",
        "history": "approval",
        "birthplace": "never",
        "arrest": "never",
        "release": "never",
        "whereabouts": "never",
        "parties": "never",
    }
    assert classes["contact"]["takes"] == [
        "a judicial warrant, verified by the custodian, that names the person"
    ]
    assert classes["history"]["clauses"][0]["clause"] == "5"


def test_an_agency_without_an_agreement_is_offered_nothing(house: TestHouse) -> None:
    page = house.analyst(OTHER, officer="o-1").get("/desk/ask")
    assert "No text in force" in Seen(page.text).text
    assert "<select" not in page.text
    assert 'type="radio"' not in page.text


def test_nothing_is_offered_once_the_term_is_over(bo: Visitor, town: Town) -> None:
    town.now = END
    assert "No text in force" in Seen(bo.get("/desk/ask").text).text


def test_the_answer_is_the_gateways_and_so_is_the_entry(bo: Visitor, town: Town) -> None:
    reply = send(bo, record_id="r-1", classes=["identity", "charges"])
    seen = Seen(reply.text)
    assert reply.status_code == 200, reply.text
    assert "Nemo1" in seen.text
    assert "18:3921" in seen.text
    told = opened(town.database.reader(), size(town.database.reader()) - 1)
    assert told.request["ori"] == BUREAU
    assert told.request["officer"] == "a-1"
    assert told.request["key_id"].startswith("desk:")
    assert told.content is not None
    wire = town.ask(data_classes=["identity", "charges"]).json
    assert told.content["disclosed"] == wire["shown"][0]["data"]
    by_wire = opened(town.database.reader(), wire["entries"][0]["index"])
    assert {**told.decision, "at": 0} == {**by_wire.decision, "at": 0}


def test_no_registered_key_and_no_wire_request_can_be_of_the_desk(bo: Visitor, town: Town) -> None:
    send(bo, record_id="r-1", classes=["identity"])
    desk_key = opened(town.database.reader(), size(town.database.reader()) - 1).request["key_id"]
    assert desk_key not in town.desk.views.current().registry.keys
    reply = town.send("POST", "/inquiries", town.inquiry(), key_id=desk_key)
    assert reply.status == 401
    assert reply.json["type"] == "/problems/unknown-key"


def test_what_was_asked_for_and_did_not_leave_is_struck_through_with_what_would_change_it(
    bo: Visitor,
) -> None:
    page = bo.get(FORM)
    token = filled(page.text)
    reply = bo.post(
        "/desk/ask", {**token, "record_id": "r-1", "classes": ["identity", "contact", "parties"]}
    )
    assert re.search(r"<del>address and telephone</del>", reply.text)
    assert (
        "attach a judicial warrant, verified by the custodian, that names the person" in reply.text
    )
    assert re.search(
        r"<del>victims and witnesses</del>: no text in force permits it\s*</li>", reply.text
    )
    assert "1 Nowhere" not in reply.text


def test_a_warrant_that_is_attached_changes_it(bo: Visitor, town: Town) -> None:
    process = Process(
        "W-1",
        Label.WARRANT,
        "District Court",
        town.now,
        court="E.D. Pa.",
        judicial_officer="J. Doe",
        docket="18-1",
        named_person=NamedPerson("Nemo1", "Nina", "1980-01-01"),
        verified_by="clerk",
        verified_at=town.now,
    )
    town.write(lambda c: file_process(c, process, town.made()))
    reply = send(bo, record_id="r-1", classes=["contact"], legal_basis="W-1")
    assert "1 Nowhere" in reply.text


def test_a_sealed_record_and_none_are_answered_alike(bo: Visitor, town: Town) -> None:
    town.memory.records["r-2"] = record(2, standing=Standing.SEALED)
    pages = [
        send(bo, record_id=record_id, classes=["charges", "contact"]).text
        for record_id in ("r-2", "r-none")
    ]
    same = [re.sub(r"desk-[0-9a-f]{20}|[0-9a-f]{64}|[0-9]+", "", Seen(page).text) for page in pages]
    assert same[0] == same[1]
    assert "Neither confirmed nor denied" in pages[0]


def test_a_form_sent_twice_is_one_inquiry(bo: Visitor, town: Town) -> None:
    fields = filled(bo.get(FORM).text, record_id="r-1", classes=["identity"])
    first = bo.post("/desk/ask", fields)
    there = size(town.database.reader())
    again = bo.post("/desk/ask", fields)
    assert size(town.database.reader()) == there
    assert Seen(first.text).text == Seen(again.text).text
    other = bo.post("/desk/ask", {**fields, "classes": ["charges"]})
    assert other.status_code == 409


def test_what_is_filled_in_wrong_is_shown_again(bo: Visitor) -> None:
    reply = send(bo, record_id="r-1", state_id="s-1", classes=["identity"])
    assert reply.status_code == 422
    assert "Give one of the two numbers, not both" in reply.text
    reply = send(bo, record_id="r-1")
    assert reply.status_code == 422
    by_name = FORM.replace("identifier", "name")
    reply = send(
        bo,
        by_name,
        sur_name="Nemo1",
        given_name="Nina",
        birth_date="31.8.1980",
        classes=["charges"],
    )
    assert reply.status_code == 422
    assert "This cannot be used as it stands" in reply.text
    assert 'value="31.8.1980"' in reply.text


def test_officer_and_agency_are_the_accounts_own(bo: Visitor) -> None:
    for field in ("officer", "ori", "key_id"):
        assert (
            send(bo, record_id="r-1", classes=["identity"], **{field: "XXOTH0200"}).status_code
            == 400
        )


def test_a_purpose_that_was_not_offered_is_decided_all_the_same(bo: Visitor) -> None:
    fields = filled(bo.get(FORM).text, record_id="r-1", classes=["identity"])
    reply = bo.post("/desk/ask", {**fields, "purpose": "civil immigration enforcement"})
    assert reply.status_code == 200
    seen = Seen(reply.text).text
    assert "Neither confirmed nor denied" in seen
    assert "Nemo1" not in seen
    assert "criminal investigation" in seen  # what would change it


def test_an_analyst_who_was_struck_off_or_suspended_is_told(bo: Visitor, town: Town) -> None:
    town.write(lambda c: suspend_agency(c, BUREAU, "an audit", town.made()))
    assert "suspended: an audit" in Seen(bo.get("/desk/ask").text).text


@pytest.mark.parametrize("by", ["name", "list"])
def test_hostile_words_stay_words(bo: Visitor, by: str) -> None:
    form = FORM.replace("identifier", by)
    given = {"sur_name": HOSTILE, "case_number": HOSTILE, "classes": ["identity"]}
    if by == "name":
        given["given_name"] = HOSTILE
    for reply in (send(bo, form, **given), send(bo, form, **{**given, "classes": []})):
        seen = Seen(reply.text)
        assert not [one for one in seen.elements if one[0] in ("script", "img")]


def test_hostile_records_stay_words(bo: Visitor, town: Town) -> None:
    town.memory.records["r-1"].identity = Identity(sur_name=HOSTILE, given_name="Nina")
    reply = send(bo, record_id="r-1", classes=["identity"])
    seen = Seen(reply.text)
    assert HOSTILE in seen.text
    assert not [one for one in seen.elements if one[0] in ("script", "img")]


def test_staff_do_not_ask_here(house: TestHouse) -> None:
    from comity.access.account import Role

    assert house.staff(Role.RECORDS).get("/desk/ask").status_code == 403
    assert house.visitor().get("/desk/ask").status_code == 303


def test_it_speaks_spanish(bo: Visitor) -> None:
    page = bo.get("/desk/ask?lang=es")
    assert "investigación penal" in page.text
