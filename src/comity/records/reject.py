"""What is turned away at the door, by name: fields about immigration and citizenship.

Source: names that exist in NIEM 6.0 and in the field's extension schemas, and the
column names record systems use for the same things. Invariants: such a field is
dropped before anything else looks at the message, at any depth; it is counted by
its name, and its value is kept nowhere. Place of birth is dropped in the same way
unless the custodian has chosen to hold it. Does not: guess from values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

_NEVER: Final = frozenset(
    name.casefold()
    for name in (
        # NIEM 6.0: j:, nc:, scr:
        "PersonIllegalAlienIndicator",
        "PersonForeignBornIndicator",
        "PersonForeignNationalIndicator",
        "PersonUSCitizenIndicator",
        "ScreeningImmigrationStatus",
        # extensions in use (the misspelling is the real name)
        "DetentiontImmigrationHoldIndicator",
        "DetentionImmigrationHoldIndicator",
        "HoldForImmigrationIndicator",
        "PersonImmigrationAlienQueryIndicator",
        # columns
        "ANumber",
        "AlienNumber",
        "AlienRegistrationNumber",
        "A#",
        "Citizen",
        "CitizenFlag",
        "CitizenInd",
        "CitizenIndicator",
        "CountryOfOrigin",
        "IsCitizen",
        "LegalStatus",
        "NationalOrigin",
        "PassportCountry",
        "USCISNumber",
        "USCitizen",
        "Visa",
        "VisaClass",
        "VisaNumber",
        "VisaStatus",
        "VisaType",
    )
)
_NEVER_HOLDS: Final = re.compile(
    r"alien(?!at)|citizenship|foreignborn|foreignnational|immigra|^immig|nationality|naturali[sz]"
)
"""Whatever stands around these in a name. `alienation` of property is another matter."""
_NEVER_PREFIXES: Final = ("im:",)
_BIRTHPLACE: Final = frozenset(
    {
        "personbirthlocation",
        "personbirthlocationassociation",
        "birthcity",
        "birthcountry",
        "birthlocation",
        "birthplace",
        "birthstate",
        "cityofbirth",
        "countryofbirth",
        "placeofbirth",
        "pob",
        "stateofbirth",
    }
)
_SEPARATORS: Final = re.compile(r"[\s_\-.]+")


def is_rejected(name: str, *, hold_birthplace: bool) -> bool:
    """Whether a field of this name is dropped at the door."""
    lowered = name.casefold()
    if lowered.startswith(_NEVER_PREFIXES):
        return True
    plain = _SEPARATORS.sub("", lowered.rpartition(":")[2])
    if plain in _NEVER or _NEVER_HOLDS.search(plain):
        return True
    return plain in _BIRTHPLACE and not hold_birthplace


def drop_rejected(value: Any, dropped: Counter[str], *, hold_birthplace: bool) -> Any:
    """The same JSON value without rejected fields; each one dropped is counted by name."""
    if isinstance(value, Mapping):
        kept = {}
        for name, inner in value.items():
            if is_rejected(str(name), hold_birthplace=hold_birthplace):
                dropped[str(name)] += 1
            else:
                kept[name] = drop_rejected(inner, dropped, hold_birthplace=hold_birthplace)
        return kept
    if isinstance(value, list):
        return [drop_rejected(one, dropped, hold_birthplace=hold_birthplace) for one in value]
    return value
