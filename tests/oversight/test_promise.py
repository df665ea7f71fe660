"""Promises as a file: a sentence, a condition, and every fault of either at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.instant import parse_instant
from comity.law.library import NO_TEXTS, survey
from comity.law.schema import ENVIRONMENTS
from comity.oversight.promise import NAME, Promises, PromisesInvalid, Under, read_promises

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "law").glob("*/promises.md"))

HEAD = """---
promises: springfield
title: What Springfield promises
texts: [text]
from: 2018-01-01T00:00
time_zone: America/New_York
---

# What Springfield promises
"""
ONE = """
## 1 Nobody sees a victim

Whoever asks.

```promise
acts: [see parties]
never: true
```
"""


def block(number: int, lines: str) -> str:
    return f"\n## {number} A sentence\n\n```promise\n{lines}\n```\n"


def faults(text: str) -> list[tuple[int, str]]:
    with pytest.raises(PromisesInvalid) as raised:
        read_promises(text, "p.md")
    assert all(one.path == "p.md" and one.remedy for one in raised.value.problems)
    return [(one.line, one.what) for one in raised.value.problems]


def read(text: str) -> Promises:
    return read_promises(text, "p.md")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_shipped_promises_are_read(path: Path) -> None:
    found = read_promises(path.read_bytes(), str(path))
    assert found.place == path.parent.name
    numbers = [one.number for one in found.promises]
    assert numbers == [str(count) for count in range(1, len(numbers) + 1)]
    assert not any(one.says.endswith(".") for one in found.promises)


def test_a_file_of_promises_is_no_text_of_the_library() -> None:
    assert NAME in NO_TEXTS
    found = survey([ROOT / "law" / "california"])
    assert len(found.files) == 3
    assert not any("promises" in one for one in found.files)


def test_a_promise_is_its_heading_and_its_block() -> None:
    (one,) = read(HEAD + ONE).promises
    assert (one.number, one.says, one.acts) == ("1", "Nobody sees a victim", ("see parties",))
    assert (one.never, one.under, one.line) == ("true", None, 11)
    assert one.since == parse_instant("2018-01-01T05:00:00Z")


def test_a_group_stands_for_each_of_its_acts() -> None:
    (one,) = read(HEAD + block(1, "acts: [see, see parties, list]\nnever: true")).promises
    groups = {each.group: each.acts for each in ENVIRONMENTS}
    assert one.acts == (*groups["see"], "list")


def test_a_promise_can_begin_later_than_its_file() -> None:
    (one,) = read(
        HEAD + block(1, "acts: [hold]\nnever: context.civil\nfrom: 2020-01-01T00:00")
    ).promises
    assert one.since == parse_instant("2020-01-01T05:00:00Z")


def test_a_comment_does_not_swallow_what_follows_the_condition() -> None:
    lines = "acts: [see parties]\nnever: |\n  context.case_number // whoever asks"
    (one,) = read(HEAD + block(1, lines)).promises
    assert one.never.rstrip().endswith("// whoever asks")


def test_an_agreement_not_in_force_needs_no_condition() -> None:
    (one,) = read(HEAD + block(1, "acts: [see]\nunder: an agreement that is not in force")).promises
    assert (one.under, one.never) == (Under.NOT_IN_FORCE, "true")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("acts: [see partys]\nnever: true", "unknown act `see partys`"),
        ("acts: []\nnever: true", "`acts` names no act"),
        ("acts: [see]", "`never` is missing in a promise"),
        ("acts: [see]\nnever: 7", "`never` is not an expression"),
        ("never: true", "`acts` is missing in a promise"),
        ("acts: [see]\nnever: true\nnevr: true", "unknown key `nevr` in a promise"),
        ("acts: [see]\nnever: context.purpose ==", "the condition is not Cedar: "),
        ('acts: [see]\nnever: "true } unless { false"', "the condition is more than one expr"),
        (
            'acts: [see]\nnever: "true }; permit (principal, action, resource) when { true"',
            "the condition is not Cedar: one policy is expected here, found 2",
        ),
        (
            'acts: [see]\nnever: context.purpose == Purpose::"imigration"',
            "unknown purpose `imigration`",
        ),
        ("acts: [see]\nnever: context.reason", "unknown field `context.reason`"),
        ("acts: [see]\nnever: context.civil", "the condition does not fit `see existence`: "),
        ("acts: [see]\nnever: context.basis.verified", "the condition does not fit `see exist"),
        ("acts: [hold]\nnever: context.age_years > 3", "the condition does not fit `hold`: "),
        (
            "acts: [hold]\nnever: context has age_years && context.age_years + 1 > 3",
            "a condition that can fail: `+`",
        ),
        ("acts: [see]\nnever: context.purpose", "the condition does not fit `see existence`: "),
        ("acts: [see]\nnever: true\nunder: an expired agreement", "unknown manner "),
        (
            "acts: [hold]\nunder: an agreement that is not in force",
            "an agreement is about inquiries",
        ),
        (
            "acts: [see]\nnever: true\nfrom: 2017-01-01T00:00",
            "a promise from before the file's own `from`",
        ),
        ("acts: [see]\nnever: true\nfrom: soon", "not a local time"),
        ("[see]", "a promise is not a mapping"),
        ("acts: [see\nnever: true", "not YAML"),
        ("", "the `promise` block is empty"),
    ],
)
def test_what_is_wrong_with_a_condition(lines: str, says: str) -> None:
    found = faults(HEAD + block(1, lines))
    assert any(what.startswith(says) or says in what for _, what in found), found
    assert all(line > 10 for line, _ in found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# no front matter\n", "no front matter"),
        ("---\n---\n", "the front matter is empty"),
        (HEAD, "no promise"),
        (HEAD.replace("texts: [text]\n", "") + ONE, "`texts` is missing"),
        (HEAD.replace("[text]", "[]") + ONE, "`texts` names no text"),
        (HEAD.replace("[text]", "[text, text]") + ONE, "a text is named twice"),
        (HEAD.replace("America/New_York", "America/Nowhere") + ONE, "time zone"),
        (HEAD.replace("title:", "titel:") + ONE, "unknown key `titel`"),
        (HEAD + ONE + ONE, "number 1 stands twice, first in line 11"),
        (HEAD + ONE.replace("## 1 ", "## "), "a promise without number or sentence"),
        (HEAD + "\n## 1 A sentence\n\nand no more\n", "a sentence without a condition"),
        (HEAD + ONE + block(2, "acts: [list]\nnever: true")[15:], "a promise with 2 conditions"),
        (HEAD + "\n```promise\nnever: true\n```\n" + ONE, "a condition without a sentence"),
        (HEAD + ONE.replace("```promise", "```cedar"), "unknown block `cedar`"),
        (HEAD + ONE[:-5], "the block `promise` is never closed"),
        (HEAD + ONE + "\n<!-- nobody reads this -->\n", "HTML, which a reader does not see"),
        (HEAD + ONE.replace("victim", "vic\u200btim"), "a character that is not seen"),
        (HEAD + "\n> ```promise\n> never: true\n> ```\n" + ONE, "within a list or quotation"),
    ],
)
def test_what_is_wrong_with_a_file(text: str, says: str) -> None:
    assert any(says in what for _, what in faults(text)), faults(text)


def test_every_fault_is_told_at_once() -> None:
    text = HEAD.replace("title:", "titel:") + ONE + block(1, "acts: [se]\nnever: maybe")
    found = [what for _, what in faults(text)]
    assert len(found) >= 4, found
    assert "unknown act `se`" in found
