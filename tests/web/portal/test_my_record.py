"""Was my record shared: by the code on the notice, and by nothing else."""

from __future__ import annotations

import logging

import pytest

from comity.disclosure.opening_code import OpeningCode
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.openings import revoke_code
from comity.web.openings import PER_ADDRESS
from tests.web.pages.house import Seen, TestHouse
from tests.web.test_openings import on_file


def test_the_code_opens_what_is_about_its_person(house: TestHouse) -> None:
    town = house.town
    code = on_file(town)
    town.ask()
    town.publisher.publish(town.now)
    before = size(town.database.reader())
    reply = house.visitor().submit("/my-record", {"code": code.text.lower().replace("-", " ")})
    assert reply.status_code == 200
    text = Seen(reply.text).text
    assert "Yes. Something of your record was shown once." in text
    for said in ("The Bureau", "criminal investigation", "charges", "clause 3", "A code was made"):
        assert said in text
    assert 'href="/agreements/town-bureau@1#clause-3"' in reply.text
    assert reply.headers["cache-control"] == "no-store"
    entry = opened(town.database.reader(), before)
    assert entry.decision["kind"] == "opening"


def test_who_was_not_shared_is_told_so(house: TestHouse) -> None:
    code = on_file(house.town)
    house.town.publisher.publish(house.town.now)
    reply = house.visitor().submit("/my-record", {"code": code.text})
    assert "No. Nothing of your record was shown" in reply.text
    assert "The entry of this visit is not under a signed checkpoint yet" in reply.text


def test_codes_that_open_nothing_get_one_answer(house: TestHouse) -> None:
    town = house.town
    code = on_file(town)
    town.publisher.publish(town.now)
    town.write(lambda c: revoke_code(c, "r-1", town.made()))
    before = size(town.database.reader())
    visitor = house.visitor()
    replies = [visitor.submit("/my-record", {"code": one.text}) for one in (code, OpeningCode(77))]
    assert {reply.status_code for reply in replies} == {422}
    assert len({reply.text for reply in replies}) == 1
    assert "This code opens nothing" in replies[0].text
    assert size(town.database.reader()) == before


@pytest.mark.parametrize("given", ["", "7M3R", "0" * 24, "O" * 64, "<b>&"])
def test_what_cannot_be_a_code_is_said_and_never_shown_again(house: TestHouse, given: str) -> None:
    house.town.publisher.publish(house.town.now)
    reply = house.visitor().submit("/my-record", {"code": given})
    assert reply.status_code == 422
    if given:
        assert given not in reply.text


def test_the_code_stands_in_no_address_no_cookie_and_no_line(
    house: TestHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = on_file(house.town)
    house.town.publisher.publish(house.town.now)
    visitor = house.visitor()
    reply = visitor.submit("/my-record", {"code": code.text})
    assert reply.status_code == 200
    for place in (str(reply.url), str(reply.headers), str(visitor.cookies), caplog.text):
        assert code.text not in place
    sent_back = visitor.get(f"/my-record?code={code.text}")
    assert (sent_back.status_code, sent_back.headers["location"]) == (303, "/my-record")
    assert code.text not in sent_back.text
    assert 'name="code" type="text" value=""' in visitor.get("/my-record").text


def test_tries_are_limited_by_address(house: TestHouse) -> None:
    code = on_file(house.town)
    house.town.publisher.publish(house.town.now)
    visitor = house.visitor()
    for _ in range(PER_ADDRESS):
        visitor.submit("/my-record", {"code": OpeningCode(1).text})
    limited = visitor.submit("/my-record", {"code": code.text})
    assert limited.status_code == 429
    house.town.now = type(house.town.now)(house.town.now + 60_000)
    assert visitor.submit("/my-record", {"code": code.text}).status_code == 200


def test_before_the_first_checkpoint_nothing_is_opened(house: TestHouse) -> None:
    code = on_file(house.town)
    before = size(house.town.database.reader())
    assert house.visitor().submit("/my-record", {"code": code.text}).status_code == 503
    assert size(house.town.database.reader()) == before


def test_there_is_no_search_by_name(house: TestHouse) -> None:
    seen = Seen(house.visitor().get("/my-record").text)
    fields = [
        given["name"] for tag, given in seen.elements if tag in ("input", "select", "textarea")
    ]
    assert fields == ["csrf", "code"]
