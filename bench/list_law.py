"""Two agencies that may list: one sees all but what is sealed or a juvenile's, one next to nothing.

A text of the bench, beside the shipped ones: under those a list must rest on a name, so the
lists that are hardest for the store are refused before a record is looked for.
"""

from __future__ import annotations

from typing import Final

from comity.law.instrument import Instrument
from comity.law.parse import parse_instrument

WIDE: Final = "wide"
NARROW: Final = "narrow"
ID: Final = "bench-lists"

_TEXT: Final = """---
id: bench-lists
version: 1
title: Lists for the bench
kind: agreement
rank: contract
jurisdiction: bench
custodian: bench
parties:
  - {id: bench, name: The bench, role: custodian}
  - {id: wide, name: The wide agency, role: recipient}
  - {id: narrow, name: The narrow agency, role: recipient}
term:
  from: 2009-01-01T00:00
  until: 2099-12-31T24:00
  time_zone: America/New_York
citation: a text of the bench
source: a text of the bench
verified: text
as_of: 2018-08-31
---

# Lists for the bench

## 1 Parties and term

The bench lets the wide and the narrow agency list, until the end of 2099.

```sets
parties
term
```

## 2 Wide

The wide agency lists and sees what is open and of an adult.

```cedar
@id("2a")
permit (principal in Party::"wide", action, resource);

@id("2b")
@refuses_by("withhold")
forbid (principal, action in Action::"see", resource)
when { !resource.on_file || resource.standing != "open" || resource.juvenile };
```

```examples
- that: an adult's open record
  act: see identity
  asks: {agency: wide, purpose: criminal investigation, query: list, criteria: [name]}
  about: {}
  expect: permitted
- that: a juvenile's
  act: see identity
  asks: {agency: wide, purpose: criminal investigation, query: list, criteria: [name]}
  about: {juvenile: true}
  expect: withheld
```

## 3 Narrow

The narrow agency lists, and sees who is in custody and was convicted of a violent felony of the
first degree.

```cedar
@id("3a")
permit (principal in Party::"narrow", action == Action::"list", resource);

@id("3b")
permit (principal in Party::"narrow", action in Action::"see", resource)
when {
  resource.in_custody && resource has released_after &&
  resource.released_after.violent && resource.released_after.grade == Grade::"F1"
};
```

```examples
- that: the narrow agency lists
  act: list
  asks: {agency: narrow, purpose: criminal investigation, query: list, criteria: [name]}
  expect: permitted
- that: whoever was
  act: see identity
  asks: {agency: narrow, purpose: criminal investigation, query: list, criteria: [name]}
  about: {in_custody: true, released_after: {grade: F1, violent: true}}
  expect: permitted
- that: whoever was not
  act: see identity
  asks: {agency: narrow, purpose: criminal investigation, query: list, criteria: [name]}
  about: {}
  expect: untouched
```
"""


def list_text() -> Instrument:
    """The text, read."""
    return parse_instrument(_TEXT, ID)
