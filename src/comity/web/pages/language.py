"""English and Spanish: which one a visitor reads, and the words of it.

Sources: RFC 9110 §12.5.4 (Accept-Language); the PO format of GNU gettext, of which the reader takes
the plain part (msgctxt, msgid, msgid_plural, msgstr) and refuses the rest. Invariants: the words
are read from `locale/<language>/*.po` in the package when they are first needed, so that a checkout
and a wheel do the same and nothing has to be compiled; a message that has no translation is shown
in English; a fuzzy one counts as none. Does not: translate letters and notices
(`comity.web.letter_texts`), whose every language is reviewed as a text of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec

from comity.errors import IntegrityFault

Language = Literal["en", "es"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "es")
NAMES: Final = {"en": "English", "es": "Español"}
_RANGE: Final = re.compile(
    r"\s*([A-Za-z*]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?"
)


class Words(msgspec.Struct, frozen=True):
    """The translations of one language: by (context, message), singular first, then plural."""

    language: Language
    messages: dict[tuple[str | None, str], tuple[str, ...]]

    def gettext(self, message: str) -> str:
        """The message in this language."""
        found = self.messages.get((None, message))
        return found[0] if found else message

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The message for a count. English and Spanish both have two forms."""
        found = self.messages.get((None, one))
        if found is None or len(found) < 2:
            return one if count == 1 else many
        return found[0] if count == 1 else found[1]

    def pgettext(self, context: str, message: str) -> str:
        """The message in a context, where one English word is two elsewhere."""
        found = self.messages.get((context, message))
        return found[0] if found else message

    def npgettext(self, context: str, one: str, many: str, count: int) -> str:
        """As `ngettext`, in a context."""
        found = self.messages.get((context, one))
        if found is None or len(found) < 2:
            return one if count == 1 else many
        return found[0] if count == 1 else found[1]


@cache
def words(language: Language) -> Words:
    """The words of a language. Raises IntegrityFault where a file of ours cannot be read."""
    messages: dict[tuple[str | None, str], tuple[str, ...]] = {}
    if language != "en":
        folder = resources.files("comity.web") / "locale" / language
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith(".po"):
                messages.update(read_po(file.read_text("utf-8"), file.name))
    return Words(language, messages)


def chosen(asked: str | None, kept: str | None, accepts: str | None) -> Language:
    """The visitor's language: asked for in the link, kept from before, or what the browser says."""
    for given in (asked, kept):
        for language in LANGUAGES:
            if given == language:
                return language
    ranked: list[tuple[float, int, Language]] = []
    for place, part in enumerate((accepts or "")[:400].split(",")):
        found = _RANGE.fullmatch(part.rstrip())
        if found is None:
            continue
        quality, tag = float(found[2] or "1"), found[1].split("-")[0].lower()
        if quality > 0:
            ranked += [(-quality, place, language) for language in LANGUAGES if language == tag]
    return min(ranked)[2] if ranked else "en"


def read_po(text: str, where: str) -> dict[tuple[str | None, str], tuple[str, ...]]:
    """The messages of a PO file. Raises IntegrityFault naming the line."""
    messages: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for block, line, fuzzy in _blocks(text, where):
        if "msgid" not in block:
            raise IntegrityFault("a message without msgid", where=f"{where}:{line}")
        forms = (
            (block.get("msgstr[0]", ""), block.get("msgstr[1]", ""))
            if "msgid_plural" in block
            else (block.get("msgstr", ""),)
        )
        key = (block.get("msgctxt"), block["msgid"])
        if key in messages:
            raise IntegrityFault(f"`{key[1][:40]}` stands twice", where=f"{where}:{line}")
        if key[1] and not fuzzy and all(forms):
            messages[key] = forms
    return messages


def _blocks(text: str, where: str) -> Iterator[tuple[dict[str, str], int, bool]]:
    """Every message as keyword -> text, with its line and whether it is fuzzy."""
    block: dict[str, str] = {}
    keyword, start, fuzzy = "", 1, False
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        line = raw.strip()
        if not line:
            if block:
                yield block, start, fuzzy
            block, keyword, fuzzy = {}, "", False
            continue
        if line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not block:
            start = number
        if not line.startswith('"'):
            keyword, _, line = line.partition(" ")
            if not re.fullmatch(r"msgctxt|msgid|msgid_plural|msgstr(\[[01]\])?", keyword):
                raise IntegrityFault(
                    f"`{keyword[:20]}` is not read here", where=f"{where}:{number}"
                )
            if keyword in block:
                raise IntegrityFault(f"a second `{keyword}`", where=f"{where}:{number}")
            block[keyword] = ""
        try:
            part = ast.literal_eval(line.strip())
        except (ValueError, SyntaxError) as fault:
            raise IntegrityFault("not a quoted text", where=f"{where}:{number}") from fault
        if not keyword or not isinstance(part, str):
            raise IntegrityFault("a text that belongs to nothing", where=f"{where}:{number}")
        block[keyword] += part
