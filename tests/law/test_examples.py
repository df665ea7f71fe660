"""What an example's words mean, on small instruments where the answer is plain."""

from __future__ import annotations

import pytest

from comity.law.check import check_text
from comity.law.examples import Ran, run_examples
from comity.law.parse import parse_instrument
from tests.law.samples import SAMPLE, changed


def ran(text: str) -> dict[str, Ran]:
    return {one.example.says: one for one in run_examples(parse_instrument(text, "x.md"))}


def expecting(says: str, facts: str, expect: str, clause: str = "3") -> bool:
    """Whether an example added to a clause of the sample comes out as it expects."""
    example = f"- that: {says}\n{facts}  expect: {expect}\n"
    start = SAMPLE.index(f"## {clause} ")
    text = SAMPLE[:start] + changed("```examples\n", "```examples\n" + example, SAMPLE[start:])
    return ran(text)[says].met


JUVENILE = (
    "  act: {act}\n  asks: {{agency: state-police, purpose: {purpose}, approved: {approved}}}\n"
    "  about: {{juvenile: true}}\n"
)


def juvenile(
    act: str = "see charges", purpose: str = "criminal investigation", approved: str = "true"
) -> str:
    return JUVENILE.format(act=act, purpose=purpose, approved=approved)


ADULT = "  act: see charges\n  asks: {agency: state-police, purpose: criminal investigation}\n"
STRANGER = "  act: see charges\n  asks: {agency: county-sheriff, purpose: audit}\n"


def test_the_examples_of_the_sample_come_out() -> None:
    assert all(one.met for one in ran(SAMPLE).values())


@pytest.mark.parametrize(
    ("facts", "clause", "true", "false"),
    [
        (ADULT, "2", {"permitted"}, {"refused", "untouched", "withheld", "held"}),
        (ADULT, "3", {"untouched"}, {"refused", "permitted", "withheld", "held"}),
        (STRANGER, "2", {"refused", "untouched"}, {"permitted", "withheld", "held"}),
        (STRANGER, "3", {"refused", "untouched"}, {"permitted", "withheld", "held"}),
        # A permit behind a forbid of another clause: neither permitted nor untouched.
        (juvenile(), "2", set(), {"permitted", "refused", "untouched", "withheld", "held"}),
        (juvenile(), "3", {"refused", "withheld"}, {"permitted", "untouched", "held"}),
        # Withholding and approval both refuse: nothing is held that approval would not open.
        (
            juvenile("see birthplace", approved="false"),
            "3",
            {"refused", "withheld"},
            {"held", "permitted", "untouched"},
        ),
        (
            juvenile("see birthplace", approved="false"),
            "2",
            {"refused", "withheld"},
            {"held", "permitted", "untouched"},
        ),
        # Approval alone stands in the way, but would open nothing.
        (
            "  act: see birthplace\n  asks: {agency: state-police, purpose: audit}\n",
            "2",
            {"refused"},
            {"held", "withheld", "permitted", "untouched"},
        ),
        (juvenile("see court"), "3", {"refused", "withheld"}, {"untouched", "held"}),
        (juvenile(purpose="audit"), "2", {"refused", "untouched"}, {"withheld", "permitted"}),
    ],
)
def test_what_the_expectations_mean(
    facts: str, clause: str, true: set[str], false: set[str]
) -> None:
    for expect in true:
        assert expecting("this", facts, expect, clause), expect
    for expect in false:
        assert not expecting("this", facts, expect, clause), expect


CUSTODY = """## 5 Detainers

A person is held on a judicial warrant only.

```cedar
@id("5")
forbid (principal, action == Action::"hold", resource) unless { context.judicial_warrant };
```

```examples
- that: a detainer
  act: hold
  presents: {request: detainer, civil: true}
  expect: refused
- that: a judicial warrant
  act: hold
  presents: {request: judicial warrant, judicial_warrant: true}
  expect: untouched
```

## 4 Listing"""


def test_custody_acts_rest_on_what_is_presented() -> None:
    found = check_text(changed("## 4 Listing", CUSTODY), "x.md")
    assert found.problems == ()


WHO = """## 5 Who

{prose}

```cedar
@id("5")
permit (principal {scope}, action == Action::"list", resource);
```

```examples
- that: one that may
  act: list
  asks: {{purpose: audit, query: list, {may}}}
  expect: permitted
- that: one that may not
  act: list
  asks: {{purpose: audit, query: list, {may_not}}}
  expect: refused
```

## 4 Listing"""


@pytest.mark.parametrize(
    ("scope", "may", "may_not"),
    [
        ('== Officer::"court/1234"', "agency: court, officer: '1234'", "agency: court"),
        ("is System", "agency: court, system: feed", "agency: court"),
        ("is Agency", "agency: court, officer: none", "agency: court"),
        ('in Party::"court"', "agency: court", "agency: PAPPD0000"),
        ('in Agency::"PAPPD0000"', "agency: PAPPD0000", "agency: court"),
    ],
)
def test_who_asks(scope: str, may: str, may_not: str) -> None:
    clause = WHO.format(prose="Some may list.", scope=scope, may=may, may_not=may_not)
    assert check_text(changed("## 4 Listing", clause), "x.md").problems == ()


@pytest.mark.parametrize(
    ("condition", "may", "may_not"),
    [
        ("principal.criminal_justice", "criminal_justice: true", "criminal_justice: false"),
        ("context.approved", "approved: true", "approved: false"),
        ("context.case_number", "case_number: true", "case_number: false"),
        ("context.standing_in", "standing_in: true", "standing_in: false"),
        ('context.query == Query::"list"', "query: list", "query: subscription"),
        ('context.criteria.contains(Criterion::"charge")', "criteria: [charge]", "criteria: []"),
        ("context has basis", "basis: {kind: subpoena}", "approved: true"),
        (
            "context has basis && context.basis.verified",
            "basis: {kind: subpoena, verified: true}",
            "basis: {kind: subpoena}",
        ),
        (
            'context has basis && context.basis.kind == Process::"court order"',
            "basis: {kind: court order}",
            "basis: {kind: detainer}",
        ),
    ],
)
def test_what_is_asked(condition: str, may: str, may_not: str) -> None:
    def asks(fact: str) -> str:
        return fact if fact.startswith("query") else f"query: list, {fact}"

    clause = WHO.format(prose="Some may list.", scope="", may="@", may_not="%")
    clause = clause.replace("resource);", f"resource) when {{ {condition} }};")
    clause = clause.replace("query: list, @", asks(may)).replace("query: list, %", asks(may_not))
    assert check_text(changed("## 4 Listing", clause), "x.md").problems == ()


def test_the_time_of_an_example() -> None:
    clause = WHO.format(prose="Until July.", scope="", may="agency: court", may_not="agency: court")
    clause = clause.replace(
        "resource);", 'resource) when { context.at < datetime("2024-07-01T00:00:00-0500") };'
    )
    late = clause.replace("  expect: refused", "  at: 2024-06-30T24:00\n  expect: refused")
    early = clause.replace("  expect: refused", "  at: 2024-06-30T23:59:59\n  expect: refused")
    assert check_text(changed("## 4 Listing", late), "x.md").problems == ()
    assert check_text(changed("## 4 Listing", early), "x.md").problems != ()
