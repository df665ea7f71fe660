"""Letters as PDF, read back by pypdf, which nobody here wrote.

veraPDF, the reference checker of PDF/UA, is Java and is not run here: the compiler itself
checks PDF/UA-1 while it writes (a test below shows it refusing), and these tests look at the
marks that a reader for the blind needs.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest
from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject

from comity.custody.document import Document, Table, shown, texts
from comity.web import letter_print
from comity.web.letter_page import letter_page
from comity.web.letter_print import LettersExtraMissing, LetterUnprintable, letter_pdf
from tests.custody.letter_samples import CODE, HOSTILE
from tests.web.letters import KINDS, letter

ELSEWHERE = """
import hashlib
from comity.web.letter_print import letter_pdf
from tests.web.letters import letter
print(hashlib.sha256(letter_pdf(letter("notice-es"))).hexdigest())
"""
ROOT = Path(__file__).resolve().parents[2]


def opened(document: Document) -> pypdf.PdfReader:
    return pypdf.PdfReader(BytesIO(letter_pdf(document)))


def squeezed(text: str) -> str:
    """Without spaces: lines are broken on paper."""
    return "".join(text.split())


def text_of(read: pypdf.PdfReader) -> str:
    return "\n".join(page.extract_text() for page in read.pages)


def catalog(read: pypdf.PdfReader) -> Any:
    """The root of a PDF; pypdf types no further than that."""
    return read.trailer["/Root"]


def tags(read: pypdf.PdfReader) -> list[Any]:
    """Every element of the structure, in reading order."""
    found: list[Any] = []

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, ArrayObject):
            for one in node:
                walk(one)
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                walk(node["/K"])

    walk(catalog(read)["/StructTreeRoot"])
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_paper_has_every_text_of_the_letter(kind: str) -> None:
    document = letter(kind)
    if kind.startswith("hostile"):
        # Hebrew comes out of a PDF in the order in which it is drawn; compare the rest.
        hebrew = "\u05d0\u05d1"
        parts = [part for text in texts(document) for part in text.split(hebrew)]
    else:
        parts = list(texts(document))
    found = squeezed(text_of(opened(document)))
    missing = [part for part in parts if squeezed(part) not in found]
    # A text over the end of a page has the foot of the page within it.
    assert [part for part in missing if squeezed(part)[:25] not in found] == []
    assert len(missing) <= 2 * len(opened(document).pages)


@pytest.mark.parametrize("kind", KINDS)
def test_paper_is_tagged_for_who_listens(kind: str) -> None:
    document = letter(kind)
    read = opened(document)
    root = catalog(read)
    assert root["/MarkInfo"]["/Marked"] == BooleanObject(True)
    assert root["/Lang"] == document.lang
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == BooleanObject(True)
    assert read.metadata is not None
    assert read.metadata.title == document.title
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    kinds = Counter(str(one["/S"]) for one in tags(read))
    assert kinds["/H1"] == 1
    tables = [block for block in document.blocks if isinstance(block, Table)]
    assert kinds["/Table"] == kinds["/THead"] == len(tables)
    assert kinds["/TH"] == sum(len(table.head) for table in tables)
    assert kinds["/TD"] == sum(len(table.head) * len(table.rows) for table in tables)
    assert kinds["/L"] >= 1


def test_each_header_of_a_table_says_what_it_heads() -> None:
    for one in tags(opened(letter("answer"))):
        if str(one["/S"]) == "/TH":
            assert str(one["/A"][0]["/Scope"]) == "/Column"
        if str(one["/S"]) == "/TD":
            assert one["/A"][0]["/Headers"]


def test_what_is_in_another_language_is_marked() -> None:
    marked = [
        (str(one["/S"]), str(one["/Lang"]))
        for one in tags(opened(letter("notice-es")))
        if "/Lang" in one
    ]
    # The paper's title and date, and the law of four acts; the fifth has none.
    assert marked == [("/LI", "en")] * 2 + [("/TD", "en")] * 4


def test_every_font_is_inside() -> None:
    for page in opened(letter("notice-es")).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            below = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = below["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)
            assert "/ToUnicode" in font.get_object()


def test_the_same_letter_is_the_same_bytes_also_in_another_process() -> None:
    here = hashlib.sha256(letter_pdf(letter("notice-es"))).hexdigest()
    assert hashlib.sha256(letter_pdf(letter("notice-es"))).hexdigest() == here
    there = subprocess.run(
        [
            sys.executable,
            "-c",
            ELSEWHERE,
        ],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "TZ": "Asia/Tokyo", "LANG": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here


def test_the_date_of_the_file_is_the_instant_of_the_letter() -> None:
    document = letter("answer")
    read = opened(document)
    assert read.metadata is not None
    assert read.metadata.creation_date is not None
    assert int(read.metadata.creation_date.timestamp()) == document.at // 1000
    other = msgspec.structs.replace(document, at=document.at + 1000)
    assert letter_pdf(other) != letter_pdf(document)


def test_a_hostile_name_is_text() -> None:
    found = squeezed(text_of(opened(letter("hostile-notice"))))
    for piece in shown(HOSTILE).split():
        if not any(ord(one) > 0x500 for one in piece):
            assert squeezed(piece) in found
    assert CODE in text_of(opened(letter("hostile-notice")))


def test_a_word_longer_than_a_line_stays_on_the_page() -> None:
    read = opened(letter("hostile-answer"))
    lines = [line.count("x") for line in text_of(read).splitlines() if "xxx" in line]
    assert sum(lines) == 300
    assert max(lines) < 90, "a line holds some eighty"


def test_a_digest_can_be_copied_from_paper() -> None:
    found = text_of(opened(letter("record")))
    assert "3b" * 32 in found, "where it fits it is one word"
    assert not {"\u200b", "\u00ad", "\u2060"} & set(found), "and has nothing hidden in it"


def test_a_character_without_a_glyph_is_an_error_and_the_page_still_works() -> None:
    document = msgspec.structs.replace(letter("answer"), title="\u738b\u5c0f\u660e")
    with pytest.raises(LetterUnprintable, match="could not be displayed") as refused:
        letter_pdf(document)
    assert "HTML" in (refused.value.remedy or "")
    assert "\u738b\u5c0f\u660e" in letter_page(document)


def test_names_of_many_countries_can_be_printed() -> None:
    names = "Nguyễn Thị Łucja Ðorđe Ñuñez Şükrü Øyvind Їжак Ελένη Zoë"
    document = msgspec.structs.replace(letter("answer"), to=(names,))
    assert squeezed(names) in squeezed(text_of(opened(document)))


def test_the_fonts_of_the_machine_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import typst

    asked: list[dict[str, Any]] = []
    compiler = typst.Compiler

    def spy(**given: Any) -> typst.Compiler:
        asked.append(given)
        return compiler(**given)

    monkeypatch.setattr(typst, "Compiler", spy)
    letter_pdf(letter("answer"))
    assert asked == [{"font_paths": [], "ignore_system_fonts": True}]


def test_a_folder_of_fonts_opens_further_scripts() -> None:
    folder = Path("/usr/share/fonts/truetype/dejavu")
    if not (folder / "DejaVuSans.ttf").exists():
        pytest.skip("no DejaVu Sans on this machine")
    tamazight = msgspec.structs.replace(letter("answer"), to=("\u2d63\u2d30",))
    with pytest.raises(LetterUnprintable):
        letter_pdf(tamazight)
    read = pypdf.PdfReader(BytesIO(letter_pdf(tamazight, [folder])))
    assert "\u2d63\u2d30" in text_of(read)


def test_without_the_extra_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(LettersExtraMissing) as refused:
        letter_print.letter_pdf(letter("answer"))
    assert refused.value.remedy == (
        "pip install 'comity[letters]', or print the HTML page of the letter"
    )
