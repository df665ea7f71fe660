"""What one text, and several together, make of a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import Instant
from comity.law.instrument import Instrument
from comity.law.question import ALTERNATIVES_MAX, FactUnusable, Question
from comity.law.ruling import FORBIDS, PERMITS, Ruling
from comity.law.verdict import Finding, compose, decide, judge

from .rulings import rule, ruling_text

AT = Instant(1_600_000_000_000)
HOLD = Question("hold", AT)
MUST = '@gives("must")'
UNSETTLED = '@gives("unsettled")'


def test_silence_is_no_rule() -> None:
    verdict = decide([ruling_text(rule("permit", act="interview"))], HOLD)
    assert verdict.ruling is Ruling.NO_RULE
    assert not verdict.lets_through
    assert verdict.clauses == ()


def test_a_forbid_of_the_same_text_beats_a_permit() -> None:
    text = ruling_text(rule("permit", name="1a", says=MUST) + rule("forbid", name="1b"))
    finding = judge(text, HOLD)
    assert finding.ruling is Ruling.DENY
    assert finding.met == ("1a", "1b")


@pytest.mark.parametrize(
    ("ranks", "preempts", "ruling"),
    [
        (("state", "local"), "local hold", Ruling.MUST),
        (("state", "local"), "", Ruling.DENY),
        (("state", "local"), "local interview", Ruling.DENY),
        (("state", "state"), "local hold", Ruling.DENY),
        (("state", "federal"), "local hold", Ruling.DENY),
        (("local", "local"), "local hold", Ruling.DENY),
    ],
)
def test_a_mandate_sets_aside_only_what_its_text_names(
    ranks: tuple[str, str], preempts: str, ruling: Ruling
) -> None:
    mandate = ruling_text(rule("permit", says=MUST), "above", ranks[0], preempts)
    refusal = ruling_text(rule("forbid"), "below", ranks[1])
    verdict = decide([mandate, refusal], HOLD)
    assert verdict.ruling is ruling
    assert (verdict.conflict is not None) == (ruling is Ruling.DENY)
    assert verdict.escalate == (ruling is Ruling.DENY)
    assert len(verdict.set_aside) == (ruling is Ruling.MUST)


def test_a_mere_permission_sets_nothing_aside() -> None:
    """Cal. Gov. Code 7282.5(a): discretion only where local law and policy leave it."""
    above = ruling_text(rule("permit"), "above", "state", "local hold")
    verdict = decide([above, ruling_text(rule("forbid"), "below", "local")], HOLD)
    assert verdict.ruling is Ruling.DENY
    assert verdict.conflict is None


def test_what_is_unsettled_refuses_and_escalates() -> None:
    permits = ruling_text(rule("permit", says=MUST), "one")
    verdict = decide([permits, ruling_text(rule("forbid", says=UNSETTLED), "two")], HOLD)
    assert verdict.ruling is Ruling.UNSETTLED
    assert not verdict.lets_through
    assert verdict.escalate


def test_a_rule_that_errs_refuses_and_escalates() -> None:
    big = "context has circuit && context.circuit + 9223372036854775807 > 0"
    text = ruling_text(rule("forbid", big))
    asked = Question("hold", AT, given={"circuit": 5})
    verdict = decide([text, ruling_text(rule("permit"), "other")], asked)
    assert verdict.ruling is Ruling.DENY
    assert verdict.escalate


def test_any_one_conviction_meets_a_text_that_asks_for_a_conviction() -> None:
    text = ruling_text(rule("forbid", "!(context has conviction && context.conviction.felony)"))
    petty, grave = {"misdemeanor": True}, {"felony": True}
    assert judge(text, Question("hold", AT, convictions=(petty,))).ruling is Ruling.DENY
    assert judge(text, Question("hold", AT, convictions=(petty, grave))).ruling is Ruling.NO_RULE
    assert judge(text, Question("hold", AT, convictions=(grave, petty))).ruling is Ruling.NO_RULE


def test_convictions_are_never_mixed() -> None:
    """One violent misdemeanor and one peaceful felony make no violent felony."""
    both = "context has conviction && context.conviction.felony && context.conviction.involves_violence"
    text = ruling_text(rule("permit", both))
    mixed = ({"felony": True}, {"involves_violence": True})
    assert judge(text, Question("hold", AT, convictions=mixed)).ruling is Ruling.NO_RULE


def test_duties_arise_by_act_ruling_and_rule() -> None:
    duties = """- {id: always, who: city, what: tell, upon: a request, within: promptly, acts: [hold]}
