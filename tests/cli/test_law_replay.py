"""`comity law replay`, `law judge` and `law diff --effect`: data on stdout, honest exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from comity.cli.main import run
from comity.oversight.history import VERSION_KEY
from comity.oversight.stream import coded, metadata
from tests.law.samples import SAMPLE, changed
from tests.oversight.drafts import agreement, history, see

REF = "springfield-records-statepolice@1"
Said = pytest.CaptureFixture[str]
PARTY = {"party": "statepolice", "agency": "statepolice"}


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without settings, with today's text, a draft and a history of two months."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    (tmp_path / "today.md").write_text(SAMPLE, "utf-8")
    draft = changed("resource.juvenile", "!resource.juvenile")
    (tmp_path / "bad.md").write_text(draft, "utf-8")
    (tmp_path / "history").mkdir()
    for month, at in (("2024-01", 1_704_100_000_000), ("2024-02", 1_706_800_000_000)):
        rows = [
            {"at": at, "month": month, **PARTY, "juvenile": number % 2 == 0} for number in range(6)
        ]
        history(*rows).write_parquet(
            tmp_path / "history" / f"{month}.parquet", metadata={VERSION_KEY: "1"}
        )


def law(*arguments: str) -> int:
    return run(["law", *arguments])


def replay(draft: str, *more: str, folder: str = "history") -> int:
    return law("replay", draft, "--today", "today.md", "--history", folder, *more)


def test_the_same_text_changes_nothing(capsys: Said) -> None:
    assert replay("today.md") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{REF}, in place of {REF}: of 12 inquiries 0 open, 0 close, 0 cannot be" in err


EXAMPLES = """
```examples
- that: whoever it is about is of age
  act: see charges
  asks: {agency: us-ice, purpose: criminal investigation, query: name, criteria: [name]}
  about: {juvenile: false, in_custody: true}
  expect: permitted
- that: a juvenile
  act: see charges
  asks: {agency: us-ice, purpose: audit, query: name, criteria: [name]}
  about: {juvenile: true}
  expect: refused
```

## 2 Parties and term

Between these two, from the year 2000 on.

