"""English and Spanish: which one, whether all of it is there, and that Babel reads the files alike."""

from __future__ import annotations

import datetime as dt
import io
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from babel.dates import format_date
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po as babel_read
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import IntegrityFault
from comity.instant import Instant, from_datetime
from comity.web.pages.every import every_face
from comity.web.pages.language import chosen, read_po, words
from comity.web.pages.wording import day_said, moment_said, number_said

WEB = Path(str(resources.files("comity.web")))
FILES = sorted((WEB / "locale" / "es").glob("*.po"))
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "N_": None,
    "text": None,
    "texts": (1, 2),
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def messages() -> dict[Any, str]:
    """Every message of templates and pages, with the file it stands in."""
    found = {}
    for file, _, message, _, _ in extract_from_dir(
        str(WEB), [("**.py", "python"), ("**.html", "jinja2")], keywords=KEYWORDS
    ):
        one = message[0] if isinstance(message, tuple) else message
        if one:
            found[one] = file
    for face in every_face():
        if face.menu is not None:
            found[face.menu] = f"the menu of {face.path}"
    return found


def test_there_is_nothing_that_spanish_does_not_say() -> None:
    there = {message for _, message in words("es").messages}
    missing = {message: file for message, file in messages().items() if message not in there}
    assert not missing, f"{len(missing)} messages have no Spanish: {missing}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_babel_reads_our_files_as_we_do(file: Path) -> None:
    text = file.read_text("utf-8")
    theirs = {}
    for one in babel_read(io.StringIO(text)):
        if one.id and not one.fuzzy:
            key = one.id[0] if isinstance(one.id, tuple) else one.id
            said = one.string if isinstance(one.string, tuple) else (one.string,)
            if all(said):
                theirs[one.context, key] = tuple(said)
    assert read_po(text, file.name) == theirs


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_translation_fills_in_what_its_message_does(file: Path) -> None:
    for one in babel_read(io.StringIO(file.read_text("utf-8"))):
        one.flags.add("python-format") if "%(" in str(one.id) else None
        assert not list(one.check()), f"{file.name}: {one.id}"


def test_one_message_has_one_translation_in_whatever_file() -> None:
    said: dict[Any, tuple[str, ...]] = {}
    for file in FILES:
        for key, forms in read_po(file.read_text("utf-8"), file.name).items():
            assert said.setdefault(key, forms) == forms, f"{file.name}: {key}"


@pytest.mark.parametrize(
    "broken",
    ['msgid "a\nmsgstr "b"\n', 'msgid "a"\nmsgid "b"\n', "junk\n", 'msgstr "a"\n', '"a"\n',
     'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', "msgid open('x')\n"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_where(broken: str) -> None:
    with pytest.raises(IntegrityFault) as fault:
        read_po(broken, "es.po")
    assert (fault.value.where or "").startswith("es.po:")


@pytest.mark.parametrize(
    ("asked", "kept", "accepts", "language"),
    [
        (None, None, None, "en"),
        (None, None, "es", "es"),
        (None, None, "es-US,es;q=0.9,en;q=0.8", "es"),
        (None, None, "en;q=0.5, es;q=0.9", "es"),
        (None, None, "es;q=0, en", "en"),
        (None, None, "de, fr", "en"),
        (None, None, ";;;, es;q=x, \x00", "en"),
        (None, "es", "en", "es"),
        ("en", "es", "es", "en"),
        ("de", "es", None, "es"),
        ("../es", "<b>", None, "en"),
    ],
)
def test_which_language(
    asked: str | None, kept: str | None, accepts: str | None, language: str
) -> None:
    assert chosen(asked, kept, accepts) == language


@given(st.text(max_size=300))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert chosen(header, header, header) in ("en", "es")


@given(st.dates(min_value=dt.date(1990, 1, 1)))
def test_days_are_said_as_cldr_says_them(day: Any) -> None:
    at = from_datetime(dt.datetime(day.year, day.month, day.day, 12, tzinfo=dt.UTC))
    assert day_said(at, "UTC", words("en")) == format_date(day, "long", "en_US")
    assert day_said(at, "UTC", words("es")) == format_date(day, "long", "es_US")


@given(st.integers(-(10**12), 10**12))
def test_numbers_are_said_as_cldr_says_them(number: int) -> None:
    for locale in ("en_US", "es_US"):
        assert number_said(number) == format_decimal(number, locale=locale)


def test_the_last_instant_of_an_agreement_in_its_own_zone() -> None:
    at = Instant(1535774399999)
    assert moment_said(at, "America/New_York", words("en")) == "August 31, 2018, 23:59 EDT"
    assert moment_said(at, "UTC", words("es")) == "1 de septiembre de 2018, 03:59 UTC"
