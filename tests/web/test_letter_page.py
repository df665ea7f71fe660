"""The HTML of a letter, read back by Python's own parser."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from comity.custody.document import shown, texts
from comity.web.letter_page import letter_page
from tests.custody.letter_samples import HOSTILE
from tests.web.letters import KINDS, letter

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Read(HTMLParser):
    """Tags with their attributes in order, whether they close, and the text outside `style`."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.style = ""
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        elif data.strip() or data == " ":
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_has_every_text_of_the_letter_in_order(kind: str) -> None:
    document = letter(kind)
    found = Read(letter_page(document)).text
    at = 0
    for text in texts(document):
        at = found.index(" ".join(text.split()), at)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_accessible_where_a_parser_can_tell(kind: str) -> None:
    document = letter(kind)
    page = letter_page(document)
    read = Read(page)
    assert page.startswith("<!doctype html>\n")
    assert read.all("html") == [{"lang": document.lang}]
    assert f"<title>{document.title}</title>" in page
    assert len(read.all("h1")) == len(read.all("main")) == 1
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(read.all("table")) == len(read.all("caption")) == page.count("<caption>")
    assert "<caption></caption>" not in page
    for table in re.findall("<table>.*?</table>", page, re.S):
        columns = len(re.findall('<th scope="col">', table))
        assert columns >= 3
        for row in re.findall("<tr>(?!<th scope=.col)(.*?)</tr>", table, re.S):
            assert row.startswith('<th scope="row">')
            assert row.count("<td>") == columns - 1
    assert all(one["scope"] in ("col", "row") for one in read.all("th"))


def test_what_is_not_in_the_language_of_the_page_says_so() -> None:
    page = letter_page(letter("notice-es"))
    assert '<bdi lang="en">Cal. Gov. Code 7284.6(a)(1)(B), 7283(b)</bdi>' in page
    assert '<bdi lang="en">Immigration Detainer, Form I-247A</bdi>' in page


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_runs_and_nothing_is_loaded(kind: str) -> None:
    read = Read(letter_page(letter(kind)))
    assert not {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe", "form", "object"}
    assert not [name for _, each in read.tags for name in each if name.startswith("on")]
    (policy,) = [one["content"] for one in read.all("meta") if "http-equiv" in one]
    digest = base64.b64encode(hashlib.sha256(read.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"
    assert "url(" not in read.style
    assert "@import" not in read.style


def test_a_hostile_name_is_text() -> None:
    page = letter_page(letter("hostile-notice"))
    assert "<script" not in page
    assert "\x00" not in page
    assert "\u202e" not in page
    assert shown(HOSTILE) in Read(page).text
    assert "[U+202E]gnp.exe[U+0000]" in page


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_have_contrast() -> None:
    style = Read(letter_page(letter("answer"))).style
    texts_in = set(re.findall(r"[{; ]color: (#\w{6})", style))
    lines_in = set(re.findall(r"solid (#\w{6})", style))
    assert texts_in == {"#1b1b1b"}
    assert all(1.05 / (_luminance(one) + 0.05) >= 7 for one in texts_in)
    assert all(1.05 / (_luminance(one) + 0.05) >= 3 for one in lines_in)


def test_the_same_letter_is_the_same_page() -> None:
    for kind in KINDS:
        assert letter_page(letter(kind)) == letter_page(letter(kind))
