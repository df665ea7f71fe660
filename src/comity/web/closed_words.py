"""The words of the closed lists as a page says them: purposes, data classes, papers, outcomes.

Invariant: every word of every list has a saying here (a test holds it). Does not: explain the law;
what a word means in a text is what the text says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from comity.disclosure.decision import Outcome
from comity.law.instrument import ClauseRef
from comity.law.vocabulary import Criterion, DataClass, ProcessKind, Purpose, QueryKind
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_

PURPOSES: Final[Mapping[Purpose, str]] = {
    Purpose.CRIMINAL_INVESTIGATION: N_("criminal investigation"),
    Purpose.CRIMINAL_PROSECUTION: N_("criminal prosecution"),
    Purpose.FUGITIVE_APPREHENSION: N_("finding a fugitive"),
    Purpose.PRETRIAL_SUPERVISION: N_("pretrial supervision"),
    Purpose.CUSTODY_AND_CORRECTIONS: N_("custody and corrections"),
    Purpose.DOMESTIC_VIOLENCE: N_("domestic violence proceeding"),
    Purpose.FIREARMS_CHECK: N_("firearms check"),
    Purpose.HOUSING: N_("public housing"),
    Purpose.LICENSING: N_("licensing and employment"),
    Purpose.CRIMINAL_JUSTICE_EMPLOYMENT: N_("criminal justice employment"),
    Purpose.SECURITY_CLEARANCE: N_("security clearance"),
    Purpose.VISA_SCREENING: N_("visa screening"),
    Purpose.EMERGENCY: N_("emergency that cannot wait"),
    Purpose.CIVIL_IMMIGRATION: N_("civil immigration enforcement"),
    Purpose.VICTIM_NOTIFICATION: N_("victim notification"),
    Purpose.AUDIT: N_("audit"),
}
CLASSES: Final[Mapping[DataClass, str]] = {
    DataClass.EXISTENCE: N_("that there is a record"),
    DataClass.IDENTITY: N_("who the person is"),
    DataClass.BIRTHPLACE: N_("place of birth"),
    DataClass.CONTACT: N_("address and telephone"),
    DataClass.ARREST: N_("the arrest"),
    DataClass.CHARGES: N_("charges"),
    DataClass.COURT: N_("court dates and bail"),
    DataClass.CUSTODY: N_("custody and holds"),
    DataClass.RELEASE: N_("release"),
    DataClass.HISTORY: N_("earlier convictions"),
    DataClass.WHEREABOUTS: N_("where the person is held or was taken"),
    DataClass.PARTIES: N_("victims and witnesses"),
}
KINDS: Final[Mapping[QueryKind, str]] = {
    QueryKind.IDENTIFIER: N_("by number"),
    QueryKind.NAME: N_("by name"),
    QueryKind.LIST: N_("as a list"),
    QueryKind.SUBSCRIPTION: N_("as a subscription"),
}
PAPERS: Final[Mapping[ProcessKind, str]] = {
    ProcessKind.DETAINER: N_("a detainer"),
    ProcessKind.ADMINISTRATIVE_WARRANT: N_("an administrative warrant"),
    ProcessKind.JUDICIAL_WARRANT: N_("a judicial warrant"),
    ProcessKind.COURT_ORDER: N_("a court order"),
    ProcessKind.SUBPOENA: N_("a subpoena"),
}
OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.PERMIT: N_("Shown"),
    Outcome.PERMIT_REDUCED: N_("Shown in part"),
    Outcome.WITHHOLD: N_("Neither confirmed nor denied"),
    Outcome.HOLD_FOR_APPROVAL: N_("Held for approval"),
    Outcome.REFUSE: N_("Refused"),
}
CRITERIA: Final[Mapping[Criterion, str]] = {
    Criterion.RECORD_NUMBER: N_("a record number"),
    Criterion.STATE_ID: N_("a state identification number"),
    Criterion.FINGERPRINT: N_("a fingerprint"),
    Criterion.NAME: N_("a name"),
    Criterion.BIRTH_DATE: N_("a date of birth"),
    Criterion.BIRTHPLACE: N_("a place of birth"),
    Criterion.CHARGE: N_("a charge"),
    Criterion.ARREST_DATE: N_("a day of arrest"),
    Criterion.CUSTODY_STATUS: N_("being in custody"),
}


class Cited(msgspec.Struct, frozen=True):
    """A clause as a page cites it, with the way to its text (`macros/cite.html`)."""

    instrument: str
    clause: str
    title: str = ""


def cited(clauses: Iterable[ClauseRef | Mapping[str, str] | str]) -> tuple[Cited, ...]:
    """Citations of decisions, answers and entries (`ref#number`), each once."""
    found = []
    for one in clauses:
        if isinstance(one, str):
            ref, _, number = one.partition("#")
            found.append(Cited(ref, number))
        elif isinstance(one, ClauseRef):
            found.append(Cited(one.instrument, one.clause, one.title))
        else:
            found.append(Cited(one["instrument"], one["clause"], one.get("title", "")))
    return tuple(dict.fromkeys(found))


def class_said(visit: Visit, data_class: str) -> str:
    """A data class in words; a word of no list as it is."""
    try:
        return visit.text(CLASSES[DataClass(data_class)])
    except ValueError:
        return data_class


def purpose_said(visit: Visit, purpose: str) -> str:
    """A purpose in words."""
    try:
        return visit.text(PURPOSES[Purpose(purpose)])
    except ValueError:
        return purpose


def outcome_said(visit: Visit, outcome: str) -> str:
    """An outcome in words."""
    try:
        return visit.text(OUTCOMES[Outcome(outcome)])
    except ValueError:
        return outcome


def tone(outcome: str) -> str:
    """How a page colours an outcome: the class of a verdict."""
    shown = {Outcome.PERMIT.value: "", Outcome.PERMIT_REDUCED.value: ""}
    return shown.get(outcome, "warn" if outcome == Outcome.HOLD_FOR_APPROVAL.value else "stop")