```sets
parties
term
```
"""


def _agreement(folder: Path, name: str, ref: str, when: str) -> str:
    """A valid text that permits what is so, in a file."""
    text = agreement(see("permit", when), name=ref).canonical
    (folder / name).write_text(text.rstrip() + "\n" + EXAMPLES, "utf-8")
    return name


def test_flips_are_told_by_everything_asked_for(tmp_path: Path, capsys: Said) -> None:
    today = _agreement(tmp_path, "a.md", "a", "!resource.juvenile")
    draft = _agreement(
        tmp_path, "b.md", "a", 'context.purpose == Purpose::"criminal investigation"'
    )
    given = ["--today", today, "--history", "history"]
    code = law("replay", draft, *given, "--json")
    out, err = capsys.readouterr()
    assert code == 0, err
    data = json.loads(out)
    assert data["changed"] == {"opens": 6, "closes": 0, "undecidable": 0}
    assert data["inquiries"] == 12
    assert {row["month"] for row in data["counts"]} == {"2024-01", "2024-02"}
    assert {row["clause"] for row in data["counts"]} == {"a@1#1a"}
    assert sum(row["rows"] for row in data["counts"] if row["act"] == "see charges") == 6
    assert data["examples"]
    assert len(data["examples"]) <= 20
    assert all("at" not in row for row in data["examples"])
    assert law("replay", draft, *given, "--since", "2024-02", "--act", "see charges") == 0
    out, err = capsys.readouterr()
    assert "of 6 inquiries 3 open" in err
    assert "see birthplace" not in out
    assert "by agency" in out
    assert law("replay", draft, *given, "--until", "2024-01-31", "--json") == 0
    assert json.loads(capsys.readouterr().out)["inquiries"] == 6


def test_judged_once_only_what_is_new_is_worked_out(tmp_path: Path, capsys: Said) -> None:
    today = _agreement(tmp_path, "a.md", "a", "!resource.juvenile")
    draft = _agreement(tmp_path, "b.md", "b", "resource.in_custody && !resource.juvenile")
    assert law("judge", "kept", "--history", "history", "--today", today) == 0
    out, err = capsys.readouterr()
    assert out == "kept\n"
    assert "12 inquiries judged in 2 parts" in err
    assert replay_of(draft, today, "history") == replay_of(draft, today, "kept")
    assert law("replay", draft, "--today", today, "--history", "kept") == 0
    assert "1 of 2 rules worked out anew" in capsys.readouterr().err
    assert law("judge", "kept", "--history", "history", "--today", today) == 2
    assert "not empty" in capsys.readouterr().err
    (tmp_path / "kept" / "judged.json").rename(tmp_path / "away.json")
    assert law("replay", draft, "--today", today, "--history", "kept") == 2
    assert "is not whole" in capsys.readouterr().err
    (tmp_path / "away.json").rename(tmp_path / "kept" / "judged.json")
    for ending in ("rows", "kinds"):
        path = tmp_path / "kept" / f"part-000001.{ending}.parquet"
        path.rename(tmp_path / path.name)
    assert law("replay", draft, "--today", today, "--history", "kept") == 2
    assert "is not whole" in capsys.readouterr().err
    path = tmp_path / "part-000001.kinds.parquet"
    path.rename(tmp_path / "kept" / path.name)
    assert law("replay", draft, "--today", today, "--history", "kept") == 2
    assert "only one of its two files" in capsys.readouterr().err


def replay_of(draft: str, today: str, folder: str) -> dict[str, int]:
    from comity.cli.law_replay import flips_of
    from comity.cli.law_today import draft_of

    laws = [draft_of(today)], [draft_of(today), draft_of(draft)]
    return dict(flips_of(Path(folder), "polars", laws, (None, None), ()).inquiries)


def test_what_is_written(tmp_path: Path, capsys: Said) -> None:
    today = _agreement(tmp_path, "a.md", "a", "!resource.juvenile")
    draft = _agreement(tmp_path, "b.md", "a", "!resource.juvenile || context.approved")
    rows = history({"juvenile": True, "approved": True}, {"approved": False})
    (tmp_path / "drawn").mkdir()
    coded(rows).write_parquet(tmp_path / "drawn" / "a.parquet", metadata=metadata(["feed one"], 3))
    given = ["--today", today, "--history", "drawn"]
    assert law("replay", draft, *given, "--out", "out", "--report", "page.html") == 0
    assert "page.html" in capsys.readouterr().err
    counts = pl.read_parquet(tmp_path / "out" / "counts.parquet")
    assert set(counts["change"]) == {"opens"}
    examples = pl.read_parquet(tmp_path / "out" / "examples.parquet")
    assert examples.height == 1
    assert "at" not in examples.columns
    assert json.loads((tmp_path / "out" / "replay.json").read_text("utf-8"))["inquiries"] == 2
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "Nobody made these inquiries" in page
    assert "feed one" in page


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.md", "--history", "history"], 3, "nowhere.md"),
        (["bad.md", "--history", "history"], 2, "bad.md:"),
        (["today.md"], 3, "comity journal export"),
        (["today.md", "--history", "nowhere"], 3, "comity journal export"),
        (["today.md", "--history", "empty"], 3, "there is no history"),
        (["today.md", "--history", "history", "--replaces", "x"], 3, "is not of today's law"),
        (["today.md", "--history", "history", "--since", "2024-13"], 2, "2024-13"),
        (["today.md", "--history", "history", "--act", "see all"], 2, "see all"),
        (
            ["today.md", "--history", "history", "--since", "2024-02", "--until", "2024-01"],
            2,
            "--until is before --since",
        ),
        (["today.md", "--history", "later"], 2, "version 9"),
        (["today.md", "--history", "cut"], 2, "cut.parquet"),
        (["today.md", "--history", "word"], 2, "word.parquet"),
    ],
)
def test_bad_input(
    arguments: list[str], code: int, said: str, tmp_path: Path, capsys: Said
) -> None:
    for name in ("empty", "later", "cut", "word"):
        (tmp_path / name).mkdir()
    table = history({})
    table.write_parquet(tmp_path / "later" / "later.parquet", metadata={VERSION_KEY: "9"})
    table.write_parquet(tmp_path / "cut" / "cut.parquet")
    whole = (tmp_path / "cut" / "cut.parquet").read_bytes()
    (tmp_path / "cut" / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    table.with_columns(pl.lit("curiosity").alias("purpose")).write_parquet(
        tmp_path / "word" / "word.parquet"
    )
    assert law("replay", *arguments, "--today", "today.md") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Try:" in err or "at: nowhere.md" in err


def test_without_an_installation_today_must_be_named(capsys: Said) -> None:
    assert law("replay", "today.md", "--history", "history") == 3
    assert "--today REF" in capsys.readouterr().err


def test_damaged_pages_inside_a_file_are_told(tmp_path: Path, capsys: Said) -> None:
    """The end of the file, which says how it is built, is whole."""
    path = tmp_path / "history" / "2024-02.parquet"
    raw = bytearray(path.read_bytes())
    raw[8:900] = bytes(892)
    path.write_bytes(raw)
    today = _agreement(tmp_path, "a.md", "a", "!resource.juvenile")
    assert law("replay", today, "--today", today, "--history", "history") == 2
    err = capsys.readouterr().err
    assert "2024-02.parquet" in err
    assert "Try:" in err


def test_diff_says_what_a_difference_comes_to(tmp_path: Path, capsys: Said) -> None:
    before = _agreement(tmp_path, "a.md", "a", "!resource.juvenile")
    after = _agreement(
        tmp_path, "b.md", "a", 'context.purpose == Purpose::"criminal investigation"'
    )
    assert law("diff", before, after, "--effect", "--history", "history") == 0
    out, err = capsys.readouterr()
    assert "rule changes" in out
    assert "by clause" in out
    assert "beside no other text: of 12 past inquiries 6 open, 0 close" in err
    assert law("diff", before, after, "--effect", "--history", "history", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["effect"]["changed"] == {"opens": 6, "closes": 0, "undecidable": 0}
    assert data["changes"]
    assert law("diff", before, after, "--effect") == 3
