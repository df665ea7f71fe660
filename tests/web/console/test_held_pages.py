"""Held for approval: what is shown before equals what leaves; refused by a clause; not what moved meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from comity.access.account import Role
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.registry import revoke_key
from comity.store.sqlite.work import judged_inquiry
from tests.web.console.people import booked, keep_records, person, post
from tests.web.pages.house import Seen, TestHouse, Visitor
from tests.web.town import BUREAU, Town, key_id

CLASSES = ["identity", "charges", "history", "contact", "whereabouts"]


@pytest.fixture
def ann(house: TestHouse) -> Visitor:
    keep_records(house.town)
    booked(house.town)
    return person(house, "ann")


def hold(town: Town) -> str:
    """A held inquiry of the Bureau; its id."""
    reply = town.ask(query={"kind": "identifier", "record_id": "B-1"}, data_classes=CLASSES).json
    town.desk.notes.write()
    (awaiting,) = [
        one for one in reply["shown"][0]["withheld"] if one["outcome"] == "hold for approval"
    ]
    assert awaiting["data_class"] == "history"
    return str(reply["inquiry_id"])


def told(visitor: Visitor, path: str) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.json.decode(visitor.get(f"{path}.json").content)["data"]
    return data


def leaves(value: Any, name: str = "") -> Iterator[str]:
    """Every value of a disclosure but the sequences, which name what they are of."""
    if isinstance(value, dict):
        for inner, held in value.items():
            yield from leaves(held, inner)
    elif isinstance(value, list):
        for held in value:
            yield from leaves(held)
    elif name != "sequence":
        yield (
            {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else value
        )


def judge(visitor: Visitor, path: str, **fields: str) -> Any:
    seen = told(visitor, path)["preview"]["seen"]
    return visitor.submit(path, {"seen": seen, **fields})


def test_what_is_shown_before_is_what_leaves(ann: Visitor, town: Town) -> None:
    inquiry_id = hold(town)
    path = f"/console/inquiries/{BUREAU}/{inquiry_id}"
    shown = told(ann, path)["preview"]
    assert judge(ann, path, judgement="approve").status_code == 303
    reply = town.send("GET", f"/inquiries/{inquiry_id}").json
    (left,) = reply["shown"]
    (record,) = shown["records"]
    leaving = {one["data_class"]: one["lines"] for one in record["classes"] if one["leaves"]}
    assert set(leaving) == set(left["data"]) == {"existence", "identity", "charges", "history"}
    for data_class, lines in leaving.items():
        left_of = sorted(str(value) for value in leaves(left["data"][data_class]))
        assert sorted(one["value"] for one in lines) == left_of
    withheld = {one["data_class"] for one in left["withheld"]}
    assert withheld == {one["data_class"] for one in record["classes"] if not one["leaves"]}


def test_the_page_strikes_out_what_stays_and_shows_no_value_of_it(ann: Visitor, town: Town) -> None:
    page = ann.get(f"/console/inquiries/{BUREAU}/{hold(town)}")
    assert re.search(r"<dt><del>where the person is held or was taken</del>", page.text)
    assert re.search(r'<del class="field-line">whereabouts · cell</del>', page.text)
    assert "C-17" not in page.text
    assert "House 9" not in page.text
    assert "by your approval" in Seen(page.text).text


def test_a_refusal_cites_the_clause_and_the_agency_sees_it(
    ann: Visitor, house: TestHouse, town: Town
) -> None:
    inquiry_id = hold(town)
    path = f"/console/inquiries/{BUREAU}/{inquiry_id}"
    assert judge(ann, path, judgement="refuse").status_code == 422
    assert judge(ann, path, judgement="refuse", clause="town-bureau@1#9").status_code == 422
    assert judge(ann, path, judgement="refuse", clause="town-bureau@1#5").status_code == 303
    judged = judged_inquiry(town.database.reader(), BUREAU, inquiry_id)
    assert judged is not None
    assert [one.clause for one in judged.clauses] == ["5"]
    assert not judged.approved
    assert opened(town.database.reader(), judged.approval).request == {"by": "ann"}
    page = Seen(house.analyst(BUREAU).get(f"/desk/inquiries/{inquiry_id}").text).text
    assert "The custodian did not approve it." in page
    assert ann.get(path).status_code == 404


def test_nothing_is_judged_that_moved_since_it_was_seen(ann: Visitor, town: Town) -> None:
    inquiry_id = hold(town)
    path = f"/console/inquiries/{BUREAU}/{inquiry_id}"
    seen = told(ann, path)["preview"]["seen"]
    event = {
        "source": "jail",
        "event_id": "c-1",
        "verb": "corrected",
        "occurred_at": "2018-08-02T09:30:00-04:00",
        "record_id": "B-1",
        "person_id": "P-1",
        "parts": {"convictions": [{"sequence": "1", "grade": "F1"}]},
    }
    town.run(town.desk.holdings.take_in("jail", [msgspec.json.encode(event)], town.now))
    before = size(town.database.reader())
    reply = ann.submit(path, {"seen": seen, "judgement": "approve"})
    assert reply.status_code == 409
    assert "has changed since" in reply.text
    assert size(town.database.reader()) == before
    assert town.send("GET", f"/inquiries/{inquiry_id}").json["approval"] == "awaited"


def test_an_inquiry_whose_key_counts_no_longer_lets_nothing_leave(ann: Visitor, town: Town) -> None:
    inquiry_id = hold(town)
    town.write(lambda c: revoke_key(c, key_id("bureau"), town.made()))
    shown = told(ann, f"/console/inquiries/{BUREAU}/{inquiry_id}")["preview"]
    assert shown["records"] == []
    assert "counts no longer" in shown["reason"]


def test_it_waits_in_the_queue_until_it_is_judged(
    ann: Visitor, house: TestHouse, town: Town
) -> None:
    inquiry_id = hold(town)
    (one,) = told(ann, "/console")["work"]
    assert one["href"] == f"/console/inquiries/{BUREAU}/{inquiry_id}"
    key = {"kind": one["kind"], "key": one["key"]}
    assert "nobody has looked" in Seen(ann.get("/console").text).text
    assert ann.submit("/console", {**key, "do": "take"}).status_code == 303
    assert "ann has it" in Seen(ann.get("/console").text).text
    judge(ann, one["href"], judgement="approve")
    assert told(ann, "/console")["work"] == []
    assert post(house, ann, "/console", {**key, "do": "take"}).status_code == 404


def test_only_the_records_office_judges(ann: Visitor, house: TestHouse, town: Town) -> None:
    path = f"/console/inquiries/{BUREAU}/{hold(town)}"
    seen = told(ann, path)["preview"]["seen"]
    for role in (Role.AUDITOR, Role.LAW):
        other = house.staff(role, handle=role.value)
        page = other.get(path)
        assert page.status_code == 200
        assert "Your judgement" not in page.text
        reply = post(house, other, path, {"seen": seen, "judgement": "approve"})
        assert reply.status_code == 403
    assert told(ann, path)["preview"]["seen"] == seen  # it still waits
    assert house.staff(Role.CUSTODY, handle="cy").get(path).status_code == 403
    assert house.analyst(BUREAU).get(path).status_code == 403
    assert house.visitor().get(path).status_code == 303


def test_an_inquiry_of_the_desk_goes_the_same_way(
    ann: Visitor, house: TestHouse, town: Town
) -> None:
    bo = house.analyst(BUREAU)
    form = "/desk/ask?purpose=criminal+investigation&by=identifier"
    inquiry_id = re.search(r"desk-[0-9a-f]{20}", bo.get(form).text)
    assert inquiry_id is not None
    asked = bo.submit(
        form,
        {
            "purpose": "criminal investigation",
            "by": "identifier",
            "inquiry_id": inquiry_id[0],
            "record_id": "B-1",
            "classes": ["identity", "history"],
        },
    )
    assert asked.status_code == 200
    path = f"/console/inquiries/{BUREAU}/{inquiry_id[0]}"
    assert "no key of the agency signed it" in ann.get(path).text
    assert judge(ann, path, judgement="approve").status_code == 303
    own = f"/desk/inquiries/{inquiry_id[0]}"
    assert "Fetch the answer" in bo.get(own).text
    answer = bo.submit(own, {})
    assert answer.status_code == 200
    assert "earlier convictions" in answer.text
    entry = opened(town.database.reader(), size(town.database.reader()) - 1)
    assert entry.content is not None
    assert set(entry.content["disclosed"]) == {"existence", "identity", "history"}
    assert entry.request["approved"] is True
