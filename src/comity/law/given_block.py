"""The facts of an example about a custody act or an act of the office: its `given` block.

Source: `docs/instruments.md`, Examples; the catalogue is `comity.law.matter`.
Invariants: a fact that is in no catalogue, or not of its type, is a problem with its
line. Does not: run the example (`comity.law.examples`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comity.law.block import Node
from comity.law.matter import CHARGE_FACTS, CONVICTION_FACTS, FACTS, Fact
from comity.law.question import FactUnusable, cedar_facts
from comity.law.reading import Form, Reading

_OFFENCES: Mapping[str, Mapping[str, Fact]] = {
    "conviction": CONVICTION_FACTS,
    "charge": CHARGE_FACTS,
}


def read_given(reading: Reading, form: Form, clause: str) -> dict[str, Any]:
    """Facts by name as plain values; `conviction` and `charge` are mappings of their own."""
    node = form.node("given", required=False)
    if node is None:
        return {}
    given = Form(reading, node, "`given`", FACTS, clause)
    found: dict[str, Any] = {}
    if not isinstance(node.value, dict):
        form.broken.add("given")
        return found
    for name, value in node.value.items():
        if name in _OFFENCES:
            inner = Form(reading, value, f"`{name}`", _OFFENCES[name], clause)
            found[name] = {}
            for key, each in _items(value):
                _take(inner, key, each, _OFFENCES[name], found[name])
            given.broken |= inner.broken
        elif name in FACTS:
            _take(given, name, value, FACTS, found)
    form.broken |= given.broken
    return found


def _items(node: Node) -> list[tuple[str, Node]]:
    return list(node.value.items()) if isinstance(node.value, dict) else []


def _take(
    form: Form, name: str, node: Node, known: Mapping[str, Fact], found: dict[str, Any]
) -> None:
    if name not in known:
        return  # told already, as an unknown key
    value = node.plain()
    try:
        cedar_facts({name: value}, known)
    except FactUnusable as fault:
        form.fault(name, fault.what, fault.remedy or "", node.line)
    else:
        found[name] = value
