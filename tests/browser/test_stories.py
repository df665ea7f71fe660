"""The whole story of each of those inside, from the first page to the last, by real forms.

Every story has a city of its own, signs in by password and code, and decides nothing itself: what is
expected is what another page, the ledger or another person's screen says of the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.city.cast import ATF_ORI, demo_private_key
from comity.city.rehearsal import SEED
from comity.city.scenes import evening
from comity.city.trail import ICE_ORI
from comity.cli.settings import shipped
from comity.instant import parse_local
from comity.law.signing import private_pem
from comity.store.sqlite.append import size
from comity.store.sqlite.custody_files import person_file
from comity.store.sqlite.ledger import check_ledger, opened
from comity.store.sqlite.records import find_record
from tests.browser.city import City, running
from tests.browser.signing import sign_with_openssl
from tests.browser.story import Person, ask_by_number, expunge, fill_detainer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

ROLES = evening(SEED).roles
BORN_ABROAD = ROLES["born abroad"].record_id
IN_JAIL = ROLES["asked by name"].record_id


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city in which people sign in by the page; its ledger holds at the end."""
    with running(tmp_path, signing=True) as city:
        yield city
        assert check_ledger(city.house.desk.database.reader()) == ()


def kinds_since(city: City, before: int) -> list[str]:
    """What the entries since then are."""
    reader = city.house.desk.database.reader()
    return [str(opened(reader, at).decision.get("kind")) for at in range(before, size(reader))]


def entries(city: City) -> int:
    return size(city.house.desk.database.reader())


def leaving(page: Any, section: str) -> dict[str, str]:
    """Name and value of every field that leaves, or left, as the page shows them."""
    found: dict[str, str] = {}
    for line in page.locator(section).all():
        name, _, value = line.inner_text().partition(":")
        found[name.strip()] = " ".join(value.split())
    return found


def test_the_records_officer(browser: Any, city: City) -> None:
    def person(who: str) -> Person:
        return Person(browser, city, "records officer", who)

    with person("analyst") as analyst, person("records") as ann, person("records-two") as cy:
        analyst.sign_in("/desk")
        ask_by_number(analyst, BORN_ABROAD, "identity", "charges", "birthplace")
        inquiry = analyst.page.locator('main a[href^="/desk/inquiries/"]').first.inner_text()
        analyst.sees("Not shown", "place of birth")

        ann.sign_in("/console")
        ann.picture("what waits")
        link = f'a[href="/console/inquiries/{ATF_ORI}/{inquiry}"]'
        ann.page.locator(f"main li:has({link}) button").click()
        ann.sees("records has it")
        ann.page.locator(f"main {link}").click()
        ann.sees("What would leave", "by your approval", "Held by")
        ann.picture("field by field what would leave")
        would = leaving(ann.page, "main span.field-line")
        held = find_record(city.house.desk.database.reader(), BORN_ABROAD)
        assert held is not None
        assert held.whereabouts is not None
        ann.sees_not(str(held.whereabouts.facility), str(held.whereabouts.cell))
        assert any("birthplace" in name for name in would), would
        ann.choose("judgement", "approve")
        ann.press("Enter the judgement")

        analyst.open(f"/desk/inquiries/{inquiry}")
        before = entries(city)
        analyst.press("Fetch the answer")
        analyst.picture("the approved answer")
        left = dict(
            zip(
                analyst.page.locator("main section dl.sum dt").all_inner_texts(),
                analyst.page.locator("main section dl.sum dd").all_inner_texts(),
                strict=True,
            )
        )
        assert {name: " ".join(one.split()) for name, one in left.items()} == would
        assert kinds_since(city, before) == ["disclosure"]

        cy.sign_in("/console")
        expunge(ann, cy, BORN_ABROAD)
        assert find_record(city.house.desk.database.reader(), BORN_ABROAD) is None
        cy.picture("whom to tell")
        cy.page.locator(f'main a[href$="/{ATF_ORI}"]').first.click()
        cy.sees("Recall of disclosed records", inquiry, "This letter names nobody.")
        name = ROLES["born abroad"].person.identity()
        cy.sees_not(str(name.sur_name), BORN_ABROAD)
        cy.picture("the recall letter")
        assert ann.open(f"/console/records?id={BORN_ABROAD}") == 404
        ann.sees("The record of this number was expunged.")


