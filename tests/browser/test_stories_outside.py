"""The whole story of each of those outside: the public and an auditor, an analyst, and the person.

As in `test_stories`: a city each, real forms, and nothing expected but what another source says. The
person's story is in Spanish.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.city.cast import ATF_ORI, demo_cast
from comity.city.rehearsal import SEED
from comity.city.scenes import evening
from comity.city.trail import ICE_ORI
from comity.instant import Instant
from comity.ledger.note import parse_note
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import check_ledger, opened
from tests.browser.city import City, running
from tests.browser.story import Person, ask_by_number, expunge, fill_detainer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

ROLES = evening(SEED).roles
BORN_ABROAD = ROLES["born abroad"].record_id
ASKED_FOR = ROLES["asked by name"].record_id
PATIENCE_SECONDS = 20.0


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city in which people sign in by the page; its ledger holds at the end."""
    with running(tmp_path, signing=True) as city:
        yield city
        assert check_ledger(city.house.desk.database.reader()) == ()


def signed(city: City) -> int:
    """Wait until every entry so far is under a signed checkpoint, as the beat does each second."""
    whole = size(city.house.desk.database.reader())
    publisher = city.house.publisher
    assert publisher is not None
    until = time.monotonic() + PATIENCE_SECONDS
    while (publisher.size_shown() or 0) < whole:
        assert time.monotonic() < until, "the log was not signed"
        time.sleep(0.1)
    return whole


def test_the_public_and_an_auditor(browser: Any, city: City) -> None:
    with (
        Person(browser, city, "public and auditor", "analyst") as analyst,
        Person(browser, city, "public and auditor", "visitor") as anybody,
        Person(browser, city, "public and auditor", "auditor") as auditor,
    ):
        analyst.sign_in("/desk")
        ask_by_number(analyst, ASKED_FOR, "identity", "charges")
        entry = size(city.house.desk.database.reader()) - 1
        assert opened(city.house.desk.database.reader(), entry).decision["kind"] == "disclosure"
        signed(city)
        receipt = analyst.get(f"Receipt of entry {entry}")

        anybody.open("/")
        anybody.picture("the front page")
        anybody.follow("Read the agreements")
        anybody.picture("the agreements")
        anybody.page.locator('main a[href="/agreements/philadelphia-pars-atf@1"]').first.click()
        anybody.picture("the agreement")
        assert anybody.page.locator("#clause-3\\.1").count() == 1
        anybody.page.locator('main a[href$="/use"]').first.click()
        anybody.picture("how often each clause decided")
        anybody.page.locator('main a[href*="#clause-3.1"]').first.click()
        assert anybody.page.url.endswith("#clause-3.1")
        anybody.follow("Disclosures", within="header")
        anybody.picture("disclosures and refusals")
        name = ROLES["asked by name"].person.identity()
        anybody.sees_not(str(name.sur_name), ASKED_FOR)

        anybody.follow("Check it yourself", within="header")
        key = anybody.page.locator("main dd code").first.inner_text()
        anybody.fill("receipt", receipt)
        anybody.press("Check here")
        anybody.sees("The receipt holds", "ATF")
        anybody.picture("checked by the server")
        requests: list[str] = []
        anybody.page.on("request", lambda asked: requests.append(asked.url))
        checked = anybody.page.locator("#checked")
        anybody.page.fill("#receipt", receipt)
        anybody.page.fill("#key", key)
        anybody.press("Check in this browser")
        anybody.page.locator("#checked.note").wait_for()
        said = checked.inner_text()
        assert "The receipt holds" in said, said
        assert f"{entry}" in said
        anybody.picture("checked in the browser")
        for altered in (receipt.replace("index ", "index 1", 1), flipped(receipt)):
            anybody.page.fill("#receipt", altered)
            anybody.press("Check in this browser")
            anybody.page.locator("#checked.stop").wait_for()
            assert "The receipt does not hold" in checked.inner_text()
            anybody.page.fill("#receipt", receipt)
            anybody.press("Check in this browser")
            anybody.page.locator("#checked.note:not(.stop)").wait_for()
        assert requests == [], "the script sent something"
        anybody.page.fill("#receipt", flipped(receipt))
        anybody.press("Check here")
        anybody.sees("The receipt does not hold")

        auditor.sign_in("/console/ledger")
        auditor.picture("the ledger")
        root = auditor.page.goto(city.url + "/checkpoint").text()
        note = parse_note(root.encode())
        anybody.open("/check")
        assert str(note.text).split("\n")[2] in anybody.page.content()
        for path in ("/console/inquiries", "/console/custody", "/console/law", "/console/accounts"):
            assert auditor.open(path) == 200
            assert auditor.page.locator("main form[method=post]").count() == 0, path
        for path in (f"/console/records?id={ASKED_FOR}", "/console/intake", "/console/law-draft"):
            assert auditor.open(path) == 403
        auditor.picture("what an auditor does not do")


def flipped(receipt: str) -> str:
    """The receipt with one sign of its first hash changed."""
    lines = receipt.split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("index ")) + 1
    first = "B" if lines[at][0] == "A" else "A"
    return "\n".join([*lines[:at], first + lines[at][1:], *lines[at + 1 :]])


