"""Every kind of problem, one instrument each; and that no damage does more than be found.

Each text in `bad/` has one fault. Its second line says what must be found, line
included; where there is no front matter to say it in, the table below does.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.law.check import check_instrument, check_text, demand_valid
from comity.law.parse import parse_instrument
from comity.law.problem import InstrumentInvalid, Problem
from tests.law.samples import HERE, SAMPLE, changed

BAD = sorted((HERE / "bad").glob("*.md"))
GOOD = sorted((HERE / "good").glob("*.md"))
EXPECTS = "# expects: "
WITHOUT_FRONT_MATTER = {"front-matter-missing": "1: no front matter"}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_text_has_the_one_problem_it_announces(path: Path) -> None:
    text = path.read_text("utf-8")
    second = text.split("\n")[1]
    expected = WITHOUT_FRONT_MATTER.get(path.stem) or second.removeprefix(EXPECTS)
    found = check_text(text, path.name).problems
    assert [one.sentence() for one in found] == [f"{path.name}:{expected}"]
    assert found[0].remedy


def test_every_kind_of_problem_is_there() -> None:
    assert len(BAD) >= 100
    assert {path.stem for path in BAD} >= {
        "unknown-act",
        "unknown-data-class",
        "unknown-purpose",
        "unknown-query",
        "unknown-criterion",
        "unknown-process",
        "unknown-grade",
        "unknown-field-of-context",
        "unknown-field-of-resource",
        "unknown-party",
        "prose-without-rule",
        "rule-without-prose",
        "clause-number-twice",
        "policy-id-twice",
        "policy-id-of-another-clause",
        "example-that-fails",
        "rule-without-examples",
        "dead-clause-no-act-in-scope",
        "dead-clause-no-example-satisfies-it",
        "forbid-that-can-err",
        "term-ends-before-it-starts",
        "time-zone-missing",
        "time-zone-unknown",
        "quorum-above-voters",
        "quorum-of-none",
        "voter-is-no-party",
        "first-end-outside-term",
        "supersedes-itself",
        "permits-everything",
        "party-role-unknown",
        "refuses-by-on-a-permit",
        "unknown-manner-of-refusal",
    }


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_text_has_none(path: Path) -> None:
    found = check_text(path.read_bytes(), str(path))
    assert found.problems == ()
    assert found.instrument is not None
    assert check_instrument(found.instrument) == ()
    assert demand_valid(found.instrument) is found.instrument


def test_a_problem_is_told_with_its_remedy() -> None:
    text = changed('Purpose::"criminal', 'Purpose::"crimnal')
    (problem,) = check_text(text, "law/x.md").problems
    assert problem.render() == (
        "law/x.md:58: clause 2: unknown purpose `crimnal investigation`\n"
        "  Try: did you mean `criminal investigation`?"
    )


def test_problems_of_form_and_of_meaning_come_together() -> None:
    text = changed("as_of: 2023-12-01", "as_of: lately", changed("quorum: 2", "quorum: 3"))
    text = changed("context.approved }", "context.aproved }", text)
    text = changed("- who: city", "- who: nobody", text)
    found = check_text(text, "x.md")
    assert found.instrument is None
    assert [problem.line for problem in found.problems] == [17, 26, 68, 121]


def test_an_instrument_with_problems_is_not_valid() -> None:
    instrument = parse_instrument(changed("quorum: 2", "quorum: 3"), "x.md")
    with pytest.raises(InstrumentInvalid) as caught:
        demand_valid(instrument)
    assert caught.value.problems == check_instrument(instrument)


def test_nothing_is_said_of_what_could_not_be_read() -> None:
    """A party list that cannot be read does not make every party in the rules unknown."""
    text = changed("role: recipient", "role: guest")
    (problem,) = check_text(text, "x.md").problems
    assert "guest" in problem.what


def test_a_fallible_permit_is_no_problem() -> None:
    """It is just not satisfied when it errs."""
    text = changed(
        '"criminal investigation"\n',
        '"criminal investigation" &&\n  context.at.offset(duration("1d")) > context.at\n',
    )
    assert check_text(text, "x.md").problems == ()


def test_problems_are_in_the_order_of_lines() -> None:
    problems = [Problem("x", 3, None, "c", ""), Problem("x", 1, "2", "a", "")]
    assert [problem.line for problem in sorted(problems)] == [1, 3]


def damage(text: str, seed: int, count: int) -> str:
    """Cut out, double, move or overwrite pieces of a text."""
    dice = random.Random(seed)
    for _ in range(count):
        start = dice.randrange(len(text))
        end = min(len(text), start + dice.choice([1, 1, 2, 5, 20, 80]))
        piece = text[start:end]
        other = dice.choice(
            ["", piece * 2, "\n", "```", "---\n", '"', "'", ": ", "- ", "{", "}", "[", "\\", "*/",
             ";", "\u0301", "\x00", "\t", "&a", "!", "#", "## 9 ", "0", "@id", "::", "\u2028"]
        )  # fmt: skip
        text = text[:start] + other + text[end:]
    return text


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_damage_is_found_and_never_crashes(seed: int, count: int) -> None:
    text = damage(SAMPLE, seed, count)
    found = check_text(text, "x.md")
    assert (found.instrument is None) <= bool(found.problems)
    assert all(1 <= problem.line <= len(text) + 1 for problem in found.problems)
    try:
        instrument = parse_instrument(text, "x.md")
    except InstrumentInvalid:
        assert found.problems
        assert found.instrument is None
    else:
        assert instrument == found.instrument


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_at_all_is_only_found_wanting(front: str, body: str) -> None:
    assert check_text(f"---\n{front}\n---\n{body}", "x.md").problems
    assert check_text(body, "x.md").problems


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_at_all_too(raw: bytes) -> None:
    assert check_text(raw, "x.md").problems
