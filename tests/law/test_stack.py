"""A stack looked at as a whole: who speaks, what gives way, where texts pull apart."""

from __future__ import annotations

from comity.instant import Instant
from comity.law.parse import parse_instrument
from comity.law.stack import survey_stack

from .rulings import rule, ruling_text

AT = Instant(1_600_000_000_000)
EXAMPLES = """
```examples
- that: a detainer arrives
  act: hold
  presents: {request: detainer, civil: true}
  expect: refused
```
"""


def test_a_conflict_is_told_with_the_matter_in_which_it_arises() -> None:
    above = ruling_text(rule("permit", says='@gives("must")'), "above", "state")
    below = ruling_text(rule("forbid"), "below", "local")
    assert survey_stack([above, below], AT).conflicts == ()  # no example shows it
    shown = parse_instrument(below.canonical + EXAMPLES, "below.md")
    (conflict,) = survey_stack([above, shown], AT).conflicts
    assert (conflict.act, conflict.matter) == ("hold", "a detainer arrives")
    assert {ref.instrument for ref in conflict.clauses} == {"above@1", "below@1"}


def test_what_gives_way_is_no_conflict() -> None:
    above = ruling_text(rule("permit", says='@gives("must")'), "above", "state", "local hold")
    below = ruling_text(rule("forbid"), "below", "local")
    shown = parse_instrument(below.canonical + EXAMPLES, "below.md")
    found = survey_stack([above, shown], AT)
    assert found.conflicts == ()
    (way,) = found.gives_way
    assert (way.act, way.clause.instrument, way.by) == ("hold", "below@1", "above@1")


def test_gaps_are_custody_acts_of_which_nobody_speaks() -> None:
    found = survey_stack([ruling_text(rule("forbid", act="interview"))], AT)
    assert "interview" not in found.gaps
    assert "hold" in found.gaps
    assert [one.gives for one in found.speaks["interview"]] == [("deny",)]


def test_a_group_of_acts_speaks_of_each() -> None:
    text = ruling_text('@id("1") forbid (principal, action in Action::"custody", resource);')
    assert survey_stack([text], AT).gaps == ()


def test_a_text_out_of_term_does_not_bind() -> None:
    found = survey_stack([ruling_text(rule("forbid"))], Instant(0))
    assert found.instruments == ()
    assert len(found.not_in_force) == 1
