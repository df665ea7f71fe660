"""The closed lists that texts, inquiries and records share.

Purposes start from NIEM 6.0 `j:RapSheetPurposeCode` (A, C, D, F, H, I, J, R, S, V, X)
and split code C, under which civil immigration enforcement travels without a
code of its own. A word that is not here is an error wherever it occurs.
"""

from __future__ import annotations

from enum import StrEnum


class DataClass(StrEnum):
    """A group of record fields with one act of seeing."""

    # That of Enum is written in Python; every decision hashes some ten of these.
    __hash__ = str.__hash__

    EXISTENCE = "existence"
    IDENTITY = "identity"
    BIRTHPLACE = "birthplace"
    CONTACT = "contact"
    ARREST = "arrest"
    CHARGES = "charges"
    COURT = "court"
    CUSTODY = "custody"
    RELEASE = "release"
    HISTORY = "history"
    WHEREABOUTS = "whereabouts"
    PARTIES = "parties"


class CustodyAct(StrEnum):
    """What a jail may be asked to do; regimes treat each differently."""

    HOLD = "hold"
    NOTIFY_RELEASE = "notify release"
    TRANSFER = "transfer"
    INTERVIEW = "interview"
    ENTER = "enter"
    TELL_STATUS = "tell status"


class ListAct(StrEnum):
    """Acts on the register as a whole, decided before any record is."""

    LIST = "list"
    SUBSCRIBE = "subscribe"


class Purpose(StrEnum):
    """Why an agency asks. The code in brackets is NIEM's."""

    CRIMINAL_INVESTIGATION = "criminal investigation"  # C
    CRIMINAL_PROSECUTION = "criminal prosecution"  # C
    FUGITIVE_APPREHENSION = "fugitive apprehension"  # C
    PRETRIAL_SUPERVISION = "pretrial supervision"  # C
    CUSTODY_AND_CORRECTIONS = "custody and corrections"  # C
    DOMESTIC_VIOLENCE = "domestic violence proceeding"  # D
    FIREARMS_CHECK = "firearms check"  # F
    HOUSING = "public housing"  # H
    LICENSING = "licensing and employment"  # I
    CRIMINAL_JUSTICE_EMPLOYMENT = "criminal justice employment"  # J
    SECURITY_CLEARANCE = "security clearance"  # S
    VISA_SCREENING = "visa screening"  # V
    EMERGENCY = "exigent emergency"  # X
    CIVIL_IMMIGRATION = "civil immigration enforcement"  # travels under C
    VICTIM_NOTIFICATION = "victim notification"
    AUDIT = "audit"


class QueryKind(StrEnum):
    """How an inquiry points at records."""

    IDENTIFIER = "identifier"
    NAME = "name"
    LIST = "list"
    SUBSCRIPTION = "subscription"


class Criterion(StrEnum):
    """The characteristics an inquiry rests on (18 Pa.C.S. 9106(c)(4))."""

    RECORD_NUMBER = "record number"
    STATE_ID = "state identification number"
    FINGERPRINT = "fingerprint"
    NAME = "name"
    BIRTH_DATE = "date of birth"
    BIRTHPLACE = "place of birth"
    CHARGE = "charge"
    ARREST_DATE = "arrest date"
    CUSTODY_STATUS = "custody status"


class ProcessKind(StrEnum):
    """The class of a paper, from facts on it and never from what somebody calls it."""

    DETAINER = "detainer"
    ADMINISTRATIVE_WARRANT = "administrative warrant"
    JUDICIAL_WARRANT = "judicial warrant"
    COURT_ORDER = "court order"
    SUBPOENA = "subpoena"


class Grade(StrEnum):
    """Pennsylvania offence grades, gravest first (18 Pa.C.S. 106)."""

    H1 = "H1"
    H2 = "H2"
    H3 = "H3"
    F1 = "F1"
    F2 = "F2"
    F3 = "F3"
    F = "F"
    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    M = "M"
    S = "S"
    IC = "IC"


def see(data_class: DataClass) -> str:
    """The Cedar action id of seeing a data class: `see charges`."""
    return f"see {data_class.value}"
