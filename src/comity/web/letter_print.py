"""A letter as a PDF that can be heard as well as read: tagged, PDF/UA-1, by Typst (decision 0015).

Source: ISO 14289-1 (PDF/UA-1); ISO 32000-1, 14.8. Invariants: what a letter says goes in as JSON
data and never as markup; the same letter gives the same bytes on every machine, since its date is
the instant on it and only the fonts inside the compiler are used, and those of `fonts`; nothing
is loaded from anywhere. A character without a glyph is an error, not an empty box. Does not: sign,
or print without the `letters` extra; the HTML page (`comity.web.letter_page`) always works.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from comity.custody.document import Document, document_json
from comity.errors import ComityError
from comity.web.letter_texts import letter_file

STANDARD: Final = "ua-1"


class LettersExtraMissing(ComityError):
    """There is no typesetter: the `letters` extra is not installed."""


class LetterUnprintable(ComityError):
    """The typesetter will not set this letter: mostly a character without a glyph."""


def letter_pdf(document: Document, fonts: Sequence[Path] = ()) -> bytes:
    """The letter as PDF/UA-1. `fonts` are folders with further fonts, for further scripts.

    Raises LettersExtraMissing, and LetterUnprintable with what the typesetter says.
    """
    try:
        import typst
    except ImportError as fault:
        raise LettersExtraMissing(
            "a letter as PDF needs the extra `letters`",
            where=document.kind,
            remedy="pip install 'comity[letters]', or print the HTML page of the letter",
        ) from fault
    compiler = typst.Compiler(font_paths=list(fonts), ignore_system_fonts=True)
    try:
        made = compiler.compile(
            letter_file("letter.typ"),
            format="pdf",
            pdf_standards=STANDARD,
            timestamp=document.at // 1000,
            sys_inputs={"letter": document_json(document).decode()},
        )
    except typst.TypstError as fault:
        raise LetterUnprintable(
            _first_line(fault.message),
            where=document.kind,
            remedy="give a folder of fonts that have these characters, or print the HTML page",
        ) from fault
    if not isinstance(made, bytes):
        raise LetterUnprintable(
            "the typesetter gave no PDF", where=document.kind, remedy="print the HTML page"
        )
    return made


def _first_line(message: str) -> str:
    return message.partition("\n")[0]
