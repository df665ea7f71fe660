"""Promises proved or broken: against all requests there are, put to the live law one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("z3", reason="proofs are an extra")

from comity.cedar.symbolic.answer import Limit
from comity.instant import Instant, parse_instant
from comity.law.in_force import law_in_force
from comity.law.instrument import Instrument
from comity.law.parse import parse_instrument
from comity.law.question import Presented, Question
from comity.law.verdict import decide
from comity.law.vocabulary import ProcessKind
from comity.oversight.promise import Promise, Promises, Under, read_promises
from comity.oversight.promise_bodies import periods
from comity.oversight.promise_question import question_of
from comity.oversight.proof_words import in_words
from comity.oversight.prove import (
    EMPTY,
    NOTHING,
    SEVERAL,
    WORDS,
    Broken,
    Kept,
    Means,
    Open,
    prove,
    prove_one,
)
from tests.law.rulings import rule, ruling_text
from tests.oversight.drafts import agreement, see

ROOT = Path(__file__).resolve().parents[2]
SINCE = parse_instant("2021-01-01T00:00:00Z")
CIVIL_PURPOSE = 'context.purpose == Purpose::"civil immigration enforcement"'
ICE = 'principal in Party::"us-ice"'


def promise(never: str, *acts: str, under: Under | None = None) -> Promise:
    return Promise("1", "A sentence", acts, never, SINCE, 1, under)


def shipped(place: str) -> tuple[Promises, list[Instrument]]:
    path = ROOT / "law" / place / "promises.md"
    promises = read_promises(path.read_bytes(), str(path))
    texts = (
        parse_instrument(file.read_bytes(), str(file))
        for folder in ("federal", "pennsylvania", place)
        for file in sorted((ROOT / "law" / folder).glob("*.md"))
        if file.stem != "promises"
    )
    found = [one for one in texts if one.id in promises.texts]
    assert {one.id for one in found} == set(promises.texts)
    return promises, found


@pytest.mark.parametrize("place", ["philadelphia", "california"])
def test_every_shipped_promise_is_kept(place: str) -> None:
    for found in prove(*shipped(place)):
        assert isinstance(found, Kept), found
        assert found.periods > 0


def changed(texts: Sequence[Instrument], ref: str, old: str, new: str) -> list[Instrument]:
    (text,) = (one for one in texts if one.ref == ref)
    assert text.canonical.count(old) == 1, f"{ref} has {old!r} {text.canonical.count(old)} times"
    mutant = parse_instrument(text.canonical.replace(old, new), text.path)
    return [mutant if one.ref == ref else one for one in texts]


MUTANTS = [
    # ref, what is taken out, what is put in its place, the promises that then break
    (
        "philadelphia-executive-order-5-16@1",
        (
            'context.request == Process::"judicial warrant" && !context.civil && '
            "context.judicial_warrant\n"
        ),
        'context.request == Process::"judicial warrant" && !context.civil\n',
        {"8", "9"},
    ),
    (
        "pennsylvania-chria@1",
        'context.criteria.containsAny([\n    Criterion::"name", Criterion::"fingerprint",',
        (
            'context.criteria.containsAny([\n    Criterion::"place of birth", '
            'Criterion::"name", Criterion::"fingerprint",'
        ),
        {"7"},
    ),
    (
        "philadelphia-pars-ice@2",
        'Action::"see contact", Action::"see arrest", Action::"see charges", Action::"see court"\n',
        'Action::"see contact", Action::"see arrest", Action::"see whereabouts"\n',
        set(),  # a forbid of the same text still refuses it
    ),
]


@pytest.mark.parametrize(("ref", "old", "new", "broken"), MUTANTS)
def test_a_text_that_is_weakened_breaks_exactly_what_rests_on_it(
    ref: str, old: str, new: str, broken: set[str]
) -> None:
    promises, texts = shipped("philadelphia")
    found = list(prove(promises, changed(texts, ref, old, new)))
    assert {one.promise.number for one in found if not isinstance(one, Kept)} == broken
    for one in found:
        if isinstance(one, Broken):
            assert any(clause.instrument == ref for clause in one.clauses) or ref in str(one.period)


def test_the_order_of_2015_told_release_dates_upon_a_mere_request() -> None:
    """A finding about history: the promise holds only from the order that took its place."""
    promises, texts = shipped("philadelphia")
    (tenth,) = (one for one in promises.promises if one.number == "10")
    early = Promise(
        "10", tenth.says, tenth.acts, tenth.never, parse_instant("2014-04-16T04:00:00Z"), 1
    )
    found = prove_one(early, texts)
    assert isinstance(found, Broken)
    assert found.ruling == "must"
    assert [one.cite() for one in found.clauses] == [
        "clause 2 of philadelphia-executive-order-7-15@1 (Notice of release)"
    ]
    assert found.period.since == parse_instant("2015-12-22T05:00:00Z")
    verdict = decide(found.period.instruments, question_of(found.example))
    assert verdict.lets_through
    words = in_words(found.example, "America/New_York")
    assert "act: notify release" in words
    assert "paper: detainer, civil, without a judicial warrant" in words


def test_what_breaks_a_promise_is_allowed_by_the_live_engine_and_is_plain() -> None:
    text = agreement(see("permit", f"{ICE} && context.case_number"))
    found = prove_one(promise(CIVIL_PURPOSE, "see birthplace"), [text])
    assert isinstance(found, Broken)
    verdict = law_in_force([text]).engine.decide(
        principal=found.example.principal,
        act=found.example.act,
        resource=found.example.resource,
        context=json.dumps(found.example.context),
        entities=json.dumps(found.example.entities),
    )
    assert verdict.permitted
    words = in_words(found.example)
    assert "purpose: civil immigration enforcement" in words
    assert "basis: no process on file" in words
    assert any("for us-ice" in one for one in words)
    record = next(one for one in words if one.startswith("record:"))
    assert record.startswith("record: standing open, is on file, of an adult")


def test_a_condition_that_no_inquiry_meets_is_not_called_proved() -> None:
    text = agreement(see("permit", ICE))
    found = prove_one(promise("context.approved && !context.approved", "see court"), [text])
    assert found == Open(found.promise, (EMPTY,))


def test_past_the_limit_is_unknown_and_never_proved() -> None:
    promises, texts = shipped("california")
    found = prove_one(promises.promises[4], texts, Means(Limit(resources=1)))
    assert isinstance(found, Open)
    assert found.reasons


def test_a_forbid_that_fails_keeps_no_promise_but_refuses_all_the_same() -> None:
    """Cedar would pass over the forbid; the live engine refuses, and so the promise is kept."""
    failing = see("forbid", 'context.at.offset(duration("106751991167d")) < context.at')
    text = agreement(see("permit", ICE), failing)
    assert isinstance(prove_one(promise("true", "see court"), [text]), Kept)


def test_words_outside_the_catalogue_break_nothing() -> None:
    """`signed_by` is one of a closed list live, though any string to Cedar."""
    text = ruling_text(
        rule(
            "permit",
            'context has signed_by && !["nobody", "clerk of court"].contains(context.signed_by)',
        )
        + "\n"
        + rule(
            "forbid",
            'context has signed_by && (context.signed_by like "*judge" || '
            'context.signed_by like "*officer" || context.signed_by like "*director")',
            name="1a",
        )
    )
    assert isinstance(prove_one(promise("true", "hold"), [text]), Kept)


def test_with_several_convictions_each_text_looks_at_the_best_for_it() -> None:
    """One conviction opens the one text, another keeps the other from refusing: open, not kept."""
    one = ruling_text(rule("permit", "context has conviction && context.conviction.listed"), "one")
    two = ruling_text(
        rule(
            "forbid",
            "!(context has conviction && context.conviction.felony && !context.conviction.listed)",
        ),
        "two",
    )
    sentence = promise("context.civil", "hold")
    listed, felony = {"listed": True}, {"felony": True}
    person = Question("hold", SINCE, convictions=(listed, felony))
    assert decide([one, two], person).lets_through
    for single in (listed, felony):
        assert not decide([one, two], Question("hold", SINCE, convictions=(single,))).lets_through
    assert prove_one(sentence, [one, two]) == Open(sentence, (SEVERAL,))


def test_a_command_sets_refusals_of_a_lower_rank_aside() -> None:
    above = ruling_text(rule("permit", says='@gives("must")'), "above", "state", "local hold")
    below = ruling_text(rule("forbid"), "below", "local")
    broken = prove_one(promise("context.civil", "hold"), [above, below])
    assert isinstance(broken, Broken)
    assert [one.instrument for one in broken.clauses] == ["above@1"]
    mere = ruling_text(rule("permit", says='@gives("may")'), "above", "state", "local hold")
    assert isinstance(prove_one(promise("context.civil", "hold"), [mere, below]), Kept)


ENDED = agreement(see("permit", ICE), name="ended").canonical
ENDING = parse_instrument(ENDED.replace("until: none", "until: 2022-01-01T00:00"), "ended.md")
NOT_IN_FORCE = promise("true", "see court", "see charges", under=Under.NOT_IN_FORCE)


def test_an_agreement_that_ended_discloses_nothing() -> None:
    found = prove_one(NOT_IN_FORCE, [ENDING])
    assert isinstance(found, Kept)
    assert found.periods == 1  # from the end on


def test_where_no_agreement_ends_nothing_is_proved_of_ended_ones() -> None:
    found = prove_one(NOT_IN_FORCE, [agreement(see("permit", ICE))])
    assert found == Open(NOT_IN_FORCE, (NOTHING,))


def test_what_another_text_still_discloses_to_its_party_breaks_the_promise() -> None:
    found = prove_one(NOT_IN_FORCE, [ENDING, ruling_text(see_any(), "statute")])
    assert isinstance(found, Broken)
    assert found.period.since == parse_instant("2022-01-01T00:00:00Z")


def see_any() -> str:
    return '@id("1")\npermit (principal, action in Action::"see", resource) when { true };'


def test_an_agreement_carried_by_votes_is_also_taken_as_not_renewed() -> None:
    promises, texts = shipped("philadelphia")
    pars = [one for one in texts if one.id == "philadelphia-pars-ice"]
    later = Promise("5", "x", ("see court",), "true", promises.since, 1, Under.NOT_IN_FORCE)
    assert isinstance(prove_one(later, pars), Kept)
    found = prove_one(later, [*pars, ruling_text(see_any(), "statute")])
    assert isinstance(found, Broken)
    assert found.period.without is not None


def test_only_the_period_of_the_instant_counts() -> None:
    texts = [ENDING]
    sentence = promise("true", "see court")
    assert isinstance(prove_one(sentence, texts, at=SINCE), Broken)
    assert isinstance(prove_one(sentence, texts, at=parse_instant("2023-01-01T00:00:00Z")), Kept)


def test_what_a_rule_says_of_the_instant_counts_only_within_its_period() -> None:
    late = agreement(see("permit", f'{ICE} && context.at >= datetime("2022-06-01")'), name="late")
    until = parse_instrument(
        late.canonical.replace("until: none", "until: 2022-06-01T00:00"), "late.md"
    )
    sentence = promise("true", "see court")
    assert isinstance(prove_one(sentence, [until]), Kept)
    found = prove_one(sentence, [late])
    assert isinstance(found, Broken)
    assert question_instant(found) >= parse_instant("2022-06-01T00:00:00Z")


def question_instant(found: Broken) -> Instant:
    return parse_instant(found.example.context["at"]["__extn"]["arg"])


def test_a_superseded_version_stands_no_more() -> None:
    _, texts = shipped("philadelphia")
    pars = [one for one in texts if one.id == "philadelphia-pars-ice"]
    found = periods(pars, parse_instant("2008-09-01T04:00:00Z"))
    assert [[one.version for one in each.instruments] for each in found] == [[1], [2]]


# Every fact that the rules below read, in every way it can be: small enough to try them all.
ATOMS = (
    "context.civil",
    "context.judicial_warrant",
    'context.request == Process::"detainer"',
    "context has exigent && context.exigent",
    "context has conviction && context.conviction.felony",
    "context has conviction && context.conviction.listed",
    "resource.charged",
)
CONVICTIONS: tuple[dict[str, Any], ...] = ({"felony": True}, {"listed": True}, {})
PERSONS = [(), *((one,) for one in CONVICTIONS), (CONVICTIONS[0], CONVICTIONS[1])]

literals = st.tuples(st.sampled_from(ATOMS), st.booleans()).map(
    lambda found: f"({found[0]})" if found[1] else f"!({found[0]})"
)
conditions = st.lists(literals, min_size=1, max_size=3).map(" && ".join)
rules = st.tuples(
    st.sampled_from(
        [
            ("permit", "must"),
            ("permit", "may"),
            ("permit", "not restricted"),
            ("permit", "may withhold"),
            ("forbid", "deny"),
            ("forbid", "unsettled"),
        ]
    ),
    conditions,
)
texts_made = st.lists(
    st.tuples(
        st.lists(rules, min_size=1, max_size=3),
        st.sampled_from(
            [
                ("state", ""),
                ("state", "local hold"),
                ("local", ""),
                ("federal", ""),
                ("federal", "state hold, local hold"),
            ]
        ),
    ),
    min_size=1,
    max_size=3,
)


def made(found: Any) -> list[Instrument]:
    return [
        ruling_text(
            "\n".join(
                rule(effect, when, name=f"1{chr(97 + number)}", says=f'@gives("{word}")')
                for number, ((effect, word), when) in enumerate(policies)
            ),
            f"text-{count}",
            rank,
            preempts,
        )
        for count, (policies, (rank, preempts)) in enumerate(found)
    ]


def every_question() -> Iterator[Question]:
    for request, civil, judge, exigent, persons, charged in product(
        (ProcessKind.DETAINER, ProcessKind.SUBPOENA),
        (True, False),
        (True, False),
        (None, True, False),
        PERSONS,
        (True, False),
    ):
        yield Question(
            "hold",
            SINCE,
            given={} if exigent is None else {"exigent": exigent},
            convictions=persons,
            presented=Presented(request, civil, judge),
            about={"charged": charged},
        )


@pytest.mark.slow
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(texts_made, st.sampled_from(ATOMS[:3]), st.booleans())
def test_kept_or_broken_agrees_with_trying_everybody(found: Any, atom: str, so: bool) -> None:
    """The oracle: each of 240 matters put to the live composition of texts."""
    instruments = made(found)
    never = atom if so else f"!({atom})"
    result = prove_one(promise(never, "hold"), instruments)
    let_through = [
        one
        for one in every_question()
        if decide(instruments, one).lets_through and (_meant(one, atom) is so)
    ]
    match result:
        case Kept():
            assert not let_through, let_through[0]
        case Broken():
            assert decide(instruments, question_of(result.example)).lets_through
            assert let_through  # these facts are all that the rules read
        case Open():
            # Of one text, with no other to settle, only the strongest of its words is left open.
            assert len(instruments) > 1 or result.reasons == (WORDS,), result.reasons


def _meant(question: Question, atom: str) -> bool:
    shown = question.presented
    return {
        ATOMS[0]: shown.civil,
        ATOMS[1]: shown.judicial_warrant,
        ATOMS[2]: shown.request is ProcessKind.DETAINER,
    }[atom]


def test_the_strongest_word_of_a_text_counts_and_a_weaker_one_breaks_nothing() -> None:
    """`may withhold` is stronger than `not restricted`, and lets nothing through: open, not broken."""
    text = ruling_text(
        rule("permit", "!context.civil", name="1a", says='@gives("not restricted")')
        + "\n"
        + rule("permit", "!context.civil", name="1b", says='@gives("may withhold")')
    )
    sentence = promise("!context.civil", "hold")
    civil = Presented(civil=False)
    assert not decide([text], Question("hold", SINCE, presented=civil)).lets_through
    assert prove_one(sentence, [text]) == Open(sentence, (WORDS,))
