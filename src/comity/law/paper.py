"""What a paper is, from facts written on it: form number, office of the signer, court, command.

Source: 8 CFR 236.1(b), 241.2, 287.5(e), 287.7; 8 U.S.C. 1225(d)(4); 28 U.S.C. 631; Fed. R.
Crim. P. 4, 9, 17, 41; Blackie's House of Beef v. Castillo, 659 F.2d 1211 (D.C. Cir. 1981);
8 CFR 1003.10 (immigration judges). Invariants: a form that no judge signs is never a
judge's paper, whoever's name is on it; an immigration court is an office of the Department
of Justice and no court here; what somebody calls a paper is no fact of it. Does not: say
whether a paper is in order (`comity.custody.paper`) or what may be done upon it (the texts).
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from comity.law.paper_form import FORM, PaperClass, PaperForm
from comity.law.vocabulary import ProcessKind


class Office(StrEnum):
    """The office of the one who signed, as it stands under the signature."""

    IMMIGRATION_OFFICER = "immigration officer"
    DEPORTATION_OFFICER = "deportation officer"
    SUPERVISORY_DEPORTATION_OFFICER = "supervisory deportation officer"
    FIELD_OFFICE_DIRECTOR = "field office director"
    BORDER_PATROL_AGENT = "border patrol agent"
    SPECIAL_AGENT = "special agent"
    IMMIGRATION_JUDGE = "immigration judge"
    US_MAGISTRATE_JUDGE = "us magistrate judge"
    US_DISTRICT_JUDGE = "us district judge"
    US_CIRCUIT_JUDGE = "us circuit judge"
    STATE_JUDGE = "state judge"
    STATE_MAGISTRATE = "state magistrate"
    CLERK = "clerk of court"
    ATTORNEY = "attorney"
    PAROLE_OFFICER = "probation or parole officer"
    OTHER = "another office"
    NOBODY = "nobody"


class Command(StrEnum):
    """What the paper tells somebody to do."""

    ARREST = "arrest a person"
    SEARCH = "search or inspect a place, a thing or a person"
    PRODUCE = "bring papers or testify"
    HOLD = "keep a person"
    HAND_OVER = "hand a person over"
    NOTIFY = "give notice of a release"
    RELEASE = "let a person go"
    APPEAR = "come before a court or an office"
    OTHER = "something else"


class OffenceKind(StrEnum):
    """What the statute that a paper cites is about."""

    CRIMINAL = "criminal"
    CIVIL = "civil"
    UNCLEAR = "unclear"
    NONE = "none"


class NamedPerson(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom the paper names. Without birth date or state id it can name no subject here."""

    sur_name: str
    given_name: str
    birth_date: str | None = None  # ISO date
    state_id: str | None = None


IMMIGRATION_OFFICERS: Final = frozenset(
    {
        Office.IMMIGRATION_OFFICER,
        Office.DEPORTATION_OFFICER,
        Office.SUPERVISORY_DEPORTATION_OFFICER,
        Office.FIELD_OFFICE_DIRECTOR,
        Office.BORDER_PATROL_AGENT,
        Office.SPECIAL_AGENT,
    }
)
"""Officers of the agency itself (8 CFR 287.5(e)(2), 287.7(b))."""
FEDERAL_JUDGES: Final = frozenset(
    {Office.US_MAGISTRATE_JUDGE, Office.US_DISTRICT_JUDGE, Office.US_CIRCUIT_JUDGE}
)
"""Judges under Article III and magistrate judges under 28 U.S.C. 631."""
STATE_JUDGES: Final = frozenset({Office.STATE_JUDGE, Office.STATE_MAGISTRATE})
JUDGES: Final = FEDERAL_JUDGES | STATE_JUDGES
JUDICIAL: Final = frozenset(
    {
        PaperClass.CRIMINAL_WARRANT,
        PaperClass.SEARCH_WARRANT,
        PaperClass.CIVIL_WARRANT,
        PaperClass.STATE_WARRANT,
        PaperClass.COURT_ORDER,
        PaperClass.SUBPOENA,
    }
)
"""Classes that come from a court. Whether one of them is in order is another question."""
KIND: Final = {
    PaperClass.DETAINER: ProcessKind.DETAINER,
    PaperClass.ADMINISTRATIVE_WARRANT: ProcessKind.ADMINISTRATIVE_WARRANT,
    PaperClass.ADMINISTRATIVE_ORDER: ProcessKind.ADMINISTRATIVE_WARRANT,
    PaperClass.DATABASE_ENTRY: ProcessKind.ADMINISTRATIVE_WARRANT,
    PaperClass.CHARGING_DOCUMENT: ProcessKind.ADMINISTRATIVE_WARRANT,
    PaperClass.ADMINISTRATIVE_SUBPOENA: ProcessKind.SUBPOENA,
    PaperClass.CRIMINAL_WARRANT: ProcessKind.JUDICIAL_WARRANT,
    PaperClass.SEARCH_WARRANT: ProcessKind.JUDICIAL_WARRANT,
    PaperClass.CIVIL_WARRANT: ProcessKind.JUDICIAL_WARRANT,
    PaperClass.STATE_WARRANT: ProcessKind.JUDICIAL_WARRANT,
    PaperClass.COURT_ORDER: ProcessKind.COURT_ORDER,
    PaperClass.SUBPOENA: ProcessKind.SUBPOENA,
    PaperClass.UNIDENTIFIED: ProcessKind.SUBPOENA,
}
"""The word of the texts for each class; where they have none of its own, the weaker one."""

