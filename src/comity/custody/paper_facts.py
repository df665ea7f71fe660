"""Facts about a paper as they come in from a page or a program, and what is dropped at the door.

Source: the reject list of `comity.records.reject`; the fields of `comity.custody.paper`.
Invariants: a field about immigration, citizenship or place of birth is dropped at any depth
and counted by its name; what a detainer's first box says is reduced to whether it says
anything, before anything else looks at it; a field we do not know is refused by name and
never passed over. Does not: guess from values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from comity.custody.paper import Paper, PaperUnusable, demand_days
from comity.law.paper import NamedPerson
from comity.records.reject import drop_rejected

BOX_1_CONTENTS: Final = frozenset(
    {"box_1_reasons", "box_1_text", "probable_cause_reasons", "probable_cause"}
)
"""Names under which programs send what is ticked or written in the first box."""
CHARACTERS_MAX: Final = 500
"""Of any one fact: a caption, a docket number and a citation are short."""
_FIELDS: Final = frozenset(Paper.__struct_fields__)
_PERSON: Final = frozenset(NamedPerson.__struct_fields__)


class TakenIn(msgspec.Struct, frozen=True):
    """The facts kept, and how often each name was dropped. The values dropped are nowhere."""

    paper: Paper
    dropped: Mapping[str, int]


def take_in(facts: Mapping[str, Any]) -> TakenIn:
    """Facts about a paper out of a JSON object. Raises PaperUnusable for what it cannot read."""
    dropped: Counter[str] = Counter()
    kept = dict(drop_rejected(facts, dropped, hold_birthplace=False))
    for name in sorted(BOX_1_CONTENTS & kept.keys()):
        contents = kept.pop(name)
        dropped[name] += 1
        kept.setdefault("box_1_grounded", None if contents is None else bool(contents))
    _demand_known(kept, _FIELDS, "")
    named = kept.get("named")
    if isinstance(named, Mapping):
        _demand_known(named, _PERSON, "named.")
    trimmed = {
        name: value.strip() if isinstance(value, str) else value for name, value in kept.items()
    }
    for name, value in trimmed.items():
        if isinstance(value, str) and len(value) > CHARACTERS_MAX:
            raise PaperUnusable(
                f"`{name}` has {len(value)} characters",
                where=name,
                remedy=f"write what stands on the paper in {CHARACTERS_MAX} at most",
            )
    try:
        paper = msgspec.convert(trimmed, Paper)
    except msgspec.ValidationError as fault:
        raise PaperUnusable(
            f"the facts of the paper cannot be read: {fault}",
            remedy="send each fact as its kind: a word, a day as 2026-11-20, true or false",
        ) from fault
    demand_days(paper)
    return TakenIn(paper, dict(dropped))


def _demand_known(given: Mapping[str, Any], known: frozenset[str], within: str) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise PaperUnusable(
                f"`{within}{name}` is no fact of a paper",
                where=f"{within}{name}",
                remedy=f"did you mean {near[0]}?"
                if near
                else f"one of: {', '.join(sorted(known))}",
            )
