"""The page of a replay: its numbers are those of the replay, and it names nobody."""

from __future__ import annotations

from html.parser import HTMLParser

import msgspec
import polars as pl

from comity.oversight.history import COLUMNS
from comity.oversight.replay import SEE, replay
from comity.oversight.report import MOST, Heading, Stream, report_page
from comity.oversight.sources import Frame
from comity.oversight.stream import DRAWN, inquiry_history
from tests.oversight.drafts import agreement, history, see

PERMIT = see("permit", "true")
HEADING = Heading(
    draft="draft@1",
    title="A <draft> & more",
    digest="0" * 64,
    replaces=("text@1",),
    today=("text@1", "other@1"),
    span="all of it",
    history="journal",
    made_at="2026-01-01T00:00:00Z",
)


class Page(HTMLParser):
    """Which elements are open, and every word."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not {"style", "onclick", "src", "href"} & {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data + " "


def test_the_page_says_what_the_replay_found() -> None:
    officer = see("forbid", 'principal == Officer::"us-ice/o-1"')
    rows = [
        {"at": 1_500_000_000_000 + n, "agency": f"agency-{n:02}", "month": "2017-07"}
        for n in range(15)
    ]
    rows += [{"charged": False, "month": "2017-08"}] * 1_234
    new = [agreement(PERMIT, see("forbid", "!resource.charged"), officer, name="draft")]
    flips = replay([Frame(history(*rows).lazy())], [agreement(PERMIT)], new, SEE)
    page = Page(report_page(flips, HEADING))
    assert page.open == []
    assert "script" not in page.tags
    assert page.tags.count("h1") == 1
    assert "What would change: A <draft> & more" in page.text
    for words in (
        "1,249 inquiries",
        "1,234",
        "draft@1#1b",
        "2017-08",
        "see birthplace",
        "principal",
    ):
        assert words in page.text, words
    assert f"and {flips.by('agency', 'change').height - MOST} lines more" in page.text
    # Not when, nor any attribute that says who.
    assert "1500000000" not in page.text.replace(",", "")
    assert "decided live" in page.text


def test_a_draft_without_effect_is_a_page_too() -> None:
    flips = replay(
        [Frame(history({}).lazy())], [agreement(PERMIT)], [agreement(PERMIT, name="draft")]
    )
    page = Page(report_page(flips, HEADING))
    assert "of 1 inquiries" in page.text
    assert page.tags.count("table") == 0


def test_what_is_real_and_what_is_drawn_stands_on_it() -> None:
    stream = Stream(("one feed", "another"), 7, 82, ("the day",), ("purpose", "grade"))
    flips = replay([Frame(history({}).lazy())], [agreement(PERMIT)], [])
    said = Page(report_page(flips, msgspec.structs.replace(HEADING, stream=stream))).text
    assert "Nobody made these inquiries" in said
    assert "by seed 7, 82 times over" in said
    assert "Drawn by the seed: purpose; grade" in said


def test_the_mapping_of_streams_is_by_its_seed() -> None:
    acts = pl.LazyFrame(
        {
            "seq": list(range(400)),
            "kind": ["arrest", "encounter"] * 200,
            "date": [None] * 400,
            "method": ["CAP Local Incarceration", None] * 200,
            "outcome": [None] * 400,
        },
        schema_overrides={"date": pl.Date, "outcome": pl.String},
    ).with_columns(pl.lit("2017-03-04").str.to_date().alias("date"))
    custody = pl.LazyFrame(
        {
            "observed_on": ["2017-03-04"] * 5,
            "event": ["booked", "gone", "booked", "status_changed", "booked"],
            "status_code": ["DE", "CS", "DE", "SSR", None],
            "top_charge": ["1", None, "2", "3", None],
        }
    ).with_columns(pl.col("observed_on").str.to_date())
    one, same, other = (
        inquiry_history(acts, custody, seed).collect().sort("at") for seed in (1, 1, 2)
    )
    assert one.equals(same)
    assert not one.equals(other)
    assert one.schema == dict(COLUMNS)
    assert set(one["month"]) == {"2017-03"} == set(other["month"])
    assert set(DRAWN) >= {"agency", "purpose", "basis", "grade"}
    # The kind of act is real, and an encounter is for civil enforcement unless a local one asks.
    civil = one.filter(pl.col("purpose") == "civil immigration enforcement")
    assert 200 * 0.7 < civil.height < 400
