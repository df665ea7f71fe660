"""Small bodies of law and histories, for tests of replay."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from comity.law.instrument import Instrument
from comity.law.parse import parse_instrument
from comity.oversight.history import COLUMNS

_TEXT = """---
id: {name}
version: {version}
title: A text for tests
kind: agreement
rank: contract
jurisdiction: springfield
custodian: city
parties:
  - {{id: city, name: City of Springfield, role: custodian}}
  - {{id: us-ice, name: An agency, role: recipient}}
term:
  from: 2000-01-01T00:00
  until: none
  time_zone: UTC
citation: none
source: written for the tests
verified: text
as_of: 2026-01-01
---

# A text

## 1 A rule

What it says.

```cedar
{cedar}
```
"""

ROW: dict[str, Any] = {
    "at": 1_500_000_000_000, "month": "2017-07", "agency": "us-ice", "party": "us-ice",
    "principal": "Officer", "criminal_justice": True, "purpose": "criminal investigation",
    "query": "name", "criteria": "name", "case_number": True, "approved": False,
    "standing_in": False, "basis": None, "basis_criminal": False, "basis_verified": False,
    "basis_names_subject": False, "on_file": True, "standing": "open", "juvenile": False,
    "charged": True, "convicted": False, "in_custody": True, "grade": "F3",
    "released_grade": None, "released_violent": None,
}  # fmt: skip


def agreement(*rules: str, name: str = "text", version: int = 1) -> Instrument:
    """A text of these policies; each is `permit`/`forbid` and its condition."""
    cedar = "\n".join(f'@id("1{chr(97 + number)}")\n{rule}' for number, rule in enumerate(rules))
    return parse_instrument(_TEXT.format(name=name, version=version, cedar=cedar), f"{name}.md")


def see(effect: str, when: str) -> str:
    """A rule about all data classes."""
    return f'{effect} (principal, action in Action::"see", resource) when {{ {when} }};'


def history(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows with everything usual but what they say."""
    return pl.DataFrame([{**ROW, **row} for row in rows], schema=dict(COLUMNS))


def days(year: int, count: int) -> list[int]:
    """Instants, one a day, in milliseconds."""
    start = date(year, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
    return [(start + day) * 86_400_000 for day in range(count)]
