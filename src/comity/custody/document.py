"""A letter as a tree of blocks, the same for the screen, for paper, and for the digest.

Source: DESIGN.md, "One Decision object renders the officer's view, the agency's, the public's
and the letter". Invariants: what came from outside is a value and never a phrase; a character
that does not show (control, direction, no character at all) is written out, `[U+202E]`, so that
nothing in a letter reads otherwise than it is stored; the same letter has the same digest. Does
not: know HTML or PDF (`comity.web.letter_page`, `comity.web.letter_print`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from comity.errors import ComityError
from comity.instant import Instant

_SPACES: Final = frozenset("\t\n\v\f\r\x85\u2028\u2029\xa0")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")
"""Needed to write Persian and several languages of India; they change no order."""
_SLOT: Final = re.compile(r"\{([a-z_]+)\}")


class LetterFaulty(ComityError):
    """A letter that cannot be written as asked."""


class Run(msgspec.Struct, frozen=True):
    """A piece of text. `value`: it came from outside. `lang`: where it is not the letter's."""

    text: str
    value: bool = False
    lang: str | None = None


Runs = tuple[Run, ...]


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """A heading below the title. `level` is 2 or 3."""

    level: int
    runs: Runs


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """Text. `role`: body, lead, small."""

    runs: Runs
    role: str = "body"


class Quote(msgspec.Struct, frozen=True, tag="quote"):
    """The words of a clause, by paragraphs."""

    paragraphs: tuple[Runs, ...]


class Items(msgspec.Struct, frozen=True, tag="items"):
    """A list without numbers."""

    items: tuple[Runs, ...]


class Terms(msgspec.Struct, frozen=True, tag="terms"):
    """Names and what they are. `heading` stands above, unless it is empty."""

    heading: str
    rows: tuple[tuple[Runs, Runs], ...]


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A table below a heading; the first cell of a row heads it. `caption` is for who listens."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Runs, ...], ...]


class Key(msgspec.Struct, frozen=True, tag="key"):
    """A code to be kept, set apart."""

    label: str
    code: str


class Blanks(msgspec.Struct, frozen=True, tag="blanks"):
    """Lines to be filled in by hand, below a heading."""

    heading: str
    labels: tuple[str, ...]


Block = Heading | Paragraph | Quote | Items | Terms | Table | Key | Blanks


class Document(msgspec.Struct, frozen=True):
    """A whole letter. `at` is the instant on it; `sender` and `to` are lines of addresses.

    `page` is how pages are counted, with `{page}` and `{pages}`. `template` says which texts
    it was made with and whether somebody reviewed them.
    """

    kind: str
    lang: str
    title: str
    at: Instant
    date: str
    sender: tuple[str, ...]
    to: tuple[str, ...]
    blocks: tuple[Block, ...]
    page: str
    template: str


def shown(text: str) -> str:
    """A value as it may stand in a letter: one line, and nothing in it that does not show."""
    return " ".join(filter(None, "".join(map(_shown, text)).split(" ")))


def _shown(character: str) -> str:
    if character in _SPACES:
        return " "
    if unicodedata.category(character) in _HIDDEN and character not in _JOINERS:
        return f"[U+{ord(character):04X}]"
    return character


def value(text: str, lang: str | None = None) -> Run:
    """What came from outside, made fit to be shown."""
    return Run(shown(text), True, lang)


def said(phrase: str, slots: Mapping[str, Run | str] | None = None) -> Runs:
    """A phrase with its slots filled, once: a value with braces in it stays as it is.

    Raises LetterFaulty for a slot that is not given.
    """
    given = slots or {}
    found: list[Run] = []
    last = 0
    for slot in _SLOT.finditer(phrase):
        if slot[1] not in given:
            raise LetterFaulty(
                f"nothing is given for `{{{slot[1]}}}`",
                where=phrase[:60],
                remedy="mend the template",
            )
        put = given[slot[1]]
        found += [Run(phrase[last : slot.start()])] if slot.start() > last else []
        found.append(put if isinstance(put, Run) else value(put))
        last = slot.end()
    return (*found, Run(phrase[last:])) if last < len(phrase) or not found else tuple(found)


def slots_of(phrase: str) -> frozenset[str]:
    """The slots that a phrase has."""
    return frozenset(slot[1] for slot in _SLOT.finditer(phrase))


def plain(runs: Iterable[Run]) -> str:
    """The text of runs."""
    return "".join(run.text for run in runs)


def document_digest(document: Document) -> str:
    """SHA-256 of the letter's content, hex: what an entry of the ledger can seal."""
    return hashlib.sha256(document_json(document)).hexdigest()


def document_json(document: Document) -> bytes:
    """The letter as JSON with sorted names, always the same bytes."""
    return msgspec.json.encode(document, order="sorted")


def texts(document: Document) -> tuple[str, ...]:
    """Every piece of text of the letter in reading order: what each rendering must contain.

    Captions of tables are not among them: paper has the heading above instead.
    """
    found = [*document.sender, document.date, *document.to, document.title]
    for block in document.blocks:
        found += _texts(block)
    return tuple(text for text in (*found, document.template) if text)


def _texts(block: Block) -> list[str]:
    match block:
        case Heading(runs=runs) | Paragraph(runs=runs):
            return [plain(runs)]
        case Quote(paragraphs=several) | Items(items=several):
            return [plain(runs) for runs in several]
        case Terms(heading=heading, rows=rows):
            return [heading, *(plain(cell) for row in rows for cell in row)]
        case Table(head=head, rows=rows):
            return [*head, *(plain(cell) for row in rows for cell in row)]
        case Key(label=label, code=code):
            return [label, code]
        case Blanks(heading=heading, labels=labels):
            return [heading, *labels]
