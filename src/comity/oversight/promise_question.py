"""A request from a proof as a question to the texts, the way the jail's desk asks.

Source: `comity.law.question`, whose encoding this turns round. Invariants: what is not a fact
of the catalogue, or not of its type, is refused by the catalogue itself when the question is
put; nothing is left out. Does not: decide (`comity.law.verdict`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from comity.cedar.symbolic.answer import Counterexample
from comity.instant import parse_instant
from comity.law.question import Presented, Question
from comity.law.schema import ACTS
from comity.law.vocabulary import ProcessKind

_PAPER: Final = ("at", "request", "civil", "judicial_warrant", "conviction", "charge")
_MIDNIGHT: Final = "T00:00:00.000Z"


def question_of(example: Counterexample) -> Question:
    """The question. Raises InstantError for an instant that cannot be written."""
    context = plain(example.context)
    presented = Presented()
    about: Mapping[str, Any] = {}
    if ACTS[example.act].context == "Presented":
        presented = Presented(
            ProcessKind(context["request"]), context["civil"], context["judicial_warrant"]
        )
        about = attributes_of(example, example.resource.type, example.resource.id)
    return Question(
        act=example.act,
        at=parse_instant(context["at"]),
        given={name: _day(value) for name, value in context.items() if name not in _PAPER},
        convictions=(context["conviction"],) if "conviction" in context else (),
        charges=(context["charge"],) if "charge" in context else (),
        presented=presented,
        about=about,
        agency=next(iter(parties_of(example)), example.principal.id),
        criminal_justice=attributes_of(example, example.principal.type, example.principal.id).get(
            "criminal_justice", True
        ),
    )


def attributes_of(example: Counterexample, kind: str, name: str) -> dict[str, Any]:
    """The plain attributes of an entity; empty where it is not among them."""
    for entity in example.entities:
        if entity["uid"] == {"type": kind, "id": name}:
            return {key: plain(value) for key, value in entity["attrs"].items()}
    return {}


def parties_of(example: Counterexample) -> tuple[str, ...]:
    """The parties that the one who asks belongs to, over any number of steps."""
    above: dict[tuple[str, str], list[dict[str, str]]] = {
        (entity["uid"]["type"], entity["uid"]["id"]): list(entity["parents"])
        for entity in example.entities
    }
    waiting = [(example.principal.type, example.principal.id)]
    reached: dict[tuple[str, str], None] = {}
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached[current] = None
            waiting += [(one["type"], one["id"]) for one in above.get(current, ())]
    return tuple(sorted(name for kind, name in reached if kind == "Party"))


def plain(value: Any) -> Any:
    """Cedar's JSON as words, numbers and lists: an entity is its id, a datetime its text."""
    if isinstance(value, Mapping):
        if "__entity" in value:
            return value["__entity"]["id"]
        if "__extn" in value:
            return value["__extn"].get("arg", value["__extn"])
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def _day(value: Any) -> Any:
    if isinstance(value, str) and value.endswith(_MIDNIGHT):
        return value.removesuffix(_MIDNIGHT)
    return value
