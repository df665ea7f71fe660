"""Two versions compared: each kind of difference, and that nothing else is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.law.diff import ChangeKind, compare
from comity.law.parse import parse_instrument
from comity.law.problem import InstrumentInvalid
from tests.law.samples import SAMPLE, changed
from tests.law.test_check import damage

OLD = parse_instrument(SAMPLE, "old.md")


def kinds(text: str) -> list[tuple[str, str | None]]:
    return [(one.kind.value, one.clause) for one in compare(OLD, parse_instrument(text, "new.md"))]


def test_a_text_does_not_differ_from_itself() -> None:
    assert compare(OLD, OLD) == ()


@pytest.mark.parametrize(
    ("before", "after", "kind", "clause"),
    [
        ("version: 1", "version: 2", "front matter", None),
        ("until: none", "until: 2030-12-31T24:00", "front matter", None),
        ("quorum: 2", "quorum: 1", "front matter", None),
        ("name: County Court", "name: Circuit Court", "front matter", None),
        ("Recitals decide nothing", "Recitals decide little", "recitals changed", None),
        ("## 4 Listing", "## 4 A listing", "title changed", "4"),
        ("2023, article 2", "2023, article 3", "citation changed", "2"),
        ("listing of every inquiry.", "listing of most inquiries.", "prose changed", "4"),
        ("{ resource.juvenile }", "{ !resource.on_file }", "rule changed", "3"),
        ('@refuses_by("withhold")\n', "", "rule changed", "3"),
        ("within: before", "within: a day after", "duty changed", "4"),
        ("parties\nterm\n", "term\n", "sets changed", "1"),
        ("expect: withheld", "expect: refused", "examples changed", "3"),
        ("juvenile: true", "juvenile: true, charged: false", "examples changed", "3"),
        ("## 4 Listing", "## 6 Listing", "clause moved", "6"),
    ],
)
def test_one_change_is_told_as_one(before: str, after: str, kind: str, clause: str | None) -> None:
    assert kinds(changed(before, after)) == [(kind, clause)]


def test_layout_and_comments_are_no_change_of_a_rule() -> None:
    text = changed("{ resource.juvenile }", "{\n  // said above\n  resource.juvenile\n}")
    assert kinds(text) == []


def test_a_moved_rule_is_only_moved() -> None:
    text = changed("## 3 Juveniles", "## 7 Juveniles", changed('@id("3")', '@id("7")'))
    assert kinds(text) == [("clause moved", "7")]


def test_clauses_added_and_removed() -> None:
    new = "## 5 Audit\n\nThe Court reads the listing.\n\n```duty\nwho: court\n"
    new += "what: read the listing\nupon: every year\nwithin: a month\n```\n\n## 4 Listing"
    text = changed("## 4 Listing", new)
    assert kinds(text) == [(ChangeKind.ADDED.value, "5")]
    back = compare(parse_instrument(text, "x.md"), OLD)
    assert [(one.kind, one.clause) for one in back] == [(ChangeKind.REMOVED, "5")]
    assert back[0].says == "clause 5 (Audit) is removed"


def test_a_permit_that_becomes_a_forbid_is_said_so() -> None:
    text = changed('@id("2a")\npermit', '@id("2a")\nforbid')
    (change,) = compare(OLD, parse_instrument(text, "x.md"))
    assert change.says == "clause 2 (What may be seen): what was a permit is a forbid"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_no_difference_means_the_same_decisions(seed: int) -> None:
    """A text that differs where it decides is never called the same."""
    try:
        new = parse_instrument(damage(SAMPLE, seed, 1), "x.md")
    except InstrumentInvalid:
        return
    if not compare(OLD, new):
        assert (OLD.term, OLD.parties, OLD.renewal) == (new.term, new.parties, new.renewal)
        assert [c.prose.split() for c in OLD.clauses] == [c.prose.split() for c in new.clauses]
