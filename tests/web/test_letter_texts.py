"""Templates are whole, or are refused by the name of the phrase."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from comity.custody.document import LetterFaulty
from comity.custody.phrases import NoticePhrases, checked
from comity.web.letter_texts import answer_texts, letter_file, notice_for, record_texts

NEW_YORK = "America/New_York"


def raw() -> dict[str, Any]:
    return tomllib.loads(letter_file("person-notice.en.toml").decode())


def test_languages_there_are_and_the_fallback() -> None:
    assert [notice_for(one).phrases.lang for one in ("en", "es", "es-MX", " ES ")] == [
        "en", "es", "es", "es",
    ]  # fmt: skip
    assert not notice_for("es-419").needs_interpreter
    for other in ("ht", "zh-Hant", "", "../../etc"):
        found = notice_for(other)
        assert (found.phrases.lang, found.needs_interpreter) == ("en", True)


def test_every_shipped_template_says_whether_it_was_reviewed() -> None:
    for phrases in (
        notice_for("en").phrases,
        notice_for("es").phrases,
        answer_texts(),
        record_texts(),
    ):
        assert not phrases.review.reviewed, "no lawyer has read these; say so until one has"
        assert phrases.template in phrases.reviewed()


def test_a_reviewed_template_names_who_and_when() -> None:
    found = raw()
    found["review"] = {"reviewed": True, "by": "J. Counsel", "on": "2026-12-01"}
    phrases = checked(NoticePhrases, found, "x.toml")
    assert phrases.reviewed() == ("Text person-notice.en.1, reviewed by J. Counsel on 2026-12-01.")


def _set(path: str, new: object) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        *above, last = path.split(".")
        for name in above:
            found = found[name]
        if new is None:
            del found[last]
        else:
            found[last] = new

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("notice.lead", None), "lead"),
        (_set("notice.extra", "x"), "extra"),
        (_set("notice.lead", "  "), "`notice.lead` is empty"),
        (_set("notice.title", "For {person}"), "nothing fills {person}"),
        (_set("doing.will", "until {until}"), "nothing fills {until}"),
        (_set("doing.will_until", "We will do this."), "leaves out {until}"),
        (_set("notice.code", "Keep it."), "leaves out {see_at}"),
        (_set("doing.maybe", "x"), "`doing` must have exactly"),
        (_set("asks.hold", None), "`asks` must have exactly"),
        (_set("calendar.months", ["May"]), "12 names"),
        (_set("review.reviewed", True), "by whom and on which day"),
        (_set("review.by", "J. Counsel"), "by whom and on which day"),
        (_set("notice.know", ["a", ""]), "`notice.know` is empty"),
    ],
)
def test_a_template_that_is_not_whole_is_refused(
    change: Callable[[dict[str, Any]], None], says: str
) -> None:
    found = raw()
    change(found)
    with pytest.raises(LetterFaulty, match=says.replace("{", r"\{")) as refused:
        checked(NoticePhrases, found, "x.toml")
    assert refused.value.where == "x.toml"


@pytest.mark.parametrize(
    ("at", "english", "spanish"),
    [
        (1_795_200_000_000, "Friday, November 20, 2026, 1:40 p.m.", "viernes 20 de noviembre de 2026, 1:40 p. m."),
        (1_795_150_800_000, "Friday, November 20, 2026, 12:00 a.m.", "viernes 20 de noviembre de 2026, 12:00 a. m."),
        (1_795_194_000_000, "Friday, November 20, 2026, 12:00 p.m.", "viernes 20 de noviembre de 2026, 12:00 p. m."),
    ],
)  # fmt: skip
def test_instants_in_words(at: int, english: str, spanish: str) -> None:
    for language, expected in (("en", english), ("es", spanish)):
        found = notice_for(language).phrases.instant(at, NEW_YORK)  # type: ignore[arg-type]
        assert found == f"{expected} (UTC−05:00)"


def test_a_file_that_is_not_installed_is_named() -> None:
    with pytest.raises(LetterFaulty, match=r"no-such\.css"):
        letter_file("no-such.css")
