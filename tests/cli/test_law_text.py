"""`comity law check | show | diff`: data on stdout, talk on stderr, honest exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comity.cli.main import run
from tests.law.samples import SAMPLE, SAMPLE_PATH, changed

REF = "springfield-records-statepolice@1"
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file but the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)


def law(*arguments: str) -> int:
    return run(["law", *arguments])


def test_check_says_nothing_on_stdout_where_all_is_well(capsys: Said) -> None:
    assert law("check", str(SAMPLE_PATH)) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "1 text, no problem; 6 examples came out as written\n"


def test_check_tells_every_problem(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "x.md").write_text(changed("quorum: 2", "quorum: 3"), "utf-8")
    (tmp_path / "y.md").write_text("nothing", "utf-8")
    assert law("check", str(tmp_path)) == 1
    out, err = capsys.readouterr()
    assert f"{tmp_path}/x.md:17: a quorum of 3 cannot be reached by 2 voters\n  Try: " in out
    assert f"{tmp_path}/y.md:1: no front matter" in out
    assert err == "2 problems in 2 texts\n"


def test_check_as_json(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "x.md").write_text(changed("quorum: 2", "quorum: 3"), "utf-8")
    assert law("check", "--json", str(tmp_path)) == 1
    data = json.loads(capsys.readouterr().out)
    assert [(one["line"], one["clause"]) for one in data["problems"]] == [(17, None)]
    assert data["instruments"][0]["ref"] == REF


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check"], 2),
        (["check", "nowhere"], 3),
        (["show", "nowhere.md"], 3),
        (["show", "folder/nowhere"], 3),
        (["show", "no-such-text@7"], 3),
        (["show", str(SAMPLE_PATH), "--clause", "9"], 3),
        (["diff", str(SAMPLE_PATH)], 2),
        (["show", "philadelphia-pars-ice@2"], 0),
        (["diff", "philadelphia-pars-ice@1", "philadelphia-pars-ice@2"], 0),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: Said) -> None:
    assert law(*arguments) == code
    out, err = capsys.readouterr()
    assert bool(out) == (code == 0)
    assert (code == 0) or "Try:" in err or "at:" in err


def test_show_has_the_whole_text(capsys: Said) -> None:
    assert law("show", str(SAMPLE_PATH)) == 0
    out = capsys.readouterr().out
    for piece in (
        f"{REF}  Access of the State Police",
        "from: 2024-01-01T00:00:00-06:00",
        "party court: County Court (signatory)",
        "renewal: 2 of city, court; notice 30 days",
        "2 What may be seen",
        "[Agreement of 1 December 2023, article 2]",
        "Of a juvenile's record",
        '@refuses_by("withhold")',
        "duty 4: city: enter the inquiry in the listing",
        "sets: parties, term, renewal",
        "withheld: the person was a juvenile (see existence)",
    ):
        assert piece in out


def test_show_one_clause_only(capsys: Said) -> None:
    assert law("show", str(SAMPLE_PATH), "--clause", "4") == 0
    assert capsys.readouterr().out.strip().startswith("4 Listing")
    assert law("show", str(SAMPLE_PATH), "--clause", "4", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert [clause["number"] for clause in data["clauses"]] == ["4"]
    assert data["front_matter"]["custodian"] == "city"


def test_show_a_text_that_cannot_be_read(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "x.md").write_text(changed("version: 1", "version: one"), "utf-8")
    assert law("show", "x.md") == 1
    assert capsys.readouterr().err.startswith("x.md:3: `version` is not a whole number")


def test_a_draft_whose_rules_are_not_sound_yet_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text(changed("context.approved }", "context.aproved }"), "utf-8")
    assert law("show", "x.md") == 0
    assert law("diff", str(SAMPLE_PATH), "x.md") == 0


def test_diff_shows_what_changed(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "x.md").write_text(changed("of every inquiry", "of most inquiries"), "utf-8")
    assert law("diff", str(SAMPLE_PATH), "x.md") == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "clause 4 (Listing) says something else",
        "  -The City keeps a listing of every inquiry.",
        "  +The City keeps a listing of most inquiries.",
    ]
    assert err == f"1 difference between {REF} and {REF}\n"


def test_diff_of_equals(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "x.md").write_text(SAMPLE.replace("\n", "\r\n"), "utf-8", newline="")
    assert law("diff", str(SAMPLE_PATH), "x.md") == 0
    assert capsys.readouterr().err == f"{REF} and {REF} are the same text\n"
    (tmp_path / "x.md").write_text(changed("// A person", "// Somebody"), "utf-8")
    assert law("diff", "--json", str(SAMPLE_PATH), "x.md") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["changes"] == []
    assert "the same in words and rules" in err


def test_refs_are_found_in_the_folder_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "x.md").write_text(SAMPLE, "utf-8")
    (tmp_path / "comity.toml").write_text(
        'custodian = "city"\ntime_zone = "America/Chicago"\nlaw = "texts"\n', "utf-8"
    )
    assert law("show", REF) == 0
    assert law("show", "philadelphia-pars-ice@2") == 3
