"""An opened entry says what it holds, and makes up nothing."""

from __future__ import annotations

from typing import Any

import pytest

from comity.disclosure.opened_entry import names_others, opened_entry

REQUEST = {
    "ori": "XXBUR0100",
    "purpose": "criminal investigation",
    "on_behalf_of": {"ori": "XXOTH0200", "officer": None},
}
DECISION = {
    "kind": "disclosure",
    "at": "2018-08-31T16:00:00.000Z",
    "outcome": "permit reduced",
    "permitted": ["identity", "charges"],
    "clauses": [{"instrument": "town-bureau@1", "clause": "2.1", "title": "", "digest": ""}],
}


def test_it_says_what_it_holds() -> None:
    content: dict[str, Any] = {"disclosed": {"charges": {}}}
    said = opened_entry(
        7, "town/log", {"request": REQUEST, "decision": DECISION, "content": content}
    )
    assert (said.agency, said.on_behalf_of, said.by) == ("XXBUR0100", "XXOTH0200", None)
    assert said.clauses == ("town-bureau@1#2.1",)
    assert said.shown == ("charges",), "what left, not what might have"
    closed = opened_entry(7, "town/log", {"request": REQUEST, "decision": DECISION})
    assert closed.shown == ("charges", "identity")


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"decision": {"permitted": 3, "clauses": ["x", {"clause": 1}], "at": 4, "kind": None}},
        {"request": {"ori": 1, "on_behalf_of": "x"}, "content": {"disclosed": None}},
    ],
)
def test_a_form_of_another_version_is_read_as_far_as_it_goes(odd: dict[str, Any]) -> None:
    said = opened_entry(0, "log", odd)
    assert (said.at, said.agency, said.outcome, said.shown, said.clauses) == (
        None,
        None,
        None,
        (),
        (),
    )


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        ({}, False),
        ({"record": "r-1", "terms": {"record_id": "r-1"}}, False),
        ({"record": "r-1", "terms": {"sur_name": "Nemo", "given_name": "Nina"}}, False),
        ({"record": "r-1", "terms": {"record_ids": ["r-1"]}}, False),
        ({"record": "r-1", "terms": {"record_ids": ["r-1", "r-2"]}}, True),
        ({"record": "r-1", "terms": {"record_ids": [], "state_ids": ["s-9"]}}, True),
        ({"found": ["r-1"], "terms": {"record_ids": ["r-1"]}}, True),
    ],
)
def test_who_else_is_named(subject: dict[str, Any], named: bool) -> None:
    assert names_others(subject) is named
