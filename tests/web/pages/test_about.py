"""The page that says what this is, in its three forms and two languages."""

from __future__ import annotations

import csv

import msgspec

from tests.web.pages.house import Seen, TestHouse


def test_it_names_the_texts_in_force(house: TestHouse) -> None:
    reply = house.visitor().get("/about")
    assert reply.status_code == 200
    seen = Seen(reply.text)
    assert ("html", {"lang": "en"}) in seen.elements
    (text,) = house.town.desk.views.current().law(house.town.now).instruments
    assert text.title in seen.text
    assert any(
        tag == "a" and a.get("href") == f"/agreements/{text.ref}" for tag, a in seen.elements
    )


def test_the_json_twin_and_the_csv_say_the_same(house: TestHouse) -> None:
    told = msgspec.json.decode(house.visitor().get("/about.json").content)
    assert told["data"] == {"custodian": "town", "time_zone": "UTC", "texts": 1}
    (row,) = told["tables"]["texts"]["rows"]
    file = house.visitor().get("/about.csv?table=texts")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    head, line = csv.reader(file.text.splitlines())
    assert head == list(row)
    assert line == [row["text"]["text"], row["kind"], row["since"]]


def test_in_spanish_by_link_by_cookie_and_by_the_browser(house: TestHouse) -> None:
    visitor = house.visitor()
    for reply in (
        visitor.get("/about?lang=es"),
        visitor.get("/about"),
        house.visitor().get("/about", **{"accept-language": "fr, es-MX;q=0.9, en;q=0.8"}),
    ):
        assert "Acerca de este sistema" in reply.text
        assert reply.headers["content-language"] == "es"
    assert "About this system" in visitor.get("/about?lang=en").text


def test_whoever_only_reads_gets_no_cookie(house: TestHouse) -> None:
    assert "set-cookie" not in house.visitor().get("/about").headers
