"""Whom a compartment, an inquiry or a paper is about: what erasure goes by."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given

from comity.disclosure.about import (
    about,
    about_process,
    about_query,
    of_any_birth,
    of_name,
    of_person,
    of_process,
    of_record,
    of_state_id,
    of_sur_name,
)
from comity.disclosure.decide import settle
from comity.disclosure.inquiry import ByIdentifier, ByList, ByName, ByStanding, Query
from comity.disclosure.process import Label, Process
from comity.disclosure.seal import Signed, seal_settled
from comity.instant import Instant
from comity.law.paper import NamedPerson
from comity.ledger.canonical import canonical
from tests.laws.inquiries import asks, records
from tests.laws.shipped import law_of
from tests.ledger.samples import UNHURRIED, seeded

LAW = law_of("philadelphia-pars-atf@1", "pennsylvania-chria@1")
NAME = {"sur_name": "Velm-Är", "given_name": "ODA", "birth_date": "1990-01-01"}


@pytest.mark.parametrize(
    ("subject", "who", "handles"),
    [
        ({}, None, ()),
        ({"authority": "CP-1"}, None, ()),
        ({"inquiry_id": "i-1"}, None, ()),
        ({"record": "r-1", "person": "p-1"}, "p-1", (of_person("p-1"), of_record("r-1"))),
        # What was shown decides, whatever it was asked by.
        (
            {"record": "r-1", "terms": NAME, "legal_basis": "W-1"},
            "p-1",
            (of_person("p-1"), of_record("r-1")),
        ),
        ({"found": ["r-2", "r-1"], "terms": NAME}, None, (of_record("r-1"), of_record("r-2"))),
        (
            {"found": [], "terms": NAME},
            None,
            ("any:velmar:oda", "name:velmar:oda:1990-01-01"),
        ),
        (
            {"found": [], "terms": {"record_id": "r-9"}, "legal_basis": "W-1"},
            None,
            (of_process("W-1"), of_record("r-9")),
        ),
        ({"terms": {"sur_name": "O'Velm"}}, None, ("surname:ovelm",)),
        ({"terms": {"state_id": "77"}}, None, (of_state_id("77"),)),
        (
            {"terms": {"record_ids": ["r-2", "r-1"], "state_ids": ["7"]}},
            None,
            (of_record("r-1"), of_record("r-2"), of_state_id("7")),
        ),
        ({"process": "W-1", "commitment": "00"}, None, (of_process("W-1"),)),
        ({"terms": {"charge_statute": "18 § 1", "in_custody": True}}, None, ()),
    ],
)
def test_whom_a_compartment_is_about(
    subject: dict[str, Any], who: str | None, handles: tuple[str, ...]
) -> None:
    assert about(canonical(subject), who) == handles


def test_a_compartment_of_no_known_form_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        about(b'{"found": "r-1"}', None)


@pytest.mark.parametrize(
    ("query", "handles"),
    [
        (ByIdentifier(record_id="r-1"), {of_record("r-1")}),
        (ByIdentifier(state_id="7"), {of_state_id("7")}),
        (ByName("V", "O"), {of_name("v", "o", None), of_any_birth("V", "o")}),
        (ByName("V", "O", "1990-01-01"), {of_name("V", "O", "1990-01-01"), of_any_birth("v", "o")}),
        (ByList(sur_name="V"), {of_sur_name("V")}),
        (ByList(charge_statute="x"), set()),
        (ByStanding(("r-1",), ("7",), "x"), {of_record("r-1"), of_state_id("7")}),
    ],
)
def test_whom_a_query_points_at(query: Query, handles: set[str]) -> None:
    assert set(about_query(query)) == handles


def test_whom_a_paper_names() -> None:
    paper = Process("W-1", Label.WARRANT, "a court", Instant(0))
    assert about_process(paper) == ()
    named = NamedPerson("V", "O", "1990-01-01", "7")
    paper = msgspec.structs.replace(paper, named_person=named)
    assert set(about_process(paper)) == {
        of_state_id("7"),
        of_name("V", "O", "1990-01-01"),
        of_any_birth("V", "O"),
    }


@UNHURRIED
@given(asks(), records())
def test_every_entry_of_every_inquiry_is_about_whoever_it_shows_or_points_at(
    one: Any, record: Any
) -> None:
    """Whatever the law makes of it: no entry that names somebody is about nobody."""
    for found in ((record,), ()):
        settled = settle(one, LAW, found)
        for sealed in seal_settled(settled, Signed("k", "n", "d"), seeded(1)):
            subject = msgspec.json.decode(sealed.parts[0])
            handles = about(sealed.parts[0], sealed.subject_id)
            for record_id in (subject.get("record"), *subject.get("found", ())):
                assert record_id is None or of_record(record_id) in handles
            if subject.get("record") is None and not subject.get("found"):
                assert set(about_query(one.inquiry.query)) <= set(handles)
