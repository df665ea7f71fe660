"""The release board by itself: a paper comes, and the open page shows it, says so, and keeps the focus.

Source: server-sent events (WHATWG HTML §9.2); WCAG 2.2, 4.1.3 (status messages). That the page was
told by the server and did not ask by turns is seen from what it requested. How long it takes decides
nothing but when to give up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.city.rehearsal import SEED
from comity.city.scenes import evening
from comity.city.trail import ICE_ORI
from tests.browser.city import City, running
from tests.browser.story import Person, ask_by_number, fill_detainer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

RECORD = evening(SEED).roles["asked by name"].record_id
NAME = str(evening(SEED).roles["asked by name"].person.identity().sur_name)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city in which people sign in by the page."""
    with running(tmp_path, signing=True) as city:
        yield city


def test_the_board_changes_by_itself_when_a_paper_comes(browser: Any, city: City) -> None:
    with (
        Person(browser, city, "live", "custody") as officer,
        Person(browser, city, "live", "law") as watching,
    ):
        watching.sign_in("/console/custody")
        page, link = watching.page, f'main a[href="/console/custody/{RECORD}"]'
        papers = f"{link} >> xpath=ancestor::li"
        assert "1 papers" not in page.locator(papers).all_inner_texts()
        before = page.locator("main").inner_html()
        status = page.locator("#live")
        assert status.get_attribute("role") == "status"
        assert status.inner_text() == ""
        focused = page.locator("main a[href='/console/custody']").first
        focused.focus()
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url.removeprefix(city.url)))
        page.evaluate("window.stillHere = 'not loaded anew'")

        officer.sign_in("/console/intake")
        fill_detainer(officer, RECORD, ICE_ORI)
        officer.press("Take it in")
        paper = officer.path.rpartition("/")[2]
        assert paper

        page.wait_for_function(
            "before => document.querySelector('main').innerHTML !== before", arg=before
        )
        page.locator(link).first.wait_for()
        assert "1 paper" in page.locator(papers).first.inner_text()
        assert NAME in watching.said
        page.wait_for_function("document.getElementById('live').textContent !== ''")
        assert status.inner_text() == "This page has changed."
        assert page.evaluate("window.stillHere") == "not loaded anew"
        held = page.evaluate("document.activeElement.getAttribute('href')")
        assert held == "/console/custody", held
        assert set(asked) == {"/console/custody"}, asked
        watching.picture("the board changed by itself")


def test_what_somebody_types_is_not_taken_from_under_their_hands(browser: Any, city: City) -> None:
    with (
        Person(browser, city, "live", "records") as watching,
        Person(browser, city, "live", "analyst") as analyst,
    ):
        watching.sign_in("/console")
        watching.page.locator("#id").click()
        watching.page.keyboard.type("2018-08")
        with watching.page.expect_response(lambda one: one.url == city.url + "/console"):
            analyst.sign_in("/desk")
            ask_by_number(analyst, RECORD, "charges", "birthplace")
        watching.page.keyboard.type("30")
        assert watching.page.locator("#id").input_value() == "2018-0830"
        watching.page.reload()
        watching.sees("ATF field division (demo) asks")  # so there was something to show
