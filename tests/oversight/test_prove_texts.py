"""Claims about texts: prohibitions that cannot fail, dead clauses, conflicts, versions."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("z3", reason="proofs are an extra")

from comity.cedar.engine import Engine
from comity.cedar.fallible import fallible
from comity.cedar.policy import read_policy
from comity.cedar.symbolic.answer import Counterexample, Limit
from comity.instant import parse_instant
from comity.law.instrument import Instrument
from comity.law.library import NO_TEXTS
from comity.law.parse import parse_instrument
from comity.law.schema import RECORD_PATHS, SCHEMA
from comity.law.verdict import decide, judge
from comity.oversight.promise_bodies import periods
from comity.oversight.promise_question import question_of
from comity.oversight.prove import Means
from comity.oversight.prove_texts import (
    Judged,
    Outcome,
    allows_no_more,
    classes_sound,
    forbids_never_err,
    no_conflicts,
    rules_alive,
)
from tests.law.rulings import rule, ruling_text
from tests.oversight.drafts import agreement, see

ROOT = Path(__file__).resolve().parents[2]
AT = parse_instant("2021-01-01T00:00:00Z")
ICE = 'principal in Party::"us-ice"'
OVERFLOWS = 'context.at.offset(duration("30d")) < datetime("2018-09-01")'


@cache
def library() -> tuple[Instrument, ...]:
    return tuple(
        parse_instrument(path.read_bytes(), path.name)
        for path in sorted((ROOT / "law").rglob("*.md"))
        if path.stem not in NO_TEXTS
    )


def outcomes(found: list[Judged]) -> list[str]:
    return [one.outcome.value for one in found]


def engine_says(text: Instrument, example: Counterexample) -> tuple[bool, tuple[str, ...]]:
    """cedarpy's own answer on every rule of a text."""
    policies = [(one.id, one.source) for clause in text.clauses for one in clause.policies]
    verdict = Engine(SCHEMA, policies).decide(
        principal=example.principal,
        act=example.act,
        resource=example.resource,
        context=json.dumps(example.context),
        entities=json.dumps(example.entities),
    )
    assert verdict.fault is None
    return verdict.permitted, verdict.erring


def test_no_prohibition_of_the_library_can_fail() -> None:
    found = list(forbids_never_err(library()))
    assert len(found) > 100
    assert {one.outcome for one in found} == {Outcome.PROVED}


def test_a_prohibition_that_overflows_is_shown_overflowing() -> None:
    text = agreement(see("permit", ICE), see("forbid", OVERFLOWS))
    (found,) = forbids_never_err([text])
    assert found.outcome is Outcome.DISPROVED
    _, erring = engine_says(text, found.examples[0])
    assert erring == ("text@1#1b",)


GUARDED = f'context.at < datetime("2018-01-01") && {OVERFLOWS}'
HARMLESS = (
    f'context.at > datetime("1970-01-01") && context.at < datetime("2100-01-01") && {OVERFLOWS}',
    "context.case_number && 3 + 4 > 5",
    '(if context.case_number then "2018-01-01" else "2019-01-01") == "2018-01-01"',
)


@pytest.mark.parametrize("when", [GUARDED, *HARMLESS])
def test_a_guarded_prohibition_is_proved_where_its_form_alone_says_nothing(when: str) -> None:
    """The rule of thumb (`comity.cedar.fallible`) names any such operation; a proof looks."""
    text = agreement(see("permit", ICE), see("forbid", when))
    assert outcomes(list(forbids_never_err([text]))) == ["proved"]


def test_what_the_rule_of_thumb_passes_is_proved() -> None:
    """The proof is never laxer on the shipped texts, and it is asked of each prohibition."""
    passed = {
        policy.id
        for text in library()
        for clause in text.clauses
        for policy in clause.policies
        if policy.effect == "forbid"
        and not fallible(read_policy(policy.id, policy.source), RECORD_PATHS)
    }
    proved = {one.about for one in forbids_never_err(library()) if one.outcome is Outcome.PROVED}
    assert passed <= proved


def test_no_clause_of_philadelphia_is_dead() -> None:
    texts = [one for one in library() if one.jurisdiction == "philadelphia"]
    assert set(outcomes(list(rules_alive(texts)))) == {"proved"}


@pytest.mark.parametrize(
    "when",
    [
        'context.purpose == Purpose::"audit" && context.purpose == Purpose::"public housing"',
        'context.at < datetime("2018-01-01") && context.at > datetime("2019-01-01")',
        "resource has grade && !(resource has grade)",
        (
            'context.criteria.containsAll([Criterion::"name"]) && '
            '!context.criteria.contains(Criterion::"name")'
        ),
        "!(principal is Officer) && !(principal is System) && !(principal is Agency)",
    ],
)
def test_a_dead_clause_is_found(when: str) -> None:
    (found, alive) = rules_alive([agreement(see("permit", when), see("permit", ICE))])
    assert (found.outcome, found.about) == (Outcome.DISPROVED, "text@1#1a")
    assert found.why == "a dead clause: no request meets it"
    assert alive.outcome is Outcome.PROVED


