"""Small texts about custody, for tests of what several make of one question."""

from __future__ import annotations

from comity.law.instrument import Instrument
from comity.law.parse import parse_instrument

_TEXT = """---
id: {id}
version: 1
title: A text for tests
kind: statute
rank: {rank}
jurisdiction: springfield
custodian: city
parties:
  - {{id: city, name: City of Springfield, role: custodian}}
term:
  from: 2020-01-01T00:00
  until: none
  time_zone: America/Chicago
{preempts}citation: none
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
{duty}"""


def ruling_text(
    cedar: str, name: str = "t", rank: str = "state", preempts: str = "", duty: str = ""
) -> Instrument:
    """A text of one clause. `cedar` are its policies; `preempts` as in `local hold`."""
    return parse_instrument(
        _TEXT.format(
            id=name,
            rank=rank,
            cedar=cedar,
            preempts=f"preempts: [{preempts}]\n" if preempts else "",
            duty=f"\n```duty\n{duty}\n```\n" if duty else "",
        ),
        f"{name}.md",
    )


def rule(
    effect: str, when: str = "true", act: str = "hold", name: str = "1", says: str = ""
) -> str:
    """One policy on one act."""
    return f'@id("{name}") {says}\n{effect} (principal, action == Action::"{act}", resource) when {{ {when} }};'
