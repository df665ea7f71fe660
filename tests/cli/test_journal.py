"""`comity journal export`: files by month, told on stdout, and every way it can go wrong."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl
import pytest

from comity.city.rehearsal import rehearse_city
from comity.city.scenes import EVENING
from comity.cli.init import found_installation
from comity.cli.main import run
from comity.cli.settings import shipped
from comity.disclosure.decide import settle
from comity.disclosure.inquiry import Asked, ByName
from comity.disclosure.seal import Signed, seal_settled
from comity.instant import Instant
from comity.oversight.history import history_of
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.sqlite.incidents import enter_incident
from comity.store.sqlite.law import load_register
from tests.ledger.samples import seeded
from tests.store.planted import Planted

DAY_MS = 86_400_000
DICE = seeded(8)
Journal = Callable[..., "tuple[int, str, str]"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's city, with an inquiry each in July, August and September."""
    folder = tmp_path_factory.mktemp("city") / "city"
    found_installation(
        folder, {"custodian": "city", "time_zone": "America/New_York", "hold_birthplace": True}
    )
    with Database.open(folder / "comity.db") as database:
        rehearse_city(database, shipped("law"), 2018, lambda _: None)
        for days in (40, 1, 0):
            ask(database, Instant(EVENING - days * DAY_MS))
    return folder


def ask(database: Database, at: Instant, *, lie: bool = False) -> None:
    """An inquiry that finds nobody, decided under the law on file at an instant."""
    law = load_register(database.reader()).in_force(at)
    asked: Asked = Planted.asked(object.__new__(Planted), ByName("Nobody", "Nina"))
    settled = settle(msgspec.structs.replace(asked, at=at), law, ())
    sealed = seal_settled(settled, Signed("k", "n", "d"), DICE)
    if lie:
        (line,) = sealed[0].journal
        ((acts, _, determining, erring),) = msgspec.json.decode(line.ruled)
        ruled = msgspec.json.encode([(acts, True, determining, erring)])
        told = (msgspec.structs.replace(line, ruled=ruled),)
        sealed = (msgspec.structs.replace(sealed[0], journal=told),)
    database.write(lambda c: append_entries(c, sealed)).result(20)


@pytest.fixture
def city(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "city"
    folder.mkdir()
    for file in template.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(folder)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    monkeypatch.setattr("comity.cli.doctor.clock", lambda: EVENING)
    monkeypatch.setattr("comity.cli.status.clock", lambda: EVENING)
    return folder


@pytest.fixture
def journal(city: Path, capsys: pytest.CaptureFixture[str]) -> Journal:
    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["journal", "export", *arguments])
        return code, *capsys.readouterr()

    return call


def test_a_file_a_month(journal: Journal, city: Path) -> None:
    code, out, err = journal("out")
    assert (code, err) == (0, "")
    assert [line.split()[0::4] for line in out.splitlines()] == [
        ["month", "file"],
        ["2018-07", "history-2018-07.parquet"],
        ["2018-08", "history-2018-08.parquet"],
        ["2018-09", "history-2018-09.parquet"],
    ], "months are of UTC, where the evening of 31 August is September"
    assert sorted(path.name for path in (city / "out").iterdir()) == [
        "history-2018-07.parquet",
        "history-2018-08.parquet",
        "history-2018-09.parquet",
    ]


def test_months_and_json(journal: Journal) -> None:
    code, out, _ = journal("out", "--since", "2018-07", "--until", "2018-08", "--json")
    assert code == 0
    made = json.loads(out)
    assert [(one["month"], one["lines"], one["differing"]) for one in made["files"]] == [
        ("2018-07", 1, 0),
        ("2018-08", 1, 0),
    ]
    found = history_of([one["file"] for one in made["files"]]).collect()
    assert found["month"].to_list() == ["2018-07", "2018-08"]
    assert set(found["agency"]) == {"XXATF0000"}
    code, out, err = journal("out", "--until", "2017-12")
    assert (code, out) == (0, "")
    assert "nothing was written" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("out", "--since", "2018-13"), "`2018-13` is not a month"),
        (("out", "--until", "August"), "`August` is not a month"),
        (("out", "--since", "0000-01"), "`0000-01` is not a month"),
        (("out", "--since", "2018-08", "--until", "2018-07"), "--until is before --since"),
        ((), "missing argument"),
    ],
)
def test_usage(journal: Journal, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = journal(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_the_same_month_twice_is_one_month(journal: Journal) -> None:
    assert journal("out", "--since", "2018-07", "--until", "2018-07")[0] == 0


def test_without_polars(journal: Journal, city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    code, out, err = journal("out")
    assert (code, out) == (3, "")
    assert "Try: install comity[columns]" in err
    assert not (city / "out").exists()


def test_a_folder_that_is_in_the_way(journal: Journal, city: Path) -> None:
    (city / "taken").write_text("")
    assert journal("taken")[0] == 2
    code, _, err = journal("taken/out")
    assert code == 2
    assert "cannot be written" in err
    assert "Try: " in err


def test_a_line_that_does_not_follow_is_told_and_the_files_stand(
    journal: Journal, city: Path
) -> None:
    with Database.open(city / "comity.db") as database:
        ask(database, Instant(EVENING - 2 * DAY_MS), lie=True)
    code, out, err = journal("out")
    assert code == 6
    assert "1 lines were decided otherwise" in err
    assert "history-2018-08.parquet" in out
    assert pl.read_parquet(city / "out" / "history-2018-08.parquet").height == 2


def test_doctor_and_status_tell_of_an_incident(
    city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["doctor"])
    assert "ok    no incident was entered" in capsys.readouterr().out
    with Database.open(city / "comity.db") as database:
        law = load_register(database.reader()).in_force(EVENING).digest
        database.write(lambda c: enter_incident(c, law, "a bad memory", EVENING, DICE)).result(20)
        past = "0" * 64
        database.write(lambda c: enter_incident(c, past, "an old one", EVENING, DICE)).result(20)
    assert run(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "FAIL  incident of 2018-08-31T22:00:00-04:00, entry" in out
    assert ": a bad memory\n" in out
    assert "warn  incident of 2018-08-31T22:00:00-04:00" in out
    assert run(["status"]) == 0
    out = capsys.readouterr().out
    assert "incidents (`comity doctor` says which)" in out
    assert "lines in the journal" in out
    assert run(["status", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["incidents"], told["journal"]) == (2, 3)