def test_clause_classes_of_the_agreements_are_sound() -> None:
    texts = [one for one in library() if one.id.startswith("philadelphia-pars")]
    assert set(outcomes(list(classes_sound(texts)))) == {"proved"}


def conflicts(*texts: Instrument) -> list[Judged]:
    return list(no_conflicts(periods(texts, AT)))


def test_a_conflict_is_found_without_an_example() -> None:
    """`comity law stack` tells only of conflicts that an example of a text shows."""
    above = ruling_text(
        rule("permit", "context has exigent && context.exigent", says='@gives("must")'), "above"
    )
    below = ruling_text(rule("forbid", "context.civil"), "below", "local")
    (found,) = conflicts(above, below)
    assert found.outcome is Outcome.DISPROVED
    assert [one.instrument for one in found.clauses] == ["above@1", "below@1"]
    verdict = decide([above, below], question_of(found.examples[0]))
    assert verdict.conflict == found.why


def test_no_conflict_is_proved_where_the_two_never_meet() -> None:
    above = ruling_text(rule("permit", "!context.civil", says='@gives("must")'), "above")
    below = ruling_text(rule("forbid", "context.civil"), "below", "local")
    assert outcomes(conflicts(above, below)) == ["proved"]


@pytest.mark.parametrize("preempts", ["local hold"])
def test_what_gives_way_is_no_conflict(preempts: str) -> None:
    above = ruling_text(rule("permit", says='@gives("must")'), "above", "state", preempts)
    below = ruling_text(rule("forbid"), "below", "local")
    assert conflicts(above, below) == []


def test_a_third_text_that_settles_it_is_no_proof_either_way() -> None:
    above = ruling_text(rule("permit", says='@gives("must")'), "above", "state")
    below = ruling_text(rule("forbid"), "below", "local")
    third = ruling_text(rule("permit", says='@gives("must")'), "third", "federal", "local hold")
    by_about = {one.about: one for one in conflicts(above, below, third)}
    found = by_about["above@1 and below@1: hold"]
    assert found.outcome is Outcome.UNKNOWN
    assert found.why is not None
    assert "a third text settles" in found.why


def test_texas_commands_a_hold_where_the_federal_rule_has_no_detainer_yet() -> None:
    """A finding about the shipped texts: 8 CFR 287.7 as shipped wants the person served first."""
    texts = [one for one in library() if one.id in ("texas-detainers", "federal-detainers")]
    found = list(no_conflicts(periods(texts, parse_instant("2017-09-01T05:00:00Z"))))
    (one,) = (each for each in found if each.about.startswith("texas-detainers@2 and federal"))
    assert one.outcome is Outcome.DISPROVED
    assert question_of(one.examples[0]).given["served_on_subject"] is False


def versions(new: str, old: str) -> list[Judged]:
    return list(allows_no_more(agreement(see("permit", new)), agreement(see("permit", old))))


def test_a_stricter_draft_allows_nothing_more() -> None:
    (found,) = versions(f"{ICE} && context.case_number", ICE)
    assert found.outcome is Outcome.PROVED
    assert found.kinds == 36  # twelve acts of seeing, three kinds of who asks


def test_the_other_way_round_it_does_and_the_example_says_what() -> None:
    found = versions(ICE, f"{ICE} && context.case_number")
    assert set(outcomes(found[:-1])) == {"disproved"}
    assert len(found) == 13
    assert found[0].examples[0].context["case_number"] is False


def test_equivalent_in_other_words() -> None:
    one = '[Purpose::"audit", Purpose::"public housing"].contains(context.purpose)'
    two = 'context.purpose == Purpose::"public housing" || context.purpose == Purpose::"audit"'
    assert outcomes(versions(one, two)) == ["proved"]
    assert outcomes(versions(two, one)) == ["proved"]


def test_custody_drafts_are_compared_as_the_texts_would_decide() -> None:
    old = ruling_text(rule("permit", "context.judicial_warrant"), "order")
    new = ruling_text(rule("permit", "context has signed && context.signed"), "order")
    found = list(allows_no_more(new, old))
    (more, rest) = found
    assert (more.outcome, rest.outcome) == (Outcome.DISPROVED, Outcome.PROVED)
    question = question_of(more.examples[0])
    assert judge(new, question).ruling.value == "may"
    assert judge(old, question).ruling.value == "no rule"


def test_the_order_of_2016_beside_that_of_2014() -> None:
    texts = {one.ref: one for one in library()}
    new = texts["philadelphia-executive-order-5-16@1"]
    old = texts["philadelphia-executive-order-1-14@1"]
    assert outcomes(list(allows_no_more(old, new))) == ["proved"]
    more = [one for one in allows_no_more(new, old) if one.outcome is Outcome.DISPROVED]
    assert {one.about.rpartition(": ")[2] for one in more} == {"hold", "notify release", "transfer"}
    assert {clause.clause for one in more for clause in one.clauses} == {"3"}


def test_past_the_limit_is_unknown() -> None:
    texts = [one for one in library() if one.id == "california-cooperation"]
    found = list(rules_alive(texts, Means(Limit(resources=1))))
    assert Outcome.UNKNOWN in {one.outcome for one in found}
    assert Outcome.DISPROVED not in {one.outcome for one in found}
