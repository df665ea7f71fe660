"""`comity status`: what is in force and what is held, for a person and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.city.rehearsal import rehearse_city
from comity.city.scenes import EVENING
from comity.cli.init import found_installation
from comity.cli.main import run
from comity.cli.settings import shipped
from comity.instant import Instant
from comity.store.sqlite.database import Database

Status = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Status:
    """`comity status` of a fresh installation, at 22:00 on 31 August 2018."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    monkeypatch.setattr("comity.cli.status.clock", lambda: EVENING)
    found_installation(
        Path(), {"custodian": "city", "time_zone": "America/New_York", "hold_birthplace": True}
    )

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["status", *arguments])
        return code, *capsys.readouterr()

    return call


def test_nothing_is_held_yet(status: Status) -> None:
    code, out, err = status()
    assert (code, err) == (0, "")
    assert "city, 2018-08-31T22:00:00-04:00" in out
    _, out, _ = status("--json")
    told = json.loads(out)
    assert told["in_force"] == []
    assert {told[name] for name in ("record", "event", "entries", "agencies")} == {0}
    assert told["changes_next"] is None


def test_the_law_and_the_counts_of_a_city(status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    with Database.open(Path("comity.db")) as database:
        rehearsal = rehearse_city(database, shipped("law"), 2018, lambda _: None)
    expunged = rehearsal.scene.roles["expunged"].record_id
    gone = [event for event in rehearsal.scene.before if event.record_id == expunged]
    code, out, err = status()
    assert (code, err) == (0, "")
    assert "philadelphia-pars-ice@2              in force\n" in out
    assert "philadelphia-pars-ice@1              superseded\n" in out
    assert "this changes next at 2018-09-01T00:00:00-04:00" in out
    told = json.loads(status("--json")[1])
    assert f"events taken in              {told['event']:,}\n" in out
    assert told["event"] == rehearsal.taken.applied - len(gone), "it took its events along"
    assert told["tombstone"] == 1
    assert told["changes_next"] == "2018-09-01T04:00:00.000Z"
    monkeypatch.setattr("comity.cli.status.clock", lambda: Instant(EVENING + 7_200_000))
    afterwards = json.loads(status("--json")[1])
    assert afterwards["not_in_force"]["philadelphia-pars-ice@2"] == "not renewed"
    assert "philadelphia-pars-atf@1" in afterwards["in_force"]
    assert afterwards["law_digest"] != told["law_digest"]


def test_without_a_database(status: Status) -> None:
    Path("comity.db").unlink()
    code, out, err = status()
    assert (code, out) == (3, "")
    assert "comity.db" in err
    assert "Try: " in err
    assert "Traceback" not in err


def test_without_settings(status: Status) -> None:
    Path("comity.toml").unlink()
    code, _, err = status()
    assert code == 3
    assert "Try: run `comity init` here" in err
