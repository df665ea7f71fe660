"""`comity init`: nothing is overwritten, nothing is left half made, and every message says what next."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.cli.main import run
from comity.cli.settings import load_settings, shipped
from comity.store.faults import StoreUnwritable
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import size


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    return tmp_path


def left(folder: Path) -> list[str]:
    """What is in a folder now."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_everything_that_is_needed_is_made(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "made comity.toml, comity.db and law" in err
    assert "`comity law check`" in err
    settings = load_settings()
    assert (settings.custodian, settings.time_zone) == ("city", "America/New_York")
    assert not settings.hold_birthplace, "place of birth is dropped unless somebody says otherwise"
    copied = {path.name for path in settings.law.rglob("*.md")}
    assert copied == {path.name for path in shipped("law").rglob("*.md")}
    with Database.open(settings.database) as database:
        assert size(database.reader()) == 0
    assert run(["law", "check", "law"]) == 0


def test_another_folder_and_other_settings(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The folder is made, and the message says to go there."""
    arguments = ["--custodian", "county", "--time-zone", "Europe/Berlin", "--no-law"]
    assert run(["init", "deep/er", *arguments, "--hold-birthplace"]) == 0
    assert "`cd deep/er`" in capsys.readouterr().err
    settings = load_settings(here / "deep/er/comity.toml")
    assert (settings.custodian, settings.time_zone) == ("county", "Europe/Berlin")
    assert settings.hold_birthplace
    assert left(here / "deep/er/law") == []


@pytest.mark.parametrize("there", ["comity.toml", "comity.db", "law"])
def test_what_is_there_is_not_touched(
    here: Path, capsys: pytest.CaptureFixture[str], there: str
) -> None:
    if there == "law":
        (here / "law").mkdir()
        (here / "law/own.md").write_text("mine")
    else:
        (here / there).write_text("mine")
    before = {name: (here / name).is_dir() or (here / name).read_bytes() for name in left(here)}
    assert run(["init"]) == 2
    after = {name: (here / name).is_dir() or (here / name).read_bytes() for name in left(here)}
    assert after == before
    err = capsys.readouterr().err
    assert "is here already" in err
    assert f"at: {there}" in err
    assert "Try: choose another folder" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--custodian", " "], "`custodian` is empty"),
        (["--time-zone", "Mars/Phobos"], "`Mars/Phobos` is not a time zone"),
    ],
)
def test_a_setting_that_cannot_be_used_leaves_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert run(["init", "new", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert left(here) == []


def test_a_folder_that_cannot_be_made(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file stands in the way, or the system says no: said in words, and no fault of Comity's."""
    (here / "file").write_text("mine")
    assert run(["init", "file/new"]) == 2
    err = capsys.readouterr().err
    assert "cannot be written" in err
    assert "nothing was left here" in err
    assert left(here) == ["file"]


@pytest.mark.parametrize("fault", [StoreUnwritable("full"), OSError(28, "No space left on device")])
@pytest.mark.parametrize("existed", [True, False])
def test_a_disk_that_fills_up_leaves_nothing(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    existed: bool,
) -> None:
    """Fails at the database, the last big thing: what was made before it is taken away."""
    if existed:
        (here / "new").mkdir()
        (here / "new/own.txt").write_text("mine")

    def full(path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise fault

    monkeypatch.setattr("comity.cli.init.Database.open", full)
    assert run(["init", "new/deeper" if not existed else "new"]) == 2
    assert left(here) == (["new", "new/own.txt"] if existed else [])
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert run(["init", "new"]) == 0
