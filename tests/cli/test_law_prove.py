"""`comity law prove`: proved, disproved with an inquiry, unknown; and bad input told by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cedarpy
import pytest

pytest.importorskip("z3", reason="proofs are an extra")

from comity.cli.law_prove import ASSUMES
from comity.cli.main import run
from comity.cli.settings_text import settings_file
from comity.law.parse import parse_instrument
from comity.law.schema import SCHEMA
from comity.oversight.promise_example import Said as Live
from comity.store.sqlite.database import Database
from tests.oversight.drafts import agreement, see

ROOT = Path(__file__).resolve().parents[2]
LAW = ROOT / "law"
Said = pytest.CaptureFixture[str]
ICE = 'principal in Party::"us-ice"'
PROMISES = """---
promises: springfield
title: What Springfield promises
texts: [text]
from: 2018-01-01T00:00
time_zone: America/New_York
---

## 1 Nobody sees a victim

```promise
acts: [see parties]
never: true
```

## 2 Nothing is shown without a case number

```promise
acts: [see]
never: "!context.case_number"
```
"""


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file but the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)


@pytest.fixture
def springfield(tmp_path: Path) -> Path:
    """A folder of law with one agreement, which keeps the first promise and breaks the second."""
    folder = tmp_path / "law"
    place = folder / "springfield"
    place.mkdir(parents=True)
    text = agreement(see("permit", ICE), see("forbid", 'action == Action::"see parties"'))
    (place / "text.md").write_text(text.canonical, "utf-8")
    (place / "promises.md").write_text(PROMISES, "utf-8")
    return folder


def prove(*arguments: str) -> int:
    return run(["law", "prove", *arguments])


def test_the_shipped_promises_are_proved(capsys: Said) -> None:
    assert prove("philadelphia") == 0
    out, err = capsys.readouterr()
    assert out.startswith("What the texts of Philadelphia promise (12 texts)\n")
    assert out.count("proved over all inquiries: ") == 10
    assert err.startswith("10 proved, 0 disproved, 0 unknown; ")
    assert all(f"assumed: {one}\n" in err for one in ASSUMES)


def test_one_that_is_broken_is_shown_with_its_inquiry_and_clause(
    springfield: Path, capsys: Said
) -> None:
    assert prove("--law", str(springfield), "springfield") == 1
    out, err = capsys.readouterr()
    first, _, second = out.partition("  2  Nothing is shown without a case number\n")
    assert "     proved over all inquiries: 1 act, 1 period of law, 3 kinds of inquiry" in first
    assert "disproved: here is an inquiry that the law from 2018-01-01T00:00:00-05:00" in second
    assert "who asks: an officer of an agency for us-ice" in second
    assert "asks for itself, without a case number, not approved" in second
    assert "permitted, by clause 1 of text@1 (A rule): confirmed by the live engine" in second
    assert err.startswith("1 proved, 1 disproved, 0 unknown; ")


def test_the_request_of_the_data_is_one_that_cedarpy_allows(
    springfield: Path, capsys: Said
) -> None:
    """Nothing of ours between: the JSON, the text as shipped, and the reference engine."""
    assert prove("--json", "--law", str(springfield)) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["assumes"] == list(ASSUMES)
    kept, broken = data["promises"]
    assert (kept["outcome"], kept["solvers"], kept["kinds"]) == ("proved", ["z3"], 3)
    assert broken["outcome"] == "disproved"
    request: dict[str, Any] = broken["request"]
    text = parse_instrument((springfield / "springfield" / "text.md").read_bytes(), "text.md")
    policies = "\n".join(policy.source for clause in text.clauses for policy in clause.policies)
    said = cedarpy.is_authorized(
        {
            "principal": request["principal"],
            "action": request["action"],
            "resource": request["resource"],
            "context": request["context"],
        },
        policies,
        request["entities"],
        SCHEMA,
    )
    assert said.allowed
    assert request["context"]["case_number"] is False


def test_past_the_limit_is_unknown_and_an_answer(capsys: Said) -> None:
    assert prove("california", "--work", "1") == 1
    out, err = capsys.readouterr()
    assert "     unknown: z3 gave up" in out
    assert "0 unknown" not in err


def test_cvc5_is_asked_too(springfield: Path, capsys: Said) -> None:
    pytest.importorskip("cvc5")
    assert prove("--json", "--cross-check", "--law", str(springfield)) == 1
    kept, _ = json.loads(capsys.readouterr().out)["promises"]
    assert kept["outcome"] == "proved"
    assert set(kept["solvers"]) == {"z3", "cvc5"}


def test_a_draft_stands_in_for_its_version(springfield: Path, tmp_path: Path, capsys: Said) -> None:
    draft = agreement(see("permit", f"{ICE} && context.case_number"))
    (tmp_path / "draft.md").write_text(draft.canonical, "utf-8")
    assert prove("--law", str(springfield), "--text", "draft.md") == 1
    out = capsys.readouterr().out
    assert out.count("disproved") == 1  # it shows victims, and asks for a case number
    assert out.index("disproved") < out.index("proved over all inquiries")


def test_as_of_asks_only_of_that_law(capsys: Said) -> None:
    assert prove("philadelphia", "--as-of", "2018-08-31", "--json") == 0
    found = json.loads(capsys.readouterr().out)["promises"]
    assert [one["periods"] for one in found if one["number"] != "5"] == [1] * 9
    assert prove("philadelphia", "--as-of", "2010-01-01", "--json") in (0, 1)
    early = json.loads(capsys.readouterr().out)["promises"]
    assert {one["number"] for one in early} == {"1", "2", "3", "4", "5", "6", "7"}


def test_claims_about_a_draft(tmp_path: Path, capsys: Said) -> None:
    overflows = see("forbid", 'context.at.offset(duration("30d")) < datetime("2018-09-01")')
    dead = see("permit", "context.approved && !context.approved")
    (tmp_path / "draft.md").write_text(agreement(overflows, dead).canonical, "utf-8")
    assert prove("--text", "draft.md", "--errs", "--dead", "--classes") == 1
    out = capsys.readouterr().out
    assert "disproved: text@1#1a: this prohibition cannot fail\n" in out
    assert "disproved: text@1#1b: this rule applies to some request\n" in out
    assert "     a dead clause: no request meets it\n" in out
    assert "proved: text@1#1a: what this rule cannot tell apart, it answers alike\n" in out


def test_a_draft_against_todays_text(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "old.md").write_text(agreement(see("permit", ICE)).canonical, "utf-8")
    new = agreement(see("permit", f"{ICE} && context.case_number"), version=2)
    (tmp_path / "new.md").write_text(new.canonical, "utf-8")
    assert prove("--text", "new.md", "--against", "old.md") == 0
    assert capsys.readouterr().out.startswith("proved: text@2 beside text@1: see existence, ")
    assert prove("--text", "new.md", "--against", "old.md", "--equivalent") == 1
    assert "disproved: text@1 beside text@2: see existence" in capsys.readouterr().out


def test_conflicts_of_a_place_with_federal_texts(capsys: Said) -> None:
    assert prove("texas", "--conflicts", "--json") == 1
    found = json.loads(capsys.readouterr().out)["claims"]
    (one,) = (each for each in found if each["about"].startswith("texas-detainers@2 and federal-d"))
    assert one["outcome"] == "disproved"
    assert "served on subject: no" in one["examples"][0]
    abouts = [each["about"] for each in found]
    assert len(abouts) == len(set(abouts))


def test_the_law_adopted_in_a_city_is_what_its_register_says(tmp_path: Path, capsys: Said) -> None:
    """The city has adopted one order, which tells no release date; the promises name twelve texts."""
    (tmp_path / "comity.toml").write_text(
        settings_file({"custodian": "city", "time_zone": "America/New_York"})
    )
    Database.open(tmp_path / "comity.db", create=True).close()
    assert run(["law", "keygen", "city", "--out", "keys"]) == 0
    signed = ["--party", "city", "--key", "keys/city.pem", "--at", "2018-01-01"]
    order = "philadelphia/executive-order-5-16.md"
    assert run(["law", "adopt", order, *signed]) == 0
    capsys.readouterr()
    promises = str(LAW / "philadelphia" / "promises.md")
    assert prove(promises, "--adopted", "--as-of", "2018-08-31") == 1
    out, err = capsys.readouterr()
    assert out.startswith("What the texts of Philadelphia promise (1 of 1 text in force)\n")
    assert err.startswith("9 proved, 0 disproved, 1 unknown; ")
    assert "unknown: no text of these stands, or no agreement has ended" in out
    assert prove("--adopted", "--errs") == 2
    assert "--adopted is for promises" in capsys.readouterr().err


def test_a_counterexample_that_the_live_law_refuses_is_a_defect_of_ours(
    springfield: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Neither proved nor disproved: told as a fault of Comity, with the exit code of one."""
    refuses = Live(lets_through=False, met=True, ruling="refused", clauses=())
    monkeypatch.setattr("comity.oversight.prove.live", lambda *_: lambda _example: refuses)
    assert prove("--law", str(springfield)) == 6
    out, err = capsys.readouterr()
    assert "disproved" not in out
    assert "a counterexample did not replay: claimed let through by the live law" in err
    assert "report this as a defect of Comity" in err


