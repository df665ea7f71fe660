"""Charts and prose: sound markup, whatever is in them."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from comity.instant import Instant
from comity.law.library import Library
from comity.web.pages.chart import Bar, Span, Spot, bars, intervals, line, timeline
from comity.web.portal.prose import prose, redline
from tests.web.pages.house import Seen

S = "{http://www.w3.org/2000/svg}"
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
whole = st.integers(0, 10**9)
spots = st.builds(Spot, words, *[st.floats(0, 1e9)] * 3)
instants = st.none() | st.integers(0, 10**13).map(Instant)


def drawn(svg: Markup, title: str) -> ET.Element:
    """The image, parsed; it has what whoever cannot see it needs, and stays in its frame."""
    root = ET.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314 - our own drawing
    assert root.get("role") == "img"
    assert root.findtext(f"{S}title") == title
    assert root.find(f"{S}desc") is not None
    wide, tall = float(root.get("width") or 0), float(root.get("height") or 0)
    for box in root.iter(f"{S}rect"):
        x, y = float(box.get("x") or 0), float(box.get("y") or 0)
        assert -0.1 <= x <= x + float(box.get("width") or 0) <= wide + 0.2
        assert 0 <= y <= y + float(box.get("height") or 0) <= tall
    assert not any("style" in one.attrib for one in root.iter())
    return root


@given(words, st.lists(st.builds(Bar, words, st.none() | whole, st.none() | whole), max_size=14))
def test_bars(title: str, rows: list[Bar]) -> None:
    root = drawn(bars(title, "says", rows, "hidden"), title)
    texts = [one.text or "" for one in root.iter(f"{S}text")]
    assert texts[::2] == [row.label for row in rows]
    for row, said in zip(rows, texts[1::2], strict=True):
        assert ("hidden" in said) == (None in (row.first, row.second))
        assert not row.first or f"{row.first:,}" in said


def test_long_numbers_stay_in_the_frame() -> None:
    root = drawn(bars("t", "s", [Bar("a", 123_456, 123_456)], "", ("shown", "not")), "t")
    (said,) = (one for one in root.iter(f"{S}text") if one.text == "123,456 + 123,456")
    assert float(said.get("x") or 0) + 17 * 8 < float(root.get("width") or 0)


def test_bars_are_as_long_as_their_numbers() -> None:
    root = drawn(bars("t", "s", [Bar("a", 10, 30), Bar("b", 20, 0)]), "t")
    first, second, third = (float(one.get("width") or 0) for one in root.iter(f"{S}rect"))
    assert second / first == pytest.approx(3, rel=0.01)
    assert third / first == pytest.approx(2, rel=0.01)


@given(words, st.lists(spots, max_size=9), st.none() | st.floats(0, 1e9))
def test_lines_and_intervals(title: str, found: list[Spot], mark: float | None) -> None:
    drawn(line(title, "says", found), title)
    root = drawn(intervals(title, "says", found, mark), title)
    assert len(list(root.iter(f"{S}circle"))) == len(found)


@given(words, st.lists(st.builds(Span, words, instants, instants, st.booleans()), max_size=6))
def test_timelines(title: str, spans: list[Span]) -> None:
    ordered = [
        one for one in spans if one.since is None or one.until is None or one.since <= one.until
    ]
    bounds = (Instant(0), Instant(10**13))
    drawn(timeline(title, "says", ordered, bounds, ("then", "now")), title)


@given(st.text(max_size=200))
def test_prose_escapes_everything(text: str) -> None:
    seen = Seen(prose(text))
    assert {tag for tag, _ in seen.elements} <= {"p", "ul", "ol", "li", "em", "strong", "code"}
    assert all(not given for _, given in seen.elements)


def test_every_text_of_the_law_loses_no_word() -> None:
    texts = Library.load(Path(__file__).resolve().parents[3] / "law").instruments
    assert len(texts) > 10
    for text in texts:
        for clause in text.clauses:
            shown = Seen(prose(clause.prose)).text
            for word in clause.prose.replace("*", " ").replace("`", " ").split():
                plain = word.lstrip("-").rstrip(".") if word[:-1].isdigit() or word == "-" else word
                assert plain in shown or plain.strip("-0123456789.") == "", (
                    text.ref,
                    clause.number,
                    word,
                )


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_redline_holds_both_texts(before: str, after: str) -> None:
    marked = redline(before, after)

    def without(tag: str) -> str:
        out, rest = "", str(marked)
        while f"<{tag}>" in rest:
            head, _, rest = rest.partition(f"<{tag}>")
            out += head
            rest = rest.partition(f"</{tag}>")[2]
        keep = {"del": "ins", "ins": "del"}[tag]
        return unescape((out + rest).replace(f"<{keep}>", "").replace(f"</{keep}>", ""))

    assert without("ins") == before
    assert without("del") == after
