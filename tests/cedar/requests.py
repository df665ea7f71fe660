"""Requests over Comity's own schema, for tests of the engine."""

from __future__ import annotations

import json
from typing import Any

from comity.cedar.engine import Engine, Uid, Verdict
from comity.law.schema import SCHEMA

OFFICER = Uid("Officer", "o")
RECORD = Uid("Record", "r")
AT = "2018-08-31T12:00:00Z"

ADULT: dict[str, Any] = {
    "on_file": True,
    "standing": "open",
    "juvenile": False,
    "charged": True,
    "convicted": False,
    "in_custody": True,
}


def engine(*policies: str) -> Engine:
    """Policies under the ids p0, p1, …"""
    return Engine(SCHEMA, [(f"p{number}", source) for number, source in enumerate(policies)])


def context(**changes: Any) -> dict[str, Any]:
    """The context of a sound inquiry; None takes a key away."""
    facts = {
        "at": {"__extn": {"fn": "datetime", "arg": AT}},
        "purpose": {"type": "Purpose", "id": "criminal investigation"},
        "query": {"type": "Query", "id": "name"},
        "criteria": [{"type": "Criterion", "id": "name"}],
        "case_number": True,
        "approved": False,
        "standing_in": False,
        **changes,
    }
    return {key: value for key, value in facts.items() if value is not None}


def entities(*without: str, **about: Any) -> list[dict[str, Any]]:
    """An officer of an agency of the party `p`, and one record; `without` leaves types out."""
    attributes = {key: value for key, value in {**ADULT, **about}.items() if value is not None}
    everything: list[dict[str, Any]] = [
        {
            "uid": {"type": "Officer", "id": "o"},
            "attrs": {"criminal_justice": True},
            "parents": [{"type": "Agency", "id": "a"}],
        },
        {
            "uid": {"type": "Agency", "id": "a"},
            "attrs": {"criminal_justice": True},
            "parents": [{"type": "Party", "id": "p"}],
        },
        {"uid": {"type": "Party", "id": "p"}, "attrs": {}, "parents": []},
        {"uid": {"type": "Record", "id": "r"}, "attrs": attributes, "parents": []},
    ]
    return [one for one in everything if one["uid"]["type"] not in without]


def decide(
    chosen: Engine,
    act: str = "see charges",
    *,
    facts: str | dict[str, Any] | None = None,
    present: list[dict[str, Any]] | None = None,
    principal: Uid = OFFICER,
    resource: Uid = RECORD,
) -> Verdict:
    """One decision; every argument has a sound default."""
    return chosen.decide(
        principal=principal,
        act=act,
        resource=resource,
        context=context() if facts is None else facts,
        entities=json.dumps(entities() if present is None else present),
    )
