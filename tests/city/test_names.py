"""Names, numbers and places belong to nobody; the oracle for names is the Faker package's lists."""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterable

import pytest

from comity.city.dice import Dice
from comity.city.names import (
    GIVEN_NAMES,
    STREETS,
    SUR_NAMES,
    address,
    docket,
    fbi_id,
    person_number,
    place,
    record_number,
    state_id,
    telephone,
    tracking_number,
)


@pytest.fixture(scope="module")
def real_names() -> set[str]:
    """Every given and family name of Faker's providers, in plain small letters."""
    person = pytest.importorskip(
        "faker.providers.person", reason="Faker, whose lists of names are the oracle, is not here"
    )
    found: set[str] = set()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute, values in vars(provider).items():
            if "name" in attribute and isinstance(values, Iterable):
                found |= {word for value in values for word in _words(value)}
    return found


def _words(value: object) -> set[str]:
    if not isinstance(value, str):
        return set()
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    return {word.casefold() for word in re.split(r"[^A-Za-z]+", plain) if word}


def test_the_oracle_knows_names(real_names: set[str]) -> None:
    assert len(real_names) > 30_000
    assert {"maria", "nguyen", "mueller", "smith", "kowalski", "mohammed"} <= real_names


def test_no_name_is_anybodys(real_names: set[str]) -> None:
    assert not {name for name in (*GIVEN_NAMES, *SUR_NAMES) if name.casefold() in real_names}


def test_no_street_is_named_for_anybody(real_names: set[str]) -> None:
    assert not {street for street in STREETS if _words(street.split()[0]) & real_names}


def test_there_are_enough_names_and_each_is_one() -> None:
    assert len(set(GIVEN_NAMES)) == len(GIVEN_NAMES) > 500
    assert len(set(SUR_NAMES)) == len(SUR_NAMES) > 900
    assert len(set(STREETS)) == len(STREETS)
    assert all(re.fullmatch(r"[A-Z][a-z]{4,12}", name) for name in (*GIVEN_NAMES, *SUR_NAMES))


def test_names_can_be_said() -> None:
    """No more than four consonants in a row, and never three vowels."""
    for name in (*GIVEN_NAMES, *SUR_NAMES):
        assert not re.search(r"[^aeiouy]{5}|[aeiou]{3}", name.casefold()), name


def test_numbers_have_forms_that_real_ones_cannot_have() -> None:
    dice = Dice("test")
    assert re.fullmatch(r"PA00\d{9}", state_id(42))
    assert len(fbi_id(42)) > 9
    assert record_number("2018-08-31", 42) == "2018-0831-0042"
    assert tracking_number("2018-0831-0042") == "X201808310042"
    assert docket("CP", "EX", "2018-0831-0042") == "CP-00-EX-08310042-2018"
    for _ in range(200):
        assert re.fullmatch(r"555-01\d\d", telephone(dice))
        assert address(dice).endswith(", 00000")
        assert re.fullmatch(r"\d+00 block of \w+ (Street|Row)", place(dice))


def test_no_two_people_share_a_number() -> None:
    numbers = {
        person_number(day, slot) for day in range(736_000, 736_100) for slot in range(1, 1_000)
    }
    assert len(numbers) == 100 * 999
    assert person_number(736_000, 1) != person_number(736_000 + 99_999, 1)
