"""A request from a proof in plain words: who asks, for what, upon what, about what record.

Invariants: every fact of the request is said, in words of the closed lists; who asks is a
kind and its parties, never a name, since any would do. Does not: say what the law makes of
it (`comity.oversight.prove`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from comity.cedar.symbolic.answer import Counterexample
from comity.instant import InstantError, format_local, parse_instant
from comity.law.schema import ACTS
from comity.oversight.promise_question import attributes_of, parties_of, plain

_ANYTHING: Final = re.compile("[\U000f0000-\U0010ffff]+")
"""Characters that stand for any character at all (`comity.cedar.symbolic.example`)."""
_KIND: Final = {
    "Officer": "an officer of an agency",
    "System": "a system of an agency",
    "Agency": "an agency",
}
_STANDING: Final = {
    "on_file": ("is on file", "is not on file"),
    "juvenile": ("of a juvenile", "of an adult"),
    "charged": ("charged", "not charged"),
    "convicted": ("convicted", "not convicted"),
    "in_custody": ("in custody", "not in custody"),
}


def in_words(example: Counterexample, zone: str = "UTC") -> tuple[str, ...]:
    """One line for each thing that counts, in the order in which people would tell it."""
    context = plain(example.context)
    lines = [_who(example), f"act: {example.act}"]
    when = f"when: {_instant(context['at'], zone)}"
    match ACTS[example.act].context:
        case "Inquiry":
            lines += [when, *_inquiry(context)]
        case "Presented":
            lines += [when, *_paper(context)]
        case _:
            lines += [when, *_facts(context, ("at",))]
    if ACTS[example.act].resource == "Record":
        lines.append(_record(attributes_of(example, "Record", example.resource.id)))
    return tuple(lines)


def _instant(written: Any, zone: str) -> str:
    """As clocks there show it; a proof about every stored time may go beyond all calendars."""
    if not isinstance(written, str):
        return "an instant beyond every calendar"
    try:
        return format_local(parse_instant(written), zone)
    except (InstantError, OverflowError):
        return written


def _who(example: Counterexample) -> str:
    parties = parties_of(example)
    principal = example.principal
    criminal = attributes_of(example, principal.type, principal.id).get("criminal_justice", False)
    of = f" for {_and(parties)}" if parties else " that is party to no text"
    return f"who asks: {_KIND[principal.type]}{of}, {_not(criminal)}of criminal justice"


def _inquiry(context: Mapping[str, Any]) -> Iterator[str]:
    yield f"purpose: {context['purpose']}"
    criteria = sorted(context["criteria"])
    yield f"query: by {context['query']}, resting on {_and(criteria) if criteria else 'nothing'}"
    asks = "on behalf of another agency" if context["standing_in"] else "for itself"
    case = "with" if context["case_number"] else "without"
    yield f"asks {asks}, {case} a case number, {_not(context['approved'])}approved"
    basis = context.get("basis")
    if basis is None:
        yield "basis: no process on file"
        return
    matter = "criminal" if basis["criminal"] else "civil"
    yield (
        f"basis: {basis['kind']}, {matter}, {_not(basis['verified'])}verified, "
        f"{'names' if basis['names_subject'] else 'does not name'} the person"
    )


def _paper(context: Mapping[str, Any]) -> Iterator[str]:
    matter = "civil" if context["civil"] else "criminal"
    judge = "with" if context["judicial_warrant"] else "without"
    yield f"paper: {context['request']}, {matter}, {judge} a judicial warrant"
    yield from _facts(context, ("at", "request", "civil", "judicial_warrant"))


def _facts(context: Mapping[str, Any], known: Sequence[str]) -> Iterator[str]:
    for name, value in sorted(context.items()):
        if name in known:
            continue
        if isinstance(value, Mapping):
            yield f"{name}: {_offence(value)}"
        else:
            yield f"{name.replace('_', ' ')}: {_word(value)}"


def _offence(value: Mapping[str, Any]) -> str:
    """What is so of it; a flag that is not raised goes without saying."""
    said = [
        name.replace("_", " ") if one is True else f"{name.replace('_', ' ')} {_word(one)}"
        for name, one in value.items()
        if one is not False
    ]
    return ", ".join(said) or "of no particular kind"


def _record(attributes: Mapping[str, Any]) -> str:
    parts = [f"standing {attributes.get('standing', 'not known')}"]
    parts += [
        words[0 if attributes[name] else 1]
        for name, words in _STANDING.items()
        if name in attributes
    ]
    if "grade" in attributes:
        parts.append(f"gravest charge {attributes['grade']}")
    after = attributes.get("released_after")
    if after is not None:
        violent = "violent" if after["violent"] else "not violent"
        parts.append(f"released after a conviction of grade {after['grade']}, {violent}")
    return "record: " + ", ".join(parts)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _and([str(one) for one in value]) if value else "none"
    return _ANYTHING.sub("…", str(value)) or "an empty word"


def _not(so: bool) -> str:
    return "" if so else "not "


def _and(words: Sequence[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]
