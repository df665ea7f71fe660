"""`comity ingest` as somebody types it in a fresh folder: what is said, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comity.cli.main import run
from comity.records.event import Parts
from comity.records.message import encode_event
from comity.records.record import Identity
from tests.records.events import event

Comity = Callable[..., tuple[int, str, str]]
SECRET = "MARKERSECRET"
MAPPING = """
source = "export"
time_zone = "America/New_York"
[event]
event_id = {column = "no"}
record_id = {column = "booking", prefix = "B-"}
person_id = {column = "booking"}
occurred_at = {column = "day", as = "local"}
verb = {column = "what", values = {IN = "booked"}}
"""
TABLE = "no,booking,day,what\n1,7,2018-08-01,IN\n2,8,2018-08-01,UP\n"


@pytest.fixture
def comity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Comity:
    """Run a command in a fresh folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    assert call("init")[0] == 0
    return call


def counts(comity: Comity, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = comity("ingest", "--json", *arguments)
    return code, json.loads(out)


def write(*lines: bytes) -> str:
    Path("a.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))
    return "a.ndjson"


def stored_bytes() -> bytes:
    return b"".join(path.read_bytes() for path in Path().glob("comity.db*"))


def test_events_of_a_file_go_in_once(comity: Comity) -> None:
    file = write(*(encode_event(event(number=n)) for n in range(3)))
    code, out, err = comity("ingest", file)
    assert (code, out) == (0, ""), "the summary is talk: stdout is data"
    assert "3 events taken in, 0 were here before" in err
    assert "0 events taken in, 3 were here before" in comity("ingest", file)[2]


def test_the_counts_as_json(comity: Comity) -> None:
    file = write(encode_event(event()), b"{")
    code, found = counts(comity, file)
    assert code == 1
    assert (found["applied"], found["duplicates"], found["quarantined"]) == (1, 0, 1)
    assert (found["expunged"], found["dropped"]) == (0, {})
    assert counts(comity, file)[1]["duplicates"] == 1


def test_bad_lines_are_told_with_place_reason_and_what_to_do(comity: Comity) -> None:
    good = json.loads(encode_event(event(number=2)))
    rejected = json.dumps(good | {"citizenship": SECRET, "surprise": 1}).encode()
    code, out, err = comity("ingest", write(encode_event(event()), b"{", rejected))
    assert code == 1
    assert "1 events taken in" in err
    assert "2 in quarantine" in err
    assert "a.ndjson:2: is not JSON" in err
    assert "a.ndjson:3: " in err
    assert "surprise" in err
    assert "field `citizenship` dropped at the door 1 times" in err
    assert "Try: " in err
    assert SECRET not in out + err
    assert SECRET.encode() not in stored_bytes()


def test_a_table_is_taken_in_by_its_mapping_and_retried_once_that_is_mended(
    comity: Comity,
) -> None:
    Path("m.toml").write_text(MAPPING)
    Path("mended.toml").write_text(MAPPING.replace("IN =", 'UP = "booked", IN ='))
    Path("a.csv").write_text(TABLE)
    code, first = counts(comity, "a.csv", "--mapping", "m.toml")
    assert (code, first["applied"], first["quarantined"]) == (1, 1, 1)
    code, again = counts(comity, "--retry", "--mapping", "mended.toml")
    assert (code, again["applied"], again["quarantined"]) == (0, 1, 0)
    assert comity("record", "show", "B-8")[0] == 0
    code, nothing = counts(comity, "--retry", "--mapping", "mended.toml")
    assert (code, nothing["applied"], nothing["duplicates"]) == (0, 0, 0)


def test_a_retry_without_the_mapping_leaves_the_row_where_it_is(comity: Comity) -> None:
    Path("m.toml").write_text(MAPPING)
    Path("other.toml").write_text(MAPPING.replace('"export"', '"another"'))
    Path("a.csv").write_text(TABLE)
    counts(comity, "a.csv", "--mapping", "m.toml")
    for mapping in ((), ("--mapping", "m.toml"), ("--mapping", "other.toml")):
        code, found = counts(comity, "--retry", *mapping)
        assert (code, found["applied"], found["quarantined"]) == (1, 0, 1)


def test_an_event_for_an_expunged_record_is_told(comity: Comity) -> None:
    mine = encode_event(event(parts=Parts(identity=Identity(sur_name=SECRET))))
    file = write(mine, encode_event(event(number=2, record="r-2")))
    comity("ingest", file)
    assert comity("record", "expunge", "r-1", "--authority", "CP-1")[0] == 0
    code, _, err = comity("ingest", file)
    assert code == 1
    assert "1 refused: their records were expunged" in err
    assert "a.ndjson:1" in err
    assert comity("record", "show", "r-1")[0] == 3
    assert SECRET.encode() not in stored_bytes(), "it does not come back through the side door"


@pytest.mark.parametrize(
    ("arguments", "code", "where", "what"),
    [
        ([], 2, "", "name at least one file, or --retry"),
        (["none.ndjson"], 3, "none.ndjson", "no such file"),
        (["none.csv", "--mapping", "m.toml"], 3, "none.csv", "no such file"),
        (["jail.csv"], 2, "jail.csv", "a table needs a mapping file"),
        (["jail.csv", "--mapping", "none"], 3, "none", "no such mapping file"),
        (["jail.csv", "--mapping", "nyc-doc"], 2, "nyc-doc.toml", "the export has no column"),
        (["jail.csv", "--mapping", "jail.csv"], 2, "jail.csv", "is not TOML"),
        (["empty.csv", "--mapping", "m.toml"], 2, "empty.csv", "has no heading line"),
        (["latin.csv", "--mapping", "m.toml"], 2, "latin.csv", "is not CSV in UTF-8"),
        (["folder"], 3, "folder", "no such file"),
        (["jail.csv", "--mapping", "latin.csv"], 2, "latin.csv", "is not UTF-8"),
        (["jail.xlsx"], 2, "jail.xlsx", "ends in none of .ndjson"),
        (["none.parquet", "--mapping", "m.toml"], 3, "none.parquet", "no such file"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    comity: Comity, arguments: list[str], code: int, where: str, what: str
) -> None:
    Path("m.toml").write_text(MAPPING)
    Path("jail.csv").write_text(TABLE)
    Path("empty.csv").touch()
    Path("latin.csv").write_bytes(b"no,caf\xe9\n")
    Path("jail.xlsx").touch()
    Path("folder").mkdir()
    ended, out, err = comity("ingest", *arguments)
    assert (ended, out) == (code, "")
    assert what in err
    assert where in err


def test_a_file_that_is_no_parquet_says_so(comity: Comity) -> None:
    pytest.importorskip("polars", reason="the extra `columns` is not installed")
    Path("m.toml").write_text(MAPPING)
    Path("a.parquet").write_bytes(b"x" * 20)
    code, _, err = comity("ingest", "a.parquet", "--mapping", "m.toml")
    assert code == 2
    assert "is not Parquet" in err


def test_without_init_it_says_so(comity: Comity) -> None:
    Path("comity.toml").unlink()
    code, _, err = comity("ingest", "a.ndjson")
    assert code == 3
    assert "run `comity init`" in err
