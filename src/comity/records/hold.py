"""A hold that arrives dressed as a charge becomes a hold again.

Jails write "IMMIGRATION" or "FEDERAL INMATE" where a charge belongs. Such a text
names no offence: it says that somebody else wants the person. Taken as a charge it
would make a person "charged" whom nobody accuses.

Invariants: only a whole description that is one of these phrases, or begins with
one of these openings, is a hold; a charge that carries a statute or a grade is an
offence whatever it is called ("IMMIGRATION FRAUD, 18 U.S.C. 1546" stays a charge).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

from comity.records.event import Parts
from comity.records.record import Charge, Hold

AS_CHARGE: Final = "as-charge-"
"""Begins the sequence of a hold that came as a charge; the charge's own sequence follows."""

_WHOLE: Final = frozenset(
    {
        "detainer",
        "dhs hold",
        "federal detainer",
        "federal hold",
        "federal inmate",
        "federal prisoner",
        "federal boarder",
        "hold",
        "ice",
        "ice detainer",
        "ice hold",
        "immigration",
        "immigration detainer",
        "immigration hold",
        "ins detainer",
        "ins hold",
        "out of county hold",
        "parole hold",
        "probation hold",
        "us marshal",
        "us marshal hold",
        "us marshals",
        "us marshals hold",
        "usms",
        "usms hold",
        "warrant hold",
    }
)
_BEGINS: Final = re.compile(
    r"(?:hold|detainer|held|holding)(?: only)? (?:for|by|from) (?!ransom|reward|hostage)"
    r"|(?:hold|detainer) (?:ice|ins|dhs|immigration|usms|us marshals?|federal|fbi|parole|probation)\b"
    r"|detainer (?:\w+ )*county\b"
)
"""`HOLD FOR …`, `HOLD/ICE`, `DETAINER - BUCKS COUNTY`. Held for ransom is kidnapping."""
_PUNCTUATION: Final = re.compile(r"[^a-z0-9 ]+")


def is_hold(charge: Charge) -> bool:
    """Whether what came as a charge is a hold."""
    if charge.statute is not None or charge.grade is not None or charge.description is None:
        return False
    return _says_hold(charge.description)


# The charges of a jail are a few hundred texts, said again and again.
@lru_cache(maxsize=8_192)
def _says_hold(description: str) -> bool:
    words = " ".join(_PUNCTUATION.sub(" ", description.casefold().replace(".", "")).split())
    return words in _WHOLE or _BEGINS.match(words) is not None


def retype_holds(parts: Parts) -> Parts:
    """The same parts with every disguised hold among the holds, and its charge dropped.

    The hold takes the charge's sequence with a mark (`as-charge-1`) and goes again when
    a later event gives the charge (`comity.records.fold`); the process behind it is
    unknown and stays so.
    """
    if not any(map(is_hold, parts.charges)):
        return parts
    disguised = [charge for charge in parts.charges if is_hold(charge)]
    return msgspec.structs.replace(
        parts,
        charges=tuple(charge for charge in parts.charges if not is_hold(charge)),
        charges_dropped=(*parts.charges_dropped, *(charge.sequence for charge in disguised)),
        holds=(
            *parts.holds,
            *(
                Hold(
                    AS_CHARGE + charge.sequence,
                    issuer=charge.description,
                    placed_at=charge.filed_at,
                )
                for charge in disguised
            ),
        ),
    )