def test_the_custody_officer_at_night_with_scripts_off(browser: Any, city: City) -> None:
    with Person(browser, city, "custody officer", "custody", java_script_enabled=False) as officer:
        officer.sign_in("/console/custody")
        officer.picture("the board")
        officer.follow("A paper has come")
        fill_detainer(officer, IN_JAIL, ICE_ORI)
        officer.choose("a_judge_signed", "yes")
        before = entries(city)
        officer.picture("what stands on the paper")
        officer.press("Take it in")
        officer.sees("Stop: no judge signs Form", "Choose the file once more")
        officer.picture("stopped")
        assert entries(city) == before, "a stopped paper left an entry"
        officer.choose("as_read", "yes")
        scan = {"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF\n"}
        officer.page.set_input_files("#scan", files=scan)
        officer.press("Take it in")
        paper = officer.path
        assert paper.startswith("/console/papers/"), officer.said
        officer.sees("not a judge's paper", "We do not hold")
        cited = officer.page.locator('main dl.sum a[href^="/agreements/"]')
        assert cited.count() > 0
        officer.picture("what the law says of it")

        officer.follow("Notice to the person")
        officer.fill("language", "es")
        officer.choose("attached", "yes")
        officer.choose("code", "yes")
        officer.picture("the notice")
        notice = officer.get("Write the notice")
        assert '<html lang="es"' in notice
        assert re.search(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}", notice)

        officer.open(f"/console/custody/{IN_JAIL}")
        verdict = officer.page.locator("main .verdict").inner_text()
        officer.picture("the person")
        officer.follow("To the door")
        assert officer.page.locator("main .verdict").inner_text() == verdict
        officer.picture("at the door")
        before = entries(city)
        officer.press("Let go now")
        assert kinds_since(city, before) == ["custody decision", "release carried out"]
        custody = person_file(city.house.desk.database.reader(), IN_JAIL).record.custody
        assert custody is not None
        assert custody.status.value != "in custody"
        officer.picture("released")
        officer.open("/console/custody")
        assert officer.page.locator(f'main a[href="/console/custody/{IN_JAIL}"]').count() == 0
        officer.picture("the board afterwards")


REF = "philadelphia-executive-order-5-16@2"
LAST_DAY = "2018-12-31T24:00"


def draft_text() -> str:
    """The executive order anew, for four months, with one sentence said otherwise."""
    text = (shipped("law") / "philadelphia" / "executive-order-5-16.md").read_text("utf-8")
    changes = (
        ("version: 1", "version: 2"),
        ("from: 2016-01-04T00:00", "from: 2018-09-01T00:00"),
        ("until: none", f"until: {LAST_DAY}"),
        ("it does not oblige it to.", "it obliges nobody to."),
    )
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def test_the_law_department(browser: Any, city: City, tmp_path: Path) -> None:
    def person(who: str) -> Person:
        return Person(browser, city, "law department", who)

    key = tmp_path / "city.pem"
    key.write_bytes(private_pem(demo_private_key(SEED, "party city")))
    with person("law") as ann, person("law-two") as ben:
        ann.sign_in("/console/law")
        ann.picture("the texts")
        ann.follow("Read a draft")
        ann.fill("text", draft_text().replace("Action::", "Acton::", 1))
        ann.press("Read it")
        ann.sees("It cannot govern as it stands", "Try:")
        ann.picture("what is wrong with it")
        ann.fill("text", draft_text())
        ann.press("Read it")
        ann.sees(f"{REF} can be signed")
        put_in = ann.page.locator("main blockquote ins").all_inner_texts()
        taken_out = ann.page.locator("main blockquote del").all_inner_texts()
        assert {"obliges", "nobody"} <= set(" ".join(put_in).split())
        assert {"does", "not"} <= set(" ".join(taken_out).split())
        ann.picture("the redline")
        ann.fill("party", "city")
        before = entries(city)
        ann.press("Prepare what is to be signed")
        ann.sees("These bytes, with the key of the party")
        ann.picture("what the city signs")
        command = ann.page.locator("main pre", has_text="openssl").inner_text()
        assert entries(city) == before, "preparing left an entry"
        ann.fill("signature", sign_with_openssl(command, key))
        ann.press("Bring it to a second person")
        ann.sees("You brought this. Somebody else must record it.")
        waiting = ann.path
        assert ann.page.get_by_role("button", name="Record it").count() == 0
        ann.picture("brought by one")

        ben.sign_in("/console")
        ben.page.locator(f'main a[href="{waiting}"]').first.click()
        ben.sees("law", "goes on file with this act")
        ben.picture("recorded by another")
        ben.press("Record it")
        assert ben.path == f"/console/law/{REF}", ben.said
        ben.sees("In force")
        ben.picture("in force")

        # Nobody does anything; the term ends.
        city.clock.at = parse_local(LAST_DAY, "America/New_York")
        ben.sign_in(f"/console/law/{REF}")
        assert "In force" not in status_of(ben.page), ben.said
        ben.picture("let lapse")
        refs = [one.ref for one in city.house.desk.views.current().law(city.clock()).instruments]
        assert REF not in refs


def status_of(page: Any) -> str:
    """What a text's page says of where it stands."""
    found: str = page.locator("main dl.sum dd").nth(1).inner_text()
    return found
