"""`comity custody` at two in the morning: what is said, what is entered, and the exit code."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from comity.cli import custody_intake
from comity.cli.main import run
from comity.records.record import Conviction, Release
from comity.store.sqlite.append import size
from comity.store.sqlite.custody_files import paper_on_file, papers_of
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, opened
from tests.cli.custody_desk import (
    BOOKED,
    BY,
    CONVICTED,
    DAY,
    DETAINER,
    ICE,
    LATER,
    MARSHALS,
    NEMO,
    NIGHT,
    OTHER,
    PDF,
    WARRANT,
    Comity,
    book,
    facts,
    found_jail,
    take_in,
)

LEAVES = ("leaves", NEMO, "2018-08-31T18:00", "--because", "bail is posted")


@pytest.fixture
def comity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Comity:
    """Run a command in a jail's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert code != 70, err
        return code, out, err

    found_jail(call)
    return call


def kinds() -> list[str]:
    with Database.open(Path("comity.db")) as database:
        reader = database.reader()
        assert check_ledger(reader) == ()
        return [opened(reader, index).decision["kind"] for index in range(size(reader))]


def papers(record: str = NEMO) -> list[str]:
    with Database.open(Path("comity.db")) as database:
        return [one.paper_id for one in papers_of(database.reader(), record)]


def test_a_paper_is_taken_in_classed_and_decided(comity: Comity) -> None:
    Path("scan.pdf").write_bytes(PDF)
    code, out, err = take_in(comity, "d-1", NEMO, ICE, DETAINER, "scan.pdf")
    assert code == 0, err
    assert "It is: detainer; not a judge's paper; valid." in out
    assert "hold: We do not hold: clause 1 of philadelphia-executive-order-5-16@1" in out
    assert "Counsel can review this" in out
    assert kinds()[-2:] == ["paper taken in", "custody decision"]
    code, out, _ = comity("custody", "decide", NEMO, *BY, *NIGHT, "--json")
    told = json.loads(out)
    assert list(told["papers"][0]["acts"]) == [
        "hold", "notify release", "transfer", "interview", "enter", "tell status",
    ]  # fmt: skip
    assert kinds()[-1] == "custody decision"


def test_a_judge_is_claimed_for_a_form_that_no_judge_signs(comity: Comity) -> None:
    given: dict[str, Any] = {**DETAINER, "form": "I-200", "signed_by": "us magistrate judge"}
    before = kinds()
    code, out, err = take_in(comity, given=given)
    assert (code, out) == (1, "")
    assert "Stop: no judge signs Form I-200." in err
    assert "Try: look again at form and signed_by" in err
    assert kinds() == before
    code, out, err = take_in(comity, "d-1", NEMO, ICE, given, "--as-read")
    assert code == 0, err
    assert "defective" in out
    said = ("--a-judge-signed",)
    assert take_in(comity, "d-2", NEMO, ICE, DETAINER, *said)[0] == 1
    assert take_in(comity, "d-2", NEMO, MARSHALS, WARRANT, *said)[0] == 0


def test_whoever_is_not_here_is_refused_in_the_same_words(comity: Comity) -> None:
    book(comity, "r-3", "Gone")
    comity("custody", "release", "r-3", *BY, *NIGHT)
    book(comity, "r-4", "Expunged")
    comity("record", "expunge", "r-4", "--authority", "CP-1")
    told = set()
    for record in ("r-3", "r-4", "r-9"):
        before = len(kinds())
        code, out, err = take_in(comity, "d-1", record)
        assert (code, out) == (3, "")
        told.add(err.replace(record, "…"))
        assert kinds()[before:] == ["paper refused"]
        assert papers(record) == []
    assert len(told) == 1
    assert "There is nobody to hold under this number." in told.pop()


def test_a_sender_nobody_has_registered_is_refused_and_named(comity: Comity) -> None:
    code, out, err = take_in(comity, sender="XXNOBODY0")
    assert code == 1
    assert "Nobody has registered XXNOBODY0" in out
    assert "d-1 is on file" in err  # kept, and without effect until somebody has called back
    _, out, _ = comity("custody", "decide", NEMO, *BY, *NIGHT, "--json")
    assert json.loads(out)["duties"] == {}
    comity("agency", "add", "XXNOBODY0", "--name", "Somebody")
    _, out, _ = comity("custody", "decide", NEMO, *BY, *NIGHT, "--json")
    assert json.loads(out)["duties"]["d-1"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"MZ\x90 no paper", "no type of file"),
        (b"%PDF-1.7 cut", "ends before its end"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    comity: Comity, data: bytes, says: str
) -> None:
    Path("scan.pdf").write_bytes(data)
    before = kinds()
    code, _, err = take_in(comity, "d-1", NEMO, ICE, DETAINER, "scan.pdf")
    assert code == 1
    assert says in err
    assert kinds() == before


