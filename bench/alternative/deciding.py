"""Which data classes may be seen: cedarpy, with policies and schema prepared once."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import cedarpy

from bench.alternative.tables import Agency, Record

GRAVITY = ("H1", "H2", "H3", "F1", "F2", "F3", "F", "M1", "M2", "M3", "M", "S", "IC")


class Ruled(NamedTuple):
    """The answer about one data class, with the policies that made it."""

    permitted: bool
    clauses: list[str]


class Decider:
    """Policies and schema, read once at start."""

    def __init__(self, schema: str, policies: str) -> None:
        self._schema = cedarpy.Schema.from_str(schema)
        self._policies = cedarpy.PolicySet.from_json_str(policies)

    def decide(
        self,
        agency: Agency,
        officer: str,
        record: Record,
        context: dict[str, Any],
        data_classes: list[str],
    ) -> dict[str, Ruled]:
        """One decision for each data class; the entities are prepared once for all of them."""
        entities = cedarpy.Entities.from_json_str(_entities(agency, officer, record), self._schema)
        ruled = {}
        for data_class in data_classes:
            answer = cedarpy.is_authorized(
                {
                    "principal": {"type": "Officer", "id": f"{agency.ori}/{officer}"},
                    "action": {"type": "Action", "id": f"see {data_class}"},
                    "resource": {"type": "Record", "id": record.record_id},
                    "context": context,
                },
                self._policies,
                entities,
                self._schema,
            )
            # An erring forbid is skipped by Cedar; a careful user refuses.
            permitted = answer.allowed and not answer.diagnostics.errors
            ruled[data_class] = Ruled(permitted, list(answer.diagnostics.reasons))
        return ruled


def _entities(agency: Agency, officer: str, record: Record) -> str:
    pending = [charge.grade for charge in record.charges if charge.disposition is None]
    convicted = any(charge.disposition == "convicted" for charge in record.charges)
    attributes: dict[str, Any] = {
        "on_file": True,
        "standing": record.standing,
        "juvenile": record.juvenile,
        "charged": bool(pending),
        "convicted": convicted,
        "in_custody": record.in_custody,
    }
    if pending:
        gravest = min(pending, key=GRAVITY.index)
        attributes["grade"] = {"type": "Grade", "id": gravest}
    party = {"type": "Party", "id": agency.party}
    body = {"type": "Agency", "id": agency.ori}
    return json.dumps(
        [
            {"uid": party, "attrs": {}, "parents": []},
            {
                "uid": body,
                "attrs": {"criminal_justice": agency.criminal_justice},
                "parents": [party],
            },
            {
                "uid": {"type": "Officer", "id": f"{agency.ori}/{officer}"},
                "attrs": {"criminal_justice": agency.criminal_justice},
                "parents": [body],
            },
            {
                "uid": {"type": "Record", "id": record.record_id},
                "attrs": attributes,
                "parents": [],
            },
        ]
    )
