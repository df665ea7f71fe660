"""Names as they are looked for: what two ways of writing one name have in common.

Invariant: two names are found by each other exactly where their keys are equal, so the same key
finds a record (`comity.store.sqlite.records`) and what names its person elsewhere
(`comity.disclosure.about`). Does not: know sound, nickname or transliteration.
"""

from __future__ import annotations

import unicodedata


def name_key(name: str) -> str:
    """A name without case, accents, blanks, hyphens and apostrophes: what names are found by."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalnum())
