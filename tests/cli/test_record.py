"""`comity record` as a records officer types it: what is said, and the exit code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.cli.main import run
from comity.ledger.entry import seal
from comity.records.event import Parts
from comity.records.message import encode_event
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from tests.records.events import event

Comity = Callable[..., tuple[int, str, str]]
DOCKET = ("--authority", "CP-51-MD-1")


@pytest.fixture
def comity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Comity:
    """Run a command in a fresh folder that holds the record r-1."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    assert run(["init"]) == 0

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    ingest(call, encode_event(event()))
    return call


def ingest(comity: Comity, *lines: bytes) -> str:
    Path("events.ndjson").write_bytes(b"\n".join(lines))
    code, _, err = comity("ingest", "events.ndjson")
    assert code == 0, err
    return err


def disclose() -> None:
    """An entry as the disclosure of r-1 to an agency leaves it."""
    sealed = seal(
        subject={"person": "p-1", "record": "r-1"},
        content={"disclosed": {"identity": {"sur_name": "Velm"}, "charges": {}}},
        request={"ori": "XXBUR0100"},
        decision={"kind": "disclosure", "at": "2018-08-31T20:00:00.000Z"},
        randomness=bytes,
        subject_id="p-1",
    )
    with Database.open(Path("comity.db")) as database:
        database.write(lambda connection: append_entries(connection, (sealed,))).result()


def test_a_record_is_shown_with_the_event_that_made_each_part(comity: Comity) -> None:
    code, out, err = comity("record", "show", "r-1")
    assert (code, err) == (0, "")
    head, headings, *rows = out.splitlines()
    assert head == "r-1, open"
    assert headings.split() == ["part", "source", "event", "as", "it", "stands"]
    assert rows[0].startswith('charges/1  jail    e-1    {"sequence":"1"')
    assert [row.split()[0] for row in rows] == ["charges/1", "custody", "identity", "person_id"]
    assert json.loads(comity("record", "show", "r-1", "--json")[1])["record_id"] == "r-1"


@pytest.mark.parametrize(
    ("verb", "became"), [("seal", "sealed"), ("hide", "hidden"), ("restore", "restored")]
)
def test_each_verb_says_what_became_of_the_record_and_its_entry(
    comity: Comity, verb: str, became: str
) -> None:
    code, out, err = comity("record", verb, "r-1", *DOCKET)
    assert (code, out) == (0, "")
    assert err.startswith(f"r-1 is {became}; entry ")
    shown = comity("record", "show", "r-1")[1].splitlines()[0]
    assert shown == ("r-1, open" if verb == "restore" else f"r-1, {became}")


def test_expunging_lists_who_must_be_told_and_keeps_the_list(comity: Comity) -> None:
    disclose()
    code, out, err = comity("record", "expunge", "r-1", *DOCKET)
    assert code == 0
    assert "1 past disclosures must be recalled" in err
    row = re.split(" {2,}", out.splitlines()[1])
    assert row[0] == "XXBUR0100"
    assert row[-2:] == ["charges, identity", "no text in force then: ask counsel"]
    assert comity("record", "show", "r-1")[0] == 3
    assert "expunged before" in comity("record", "expunge", "r-1", *DOCKET)[2]
    files = b"".join(path.read_bytes() for path in Path().glob("comity.db*"))
    assert b"Velm" not in files

    code, out, _ = comity("record", "recalls")
    assert code == 0
    assert "XXBUR0100" in out
    (recall,) = json.loads(comity("record", "recalls", "--json")[1])
    assert recall["recipients"][0]["data_classes"] == ["charges", "identity"]


def test_an_expungement_that_comes_as_an_event_says_where_the_recalls_are(comity: Comity) -> None:
    assert "had been disclosed to anybody" in comity("record", "recalls")[2]
    disclose()
    gone = event("expunged", 9, parts=Parts(), authority="CP-1")
    err = ingest(comity, encode_event(gone))
    assert "1 past disclosures must be recalled: `comity record recalls`" in err
    assert "XXBUR0100" in comity("record", "recalls")[1]


def test_what_was_disclosed_to_nobody_says_so(comity: Comity) -> None:
    code, out, err = comity("record", "expunge", "r-1", *DOCKET)
    assert (code, out, err) == (0, "", "expunged; it had been disclosed to nobody\n")


def test_an_expungement_as_json(comity: Comity) -> None:
    assert json.loads(comity("record", "expunge", "r-1", *DOCKET, "--json")[1]) == []
    assert json.loads(comity("record", "expunge", "r-1", *DOCKET, "--json")[1]) == []


@pytest.mark.parametrize("verb", ["expunge", "seal", "hide", "restore", "show"])
def test_a_record_that_is_not_there_is_named(comity: Comity, verb: str) -> None:
    docket = () if verb == "show" else DOCKET
    code, out, err = comity("record", verb, "r-9", *docket)
    assert (code, out) == (3, "")
    assert err == "comity: no such record\n  at: r-9\nTry: check the record number\n"


@pytest.mark.parametrize("verb", ["expunge", "seal", "hide", "restore"])
def test_no_standing_changes_without_an_order(comity: Comity, verb: str) -> None:
    code, _, err = comity("record", verb, "r-1")
    assert code == 2
    assert "--authority" in err
    assert comity("record", verb, "r-1", "--authority", " ")[0] == 2
    assert comity("record", "show", "r-1")[1].startswith("r-1, open")