_NUMBER: Final = re.compile(
    r"\b(?:(I)[-\s]?(247|200|203|205|286|862|138)\s?([A-Z])?|(AO)[-\s]?(442|93|88|89|110)[A-Z]?)\b",
    re.ASCII | re.IGNORECASE,
)
_EOIR: Final = re.compile(r"\bEOIR\b", re.IGNORECASE)
_NCIC: Final = re.compile(r"\bNCIC\b|\bIVF\b|immigration violator", re.IGNORECASE)
_IMMIGRATION_COURT: Final = re.compile(
    r"immigration\s+(court|judge)|executive office for immigration|\beoir\b"
    r"|board of immigration appeals",
    re.IGNORECASE,
)
_FEDERAL_COURT: Final = re.compile(r"\bu\.?\s?s\.?\b|united states|\b[EWNSMC]{1,2}\.?\s?D\.", re.I)
_SECTIONS: Final = r"((?:§+|sections?|secs?\.)?\s*\d+[a-z]?(?:\s*(?:,|;|&|and|or)+\s*(?:§+\s*)?\d+[a-z]?\b(?!\s*U\.?\s*S\b))*)"
_USC: Final = re.compile(
    r"(\d+)\s*U\.?\s*S\.?\s*C\.?(?:\s*A\.)?\s*" + _SECTIONS, re.ASCII | re.IGNORECASE
)
_INA: Final = re.compile(
    r"(?:\bINA\b|Nationality Act)[^\w§]*"
    + _SECTIONS
    + r"|"
    + _SECTIONS
    + r"\s+of\s+the\s+(?:INA|Immigration)",
    re.IGNORECASE,
)
_NUMBERS: Final = re.compile(r"\d+[a-z]?", re.ASCII | re.IGNORECASE)
_PARAGRAPHS: Final = re.compile(r"\([0-9A-Za-z]{1,5}\)", re.ASCII)
_CFR_8: Final = re.compile(r"\b8\s*C\.?\s*F\.?\s*R\b", re.ASCII | re.IGNORECASE)
_CRIMES_OF_TITLE_8: Final = frozenset({"1253", "1306", "1324", "1325", "1326", "1327", "1328"})
_CRIMES_OF_THE_ACT: Final = frozenset({"243", "266", "274", "275", "276", "277", "278"})
_TITLES_OF_CRIMES: Final = frozenset({"18", "21"})


def form_of(written: str | None) -> PaperForm | None:
    """The form whose number is written there: `DHS Form I-247A (2/17)`, `i200`, `AO 442 (Rev. 11/11)`.

    A letter after I-247 that we do not know makes a detainer of no known edition; a letter
    after another number changes nothing. None where no number of ours is found: a name
    (`court order`) is no form.
    """
    text = written or ""
    found = _NUMBER.search(text)
    if found is None:
        if _NCIC.search(text):
            return FORM["NCIC-IVF"]
        return FORM["EOIR-IJ"] if _EOIR.search(text) else None
    if found[4]:
        return FORM[f"AO-{found[5]}"]
    letter = (found[3] or "").upper()
    if found[2] != "247":
        return FORM[f"I-{found[2]}"]
    number = f"I-247{letter}"
    if number in FORM:
        return FORM[number]
    return msgspec.structs.replace(
        FORM["I-247"], number=number, issued_from=None, issued_before=date.min
    )


def is_immigration_court(written: str | None) -> bool:
    """Whether a caption, or a signer's title, is that of an immigration court or judge."""
    return written is not None and _IMMIGRATION_COURT.search(written) is not None


