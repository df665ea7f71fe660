"""Cases about a paper: what it is, whether it is in order, how long it lets somebody be held.

Source: `docs/law-cases.md`, `classify`, `form_check` and `hold_limit`. Invariants: the same
code answers as at the jail's desk (`classify`, `detainer_clock`); in a case a condition that
is `null` is not on the paper, and one that is left out nobody asks about; a case that
cannot be reckoned is INCOMPLETE with the reason, and never in order. Does not: decide
what may be done upon a paper (the texts do).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from comity.custody.classify import Classified, classify
from comity.custody.clock import ClockUnusable, Reading, detainer_clock
from comity.custody.paper import Paper, PaperUnusable, State
from comity.instant import Instant, InstantError, format_local, parse_local
from comity.law.in_force import clause_ref
from comity.law.instrument import ClauseRef, Instrument
from comity.law.paper import JUDICIAL, Command, Office
from comity.law.paper_form import PaperClass

EVENTS: Final = ("classify", "form_check", "hold_limit")
_LEFT_OUT: Final = object()
_BY_NAME: Final[Mapping[str, Mapping[str, Any]]] = {
    "BLACKIES": {
        "signed_by": Office.US_MAGISTRATE_JUDGE,
        "commands": Command.SEARCH,
        "cites": "8 U.S.C. 1357",
    },
    "STATE-WARRANT": {"signed_by": Office.STATE_JUDGE, "commands": Command.ARREST},
    "COURT-ORDER": {"commands": Command.OTHER},
}
"""What a table means by a paper without a form number, where the case does not say otherwise."""
_READINGS: Final[Mapping[str, str]] = {
    "regulation": "8 CFR 287.7(d)",
    "form_clock_hours": "Form I-247A (02/17)",
    "form": "Form I-247A (02/17)",
}


class OfPaper(msgspec.Struct, frozen=True):
    """What was computed, in the words of tables."""

    tokens: tuple[str, ...]
    clauses: tuple[ClauseRef, ...]
    why: str


def of_paper(
    event: str, conditions: Mapping[str, Any], at: Instant, texts: Sequence[Instrument]
) -> OfPaper:
    """The answer to one of EVENTS. `texts` are those cited, whose clauses say what is followed."""
    zone = texts[0].term.time_zone
    try:
        if event == "hold_limit":
            return _hold_limit(conditions, zone, texts)
        found = classify(_paper(conditions), at, zone)
    except (PaperUnusable, ClockUnusable, InstantError) as fault:
        return OfPaper(("INCOMPLETE",), (), fault.what)
    why = " ".join(one.reason for one in found.findings) or found.why
    if event == "form_check":
        word = found.stated.value.replace(" ", "_").upper()
        return OfPaper((word,), _clause(texts, "Form I-247A (02/17); ICE guidance"), why)
    return OfPaper(_class_tokens(found), _clause(texts, _followed(found)), why)


def _followed(found: Classified) -> str:
    """What the clause of the federal text cites that a class follows."""
    if found.paper_class in JUDICIAL:
        return "Fed. R. Crim. P. 4(b)(1)"
    if found.paper_class is PaperClass.ADMINISTRATIVE_SUBPOENA:
        return "8 U.S.C. 1225(d)(4)"
    return "8 CFR 1003.10" if "1003.10" in found.source else "8 CFR 236.1(b)"


def _class_tokens(found: Classified) -> tuple[str, ...]:
    if found.stated is State.INVALID:
        return ("INVALID",)
    match found.paper_class:
        case PaperClass.UNIDENTIFIED:
            return ("INCOMPLETE",)
        case PaperClass.DETAINER:
            return ("REQUEST_ONLY", "not_self_executing")
        case PaperClass.ADMINISTRATIVE_SUBPOENA:
            return ("ADMINISTRATIVE", "not_self_executing")
        case paper_class if paper_class in JUDICIAL:
            word = "JUDICIAL" if found.judicial else "INCOMPLETE"
            return (word, found.matter.value)
        case paper_class:
            return ("ADMINISTRATIVE", paper_class.value.replace(" ", "_"))


def _paper(conditions: Mapping[str, Any]) -> Paper:
    name = conditions.get("form", conditions.get("instrument"))
    meant = dict(_BY_NAME.get(str(name), {}))
    cites = conditions.get("offense", conditions.get("basis", _LEFT_OUT))
    if cites is not _LEFT_OUT:
        meant["cites"] = "" if cites is None else str(cites)
    if "signed_by" in conditions:
        meant["signed_by"] = _office(conditions["signed_by"])
    reasons = conditions.get("probable_cause_reasons", _LEFT_OUT)
    if reasons is not _LEFT_OUT:
        meant["box_1_grounded"] = bool(reasons)
    if "attached" in conditions:
        attached = conditions["attached"]
        several = attached if isinstance(attached, list) else str(attached).split("+")
        meant["attached"] = () if attached is None else tuple(map(str, several))
    for said, field in _FIELDS.items():
        if conditions.get(said) is not None:
            meant[field] = conditions[said]
    try:
        return msgspec.convert({"form": None if name is None else str(name), **meant}, Paper)
    except msgspec.ValidationError as fault:
        raise PaperUnusable(f"no such paper: {fault}") from fault


_FIELDS: Final[Mapping[str, str]] = {
    "served_on_subject": "served",
    "served_on": "served_on",
    "box1": "box_1",
    "box2": "box_2",
    "issued": "issued_on",
    "expires": "expires_on",
    "withdrawn": "withdrawn_on",
    "names_subject": "names_subject",
    "court": "court",
    "docket": "docket",
    "on_indictment": "on_indictment",
}
"""What a table calls a field of a paper."""


def _office(written: Any) -> Office:
    words = "nobody" if written is None else str(written).replace("_", " ").casefold()
    if words in {office.value for office in Office}:
        return Office(words)
    # `superior court of washington`: a court of a state, where it is none of the words.
    state = not words.startswith("us ") and ("court" in words or "state" in words)
    return Office.STATE_JUDGE if state and "immigration" not in words else Office.OTHER


def _hold_limit(conditions: Mapping[str, Any], zone: str, texts: Sequence[Instrument]) -> OfPaper:
    start = parse_local(str(conditions.get("otherwise_released_at", "")), zone)
    clock = detainer_clock(start, (zone,))
    mode = conditions.get("mode")
    reading: Reading | None = clock.shorter
    if mode is not None:
        wanted = _READINGS.get(str(mode))
        reading = next((one for one in clock.readings if one.citation == wanted), None)
    if reading is None:
        return OfPaper(("INCOMPLETE",), (), f"`{mode}` is no reading of the limit")
    until = format_local(reading.until, zone)[:16]
    return OfPaper((f"VALUE:{until}",), _clause(texts, "8 CFR 287.7(d)"), reading.name)


def _clause(texts: Sequence[Instrument], cited: str) -> tuple[ClauseRef, ...]:
    """The clause that says what the computation follows, by what it cites."""
    return tuple(
        clause_ref(text, clause)
        for text in texts
        for clause in text.clauses
        if clause.citation is not None and cited in clause.citation
    )[:1]
