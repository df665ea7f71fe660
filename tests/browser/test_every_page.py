"""Every page, as people meet it: wide and narrow, with axe, by keyboard, without scripts, in print.

WCAG 2.2 AA by axe-core with its tags; no page scrolls sideways at 360 pixels, nor at 200 % zoom;
what a page weighs is counted on the wire. The pictures of the run are in COMITY_PICTURES, if set.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from tests.browser.city import ROLES, City
from tests.browser.crawl import pages_of

pytestmark = pytest.mark.slow

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WEIGHT_MAX = 60_000
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
PICTURES = os.environ.get("COMITY_PICTURES")


@contextmanager
def visiting(browser: Any, city: City, role: str, **options: Any) -> Iterator[Any]:
    """A page of a fresh browser in which the role is signed in."""
    context = browser.new_context(**{"viewport": WIDE, "locale": "en-US", **options})
    context.add_cookies(
        [
            {"name": name, "value": value, "url": city.url}
            for name, value in city.cookies[role].items()
        ]
    )
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.fixture(scope="module")
def reached(city: City) -> dict[str, dict[str, str]]:
    """For each role the pages it reaches."""
    return {role: pages_of(city, role) for role in ROLES}


def unseen(reached: dict[str, dict[str, str]], role: str) -> dict[str, str]:
    """The pages that only this role sees: the visitor's are looked at once."""
    mine = reached[role]
    return (
        mine
        if role == "visitor"
        else {k: v for k, v in mine.items() if k not in reached["visitor"]}
    )


def overflow(page: Any) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ROLES)
def test_wide_and_narrow_with_axe(
    browser: Any, city: City, reached: dict[str, dict[str, str]], role: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    axe, faults = Axe(), []
    for size, name in ((WIDE, "1280"), (NARROW, "360")):
        with visiting(browser, city, role, viewport=size) as page:
            for face, path in unseen(reached, role).items():
                said: list[str] = []
                page.on("pageerror", lambda error, said=said: said.append(str(error)))
                page.on(
                    "console",
                    lambda told, said=said: (
                        said.append(told.text) if told.type == "error" else None
                    ),
                )
                page.goto(city.url + path)
                picture(page, role, face, name)
                wide = overflow(page)
                if wide > 0:
                    faults.append(f"{face} at {name}: {wide} pixels too wide")
                found = axe.run(page, options={"runOnly": TAGS}).response["violations"]
                faults += [
                    f"{face} at {name}: {one['id']}: {one['nodes'][0]['html'][:160]}"
                    for one in found
                ]
                faults += [f"{face} at {name}: the browser says {one}" for one in said]
    assert not faults, "\n".join(faults)


def picture(page: Any, role: str, face: str, name: str) -> None:
    """Keep what is seen, where somebody wants to look."""
    if PICTURES:
        folder = Path(PICTURES)
        folder.mkdir(parents=True, exist_ok=True)
        file = face.strip("/").replace("/", "_").replace("{", "").replace("}", "") or "front"
        page.screenshot(path=str(folder / f"{role}-{file}-{name}.png"), full_page=True)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ROLES)
def test_twice_as_large_and_in_forced_colours(
    browser: Any, city: City, reached: dict[str, dict[str, str]], role: str
) -> None:
    faults = []
    half = {"width": 640, "height": 450}  # 200 % zoom of 1280 is layout at 640
    with visiting(browser, city, role, viewport=half, forced_colors="active") as page:
        for face, path in unseen(reached, role).items():
            page.goto(city.url + path)
            if overflow(page) > 0:
                faults.append(f"{face}: {overflow(page)} pixels too wide")
            seen = page.evaluate(
                "[...document.querySelectorAll('h1, button, a')].filter(one => {"
                " const style = getComputedStyle(one); return style.color === style.backgroundColor"
                "}).length"
            )
            if seen:
                faults.append(f"{face}: {seen} texts vanish in forced colours")
    assert not faults, "\n".join(faults)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ROLES)
