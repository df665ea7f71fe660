"""docs/instruments.md: its instruments are what it says, and no word is left out of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from comity.law.check import check_text
from comity.law.example_block import Expectation
from comity.law.facts_page import facts_page
from comity.law.front_matter import IN_WORDS, KEYS, Role
from comity.law.instrument import Kind, Rank, Verified
from comity.law.rules import REFUSES_BY
from comity.law.schema import ACTS, ENVIRONMENTS, PRINCIPALS, RECORDS, WORDS, Standing, fields_of
from comity.law.section import BLOCKS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "instruments.md").read_text("utf-8")
TEXTS = {
    found["name"]: found["text"]
    for found in re.finditer(
        r"^~~~~markdown file=(?P<name>\S+)\n(?P<text>.*?)^~~~~$", PAGE, re.M | re.S
    )
}
PROSE = re.sub(r"^~~~~.*?^~~~~$", "", PAGE, flags=re.M | re.S)
FACTS_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "facts.md").read_text("utf-8")


def test_the_whole_instrument_is_valid() -> None:
    found = check_text(TEXTS["springfield.md"], "springfield.md")
    assert found.problems == ()
    assert found.instrument is not None
    assert [clause.number for clause in found.instrument.clauses] == ["1", "2", "3", "4"]


def test_the_finding_is_the_one_printed() -> None:
    (problem,) = check_text(TEXTS["misspelt.md"], "misspelt.md").problems
    assert problem.render() in PROSE


FIELDS = [
    f"{variable}.{field.name}"
    for variable in ("principal", "resource", "context")
    for fields in fields_of(variable).values()
    for field in fields
]


@pytest.mark.parametrize(
    "word",
    [
        *KEYS,
        *IN_WORDS,
        *Kind,
        *Rank,
        *Verified,
        *Role,
        *BLOCKS,
        *Expectation,
        *ACTS,
        *(environment.group for environment in ENVIRONMENTS),
        *PRINCIPALS,
        *FIELDS,
        *(f".{field.name}" for name in ("Basis", "Conviction") for field in RECORDS[name]),
        *(word for words in WORDS.values() for word in words),
        *(f'"{standing}"' for standing in Standing),
        *(f'@refuses_by("{manner}")' for manner in REFUSES_BY),
    ],
)
def test_every_word_is_on_the_page(word: str) -> None:
    assert f"`{word}`" in PROSE + FACTS_PAGE


def test_the_page_of_facts_is_the_catalogue() -> None:
    assert facts_page() == FACTS_PAGE