def offence_kind(cites: str | None) -> OffenceKind:
    """Criminal or civil, from the statutes cited: 8 U.S.C. 1326 is a crime, 8 U.S.C. 1226 is not."""
    if cites is None or not cites.strip():
        return OffenceKind.NONE
    plain = _PARAGRAPHS.sub("", cites)
    sections = [
        (title, section.lower())
        for title, listed in _USC.findall(plain)
        for section in _NUMBERS.findall(listed)
    ]
    acts = [
        section.lower()
        for one, other in _INA.findall(plain)
        for section in _NUMBERS.findall(one or other)
    ]
    if any(
        title in _TITLES_OF_CRIMES or (title == "8" and section in _CRIMES_OF_TITLE_8)
        for title, section in sections
    ) or any(section in _CRIMES_OF_THE_ACT for section in acts):
        return OffenceKind.CRIMINAL
    if acts or _CFR_8.search(cites) or any(title == "8" for title, _ in sections):
        return OffenceKind.CIVIL
    return OffenceKind.UNCLEAR


def class_of(
    *,
    form: str | None,
    signed_by: Office | None,
    court: str | None,
    commands: Command | None,
    cites: str | None,
) -> PaperClass:
    """The class of a paper. Every argument is as written on it; None is not known yet."""
    known = form_of(form)
    if known is not None and not known.judge_signs:
        return known.paper_class
    if known is not None:
        civil_search = (
            known.paper_class is PaperClass.SEARCH_WARRANT
            and offence_kind(cites) is OffenceKind.CIVIL
        )
        return PaperClass.CIVIL_WARRANT if civil_search else known.paper_class
    if signed_by is Office.IMMIGRATION_JUDGE or is_immigration_court(court):
        return PaperClass.ADMINISTRATIVE_ORDER
    if signed_by in IMMIGRATION_OFFICERS:
        return _from_an_officer(commands)
    if signed_by is Office.ATTORNEY and commands is Command.PRODUCE and _written(court):
        return PaperClass.SUBPOENA
    if signed_by in JUDGES or (signed_by is Office.CLERK and _written(court)):
        federal = signed_by in FEDERAL_JUDGES or (
            signed_by is Office.CLERK and _FEDERAL_COURT.search(court or "") is not None
        )
        return _from_a_court(commands, offence_kind(cites), federal=federal)
    return PaperClass.UNIDENTIFIED


def _from_an_officer(commands: Command | None) -> PaperClass:
    match commands:
        case Command.HOLD | Command.NOTIFY | Command.HAND_OVER:
            return PaperClass.DETAINER
        case Command.PRODUCE:
            return PaperClass.ADMINISTRATIVE_SUBPOENA
        case Command.APPEAR:
            return PaperClass.CHARGING_DOCUMENT
        case Command.ARREST | Command.SEARCH:
            return PaperClass.ADMINISTRATIVE_WARRANT
        case _:
            return PaperClass.ADMINISTRATIVE_ORDER


def _from_a_court(commands: Command | None, offence: OffenceKind, *, federal: bool) -> PaperClass:
    civil = offence is OffenceKind.CIVIL
    match commands:
        case Command.PRODUCE:
            return PaperClass.SUBPOENA
        case Command.SEARCH:
            return PaperClass.CIVIL_WARRANT if civil else PaperClass.SEARCH_WARRANT
        case Command.ARREST if civil:
            return PaperClass.CIVIL_WARRANT
        case Command.ARREST:
            return PaperClass.CRIMINAL_WARRANT if federal else PaperClass.STATE_WARRANT
        case _:
            return PaperClass.COURT_ORDER


def agency_kind(form: str | None) -> ProcessKind | None:
    """What a form is that no judge signs; None for a judge's form, and where there is no number."""
    known = form_of(form)
    return KIND[known.paper_class] if known is not None and not known.judge_signs else None


def looks_judicial(
    court: str | None, judicial_officer: str | None, docket: str | None, person: NamedPerson | None
) -> bool:
    """Whether a paper has all that a judge's has: court, judicial officer, docket, named person."""
    return (
        all(_written(part) for part in (court, judicial_officer, docket))
        and person is not None
        and not is_immigration_court(court)
        and not is_immigration_court(judicial_officer)
    )


def same_person(
    named: NamedPerson,
    *,
    sur_name: str | None,
    given_name: str | None,
    birth_date: str | None,
    state_id: str | None,
) -> bool:
    """Whether the paper names this person: by state id where both have one, or name and birth date."""
    if named.state_id is not None and state_id is not None:
        return named.state_id == state_id
    names = tuple((part or "").casefold().strip() for part in (sur_name, given_name))
    return (
        named.birth_date is not None
        and named.birth_date == birth_date
        and names == (named.sur_name.casefold().strip(), named.given_name.casefold().strip())
    )


def _written(text: str | None) -> bool:
    return bool(text and text.strip())
