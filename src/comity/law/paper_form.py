"""The forms that reach a jail: what each is, who signs it, between which days it was issued.

Source: 8 CFR 236.1(b), 241.2, 287.5(e)(2), 287.7(b); 8 U.S.C. 1225(d)(4); Form I-247A (02/17)
and ICE's guidance of 2 April 2017, by which it took the place of I-247D, I-247N and I-247X
(those issued before stay good); Fed. R. Crim. P. 4, 9, 17, 41; Fed. R. Civ. P. 45. The day in
2015 on which I-247D came in is from memory. Invariants: a form has one class, whatever is
written on a copy of it. Does not: read a form's name out of a text (`comity.law.paper`).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from comity.law.vocabulary import CustodyAct


class PaperClass(StrEnum):
    """What a paper is."""

    DETAINER = "detainer"
    ADMINISTRATIVE_WARRANT = "administrative warrant"
    ADMINISTRATIVE_ORDER = "administrative order"
    DATABASE_ENTRY = "database entry"
    ADMINISTRATIVE_SUBPOENA = "administrative subpoena"
    CHARGING_DOCUMENT = "charging document"
    CRIMINAL_WARRANT = "criminal warrant"
    SEARCH_WARRANT = "search warrant"
    CIVIL_WARRANT = "civil warrant of a judge"
    STATE_WARRANT = "warrant of a state court"
    COURT_ORDER = "court order"
    SUBPOENA = "subpoena of a court"
    UNIDENTIFIED = "unidentified paper"


class PaperForm(msgspec.Struct, frozen=True):
    """A form by its number. Issued from the first day on, and before the last: local days."""

    number: str
    title: str
    paper_class: PaperClass
    judge_signs: bool
    signer: str
    source: str
    asks: tuple[CustodyAct, ...] = ()
    issued_from: date | None = None
    issued_before: date | None = None
    must_be_served: bool = False
    states_ground: bool = False
    """Has boxes of which one states the ground, and comes with a warrant."""


I_247A_BEGINS: Final = date(2017, 4, 2)
I_247D_BEGINS: Final = date(2015, 6, 12)

_OFFICER: Final = "an immigration officer"
_HOLD: Final = (CustodyAct.HOLD, CustodyAct.NOTIFY_RELEASE)
_287_7: Final = "8 CFR 287.7(b)"


def _forms(*forms: PaperForm) -> dict[str, PaperForm]:
    return {form.number: form for form in forms}


FORM: Final = _forms(
    PaperForm(
        "I-247A",
        "Immigration Detainer - Notice of Action",
        PaperClass.DETAINER,
        judge_signs=False,
        signer=_OFFICER,
        source="8 CFR 287.7(b); Form I-247A (02/17)",
        asks=_HOLD,
        issued_from=I_247A_BEGINS,
        must_be_served=True,
        states_ground=True,
    ),
    PaperForm(
        "I-247",
        "Immigration Detainer - Notice of Action, before 2015",
        PaperClass.DETAINER,
        judge_signs=False,
        signer=_OFFICER,
        source=_287_7,
        asks=_HOLD,
        issued_before=I_247D_BEGINS,
    ),
    PaperForm(
        "I-247D",
        "Immigration Detainer - Request for Voluntary Action",
        PaperClass.DETAINER,
        judge_signs=False,
        signer=_OFFICER,
        source=_287_7,
        asks=_HOLD,
        issued_from=I_247D_BEGINS,
        issued_before=I_247A_BEGINS,
        must_be_served=True,
    ),
    PaperForm(
        "I-247N",
        "Request for Voluntary Notification of Release",
        PaperClass.DETAINER,
        judge_signs=False,
        signer=_OFFICER,
        source=_287_7,
        asks=(CustodyAct.NOTIFY_RELEASE,),
        issued_from=I_247D_BEGINS,
        issued_before=I_247A_BEGINS,
    ),
    PaperForm(
        "I-247X",
        "Request for Voluntary Transfer",
        PaperClass.DETAINER,
        judge_signs=False,
        signer=_OFFICER,
        source=_287_7,
        asks=(CustodyAct.TRANSFER,),
        issued_from=I_247D_BEGINS,
        issued_before=I_247A_BEGINS,
    ),
    PaperForm(
        "I-200",
        "Warrant for Arrest",
        PaperClass.ADMINISTRATIVE_WARRANT,
        judge_signs=False,
        signer="an immigration officer whom the regulation lists",
        source="8 CFR 236.1(b), 287.5(e)(2)",
    ),
    PaperForm(
        "I-205",
        "Warrant of Removal",
        PaperClass.ADMINISTRATIVE_WARRANT,
        judge_signs=False,
        signer="an immigration officer whom the regulation lists",
        source="8 CFR 241.2, 287.5(e)(2)",
    ),
    PaperForm(
        "I-203",
        "Order to Detain or Release",
        PaperClass.ADMINISTRATIVE_ORDER,
        judge_signs=False,
        signer=_OFFICER,
        source="RCW 43.17.420(1); 5 ILCS 805/10",
    ),
    PaperForm(
        "I-286",
        "Notice of Custody Determination",
        PaperClass.ADMINISTRATIVE_ORDER,
        judge_signs=False,
        signer=_OFFICER,
        source="8 CFR 236.1(g); 5 ILCS 805/10",
    ),
    PaperForm(
        "EOIR-IJ",
        "Order of an immigration judge",
        PaperClass.ADMINISTRATIVE_ORDER,
        judge_signs=False,
        signer="an immigration judge, an officer of the Department of Justice",
        source="8 CFR 1003.10; Conn. Gen. Stat. 54-192h",
    ),
    PaperForm(
        "NCIC-IVF",
        "Entry in the immigration violator file of NCIC",
        PaperClass.DATABASE_ENTRY,
        judge_signs=False,
        signer="nobody: it tells of another paper",
        source="Cal. Gov. Code 7284.4(b); 5 ILCS 805/10",
    ),
    PaperForm(
        "I-862",
        "Notice to Appear",
        PaperClass.CHARGING_DOCUMENT,
        judge_signs=False,
        signer=_OFFICER,
        source="8 U.S.C. 1229(a)",
    ),
    PaperForm(
        "I-138",
        "Administrative subpoena",
        PaperClass.ADMINISTRATIVE_SUBPOENA,
        judge_signs=False,
        signer=_OFFICER,
        source="8 U.S.C. 1225(d)(4)(A)",
    ),
    PaperForm(
        "AO-442",
        "Arrest warrant of a federal court",
        PaperClass.CRIMINAL_WARRANT,
        judge_signs=True,
        signer="a US magistrate or district judge; upon an indictment, the clerk",
        source="Fed. R. Crim. P. 4(b)(1), 9(b)(1)",
    ),
    PaperForm(
        "AO-93",
        "Search and seizure warrant of a federal court",
        PaperClass.SEARCH_WARRANT,
        judge_signs=True,
        signer="a US magistrate judge, or a state judge where there is none at hand",
        source="Fed. R. Crim. P. 41(b), (e)",
    ),
    PaperForm(
        "AO-88",
        "Subpoena in a civil case",
        PaperClass.SUBPOENA,
        judge_signs=True,
        signer="the clerk, or an attorney of the case",
        source="Fed. R. Civ. P. 45(a)(3)",
    ),
    PaperForm(
        "AO-89",
        "Subpoena in a criminal case",
        PaperClass.SUBPOENA,
        judge_signs=True,
        signer="the clerk",
        source="Fed. R. Crim. P. 17(a)",
    ),
    PaperForm(
        "AO-110",
        "Subpoena to testify before a grand jury",
        PaperClass.SUBPOENA,
        judge_signs=True,
        signer="the clerk",
        source="Fed. R. Crim. P. 17(a)",
    ),
)
"""Every form by its number. The titles leave out the law's old word for a person."""
