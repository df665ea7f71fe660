"""`comity doctor`: what was changed behind Comity's back is found, named, and exit code 1."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from comity.city.demonstration import HandClock, playing
from comity.city.rehearsal import rehearse_city
from comity.city.scenes import EVENING
from comity.cli.init import found_installation
from comity.cli.main import run
from comity.cli.settings import shipped
from comity.records.ingest import Message, Refused, take_in
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import size
from comity.store.sqlite.records import SqliteRecords
from comity.web.app import create_gateway
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from comity.web.service import Desk
from comity.web.view import Views

ZONE = "America/New_York"
Doctor = Callable[..., "tuple[int, str]"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's city on its evening."""
    folder = tmp_path_factory.mktemp("city") / "city"
    found_installation(
        folder,
        {"custodian": "city", "time_zone": ZONE, "law": "law", "hold_birthplace": True},
    )
    with Database.open(folder / "comity.db") as database:
        rehearsal = rehearse_city(database, shipped("law"), 2018, lambda _: None)

        def gateway_of(clock: HandClock):  # type: ignore[no-untyped-def] # said by `playing`
            desk = Desk(
                database,
                Views(database),
                StoredRecords(database, os.urandom, time_zone=ZONE, hold_birthplace=True),
                clock=clock,
                randomness=os.urandom,
                limits=Limits(),
            )
            return create_gateway(desk, heartbeat_seconds=0.2, poll_seconds=0.2)

        with playing(rehearsal, gateway_of) as evening:
            assert list(evening.play())
    return folder


@pytest.fixture
def city(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "city"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    monkeypatch.setattr("comity.cli.doctor.clock", lambda: EVENING)
    return folder


@pytest.fixture
def doctor(city: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    def call(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["doctor", *arguments])
        return code, capsys.readouterr().out

    return call


def change(city: Path, *statements: str) -> None:
    """What somebody does who has the file and no scruples."""
    connection = apsw.Connection(str(city / "comity.db"))
    for statement in statements:
        connection.execute(statement)
        assert statement.startswith("DROP") or connection.changes() > 0
    connection.close()


def test_a_sound_city(doctor: Doctor, city: Path) -> None:
    """It only reads, warns of the term that ends, and has nothing to retry."""
    before = sorted((path.name, path.stat().st_size) for path in city.glob("*.db"))
    code, out = doctor()
    assert code == 0
    assert "FAIL" not in out
    assert "ok    every entry of the ledger recomputes, without a gap" in out
    assert "warn  philadelphia-pars-ice@2 ends at 2018-09-01T00:00:00-04:00" in out
    assert sorted((path.name, path.stat().st_size) for path in city.glob("*.db")) == before
    states = {one["state"] for one in json.loads(doctor("--json")[1])}
    assert states <= {"ok", "warn"}


def test_a_message_of_an_expunged_record_is_not_to_be_tried_again(doctor: Doctor) -> None:
    out = doctor()[1]
    assert "ok    for expunged records: 1 message refused and not kept" in out
    assert "--retry" not in out


def test_a_bad_message_is(doctor: Doctor, city: Path) -> None:
    with Database.open(city / "comity.db") as database:
        store = SqliteRecords(database, os.urandom)
        messages: list[Message] = [("1", Refused("feed", "1", "no event", b"{"), {})]
        take_in(messages, store, lambda: EVENING)
    code, out = doctor()
    assert code == 0
    assert "warn  in quarantine: 1 message\n      Try: `comity ingest --retry`" in out


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("decision_part", "the decision compartment does not recompute to its digest"),
        ("request_part", "the request compartment does not recompute to its digest"),
    ],
)
def test_an_entry_that_was_changed(doctor: Doctor, city: Path, column: str, says: str) -> None:
    with Database.open(city / "comity.db") as database:
        last = size(database.reader()) - 1
    change(
        city,
        "DROP TRIGGER entries_never_change",
        f"UPDATE entries SET {column} = CAST('{{}}' AS BLOB) WHERE index_ = {last}",  # noqa: S608 - a test's own names
    )
    code, out = doctor()
    assert code == 1
    assert f"FAIL  entry {last}: {says}" in out
    assert "Try: keep the file" in out


def test_an_entry_that_was_taken_out(doctor: Doctor, city: Path) -> None:
    change(
        city,
        "DROP TRIGGER entries_never_go",
        "DELETE FROM entry_personal WHERE index_ = 62",
        "DELETE FROM entries WHERE index_ = 62",
    )
    code, out = doctor()
    assert code == 1
    assert "FAIL  entry 62: 1 entry is missing" in out


def test_a_text_that_was_changed(doctor: Doctor, city: Path) -> None:
    change(
        city,
        "DROP TRIGGER law_text_never_changes",
        "UPDATE law_text SET canonical = replace(canonical, 'forbid', 'permit')"
        " WHERE ref = 'philadelphia-pars-ice@2'",
    )
    code, out = doctor()
    assert code == 1
    assert "FAIL" in out
    assert "philadelphia-pars-ice@2" in out


def test_a_vote_that_was_turned(doctor: Doctor, city: Path) -> None:
    change(
        city,
        "DROP TRIGGER law_act_never_changes",
        "UPDATE law_act SET yes = 1 WHERE act = 'voted' AND yes = 0",
    )
    code, out = doctor()
    assert code == 1
    assert "FAIL" in out
    assert "philadelphia-pars-ice@2" in out


def test_a_file_that_is_damaged(doctor: Doctor, city: Path) -> None:
    file = city / "comity.db"
    raw = bytearray(file.read_bytes())
    for page in range(20, len(raw) // 4096, 7):
        raw[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    file.write_bytes(raw)
    code, out = doctor()
    assert code == 1
    assert "FAIL" in out


def test_a_text_of_the_folder_that_fails_its_check(doctor: Doctor, city: Path) -> None:
    text = next((city / "law").rglob("pars-ice-2010.md"))
    text.write_text(text.read_text().replace("version", "verzion", 1))
    code, out = doctor()
    assert code == 1
    assert "pars-ice-2010.md" in out
    assert "comity law check" in out


def test_a_rehearsal_is_warned_of(
    doctor: Doctor, city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comity.cli.output._shift_ms", 0)  # put back afterwards
    settings = city / "comity.toml"
    settings.write_text("rehearsal_seconds = -3600\n" + settings.read_text())
    code, out = doctor()
    assert code == 0
    assert "warn  this is a rehearsal" in out
    assert "Try: set rehearsal_seconds to 0" in out


def test_an_installation_without_law_and_agencies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found_installation(tmp_path / "new", {"custodian": "city", "time_zone": ZONE})
    monkeypatch.chdir(tmp_path / "new")
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    assert run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "warn  no text is in force: every inquiry is refused" in out
    assert "warn  no agency is registered" in out
    assert "ok    nothing stands in quarantine" in out
    (tmp_path / "new/comity.db").unlink()
    assert run(["doctor"]) == 1
    assert "FAIL" in capsys.readouterr().out
