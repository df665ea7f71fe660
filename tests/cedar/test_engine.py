"""Every trap of Cedar's semantics that concerns a live decision: an error never becomes a yes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cedarpy
import pytest

from comity.cedar.action import SchemaInvalid
from comity.cedar.engine import Engine, Uid, Verdict
from comity.cedar.policy import PolicyInvalid
from comity.law.schema import SCHEMA
from tests.cedar.requests import OFFICER, RECORD, context, decide, engine, entities

PERMIT = "permit (principal, action, resource);"
OVERFLOW = 'context.at.offset(duration("9223372036854775807ms")) > context.at'
FORBID_THAT_ERRS = f'forbid (principal, action in Action::"see", resource) when {{ {OVERFLOW} }};'
PERMIT_THAT_ERRS = f'permit (principal, action in Action::"see", resource) when {{ {OVERFLOW} }};'
FORBID_PARTY = 'forbid (principal in Party::"p", action, resource);'
FORBID_JUVENILE = 'forbid (principal, action in Action::"see", resource) when {resource.juvenile};'


def raw(policies: str, facts: dict[str, Any], present: list[dict[str, Any]]) -> str:
    """What the reference engine alone says, to show that each trap is one."""
    request = {
        "principal": 'Officer::"o"',
        "action": 'Action::"see charges"',
        "resource": 'Record::"r"',
        "context": facts,
    }
    return str(cedarpy.is_authorized(request, policies, present, SCHEMA).decision.name)


def test_a_permit_permits_and_is_cited() -> None:
    assert decide(engine(PERMIT)) == Verdict(True, ("p0",), ())


def test_silence_refuses_and_cites_nothing() -> None:
    assert decide(engine()) == Verdict(False, (), ())
    assert decide(engine(FORBID_JUVENILE)) == Verdict(False, (), ())


def test_a_forbid_wins_over_every_permit() -> None:
    verdict = decide(engine(PERMIT, FORBID_PARTY, PERMIT, FORBID_PARTY))
    assert verdict == Verdict(False, ("p1", "p3"), ())


def test_overflow_in_a_forbid_refuses_and_cites_it() -> None:
    assert raw(PERMIT + FORBID_THAT_ERRS, context(), entities()) == "Allow"
    assert decide(engine(PERMIT, FORBID_THAT_ERRS)) == Verdict(False, ("p1",), ("p1",))


def test_an_erring_forbid_stands_beside_a_satisfied_one() -> None:
    verdict = decide(engine(FORBID_THAT_ERRS, PERMIT, FORBID_PARTY))
    assert verdict == Verdict(False, ("p0", "p2"), ("p0",))


def test_an_erring_forbid_refuses_also_where_nothing_permits() -> None:
    assert decide(engine(FORBID_THAT_ERRS)) == Verdict(False, ("p0",), ("p0",))


def test_an_erring_permit_is_not_satisfied_and_is_told() -> None:
    assert decide(engine(PERMIT_THAT_ERRS)) == Verdict(False, (), ("p0",))
    assert decide(engine(PERMIT_THAT_ERRS, PERMIT)) == Verdict(True, ("p1",), ("p0",))


def test_datetime_as_string_means_the_same_and_no_forbid_is_lost() -> None:
    late = 'forbid (principal, action in Action::"see", resource) when {context.at > datetime("2018-01-01")};'
    facts = context(at="2018-08-31T12:00:00Z")
    without_schema = cedarpy.is_authorized(
        {
            "principal": 'Officer::"o"',
            "action": 'Action::"see charges"',
            "resource": 'Record::"r"',
            "context": facts,
        },
        PERMIT + late,
        entities(),
    )
    assert without_schema.decision.name == "Allow"
    assert decide(engine(PERMIT, late), facts=facts) == Verdict(False, ("p1",), ())


@pytest.mark.parametrize(
    "facts",
    [
        context(at="yesterday"),
        context(at=1),
        context(at=None),
        context(purpose=None),
        context(purpose={"type": "Purpose", "id": "curiosity"}),
        context(purpose="criminal investigation!"),
        context(criteria=[{"type": "Criterion", "id": "zodiac sign"}]),
        context(case_number="true"),
        context(weather="fair"),
        context(basis={"kind": {"type": "Process", "id": "detainer"}}),
        {},
    ],
)
def test_a_missing_extra_or_ill_typed_fact_refuses(facts: dict[str, Any]) -> None:
    verdict = decide(engine(PERMIT), facts=facts)
    assert (verdict.permitted, verdict.determining) == (False, ())
    assert verdict.fault is not None
    assert verdict.fault.startswith("no decision: failed to build request")


@pytest.mark.parametrize("facts", ["", "{", "[]", "null", '"text"', '{"at": "\ud800"}'])
def test_a_context_that_is_no_object_refuses(facts: str) -> None:
    verdict = decide(engine(PERMIT), facts=facts)
    assert not verdict.permitted
    assert verdict.fault is not None


def test_a_context_that_is_no_json_refuses() -> None:
    verdict = decide(engine(PERMIT), facts={"at": object()})
    assert verdict.fault is not None
    assert "could not be read" in verdict.fault


@pytest.mark.parametrize("act", ["", "see everything", "see", "list", 'see charges" || true'])
def test_an_act_that_is_none_or_of_another_resource_refuses(act: str) -> None:
    verdict = decide(engine(PERMIT), act)
    assert not verdict.permitted
    assert verdict.fault is not None


def test_an_unknown_principal_refuses_though_cedar_would_permit() -> None:
    present = entities("Officer", "Agency", "Party")
    assert raw(PERMIT + FORBID_PARTY, context(), present) == "Allow"
    verdict = decide(engine(PERMIT, FORBID_PARTY), present=present)
    assert verdict == Verdict(False, (), (), 'Officer::"o" is not among the facts')


def test_an_unknown_resource_refuses_though_cedar_would_permit() -> None:
    present = entities("Record")
    assert raw(PERMIT + FORBID_JUVENILE, context(), present) == "Allow"
    verdict = decide(engine(PERMIT, FORBID_JUVENILE), present=present)
    assert verdict == Verdict(False, (), (), 'Record::"r" is not among the facts')


@pytest.mark.parametrize("missing", ["Agency", "Party"])
def test_an_unknown_agency_or_party_above_the_officer_refuses(missing: str) -> None:
    verdict = decide(engine(PERMIT, FORBID_PARTY), present=entities(missing))
    assert not verdict.permitted
    assert verdict.fault is not None
    assert verdict.fault.endswith("is not among the facts")


def test_a_missing_agency_hides_the_party_from_cedar() -> None:
    assert raw(PERMIT + FORBID_PARTY, context(), entities("Agency")) == "Allow"


def test_a_record_without_an_attribute_refuses() -> None:
    verdict = decide(engine(PERMIT, FORBID_JUVENILE), present=entities(juvenile=None))
    assert not verdict.permitted
    assert verdict.fault is not None
    assert "the facts are not usable" in verdict.fault


@pytest.mark.parametrize(
    "about", [{"nationality": "x"}, {"juvenile": "no"}, {"grade": {"type": "Grade", "id": "F9"}}]
)
def test_a_record_with_a_strange_attribute_refuses(about: dict[str, Any]) -> None:
    assert decide(engine(PERMIT), present=entities(**about)).fault is not None


@pytest.mark.parametrize("text", ["", "[", "{}", "[1]", '[{"uid": 1}]', "[" * 100_000])
def test_entities_that_are_none_refuse(text: str) -> None:
    verdict = engine(PERMIT).decide(
        principal=OFFICER, act="see charges", resource=RECORD, context=context(), entities=text
    )
    assert verdict.fault is not None
    assert len(verdict.fault) < 400


def test_two_of_one_name_refuse() -> None:
    twice = [*entities(), entities(juvenile=True)[-1]]
    assert decide(engine(PERMIT), present=twice).fault is not None


def test_principal_and_resource_of_the_wrong_type_refuse() -> None:
    chosen = engine(PERMIT)
    assert decide(chosen, principal=Uid("Party", "p")).fault is not None
    assert decide(chosen, resource=Uid("Agency", "a")).fault is not None


def test_a_slice_serves_many_acts_and_engines_of_one_schema() -> None:
    one, other = engine(PERMIT), engine(FORBID_PARTY)
    facts = one.slice(json.dumps(entities()))
    for chosen, permitted in ((one, True), (other, False)):
        for act in ("see charges", "see court"):
            verdict = chosen.decide(
                principal=OFFICER,
                act=act,
                resource=RECORD,
                context=json.dumps(context()),
                entities=facts,
            )
            assert verdict.permitted is permitted


def test_a_slice_of_another_schema_refuses() -> None:
    other = Engine(SCHEMA + "entity Weather;\n", [])
    verdict = engine(PERMIT).decide(
        principal=OFFICER,
        act="see charges",
        resource=RECORD,
        context=context(),
        entities=other.slice(json.dumps(entities())),
    )
    assert verdict.fault == "the facts were prepared under another schema"


def test_threads_share_an_engine_and_a_slice() -> None:
    chosen = engine(PERMIT, FORBID_JUVENILE)
    facts = chosen.slice(json.dumps(entities()))

    def ask(number: int) -> bool:
        return chosen.decide(
            principal=OFFICER,
            act="see charges",
            resource=RECORD,
            context=json.dumps(context(approved=bool(number % 2))),
            entities=facts,
        ).permitted

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(200)))


def test_ids_are_ours_and_in_our_order() -> None:
    chosen = Engine(SCHEMA, [("z@1#2.1a", PERMIT), ("a@2#1", PERMIT)])
    assert decide(chosen).determining == ("z@1#2.1a", "a@2#1")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('permit (principal, action == Action::"seee", resource);', "unrecognized action"),
        (
            'permit (principal, action in Action::"see", resource) when {context.nope};',
            "attribute `nope` in context",
        ),
        (
            PERMIT.replace(";", ' when {context.purpose == Purpose::"curiosity"};'),
            "is not declared",
        ),
        ("permit (principal, action, resource) when {1 + };", "unexpected token"),
        ("permit (principal == ?principal, action, resource);", "slots"),
        (PERMIT + PERMIT, "one policy is expected here, found 2"),
        ("// nothing", "one policy is expected here, found 0"),
        (
            "permit (principal, action, resource) when {" + "!" * 400 + "true};",
            "",
        ),
    ],
)
def test_an_invalid_policy_is_named(source: str, says: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        Engine(SCHEMA, [("x@1#1", PERMIT), ("x@1#2", source)])
    assert caught.value.policy == "x@1#2"
    assert "x@1#2" in str(caught.value)
    assert any(says in message for message in caught.value.messages)
    assert not any("policy0" in message for message in caught.value.messages)


@pytest.mark.parametrize("policy_id", ["x@1#1", "", "x`y"])
def test_an_id_is_unique_and_a_word(policy_id: str) -> None:
    with pytest.raises(PolicyInvalid):
        Engine(SCHEMA, [("x@1#1", PERMIT), (policy_id, PERMIT)])


def test_a_schema_that_is_none_is_told() -> None:
    with pytest.raises(SchemaInvalid):
        Engine("entity Party", [])
    with pytest.raises(SchemaInvalid):
        Engine('namespace City { entity Party; action "see"; }', [])