def test_every_problem_of_a_file_of_promises_is_told(springfield: Path, capsys: Said) -> None:
    file = springfield / "springfield" / "promises.md"
    file.write_text(PROMISES.replace("see parties", "see partys").replace("title", "titel"))
    assert prove("--law", str(springfield)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{file}:12: unknown act `see partys`\n  Try: did you mean `see parties`?" in err
    assert "unknown key `titel`" in err


def test_a_text_that_is_not_there_is_named(springfield: Path, capsys: Said) -> None:
    file = springfield / "springfield" / "promises.md"
    file.write_text(PROMISES.replace("[text]", "[texd]"))
    assert prove("--law", str(springfield)) == 2
    assert "there is no text `texd`\n  Try: did you mean `text`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("---\nid", "--\nid", "no front matter"),
        ("context.approved", "context.aproved", "unknown field `context.aproved`"),
        ("context.approved", "context.purpose", "the rule is not valid: "),
        ("context.approved", "context.approved &&", "the policy is not Cedar: "),
        ('Action::"see"', 'Action::"sea"', "unknown act `sea`"),
    ],
)
def test_a_draft_that_is_none_is_told_with_file_and_line(
    tmp_path: Path, capsys: Said, old: str, new: str, says: str
) -> None:
    text = agreement(see("permit", "context.approved")).canonical
    assert old in text
    (tmp_path / "draft.md").write_text(text.replace(old, new, 1), "utf-8")
    assert prove("philadelphia", "--text", "draft.md") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("draft.md:")
    assert says in err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("atlantis",), 3, "there is no file or place `atlantis`"),
        (("nowhere/promises.md",), 3, "there is no file or place"),
        (("texas",), 3, "`texas` has no promises"),
        (("--text", "nowhere.md"), 3, "there is no such text"),
        (("--law", "nowhere"), 3, "there is no such folder of texts"),
        (("--against", "philadelphia-pars-ice"), 2, "--against needs one --text"),
        (("--equivalent",), 2, "--equivalent needs --against"),
        (("--work", "0"), 2, "--work"),
        (("philadelphia", "--as-of", "yesterday"), 2, "yesterday"),
    ],
)
def test_what_is_wrong_with_the_words_of_a_command(
    arguments: tuple[str, ...], code: int, says: str, capsys: Said
) -> None:
    assert prove(*arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert "Try: " in err


def test_without_a_solver_it_says_how_to_get_one() -> None:
    """A process of its own: z3 is loaded here already."""
    start = (
        "import sys; sys.modules['z3'] = None; from comity.cli.main import main; "
        "main(['law', 'prove', 'philadelphia'])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", start], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "comity: the solver z3 is not installed\nTry: pip install 'comity[proofs]'\n"
    )