- {id: only-may, who: city, what: tell, upon: it, within: promptly, acts: [hold], where: [may]}
- {id: of-1b, who: city, what: tell, upon: it, within: promptly, acts: [hold], of: [1b]}
- {id: other, who: city, what: tell, upon: it, within: promptly, acts: [interview]}
- {id: prose, who: city, what: tell, upon: it, within: promptly}"""
    rules = rule("permit", name="1a") + rule("permit", "context.judicial_warrant", name="1b")
    finding = judge(ruling_text(rules, duty=duties), HOLD)
    assert [owed.duty.id for owed in finding.duties] == ["always", "only-may"]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        (Question("hold", AT, given={"zodiac": "leo"}), "zodiac"),
        (Question("hold", AT, given={"circuit": "three"}), "circuit"),
        (Question("hold", AT, given={"circuit": True}), "circuit"),
        (Question("hold", AT, given={"signed_by": "a judge"}), "signed_by"),
        (Question("hold", AT, given={"filed": "2026-02-30"}), "filed"),
        (Question("hold", AT, given={"languages": "en"}), "languages"),
        (Question("hold", AT, convictions=({"colour": 1},)), "colour"),
        (Question("see charges", AT), "act"),
        (
            Question("hold", AT, convictions=tuple({} for _ in range(ALTERNATIVES_MAX + 1))),
            "convictions",
        ),
    ],
)
def test_a_fact_that_no_text_can_read_is_named(question: Question, name: str) -> None:
    with pytest.raises(FactUnusable) as caught:
        decide([], question)
    assert caught.value.name == name


TEXT = ruling_text(rule("permit"))
FINDINGS = st.lists(
    st.tuples(
        st.sampled_from([*PERMITS, *FORBIDS, Ruling.NO_RULE]),
        st.sampled_from(["federal", "state", "local", "contract"]),
        st.sampled_from(["", "local hold", "contract hold"]),
    ),
    max_size=6,
)


def findings(drawn: list[tuple[Ruling, str, str]]) -> list[Finding]:
    texts: dict[tuple[str, str], Instrument] = {}
    for _, rank, preempts in drawn:
        texts[rank, preempts] = ruling_text(rule("permit"), "t", rank, preempts)
    return [
        Finding(texts[rank, preempts], ruling, (), (), (), ()) for ruling, rank, preempts in drawn
    ]


@given(FINDINGS)
def test_a_refusal_that_nobody_sets_aside_refuses(drawn: list[tuple[Ruling, str, str]]) -> None:
    verdict = compose(findings(drawn), "hold")
    aside = {id(one.finding) for one in verdict.set_aside}
    left = [one for one in verdict.findings if one.ruling in FORBIDS and id(one) not in aside]
    assert (verdict.ruling in FORBIDS) == bool(left)
    for one in verdict.set_aside:
        assert one.by.ruling is Ruling.MUST
        assert f"{one.finding.instrument.rank.value} hold" in one.by.instrument.preempts


@given(FINDINGS, st.randoms())
def test_the_order_of_texts_decides_nothing(
    drawn: list[tuple[Ruling, str, str]], random: st.DataObject
) -> None:
    shuffled = list(drawn)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert compose(findings(drawn), "hold").ruling is compose(findings(shuffled), "hold").ruling
