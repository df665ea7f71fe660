"""Somebody at a browser of their own: signs in by the page, fills forms, reads what it says.

Fields are named as the form sends them, so that a story reads the same in every language; buttons and
sentences are the words on the page. Pictures of the steps go to COMITY_PICTURES, if set. What the
browser complains of on the way (a script that fails, a policy that is violated) fails the story.
"""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from comity.city.rehearsal import SEED
from comity.city.scenes import EVENING
from comity.city.staff import demo_accounts
from tests.browser.city import City

ACCOUNTS = {one.account.handle: one for one in demo_accounts(SEED, EVENING)}
PICTURES = os.environ.get("COMITY_PICTURES")
WIDE = {"width": 1280, "height": 900}
PATIENCE_MS = 10_000


class Person:
    """One person with one browser window. Used as a context."""

    def __init__(self, browser: Any, city: City, story: str, who: str, **options: Any) -> None:
        self._city = city
        self._story, self._who, self._steps = story, who, 0
        given = {"viewport": WIDE, "locale": "en-US", **options}
        self._context = browser.new_context(**given)
        self._context.set_default_timeout(PATIENCE_MS)
        self._complaints: list[str] = []
        self.page = self._context.new_page()
        self.page.on("pageerror", lambda fault: self._complaints.append(str(fault)))
        self.page.on("console", self._hear)

    def _hear(self, told: Any) -> None:
        # A 422 or a 404 is an answer; Chromium calls it a resource that failed to load.
        if told.type == "error" and "Failed to load resource" not in told.text:
            self._complaints.append(told.text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None
    ) -> None:
        if fault is not None:
            self.picture("where it ended")
        self._context.close()
        if fault is None:
            assert not self._complaints, self._complaints

    def sign_in(self, goes_to: str) -> None:
        """Ask for a page, be sent to sign in, and do so by password and code."""
        account = ACCOUNTS[self._who]
        self.open(goes_to)
        assert "/sign-in?next=" in self.page.url, self.page.url
        self.fill("handle", account.account.handle)
        self.fill("password", account.password)
        self.fill("code", account.code_at(self._city.clock()))
        self.page.locator("main button").first.click()
        assert self.path == goes_to, self.said

    def open(self, path: str) -> int:
        """Type an address; the status it is answered with."""
        status: int = self.page.goto(self._city.url + path).status
        return status

    def fill(self, name: str, value: str) -> None:
        """Type into a field."""
        self.page.fill(f'main [name="{name}"]:visible', value)

    def choose(self, name: str, *values: str) -> None:
        """Tick check boxes or a radio button."""
        for value in values:
            self.page.check(f'main input[name="{name}"][value="{value}"]')

    def select(self, name: str, value: str) -> None:
        """Choose one of a list."""
        self.page.select_option(f'main select[name="{name}"]', value)

    def press(self, label: str) -> None:
        """Press a button."""
        self.page.locator("main").get_by_role("button", name=label, exact=True).click()

    def follow(self, label: str, within: str = "main") -> None:
        """Click a link."""
        self.page.locator(within).get_by_role("link", name=label).first.click()

    def get(self, label: str) -> str:
        """Press a button that gives a file; its text."""
        with self.page.expect_download() as coming:
            self.press(label)
        return Path(coming.value.path()).read_text("utf-8")

    @property
    def path(self) -> str:
        """Where the person is, without the query."""
        where: str = self.page.url.removeprefix(self._city.url)
        return where.partition("?")[0]

    @property
    def said(self) -> str:
        """What the page says, in one line."""
        return " ".join(self.page.locator("main").inner_text().split())

    def sees(self, *texts: str) -> None:
        """The page says all of this."""
        said = self.said
        for text in texts:
            assert text in said, f"not on {self.page.url}: {text!r}\n{said}"

    def sees_not(self, *texts: str) -> None:
        """Nothing of this is anywhere in the page that was sent."""
        sent = self.page.content()
        for text in texts:
            assert text not in sent, f"on {self.page.url}: {text!r}"

    def picture(self, step: str) -> None:
        """Keep what is seen, where somebody wants to look."""
        self._steps += 1
        if PICTURES:
            folder = Path(PICTURES) / "stories" / self._story
            folder.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"[^a-z0-9]+", "-", step.lower()).strip("-")
            file = folder / f"{self._who}-{self._steps:02}-{name}.png"
            self.page.screenshot(path=str(file), full_page=True)


PDF = base64.b64decode("JVBERi0xLjcKbm90aGluZwolJUVPRgo=")
DETAINER = {
    "form": "DHS Form I-247A (2/17)",
    "issued_on": "2018-08-31",
    "attached": "I-200",
}
DETAINER_CHOSEN = {
    "signed_by": "deportation officer",
    "box_1": "yes",
    "box_1_grounded": "yes",
    "box_2": "no",
    "served": "yes",
    "names_subject": "yes",
}


def fill_detainer(officer: Person, record: str, agency: str) -> None:
    """Write into the open form what stands on a detainer."""
    for summary in officer.page.locator("main form details:not([open]) > summary").all():
        summary.click()
    for name, value in {"record": record, "agency": agency, **DETAINER}.items():
        officer.fill(name, value)
    for name, value in DETAINER_CHOSEN.items():
        officer.select(name, value)
    officer.choose("court_not", "yes")
    scan = {"name": "detainer.pdf", "mimeType": "application/pdf", "buffer": PDF}
    officer.page.set_input_files("#scan", files=scan)


def ask_by_number(analyst: Person, record: str, *classes: str) -> None:
    """Ask for one record at the desk, for a criminal investigation."""
    analyst.open("/desk/ask")
    analyst.choose("purpose", "criminal investigation")
    analyst.choose("by", "identifier")
    analyst.press("Continue")
    analyst.fill("record_id", record)
    analyst.fill("case_number", "18-CR-0441")
    analyst.choose("classes", *classes)
    analyst.picture("the inquiry")
    analyst.press("Send the inquiry")


def expunge(first: Person, second: Person, record: str) -> None:
    """One proposes, the other confirms; the second stands at the recalls afterwards."""
    first.open(f"/console/records?id={record}")
    first.follow("Expunge this record")
    first.sees("What will be destroyed", "Nothing brings it back")
    first.fill("authority", "CP-51-MD-0000881-2018")
    first.picture("what will be destroyed")
    first.press("Propose it to a second person")
    first.sees("You proposed this. Somebody else must confirm it.")
    assert first.page.get_by_role("button", name="Confirm and expunge").count() == 0
    first.picture("it waits for a second person")
    second.open("/console")
    second.page.locator(f'main a[href="{first.path}"]').click()
    second.sees("CP-51-MD-0000881-2018", "records")
    second.fill("number", record)
    second.picture("the second person")
    second.press("Confirm and expunge")
    assert second.path == "/console/recalls", second.said
