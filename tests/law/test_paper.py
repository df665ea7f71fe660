"""What a paper is follows from number, office, court and command: never from its title or its bringer."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.law.matter import FORMS, SIGNERS
from comity.law.paper import (
    JUDGES,
    JUDICIAL,
    KIND,
    Command,
    NamedPerson,
    OffenceKind,
    Office,
    agency_kind,
    class_of,
    form_of,
    looks_judicial,
    offence_kind,
    same_person,
)
from comity.law.paper_form import FORM, PaperClass
from comity.law.vocabulary import ProcessKind

E_D_PA = "United States District Court for the Eastern District of Pennsylvania"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("I-247A", "I-247A"),
        ("DHS Form I-247A (2/17)", "I-247A"),
        ("i247a", "I-247A"),
        ("Form I 200 (Rev. 09/16)", "I-200"),
        ("I-205", "I-205"),
        ("I-200A", "I-200"),
        ("AO 442 (Rev. 11/11) Arrest Warrant", "AO-442"),
        ("AO-93C", "AO-93"),
        ("AO 110", "AO-110"),
        ("NCIC hit, immigration violator file", "NCIC-IVF"),
        ("EOIR-33", "EOIR-IJ"),
        ("I-247N", "I-247N"),
    ],
)
def test_a_form_is_known_by_its_number_however_it_is_written(written: str, number: str) -> None:
    found = form_of(written)
    assert found is not None
    assert found.number == number


@pytest.mark.parametrize(
    "written", [None, "", "Warrant", "COURT-ORDER", "I-2470", "AO-4420", "I-94"]
)
def test_a_title_is_no_form(written: str | None) -> None:
    assert form_of(written) is None


def test_a_detainer_of_no_known_edition_is_a_detainer_and_of_no_day() -> None:
    found = form_of("I-247Z")
    assert found is not None
    assert (found.number, found.paper_class) == ("I-247Z", PaperClass.DETAINER)
    assert found.issued_before is not None
    assert found.issued_before.year == 1


def test_every_form_that_texts_know_has_a_row_here() -> None:
    without_number = {"BLACKIES", "STATE-WARRANT", "COURT-ORDER"}
    assert set(FORMS) - without_number <= set(FORM)


def test_every_office_that_texts_know_is_one_of_ours() -> None:
    assert set(SIGNERS) <= {office.value for office in Office}


def test_every_class_has_a_word_of_the_texts() -> None:
    assert set(KIND) == set(PaperClass)
    weak = {KIND[one] for one in PaperClass if one not in JUDICIAL}
    assert ProcessKind.JUDICIAL_WARRANT not in weak
    assert ProcessKind.COURT_ORDER not in weak


AGENCY = [number for number, form in FORM.items() if not form.judge_signs]


def test_nothing_on_it_makes_an_agency_s_form_a_judge_s() -> None:
    """Every form, every office, every command, with and without a court and a crime on it."""
    for number, office, command, court, cites in product(
        AGENCY, [None, *Office], [None, *Command], [None, E_D_PA], [None, "18 U.S.C. 1546"]
    ):
        found = class_of(form=number, signed_by=office, court=court, commands=command, cites=cites)
        assert found is FORM[number].paper_class
        assert found not in JUDICIAL
        assert agency_kind(number) is KIND[found]


@given(
    st.sampled_from([None, *Office]).filter(lambda office: office not in JUDGES),
    st.sampled_from([None, *Command]),
    st.sampled_from([None, "", "Immigration Court, Philadelphia"]),
    st.text(max_size=20),
)
def test_without_a_judge_or_a_court_no_paper_without_a_number_is_judicial(
    office: Office | None, command: Command | None, court: str | None, cites: str
) -> None:
    found = class_of(form="", signed_by=office, court=court, commands=command, cites=cites)
    assert found not in JUDICIAL


@pytest.mark.parametrize(
    ("office", "court", "command", "cites", "expected"),
    [
        ("us magistrate judge", E_D_PA, "arrest a person", "18 U.S.C. 1546", "criminal warrant"),
        ("us magistrate judge", E_D_PA, "arrest a person", "8 U.S.C. 1226", "civil warrant of a judge"),
        (
            "us magistrate judge",
            E_D_PA,
            "search or inspect a place, a thing or a person",
            "8 U.S.C. 1357",
            "civil warrant of a judge",
        ),
        (
            "us magistrate judge",
            E_D_PA,
            "search or inspect a place, a thing or a person",
            "21 U.S.C. 841",
            "search warrant",
        ),
        ("state judge", "Court of Common Pleas", "arrest a person", "18 Pa.C.S. 2702", "warrant of a state court"),
        ("us district judge", E_D_PA, "something else", None, "court order"),
        ("clerk of court", E_D_PA, "bring papers or testify", None, "subpoena of a court"),
        ("clerk of court", "U.S. District Court", "arrest a person", "18 U.S.C. 2", "criminal warrant"),
        ("clerk of court", None, "arrest a person", "18 U.S.C. 2", "unidentified paper"),
        ("immigration judge", None, "arrest a person", None, "administrative order"),
        ("us district judge", "EOIR, Immigration Court", "keep a person", None, "administrative order"),
        ("deportation officer", None, "keep a person", None, "detainer"),
        ("deportation officer", E_D_PA, "arrest a person", "8 U.S.C. 1326", "administrative warrant"),
        ("special agent", None, "bring papers or testify", None, "administrative subpoena"),
        ("another office", E_D_PA, "arrest a person", "8 U.S.C. 1326", "unidentified paper"),
        ("nobody", E_D_PA, "arrest a person", "8 U.S.C. 1326", "unidentified paper"),
    ],
)  # fmt: skip
def test_a_paper_without_a_number_is_what_its_facts_say(
    office: str, court: str | None, command: str, cites: str | None, expected: str
) -> None:
    found = class_of(
        form="", signed_by=Office(office), court=court, commands=Command(command), cites=cites
    )
    assert found.value == expected


@pytest.mark.parametrize(
    ("cites", "kind"),
    [
        (None, "none"),
        ("  ", "none"),
        ("8 U.S.C. 1326", "criminal"),
        ("8 U.S.C. § 1325(a)(1)", "criminal"),
        ("8 USC 1326(b)(2)", "criminal"),
        ("18 U.S.C.A. § 1546", "criminal"),
        ("21 U.S.C. 841", "criminal"),
        ("8 U.S.C. 1226, 1231", "civil"),
        ("8 U.S.C. § 1357(d)", "civil"),
        ("sections 236 and 287 of the Immigration and Nationality Act", "civil"),
        ("section 276 of the INA", "criminal"),
        ("INA § 236(a)", "civil"),
        ("8 CFR 287.7", "civil"),
        ("8 U.S.C. 1182 and 8 U.S.C. 1326", "criminal"),
        ("8 U.S.C. 13260", "civil"),
        ("8 U.S.C. 1182(a)(6), 1326(a) and (b)(2)", "criminal"),
        ("8 U.S.C. §§ 1226 & 1231", "civil"),
        ("8 U.S.C. 1226, 18 U.S.C. 1546", "criminal"),
        ("sections 212 and 276 of the Immigration and Nationality Act", "criminal"),
        ("section 1326", "unclear"),
        ("18 Pa.C.S. 2702", "unclear"),
        ("illegal reentry", "unclear"),
    ],
)
def test_title_8_is_civil_but_for_its_crimes(cites: str | None, kind: str) -> None:
    assert offence_kind(cites) is OffenceKind(kind)


def test_an_immigration_court_makes_no_paper_on_file_judicial() -> None:
    person = NamedPerson("Nemo", "Nina", birth_date="1980-01-01")
    assert looks_judicial("E.D. Pa.", "Hon. A. Example", "18-mj-1", person)
    assert not looks_judicial("Immigration Court", "Hon. A. Example", "A-1", person)
    assert not looks_judicial("E.D. Pa.", "Immigration Judge Example", "18-mj-1", person)
    assert not looks_judicial("E.D. Pa.", " ", "18-mj-1", person)


def test_a_name_alone_names_nobody() -> None:
    whole = {
        "sur_name": "NEMO ",
        "given_name": "nina",
        "birth_date": "1980-01-01",
        "state_id": None,
    }
    named = NamedPerson("Nemo", "Nina", birth_date="1980-01-01")
    assert same_person(named, **whole)
    assert not same_person(NamedPerson("Nemo", "Nina"), **{**whole, "birth_date": None})
    assert not same_person(named, **{**whole, "birth_date": "1980-01-02"})
    other = NamedPerson("Nemo", "Nina", birth_date="1980-01-01", state_id="PA1")
    assert not same_person(other, **{**whole, "state_id": "PA2"})
