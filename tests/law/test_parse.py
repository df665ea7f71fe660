"""One file to one Instrument: what comes out, and that nothing but faults of form does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.instant import format_local, parse_local
from comity.law.digest import canonical, digest
from comity.law.instrument import Instrument, Kind, Party, Rank, Verified
from comity.law.parse import parse_instrument
from comity.law.problem import InstrumentInvalid
from tests.law.samples import SAMPLE, changed

ZONE = "America/Chicago"


def sample() -> Instrument:
    return parse_instrument(SAMPLE, "sample.md")


def test_the_front_matter() -> None:
    found = sample()
    assert found.ref == "springfield-records-statepolice@1"
    assert (found.kind, found.rank) == (Kind.AGREEMENT, Rank.CONTRACT)
    assert (found.jurisdiction, found.custodian) == ("springfield", "city")
    assert found.parties[2] == Party("state-police", "State Police", "recipient")
    assert found.term.start == parse_local("2024-01-01", ZONE)
    assert found.term.until is None
    assert found.renewal is not None
    assert (found.renewal.voters, found.renewal.quorum) == (("city", "court"), 2)
    assert format_local(found.renewal.first_end, ZONE) == "2025-01-01T00:00:00-06:00"
    assert (found.verified, found.as_of) == (Verified.TEXT, "2023-12-01")
    assert (found.supersedes, found.preempts) == (None, ())


def test_the_clauses_with_their_lines() -> None:
    found = sample()
    assert [clause.number for clause in found.clauses] == ["1", "2", "3", "4"]
    lines = SAMPLE.split("\n")
    for clause in found.clauses:
        assert lines[clause.line - 1] == f"## {clause.number} {clause.title}"
        for policy in clause.policies:
            assert lines[policy.line - 1].startswith("@id(")
        for example in clause.examples:
            assert lines[example.line - 1] == f"- that: {example.says}"
        for duty in clause.duties:
            assert duty.who in lines[duty.line - 1]


def test_a_clause_taken_apart() -> None:
    clause = sample().clauses[1]
    assert clause.prose.startswith("An officer of the State Police who investigates")
    assert "```" not in clause.prose
    assert "Citation" not in clause.prose
    assert clause.citation == "Agreement of 1 December 2023, article 2"
    ref = "springfield-records-statepolice@1"
    assert [policy.id for policy in clause.policies] == [f"{ref}#2a", f"{ref}#2b"]
    assert [policy.effect for policy in clause.policies] == ["permit", "forbid"]
    assert [policy.refuses_by for policy in clause.policies] == [None, "approval"]
    assert clause.examples[0].acts == ("see existence", "see charges")
    assert clause.examples[0].facts["asks"]["agency"] == "state-police"


def test_recitals_are_no_clause() -> None:
    assert all("Recitals" not in clause.prose for clause in sample().clauses)


def test_duties_have_ids() -> None:
    (duty,) = sample().clauses[3].duties
    assert duty.id == "4"
    two = changed(
        "```duty\n", "```duty\n- {who: court, what: read it, upon: request, within: a week}\n"
    )
    found = parse_instrument(two, "x.md").clauses[3].duties
    assert [one.id for one in found] == ["4a", "4b"]


def test_one_duty_may_stand_without_a_list() -> None:
    alone = changed("- who: city\n  what:", "who: city\nwhat:")
    alone = changed("  upon:", "upon:", changed("  within: before", "within: before", alone))
    assert parse_instrument(alone, "x.md").clauses[3].duties[0].who == "city"


def test_facts_left_out_take_their_defaults() -> None:
    example = sample().clauses[2].examples[1]
    assert example.facts["about"] == {
        "on_file": True,
        "standing": "open",
        "juvenile": False,
        "charged": True,
        "convicted": False,
        "in_custody": True,
        "grade": "F3",
    }
    assert example.facts["asks"]["query"] == "name"
    assert example.facts["asks"]["criteria"] == ("name",)


@pytest.mark.parametrize(
    ("about", "charged", "graded"),
    [
        ("on_file: false", False, False),
        ("charged: false", False, False),
        ("charged: false, grade: H1", False, True),
        ("grade: H1", True, True),
    ],
)
def test_what_is_not_charged_has_no_grade(about: str, charged: bool, graded: bool) -> None:
    text = changed("about: {juvenile: true}", f"about: {{{about}}}")
    facts = parse_instrument(text, "x.md").clauses[2].examples[0].facts["about"]
    assert facts["charged"] is charged
    assert ("grade" in facts) is graded


def test_an_example_may_say_when() -> None:
    text = changed("  expect: withheld", "  at: 2024-06-30T24:00\n  expect: withheld")
    example = parse_instrument(text, "x.md").clauses[2].examples[0]
    assert example.facts["at"] == parse_local("2024-07-01", ZONE)


def test_a_chapter_holds_clauses_and_is_none() -> None:
    text = changed("## 3 Juveniles", "## 3 Limits\n\n### 3.1 Juveniles")
    text = changed('@id("3")', '@id("3.1")', text)
    numbers = [clause.number for clause in parse_instrument(text, "x.md").clauses]
    assert numbers == ["1", "2", "3.1", "4"]


def test_headings_without_number_may_group_clauses() -> None:
    text = changed("## 3 Juveniles", "# Part two\n\n## 3 Juveniles")
    assert len(parse_instrument(text, "x.md").clauses) == 4


def test_a_small_heading_is_prose_of_its_clause() -> None:
    text = changed("The City keeps", "#### In detail\n\nThe City keeps")
    assert parse_instrument(text, "x.md").clauses[3].prose.startswith("#### In detail")


def test_the_last_instant_of_a_day_is_the_first_outside_the_term() -> None:
    text = changed("until: none", "until: 2030-12-31T24:00")
    until = parse_instrument(text, "x.md").term.until
    assert until == parse_local("2031-01-01T00:00", ZONE)


def test_the_digest_is_of_the_whole_canonical_text() -> None:
    found = sample()
    assert found.canonical == canonical(SAMPLE)
    assert found.digest == digest(SAMPLE)
    assert sample() == parse_instrument(SAMPLE.replace("\n", "\r\n").encode(), "sample.md")
    assert parse_instrument(changed("Recitals", "Recital"), "x.md").digest != found.digest


def test_every_fault_of_form_is_told_at_once() -> None:
    text = changed("version: 1", "version: one", changed("until: none", "until: never"))
    text = changed("expect: withheld", "expect: nothing", text)
    with pytest.raises(InstrumentInvalid) as caught:
        parse_instrument(text, "law/x.md")
    assert [problem.line for problem in caught.value.problems] == [3, 15, 109]
    assert str(caught.value).startswith("law/x.md:3: `version` is not a whole number")
    assert str(caught.value).endswith("(and 2 more)")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from: 2024-01-01T00:00", "from: 9999-12-31T24:00"),
        ("from: 2024-01-01T00:00", "from: 0001-01-01T00:00"),
        ("version: 1", "version: 99999999999999999999999999"),
        ("version: 1", "version: 1_0"),
        ("version: 1", "version: 0x1"),
        ("version: 1", "version: '1'"),
        ("title: Access", 'title: "\\UFFFFFFFF"'),
        ("title: Access of the State Police to the arrest records of Springfield", 'title: "\\ud800"'),
        ("title: Access of the State Police to the arrest records of Springfield", 'title: "a\\u202eb"'),
        ("title: Access of", "title: !!python/object:os.system Access of"),
        ("title: Access", "<<: Access"),
        ("role: signatory", "role: " + "[" * 3000),
        ("custodian: city", "? [a, b]\n: city"),
        ("custodian: city", "custodian: {a: b}"),
        ("parties:", "parties: none\nothers:"),
        ("voters: [city, court]", "voters: [[city], court]"),
        ("resource.juvenile }", "!" * 500 + "resource.juvenile }"),
    ],
)  # fmt: skip
def test_strange_input_is_a_fault_of_form(before: str, after: str) -> None:
    with pytest.raises(InstrumentInvalid) as caught:
        parse_instrument(changed(before, after), "x.md")
    assert all(problem.what and problem.remedy for problem in caught.value.problems)


def test_depth_alone_does_no_harm() -> None:
    text = changed("Recitals decide", ">" * 500 + " Recitals decide")
    text = changed("resource.juvenile }", "(" * 99 + "resource.juvenile" + ")" * 99 + " }", text)
    assert parse_instrument(text, "x.md").clauses


@settings(max_examples=30)
@given(st.sampled_from(["\n", "\r\n", "\r"]), st.integers(0, 3), st.booleans())
def test_parsing_the_canonical_text_changes_nothing(end: str, more: int, mark: bool) -> None:
    text = ("\ufeff" if mark else "") + SAMPLE.replace("\n", end) + end * more
    found = parse_instrument(text, "x.md")
    assert parse_instrument(found.canonical, "x.md") == found
