"""The law of the benches: the shipped texts, with an agreement whose term has not run out.

Comity's gateway runs by the real clock and the shipped agreements ended years
ago. Both sides of a bench decide by the same policies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cedarpy

from comity.law.instrument import Instrument
from comity.law.parse import parse_instrument

LAW: Final = Path(__file__).resolve().parent.parent / "law"
TEXTS: Final = (
    "pennsylvania/chria.md",
    "philadelphia/executive-order-5-16.md",
    "philadelphia/pars-atf.md",
)
AGREEMENT: Final = "philadelphia-pars-atf"
PARTY: Final = "us-atf"


def write_texts(folder: Path) -> tuple[Instrument, ...]:
    """Put the texts into `folder`, the agreement's end moved to 2099, and read them."""
    instruments = []
    for name in TEXTS:
        text = (LAW / name).read_text("utf-8")
        if name.endswith("pars-atf.md"):
            text = re.sub(r"2019-08-31T24:00", "2099-08-31T24:00", text)
            text = text.replace("31 August 2019", "31 August 2099")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        instruments.append(parse_instrument(text, str(path)))
    return tuple(instruments)


def policies_of(instruments: Sequence[Instrument]) -> list[tuple[str, str]]:
    """Full id and text of every policy."""
    return [
        (policy.id, policy.source)
        for instrument in instruments
        for clause in instrument.clauses
        for policy in clause.policies
    ]


def policy_set(policies: Sequence[tuple[str, str]]) -> str:
    """One Cedar policy set as JSON, in which the policies carry our ids."""
    static = {}
    for policy_id, source in policies:
        (static[policy_id],) = json.loads(cedarpy.policies_to_json_str(source))[
            "staticPolicies"
        ].values()
    return json.dumps({"staticPolicies": static, "templates": {}, "templateLinks": []})
