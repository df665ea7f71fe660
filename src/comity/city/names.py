"""Names, numbers and addresses that belong to nobody.

Names are a head and a tail of invented syllables. The whole stock is small enough
to be read through: `tests/city/test_names.py` holds every name and street to some
43,000 given and family names of 80 languages and countries (the lists of the
Faker package), and none is among them. It is no proof that nobody on earth is so
called. Numbers have forms that the real ones cannot have, said at each function.
Invariant: what is drawn for a person is independent of everything else about them.
"""

from __future__ import annotations

from typing import Final

from comity.city.dice import Dice


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN_HEADS: Final = _words(
    "Bav Brel Bro Cav Dov Drel Fev Fral Gav Grel Hav Jor Jul Kev Krel Lom Lur Mav Mor Nev Nov Orv"
    " Pel Prav Quel Rav Rul Sav Skel Tav Tol Tral Ulv Vel Vor Wel Yav Yor Zel Zor"
)
_GIVEN_TAILS: Final = _words("ixa ume orin eth ivo anto ulo esk isto ampe odri ynne urro ettle")
_SUR_HEADS: Final = _words(
    "Brask Cled Dremm Drusk Esk Fald Fenn Glim Grast Hesk Holv Imm Jand Kelv Kresk Lund Marv Mosk"
    " Nald Nesk Ost Penn Prost Quim Rald Rusk Selv Skarn Stev Tamm Tresk Ulm Vand Vesk Wald Wrenn"
    " Yask Yeld Zand Zusk"
)
_SUR_TAILS: Final = _words(
    "abock aldray amund arvet ebrick eddal embry endish erlock esmond ibbard idrow imley ingast"
    " irvock obbick oddery omblin ondar orvish uddle umbrel undry uskell"
)

GIVEN_NAMES: Final = tuple(head + tail for head in _GIVEN_HEADS for tail in _GIVEN_TAILS)
SUR_NAMES: Final = tuple(head + tail for head in _SUR_HEADS for tail in _SUR_TAILS)
STREETS: Final = tuple(
    f"{head}{tail} {kind}"
    for kind, heads in (("Street", _GIVEN_HEADS[:20]), ("Row", _GIVEN_HEADS[20:]))
    for head in heads
    for tail in _SUR_TAILS[:12]
)
HOME: Final = "United States"
ABROAD: Final = (
    "Brazil",
    "Canada",
    "Dominican Republic",
    "Ghana",
    "India",
    "Ireland",
    "Italy",
    "Jamaica",
    "Mexico",
    "Philippines",
    "Poland",
    "Vietnam",
)
"""Places of birth outside the country, each as likely: they stand for abroad, not for a statistic."""

_PEOPLE: Final = 10**9
_STRIDE: Final = 387_420_489
"""A power of three: without a common factor with _PEOPLE, so that no two people share a number."""


def full_name(dice: Dice) -> tuple[str, str]:
    """Sur name and given name."""
    return dice.one(SUR_NAMES), dice.one(GIVEN_NAMES)


def birthplace(dice: Dice, born_abroad: float) -> str:
    """A country, drawn by lot and from nothing else, the name least of all."""
    return dice.one(ABROAD) if dice.chance(born_abroad) else HOME


def address(dice: Dice) -> str:
    """A house in a street that does not exist; ZIP codes do not begin with 000."""
    return f"{dice.between(1, 9899)} {dice.one(STREETS)}, 00000"


def place(dice: Dice) -> str:
    """Where an arrest took place: a block of a street that does not exist."""
    return f"{dice.between(1, 98)}00 block of {dice.one(STREETS)}"


def telephone(dice: Dice) -> str:
    """From 555-0100 to 555-0199, kept free for fiction by the North American numbering plan."""
    return f"555-01{dice.below(100):02d}"


def person_number(day: int, slot: int) -> int:
    """The number of whoever was first seen as arrest `slot` of a day; below 10**9, never twice.

    `day` is a proleptic Gregorian ordinal up to 999,999 (`datetime.date.toordinal`); two people
    share a number only if their days lie more than 270 years apart.
    """
    return (day * 10_000 + slot) * _STRIDE % _PEOPLE


def state_id(number: int) -> str:
    """`PA00` and nine digits. Pennsylvania's have eight digits in all."""
    return f"PA00{number:09d}"


def fbi_id(number: int) -> str:
    """`XX` and nine digits. The real ones have at most nine characters."""
    return f"XX{number:09d}"


def record_number(day: str, slot: int) -> str:
    """`2018-0831-0042`: the forty-second arrest of an ISO day."""
    return f"{day[:4]}-{day[5:7]}{day[8:10]}-{slot:04d}"


def tracking_number(record: str) -> str:
    """`X201808310042`. A real offence tracking number is a letter and seven digits."""
    return "X" + record.replace("-", "")


def docket(court: str, kind: str, record: str) -> str:
    """`CP-00-CR-…`: Pennsylvania's counties are numbered from 01 to 67."""
    year, day, slot = record.split("-")
    return f"{court}-00-{kind}-{day}{slot}-{year}"
