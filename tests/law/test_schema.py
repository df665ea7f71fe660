"""The Cedar schema: what it knows, and what the reference engine refuses under it."""

from __future__ import annotations

import cedarpy
import pytest

from comity.cedar.action import declared_actions, read_schema
from comity.law import schema as written
from comity.law.matter import OfficeAct
from comity.law.schema import ACTS, ENTITIES, RECORDS, SCHEMA, WORDS, cedar_schema
from comity.law.vocabulary import CustodyAct, DataClass, ListAct, Purpose, see
from comity.records.record import Standing as RecordStanding

SEE = 'permit (principal, action in Action::"see", resource)'


def messages(policy: str) -> list[str]:
    result = cedarpy.validate_policies(policy, SCHEMA)
    return [error.error for error in result.errors]


def test_the_reference_engine_reads_it() -> None:
    assert cedar_schema() == SCHEMA
    assert read_schema(SCHEMA) is not None


def test_every_act_of_the_lists_is_an_action() -> None:
    actions = declared_actions(read_schema(SCHEMA))
    acts = {name for name, action in actions.items() if action.applies_to is not None}
    everything = {
        *map(see, DataClass),
        *(act.value for acts in (ListAct, CustodyAct, OfficeAct) for act in acts),
    }
    assert acts == everything == set(ACTS)
    groups = {name for name, action in actions.items() if action.applies_to is None}
    assert groups == {"see", "list or subscribe", "custody", "office"}
    for act, environment in ACTS.items():
        assert actions[act].within == {act, environment.group}


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (SEE + ' when {context.purpose == Purpose::"curiosity"};', "not declared"),
        (SEE + ' when {context.query == Query::"by smell"};', "not declared"),
        (SEE + ' when {context.criteria.contains(Criterion::"zodiac")};', "not declared"),
        (SEE + ' when {resource has grade && resource.grade == Grade::"F9"};', "not declared"),
        (
            SEE + ' when {context has basis && context.basis.kind == Process::"note"};',
            "not declared",
        ),
        ('permit (principal, action == Action::"see tattoos", resource);', "unrecognized action"),
        (SEE + " when {context.basis.verified};", "optional attribute"),
        (SEE + ' when {resource.grade == Grade::"F1"};', "optional attribute"),
        (SEE + " when {context.civil};", "not found"),
    ],
)
def test_what_is_in_no_list_is_refused(policy: str, says: str) -> None:
    assert any(says in message for message in messages(policy))


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_can_be_named(purpose: Purpose) -> None:
    assert not messages(SEE + f' when {{context.purpose == Purpose::"{purpose}"}};')


def test_records_and_rules_mean_the_same_standings() -> None:
    assert [one.value for one in written.Standing] == [one.value for one in RecordStanding]


def test_every_type_used_is_declared() -> None:
    plain = {"Bool", "Long", "String", "datetime", "Set<Criterion>", "Set<String>"}
    known = {*plain, *WORDS, *RECORDS, *ENTITIES}
    for fields in (*RECORDS.values(), *ENTITIES.values()):
        assert {field.type for field in fields} <= known
