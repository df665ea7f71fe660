"""Changes of sharing, as a page and as a feed held to RFC 4287."""

from __future__ import annotations

from functools import partial
from xml.etree import ElementTree as ET

import msgspec

from comity.disclosure.registry import Officer
from comity.instant import Instant, parse_instant
from comity.law.lifecycle import Drafted
from comity.law.parse import parse_instrument
from comity.law.signing import sign_act
from comity.store.sqlite.law import record_act
from comity.store.sqlite.registry import add_officer, resume_agency, revoke_key, suspend_agency
from tests.web.pages.house import PUBLIC_URL, TestHouse
from tests.web.town import BUREAU, END, TEXT, key_id, private_key

A = "{http://www.w3.org/2005/Atom}"


def feed(house: TestHouse) -> ET.Element:
    reply = house.visitor().get("/changes.atom")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(reply.content)  # noqa: S314 - our own feed


def ids(house: TestHouse) -> list[str]:
    return [one.findtext(f"{A}id") or "" for one in feed(house).iter(f"{A}entry")]


def titles(house: TestHouse) -> list[str]:
    return [one.findtext(f"{A}title") or "" for one in feed(house).iter(f"{A}entry")]


def test_it_is_a_feed_as_the_standard_says(house: TestHouse) -> None:
    whole = feed(house)
    assert whole.tag == f"{A}feed"
    entries = whole.findall(f"{A}entry")
    assert entries
    for part in (whole, *entries):
        for required in ("id", "title", "updated"):  # 4.1.1 and 4.1.2: exactly one of each
            assert len(part.findall(f"{A}{required}")) == 1, required
        parse_instant(part.findtext(f"{A}updated") or "")
        assert (part.findtext(f"{A}id") or "").startswith("urn:uuid:")  # 4.2.6: an IRI
        alternates = [
            (one.get("type"), one.get("hreflang"))
            for one in part.findall(f"{A}link")
            if one.get("rel", "alternate") == "alternate"
        ]
        assert (
            len(alternates) == len(set(alternates)) == 1
        )  # 4.1.1: no two of one type and language
    assert whole.find(f"{A}author/{A}name") is not None  # stands for every entry's
    (own,) = (one for one in whole.findall(f"{A}link") if one.get("rel") == "self")
    assert own.get("href") == f"{PUBLIC_URL}/changes.atom"
    stamps = [parse_instant(one.findtext(f"{A}updated") or "") for one in entries]
    assert parse_instant(whole.findtext(f"{A}updated") or "") == max(stamps)
    assert stamps == sorted(stamps, reverse=True)
    found = ids(house)
    assert len(set(found)) == len(found)


def test_an_entry_keeps_its_id_and_news_goes_before_it(house: TestHouse) -> None:
    before = ids(house)
    town = house.town
    town.now = Instant(town.now + 1000)
    town.write(lambda c: suspend_agency(c, BUREAU, "an audit", town.made()))
    town.now = Instant(town.now + 1000)
    town.write(lambda c: resume_agency(c, BUREAU, town.made()))
    town.now = Instant(town.now + 1000)
    town.write(lambda c: revoke_key(c, key_id("bureau"), town.made()))
    assert ids(house)[3:] == before
    assert titles(house)[:3] == [
        "A key of The Bureau counts no longer",
        "The Bureau is no longer suspended",
        "The Bureau is suspended and gets nothing",
    ]


def test_an_end_by_silence_is_in_it_from_its_instant(house: TestHouse) -> None:
    house.town.now = Instant(END - 1)
    assert not any(one.startswith("Expired") for one in titles(house))
    house.town.now = END
    assert titles(house)[0].startswith("Expired: Access of the Bureau")


def test_drafts_and_officers_are_not_in_it(house: TestHouse) -> None:
    town, before = house.town, ids(house)
    town.write(partial(add_officer, officer=Officer(BUREAU, "a-77", town.now), made=town.made()))
    raw = TEXT.read_bytes().replace(b"version: 1", b"version: 2", 1)
    draft = parse_instrument(raw, "draft.md")
    act = Drafted(
        ref=draft.ref, digest=draft.digest, party="town", at=town.now, recorded_at=town.now
    )
    record_act(
        town.database,
        sign_act(act, private_key("town")),
        randomness=town.draw,
        recorded_at=town.now,
        text=draft,
    )
    assert ids(house) == before
    assert house.visitor().get(f"/agreements/{draft.ref}").status_code == 404
    assert draft.ref not in house.visitor().get("/agreements").text


def test_the_page_and_the_feed_say_the_same(house: TestHouse) -> None:
    told = msgspec.json.decode(house.visitor().get("/changes.json").content)
    rows = told["tables"]["changes"]["rows"]
    assert [row["what"]["text"] for row in rows] == titles(house)
    marks = [row["what"]["href"] for row in rows if row["entry"] is not None]
    page = house.visitor().get("/changes").text
    assert marks
    for mark in marks:
        assert f'id="{mark.partition("#")[2]}"' in page
