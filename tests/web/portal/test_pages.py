"""Every page of the portal, walked as a visitor walks it: by its links."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import msgspec
import pytest

from comity.instant import Instant
from comity.ledger.padding import padding
from comity.store.sqlite.append import append_entries
from comity.web.pages.front import face_at, of_gateway
from comity.web.portal.pages import FACES
from tests.web.pages.house import Seen, TestHouse

WEIGHT_MAX = 60_000
_ELSEWHERE = ("/sign-in", "/account", "/sign-out")
FORMS = {"/check", "/my-record"}


@pytest.fixture
def busy(house: TestHouse) -> TestHouse:
    """A house with answers, refusals and a published log."""
    for _ in range(12):
        house.town.ask()
    for _ in range(7):
        house.town.ask(purpose="civil immigration enforcement")
    house.town.publisher.publish(house.town.now)
    return house


def walked(house: TestHouse, language: str = "en") -> dict[str, Any]:
    """Every page that links lead to from the first one, by its path with the query."""
    visitor = house.visitor(**{"accept-language": language})
    found, ahead = dict[str, Any](), deque(["/"])
    while ahead:
        path = ahead.popleft()
        if path in found:
            continue
        reply = found[path] = visitor.get(path)
        if reply.headers["content-type"].startswith("text/html"):
            ahead.extend(one for one in links(reply.text, path) if one not in found)
    return found


def links(text: str, path: str) -> Iterator[str]:
    for tag, given in Seen(text).elements:
        href = given.get("href")
        if tag in ("a", "link") and href and not href.startswith("https://"):
            there = urldefrag(urljoin(path, href)).url
            if (
                not there.startswith(_ELSEWHERE)
                and "lang=" not in there
                and "/static/" not in there
            ):
                yield there


def test_every_link_leads_somewhere_and_every_face_is_led_to(busy: TestHouse) -> None:
    found = walked(busy)
    assert {
        path: reply.status_code for path, reply in found.items() if reply.status_code != 200
    } == {}
    led_to = {
        match[0].path
        for path in found
        if not of_gateway(urlsplit(path).path)
        and (match := face_at(FACES, urlsplit(path).path)) is not None
    }
    # The town's one text followed no other: nothing leads to what changed.
    assert led_to == {face.path for face in FACES} - {"/agreements/{ref}/changes"}


def test_in_spanish_it_is_the_same_walk(busy: TestHouse) -> None:
    found = walked(busy, "es")
    assert found.keys() == walked(busy).keys()
    pages = [one for one in found.values() if one.headers["content-type"].startswith("text/html")]
    assert {one.status_code for one in found.values()} == {200}
    for page in pages:
        assert ("html", {"lang": "es"}) in Seen(page.text).elements
        assert "%(" not in page.text
    assert "Hay 1 texto vigente aquí" in " ".join(Seen(found["/"].text).text.split())


def test_every_page_is_light_and_sound(busy: TestHouse) -> None:
    for path, reply in walked(busy).items():
        if not reply.headers["content-type"].startswith("text/html"):
            continue
        assert len(reply.content) < WEIGHT_MAX, path
        seen = Seen(reply.text)
        tags = [tag for tag, _ in seen.elements]
        ids = [given["id"] for _, given in seen.elements if "id" in given]
        assert tags.count("h1") == 1, path
        assert len(ids) == len(set(ids)), path
        for tag, given in seen.elements:
            assert "style" not in given, path
            assert not any(name.startswith("on") for name in given), path
            assert tag != "script" or given["src"], path
            if tag == "a" and (given.get("href") or "").startswith("#"):
                assert (given["href"] or "")[1:] in ids, (path, given)
            if tag == "label":
                assert given["for"] in ids, (path, given)


def test_a_citation_leads_to_its_clause(busy: TestHouse) -> None:
    found = walked(busy)
    cited = set()
    visitor = busy.visitor()
    for path, reply in found.items():
        for href in re.findall(r'href="([^"]+#clause-[^"]+)"', reply.text):
            cited.add(urljoin(path, href))
    assert cited
    for href in cited:
        page, mark = urldefrag(href)
        ids = [given.get("id") for _, given in Seen(visitor.get(page).text).elements]
        assert mark in ids, href


def test_every_page_is_json_too_and_its_tables_are_files(busy: TestHouse) -> None:
    visitor = busy.visitor()
    for face in FACES:
        if face.path.endswith((".atom", ".sh", "/changes")) and face.path != "/changes":
            continue
        path = face.path.replace("{ref}", "town-bureau@1")
        told = visitor.get("/index.json" if path == "/" else f"{path}.json")
        assert told.status_code == 200, path
        for name in msgspec.json.decode(told.content)["tables"]:
            file = visitor.get(f"{'/index' if path == '/' else path}.csv?table={name}")
            assert file.headers["content-type"] == "text/csv; charset=utf-8", path


def test_the_front_page_counts_what_was_answered(busy: TestHouse) -> None:
    told = msgspec.json.decode(busy.visitor().get("/index.json").content)["data"]
    assert (told["in_force"], told["agreements"], told["agencies"]) == (1, 1, 1)
    assert (told["asked"], told["shown"], told["refused"]) == (19, 12, 7)
    assert told["findings"] is None
    seen = Seen(busy.visitor().get("/").text)
    for number, href in [("19", "/disclosures"), ("12", "/disclosures?ended=shown")]:
        assert ("a", {"class": "big", "href": href}) in seen.elements
        assert number in seen.said
    assert "No watch for misuse runs" in seen.text


def test_disclosures_are_filtered_after_small_counts_were_hidden(busy: TestHouse) -> None:
    for _ in range(2):
        busy.town.ask(purpose="firearms check")
    visitor = busy.visitor()
    rows = msgspec.json.decode(visitor.get("/disclosures.json").content)["tables"]["disclosures"][
        "rows"
    ]
    by_purpose = {row["purpose"]: row["count"] for row in rows}
    # Two are too few, and with them the next smallest of the month that was refused.
    assert by_purpose == {
        "criminal investigation": 10,  # 12: the month runs, and goes in steps of five
        "civil immigration enforcement": "hidden",
        "firearms check": "hidden",
    }
    alone = msgspec.json.decode(visitor.get("/disclosures.json?purpose=firearms+check").content)
    (row,) = alone["tables"]["disclosures"]["rows"]
    assert row["count"] == "hidden"


def test_where_the_log_is_padded_the_month_that_runs_is_not_counted(busy: TestHouse) -> None:
    """Or whoever reads the first page each second would see what the padding hides."""
    town = busy.town

    def asked() -> int:
        found: int = msgspec.json.decode(busy.visitor().get("/index.json").content)["data"]["asked"]
        return found

    assert asked() == 19
    town.write(lambda connection: append_entries(connection, (padding(town.draw),)))
    assert asked() == 0
    assert "is counted once it is" in busy.visitor().get("/disclosures").text
    town.now = Instant(town.now + 24 * 3_600_000)
    assert asked() == 19


def test_a_page_number_of_nonsense_is_the_first(busy: TestHouse) -> None:
    for given in ("0", "-1", "x", "9" * 50, "\u0663", ""):
        assert busy.visitor().get(f"/disclosures?page={given}").status_code == 200


def test_a_clause_says_how_often_it_decided(busy: TestHouse) -> None:
    told = msgspec.json.decode(busy.visitor().get("/agreements/town-bureau@1.json").content)["data"]
    by_number = {clause["number"]: clause for clause in told["clauses"]}
    assert by_number["3"]["relied_on"] == 10  # 12, in steps of five
    assert by_number["3"]["rules"][0]["effect"] == "permit"
    assert by_number["3"]["examples"]
    assert not by_number["1"]["used"]


def test_what_is_no_text_is_not_there(busy: TestHouse) -> None:
    for path in ("/agreements/x@1", "/agreements/town-bureau", "/agreements/town-bureau@1/changes"):
        assert busy.visitor().get(path).status_code == 404, path
    assert busy.visitor().get("/agreements/town-bureau@1/changes?from=x@9").status_code == 404


def test_nothing_of_a_person_is_on_any_page(busy: TestHouse) -> None:
    for path, reply in walked(busy).items():
        for name in ("Nemo", "r-1", "p-1", "a-1"):
            assert name not in re.sub(r"[0-9a-f-]{32,}", "", reply.text), (path, name)