def test_an_analyst_of_another_agency(browser: Any, city: City) -> None:
    def person(who: str) -> Person:
        return Person(browser, city, "analyst", who)

    with person("analyst") as analyst, person("records") as ann, person("records-two") as cy:
        analyst.sign_in("/desk")
        analyst.picture("the desk")
        analyst.follow("What you may ask")
        analyst.sees("Allowed, for example", "Refused, for example")
        analyst.picture("what may be asked")
        ask_by_number(analyst, BORN_ABROAD, "identity", "charges", "birthplace", "contact")
        analyst.sees("Not shown", "What would change it: somebody at the custodian approves it")
        analyst.sees("What would change it: attach")
        assert analyst.page.locator('main li a[href*="#clause-"]').count() > 0
        analyst.picture("what came and what did not")
        inquiry = analyst.page.locator('main a[href^="/desk/inquiries/"]').first.inner_text()
        analyst.follow("Your inquiries", within="header")
        analyst.page.locator("main").get_by_role("link", name=inquiry).click()
        analyst.sees("Approval awaited")
        analyst.sees_not(str(ROLES["born abroad"].person.identity().sur_name))
        analyst.picture("what became of it")

        # demo-1 is ICE's; the same answer as to one that nobody made.
        said = []
        for foreign in ("demo-1", "desk-00000000000000000000"):
            assert analyst.open(f"/desk/inquiries/{foreign}") == 404
            said.append(analyst.said.replace(foreign, "X"))
        assert said[0] == said[1]
        analyst.open("/desk/inquiries")
        foreign_link = analyst.page.locator('main a[href="/desk/inquiries/demo-1"]')
        assert foreign_link.count() == 0
        for path in ("/console", "/console/recalls", f"/console/records?id={BORN_ABROAD}"):
            assert analyst.open(path) == 403

        ann.sign_in("/console")
        cy.sign_in("/console")
        expunge(ann, cy, BORN_ABROAD)
        analyst.open("/desk/recalls")
        # Every disclosure of the record to the agency, that of the evening among them.
        outstanding = analyst.page.locator("main section.card-plain")
        owed = outstanding.count()
        assert owed == ann_counts(cy)
        analyst.picture("recalls")
        outstanding.first.get_by_role("button", name="Acknowledge").click()
        assert outstanding.count() == owed, "acknowledged without its box"
        for left in range(owed, 0, -1):
            outstanding.first.locator('input[type="checkbox"]').check()
            outstanding.first.get_by_role("button", name="Acknowledge").click()
            assert outstanding.count() == left - 1
        analyst.sees("Nothing is outstanding.")
        analyst.picture("acknowledged")
        cy.open("/console/recalls")
        cy.sees("0 of")


def ann_counts(officer: Person) -> int:
    """How many recalls of the agency the console lists."""
    rows: int = officer.page.locator("main tbody tr", has_text=ATF_ORI).count()
    return rows


def test_the_person_a_record_is_about_in_spanish(browser: Any, city: City) -> None:
    with (
        Person(browser, city, "person", "custody") as officer,
        Person(browser, city, "person", "person", locale="es-US") as nobody,
    ):
        officer.sign_in("/console/intake")
        fill_detainer(officer, ASKED_FOR, ICE_ORI)
        officer.press("Take it in")
        officer.follow("Notice to the person")
        officer.fill("language", "es")
        officer.choose("code", "yes")
        notice = officer.get("Write the notice")
        found = re.search(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}", notice)
        assert found is not None
        code = found[0]
        signed(city)

        nobody.open("/")
        assert nobody.page.locator("html").get_attribute("lang") == "es"
        nobody.picture("portada")
        nobody.page.locator('main a[href="/my-record"]').click()
        fields = nobody.page.locator("main input:not([type=hidden])")
        assert [one.get_attribute("name") for one in fields.all()] == ["code"]
        nobody.picture("con el codigo")
        name = ROLES["asked by name"].person.identity()
        nobody.fill("code", f"{name.given_name} {name.sur_name}")
        nobody.page.locator("main button").click()
        assert nobody.page.locator("main .faults").count() == 1
        assert nobody.open(f"/my-record?name={name.sur_name}") == 200
        assert nobody.page.url == city.url + "/my-record"
        nobody.fill("code", code[:-1] + ("0" if code[-1] != "0" else "1"))
        nobody.page.locator("main button").click()
        assert nobody.page.locator("main .faults").count() == 1
        nobody.picture("un codigo que no abre nada")
        nobody.fill("code", code.lower().replace("-", " "))
        before = size(city.house.desk.database.reader())
        nobody.page.locator("main button").click()
        nobody.page.locator("main ol.line").wait_for()
        nobody.picture("a quien se mostro")
        assert code not in nobody.page.url
        reader = city.house.desk.database.reader()
        kinds = [opened(reader, at).decision["kind"] for at in range(before, size(reader))]
        assert kinds == ["opening"]
        told = disclosures_of(city, ASKED_FOR)
        assert len(told) > 0
        shown = nobody.page.locator("main ol.line > li")
        whom = " ".join(" ".join(one.split()) for one in shown.all_inner_texts())
        for agency in told:
            assert agency in whom
        title = nobody.page.locator("main .verdict").inner_text()
        assert str(sum(told.values())) in title or "una vez" in title
        nobody.open("/my-record")
        assert nobody.page.locator("main ol.line").count() == 0, "what was opened was kept"


def disclosures_of(city: City, record: str) -> dict[str, int]:
    """From the ledger itself: which agencies were shown something of a record, and how often."""
    reader = city.house.desk.database.reader()
    names = {str(one.ori): one.name for one in demo_cast(SEED, Instant(0)).agencies}
    found: dict[str, int] = {}
    for at in range(size(reader)):
        entry = opened(reader, at)
        subject = entry.subject or {}
        if entry.decision.get("kind") == "disclosure" and record in str(subject):
            name = names[str(entry.request["ori"])]
            found[name] = found.get(name, 0) + 1
    return found