def test_a_second_detainer_is_kept_and_the_same_file_is_told(comity: Comity) -> None:
    Path("scan.pdf").write_bytes(PDF)
    take_in(comity, "d-1", NEMO, ICE, DETAINER, "scan.pdf")
    code, _, err = take_in(comity, "d-2", NEMO, ICE, DETAINER, "scan.pdf")
    assert code == 1
    assert "this very file is on file as d-1" in err
    code, out, _ = take_in(comity, "d-2")
    assert code == 0
    assert "There is a detainer already (d-1). A second adds no time" in out
    assert papers() == ["d-1", "d-2"]


def test_a_paper_that_names_another_is_kept_and_invalid(comity: Comity) -> None:
    named = {"sur_name": "Else", "given_name": "Nina", "birth_date": "1980-01-02"}
    code, out, _ = take_in(comity, named=named, names_subject=True)
    assert code == 0
    assert "invalid" in out
    assert "It does not name this person" in out
    assert papers() == ["d-1"]


def test_what_may_not_be_held_is_dropped_and_counted(comity: Comity) -> None:
    code, _, err = take_in(comity, citizenship="x", box_1_reasons=["x"])
    assert code == 0
    assert "dropped `box_1_reasons` (1)" in err
    assert "dropped `citizenship` (1)" in err
    code, _, err = take_in(comity, "d-2", colour="red")
    assert code == 2
    assert "`colour` is no fact of a paper" in err