def test_by_keyboard(
    browser: Any, city: City, reached: dict[str, dict[str, str]], role: str
) -> None:
    """Tab reaches everything that can be used, in the order of the page, and shows where it is."""
    faults = []
    with visiting(browser, city, role) as page:
        for face, path in unseen(reached, role).items():
            page.goto(city.url + path)
            usable = page.evaluate(
                "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select,"
                ' textarea, summary, [tabindex="0"]\')].filter(one => one.checkVisibility()'
                " && !one.disabled && !(one.type === 'radio')).length"
            )
            reachable, hidden = 0, 0
            for _ in range(min(usable, 60)):
                page.keyboard.press("Tab")
                told = page.evaluate(
                    "(() => { const one = document.activeElement;"
                    " if (!one || one === document.body) return null;"
                    " const style = getComputedStyle(one);"
                    " return style.outlineStyle !== 'none' || style.boxShadow !== 'none' })()"
                )
                reachable += told is not None
                hidden += told is False
            if reachable < min(usable, 60) * 0.9:
                faults.append(f"{face}: Tab reaches {reachable} of {usable}")
            if hidden:
                faults.append(f"{face}: where the focus is cannot be seen {hidden} times")
    assert not faults, "\n".join(faults)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ROLES)
def test_without_scripts_in_spanish_in_print_and_by_weight(
    browser: Any, city: City, reached: dict[str, dict[str, str]], role: str
) -> None:
    from pypdf import PdfReader

    faults = []
    with visiting(browser, city, role, java_script_enabled=False) as page:
        for face, path in unseen(reached, role).items():
            weight: list[int] = []
            page.on("response", lambda reply, weight=weight: weight.append(len(reply.body())))
            page.goto(city.url + path)
            page.wait_for_load_state("networkidle")
            if sum(weight) > WEIGHT_MAX:
                faults.append(f"{face}: {sum(weight):,} bytes")
            title = page.locator("h1")
            if title.count() != 1:
                faults.append(f"{face}: {title.count()} first headings")
            printed = PdfReader(io.BytesIO(page.pdf(format="Letter")))
            # A printed `fi` is one sign.
            words = normalize("NFKC", "".join(leaf.extract_text() for leaf in printed.pages))
            said = normalize("NFKC", title.first.inner_text())
            if "".join(said.split())[:12] not in "".join(words.split()):
                faults.append(f"{face}: its heading is not in print")
            page.goto(city.url + path + ("&" if "?" in path else "?") + "lang=es")
            if page.locator("html").get_attribute("lang") != "es":
                faults.append(f"{face}: does not speak Spanish")
            page.goto(city.url + path + ("&" if "?" in path else "?") + "lang=en")
    assert not faults, "\n".join(faults)


def test_every_face_is_reached_by_somebody(reached: dict[str, dict[str, str]]) -> None:
    """A page nobody finds by following links is a page nobody has."""
    from comity.web.pages.every import every_face

    found = {face for pages in reached.values() for face in pages}
    lost = [one.path for one in every_face() if one.path not in found and one.path not in BY_FORM]
    assert not lost


NO_PAGES = frozenset({"/changes.atom", "/check/verify-receipt.sh", "/console/papers/{paper}/scan"})
"""Files, which a browser downloads."""
BY_FORM = NO_PAGES | {
    # Something must be held, proposed or recalled first: tests/browser/test_stories.py.
    "/console/inquiries/{ori}/{inquiry_id}",
    "/console/records/expunge",
    "/console/records/expunge/{proposal_id}",
    "/console/recalls/{expungement}/{ori}",
    "/console/law-proposals/{proposal}",
    "/desk/receipts",
    # Somebody must have an account, or a provider: tests/web/pages, tests/cli/test_demo_open.py.
    "/console/accounts/{handle}",
    "/sign-in/passkey",
    "/sign-in/provider",
    "/sign-in/provider/back",
    "/unlock",
    "/sign-out",
    "/account",
    "/account/password",
    "/account/code",
    "/account/passkey",
}
"""Faces that a visitor of this city does not reach by links alone."""