def test_three_questions_are_asked_at_a_terminal(
    comity: Comity, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(
        ["I-247A", "deportation", "-", "nonsense", "yes", "2018-08-30", "-", "-", "I-200", "-", "-"]
    )
    asked: list[str] = []

    def prompt(text: str, **_: Any) -> str:
        asked.append(text)
        return next(answers, "")

    monkeypatch.setattr("click.prompt", prompt)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    code, out, err = comity("custody", "intake", NEMO, "--from", ICE, "--id", "d-1", *BY, *NIGHT)
    assert code == 0, err
    assert err.index("What form number stands at the bottom left?") < err.index("Who signed")
    assert err.index("Who signed") < err.index("Is there a court's name at the top?")
    assert "where: The last line of the first page" in err
    assert "yes or no" in err
    assert "It is: detainer" in out
    with Database.open(Path("comity.db")) as database:
        paper = paper_on_file(database.reader(), "d-1").paper
    assert (paper.form, paper.court, paper.names_subject) == ("I-247A", "", True)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert comity("custody", "intake", NEMO, "--from", ICE, *BY, *NIGHT)[0] == 2


def test_the_board_is_sorted_by_when_each_must_be_out(comity: Comity) -> None:
    comity("custody", *LEAVES, *BY, *DAY)
    comity(
        "custody",
        "leaves",
        OTHER,
        "2018-08-31T17:30",
        "--because",
        "the case is dismissed",
        *BY,
        *DAY,
    )
    take_in(comity)
    code, out, _ = comity("custody", "board", *DAY)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [OTHER, NEMO]
    code, out, _ = comity("custody", "board", *LATER, "--json")
    assert code == 1  # both ought to be out
    rows = json.loads(out)
    assert [row["record"] for row in rows] == [OTHER, NEMO]
    assert all(row["overdue"] and row["alarm"] for row in rows)
    assert rows[1]["must_be_out_by"] == "2018-08-31T22:00:00.000Z"
    before = kinds()
    code, out, _ = comity("custody", "board", *LATER)
    assert out.startswith(f"! {OTHER}  Voss, Nina: Release now")
    assert kinds() == before, "the board only looks"


def test_nothing_stops_a_release_and_what_the_law_said_is_told(comity: Comity) -> None:
    take_in(comity)
    comity("custody", *LEAVES, *BY, *DAY)
    code, out, err = comity("custody", "release", NEMO, *BY, *DAY)
    assert code == 0, err
    assert "The law said:" in out
    assert "due to leave at Fri 2018-08-31 18:00" in out
    assert kinds()[-2:] == ["custody decision", "release carried out"]
    assert comity("custody", "board", *LATER)[1] == ""
    assert comity("custody", "release", NEMO, *BY, *LATER)[0] == 2


def test_a_hand_over_is_refused_where_the_law_does_not_let_it_through(comity: Comity) -> None:
    take_in(comity)
    comity("custody", *LEAVES, *BY, *DAY)
    hand_over = ("release", NEMO, *BY, *LATER, "--to", ICE, "--upon")
    code, _, err = comity("custody", *hand_over, "d-1")
    assert code == 4
    assert "the person may not be handed over: the law says: deny" in err
    assert comity("custody", *hand_over, "d-9")[0] == 3
    assert comity("custody", "release", NEMO, *BY, *LATER, "--to", ICE)[0] == 2
    assert "hand-over carried out" not in kinds()
    take_in(comity, "w-1", NEMO, MARSHALS, WARRANT)
    code, _, err = comity("custody", *hand_over, "w-1")
    assert code == 4
    assert f"the paper is of {MARSHALS}" in err
    code, out, err = comity(
        "custody", "release", NEMO, *BY, *LATER, "--to", MARSHALS, "--upon", "w-1"
    )
    assert code == 0, err
    assert f"Handed over to {MARSHALS}" in out
    assert kinds()[-1] == "hand-over carried out"


def test_what_the_law_allows_is_done_once_somebody_has_chosen_it(comity: Comity) -> None:
    book(comity, "r-5", "Nemo", charges=CONVICTED)
    take_in(comity, "d-5", "r-5")
    code, _, err = comity("custody", "choose", "d-5", "hold", "--by", "warden", *NIGHT)
    assert code == 4
    assert "there is nothing to choose: We do not hold" in err
    take_in(comity, "o-5", "r-5", MARSHALS, WARRANT)
    code, _, err = comity("custody", "choose", "d-5", "hold", "--by", "warden", *NIGHT)
    assert code == 0, err
    _, out, _ = comity("custody", "decide", "r-5", *BY, *NIGHT)
    assert "the custodian has chosen to use this" in out
    assert comity("custody", "choose", "d-5", "hold", "--by", "warden", *NIGHT)[0] == 2
    again = ("choose", "d-5", "hold", "--no-longer", "--by", "warden")
    assert comity("custody", *again, *NIGHT)[0] == 0
    with Database.open(Path("comity.db")) as database:
        assert opened(database.reader(), size(database.reader()) - 1).request == {"by": "warden"}


def test_a_statement_is_put_to_the_law_before_it_is_kept(comity: Comity) -> None:
    take_in(comity)
    base = ("custody", "statement", NEMO, "--source", "docket 1", *BY, *NIGHT)
    code, _, err = comity(*base, "--fact", "consent_form_signed=yes")
    assert code == 0, err
    before = kinds()
    assert comity(*base, "--fact", "citizenship=x")[0] == 2
    assert comity(*base, "--fact", "signed=yes")[0] == 2
    Path("said.json").write_text(json.dumps({"convictions": [{"on": "never", "source": "x"}]}))
    assert comity(*base, "--facts", "said.json")[0] == 2
    Path("said.json").write_text("[]")
    assert comity(*base, "--facts", "said.json")[0] == 2
    assert kinds() == before
    said = {"convictions": [{"on": "2010-01-01", "source": "docket 1", "facts": {"grade": "F1"}}]}
    Path("said.json").write_text(json.dumps(said))
    assert comity(*base, "--facts", "said.json")[0] == 0


def test_a_copy_is_given_and_a_paper_withdrawn(comity: Comity) -> None:
    take_in(comity, served=False)
    serve = ("custody", "serve", "d-1", "--how", "in person", *BY, *DAY)
    assert comity(*serve)[0] == 2
    assert comity(*serve, "--witness", "officer 9")[0] == 0
    _, out, _ = comity("custody", "decide", NEMO, *BY, *DAY, "--json")
    assert json.loads(out)["papers"][0]["state"] == "valid"
    assert comity("custody", "withdraw", "d-1", *BY, *DAY)[0] == 0
    assert comity("custody", "withdraw", "d-1", *BY, *DAY)[0] == 2
    _, out, _ = comity("custody", "decide", NEMO, *BY, *DAY, "--json")
    assert json.loads(out)["papers"][0]["state"] == "not in effect"


def test_duties_are_listed_and_closed_with_their_proof(comity: Comity) -> None:
    take_in(comity)
    code, out, _ = comity("custody", "duty", "list", "--json", *NIGHT)
    assert code == 0
    (one,) = json.loads(out)
    assert one["state"] == "open"
    task = one["task"]["id"][:8]
    assert comity("custody", "duty", "list", "--at", "2018-09-02")[0] == 1
    assert comity("custody", "duty", "undone", task, "--why", "it was missed", *BY, *NIGHT)[0] == 2
    assert comity("custody", "duty", "done", task, *BY, *DAY)[0] == 0
    assert comity("custody", "duty", "done", task, *BY, *DAY)[0] == 2
    assert comity("custody", "duty", "done", "ffffff", *BY, *DAY)[0] == 3
    assert comity("custody", "duty", "list", *DAY)[1] == ""
    assert "done" in comity("custody", "duty", "list", "--all", *DAY)[1]
    assert kinds()[-1] == "duty done"


def test_letters_are_made_of_a_decision_that_is_durable(comity: Comity) -> None:
    take_in(comity)
    comity("custody", *LEAVES, *BY, *DAY)
    Path("office.json").write_text('{"name": "The Jail", "lines": ["1 Road"], "phone": "555"}')
    code, out, err = comity("custody", "letter", "d-1", "--office", "office.json", *BY, *DAY)
    assert code == 0, err
    assert "The Jail" in out
    assert "Nemo, Nina" in out
    assert "August 31, 2018, 6:00" not in out, "the release is not the agency's to know"
    assert kinds()[-2:] == ["custody decision", "letter made"]
    code, out, err = comity("custody", "notice", "d-1", "--language", "es", *BY, *DAY)
    assert code == 0, err
    assert 'lang="es"' in out
    code, out, err = comity("custody", "notice", "d-1", "--code", *BY, *DAY)
    assert code == 0, err
    assert re.search(r"[0-9A-Z]{4}(?:[- ][0-9A-Z]{4}){5}", out), "the code stands on the notice"
    assert comity("custody", "notice", "d-1", "--code", "--copy-for", "Counsel", *BY)[0] == 2
    code, _, err = comity(
        "custody", "notice", "d-1", "--language", "vi", "--out", "n.html", *BY, *DAY
    )
    assert code == 0
    assert "find an interpreter" in err
    assert Path("n.html").read_text("utf-8").startswith("<!")
    assert comity("custody", "letter", "d-9", *BY, *DAY)[0] == 3
    facts({"lines": 3})
    assert comity("custody", "letter", "d-1", "--office", "facts.json", *BY, *DAY)[0] == 2


def test_only_a_rehearsal_can_say_another_time(comity: Comity) -> None:
    text = Path("comity.toml").read_text("utf-8").replace("rehearsal_seconds = 1", "")
    Path("comity.toml").write_text(text, "utf-8")
    before = kinds()
    code, _, err = take_in(comity)
    assert code == 4
    assert "what is done here is done now" in err
    assert kinds() == before
    assert comity("custody", "board", *NIGHT)[0] == 0  # to look is another matter


def test_whoever_is_not_on_file_is_not_found(comity: Comity) -> None:
    for command in (
        ("decide", "r-9", *BY, *NIGHT),
        ("release", "r-9", *BY, *NIGHT),
        ("leaves", "r-9", "2018-08-31", "--because", "acquitted", *BY, *NIGHT),
        ("serve", "d-9", "--how", "in person", "--signed", *BY, *NIGHT),
        ("choose", "d-9", "hold", *BY, *NIGHT),
        ("withdraw", "d-9", *BY, *NIGHT),
    ):
        assert comity("custody", *command)[0] == 3, command


def test_what_cannot_be_decided_holds_nobody_and_hides_nobody(comity: Comity) -> None:
    """More convictions than are put to a text: for counsel, and not while somebody waits inside."""
    many = tuple(Conviction(str(n), grade="F1", convicted_at=BOOKED) for n in range(401))
    book(comity, "r-6", "Nemo", convictions=many)
    book(comity, "r-7", "Nemo", release=Release(eligible_at=BOOKED))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(custody_intake, "_tell", lambda *_: None)
        code, _, err = take_in(comity, "d-6", "r-6")
    assert code == 2
    assert "d-6" in papers("r-6"), err
    comity("custody", "leaves", "r-6", "2018-08-31T18:00", "--because", "acquitted", *BY, *DAY)
    code, out, _ = comity("custody", "board", *LATER)
    assert code == 1
    assert [line.split()[1] for line in out.splitlines() if line[0] == "!"] == ["r-7", "r-6"]
    assert "The papers cannot be decided, and hold nobody" in out
    assert comity("custody", "release", "r-6", *BY, *LATER, "--to", ICE, "--upon", "d-6")[0] == 2
    code, out, err = comity("custody", "release", "r-6", *BY, *LATER)
    assert code == 0, err
    assert "Release now: acquitted" in out
    assert "cannot be decided" in err
    assert kinds()[-1] == "release carried out"
