"""`comity agency` and `comity process` as a clerk types them."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comity.cli.main import run
from comity.cli.settings_text import settings_file
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, opened

Comity = Callable[..., "Said"]


class Said:
    """What a command said, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def comity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Comity:
    """Run a command in a fresh folder with settings and an empty database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    given = {"custodian": "city", "time_zone": "America/New_York"}
    (tmp_path / "comity.toml").write_text(settings_file(given))
    Database.open(tmp_path / "comity.db", create=True).close()

    def call(*arguments: str, code: int | None = 0) -> Said:
        capsys.readouterr()
        found = run(list(arguments))
        said = Said(found, *capsys.readouterr())
        assert code is None or found == code, said.err
        return said

    return call


def enter(comity: Comity) -> str:
    """An agency with a key and an officer; the id of the key."""
    comity("agency", "add", "PAICE0100", "--name", "ICE", "--party", "us-ice")
    key_id = comity("agency", "keygen", "ice").out.strip()
    assert comity("agency", "key", "add", "PAICE0100", "ice.pub.pem").out.strip() == key_id
    comity("agency", "officer", "add", "PAICE0100", "a-1", "--until", "2999-01-01")
    return key_id


def test_an_agency_is_entered_shown_suspended_and_resumed(comity: Comity, tmp_path: Path) -> None:
    key_id = enter(comity)
    assert stat.S_IMODE((tmp_path / "ice.pem").stat().st_mode) == 0o600
    shown = comity("agency", "show", "PAICE0100", "--json").data
    assert shown["parties"] == ["us-ice"]
    assert [key["key_id"] for key in shown["keys"]] == [key_id]
    assert shown["officers"][0]["officer"] == "a-1"
    comity("agency", "suspend", "PAICE0100", "--reason", "audit overdue", "--by", "chief")
    (row,) = comity("agency", "list", "--json").data
    assert row["fault"] == "agency PAICE0100 is suspended: audit overdue"
    assert "audit overdue" in comity("agency", "show", "PAICE0100").out
    comity("agency", "resume", "PAICE0100")
    assert "may ask" in comity("agency", "list").out
    comity("agency", "key", "revoke", key_id)
    comity("agency", "officer", "remove", "PAICE0100", "a-1")
    assert "was revoked" in comity("agency", "show", "PAICE0100").out


def test_every_change_is_an_entry_with_the_clerks_name(comity: Comity, tmp_path: Path) -> None:
    enter(comity)
    comity("agency", "suspend", "PAICE0100", "--reason", "x", "--by", "chief")
    with Database.open(tmp_path / "comity.db") as database:
        reader = database.reader()
        assert check_ledger(reader) == ()
        changes = [opened(reader, index).decision["change"] for index in range(4)]
        assert changes == ["agency entered", "key entered", "officer entered", "agency suspended"]
        last = opened(reader, 3)
        assert last.request == {"by": "chief"}
        assert last.content == {"reason": "x"}


def test_a_child_agency_and_a_record_systems_key(comity: Comity) -> None:
    enter(comity)
    comity("agency", "add", "PAICE0101", "--name", "Field office", "--parent", "PAICE0100")
    assert comity("agency", "show", "PAICE0101", "--json").data["parties"] == ["us-ice"]
    comity("agency", "keygen", "jail", "--out", "keys")
    comity("agency", "key", "add", "PAICE0101", "keys/jail.pub.pem", "--source", "jail")
    assert "jail" in comity("agency", "show", "PAICE0101").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("add", "short", "--name", "x"), 2, "is not an ORI"),
        (("add", "PAICE0100", "--name", "x"), 2, "entered already"),
        (("add", "PAICE0102", "--name", "x", "--parent", "PAXXX0000"), 3, "no agency"),
        (("show", "PAXXX0000"), 3, "no agency"),
        (("suspend", "PAICE0100"), 2, "--reason"),
        (("resume", "PAICE0100"), 3, "not suspended"),
        (("key", "add", "PAICE0100", "none.pem"), 3, "no such file"),
        (("key", "add", "PAICE0100", "ice.pem"), 2, "not a public key"),
        (("key", "add", "PAICE0100", "ice.pub.pem"), 2, "entered already"),
        (("key", "revoke", "none"), 3, "no such key"),
        (("officer", "add", "PAICE0100", "a-1"), 2, "already"),
        (("officer", "add", "PAICE0100", "system:x"), 2, "system"),
        (("officer", "remove", "PAICE0100", "none"), 3, "not on the roster"),
        (("keygen", "ice"), 2, "already"),
        (("approve", "PAICE0100", "none"), 3, "awaits approval"),
        (("deny", "PAICE0100", "none"), 3, "awaits approval"),
    ],
)
def test_mistakes_have_a_code_and_a_word(
    comity: Comity, arguments: tuple[str, ...], code: int, says: str
) -> None:
    enter(comity)
    assert says in comity("agency", *arguments, code=code).err


def test_nothing_is_held_at_first(comity: Comity) -> None:
    assert comity("agency", "held", "--json").data == []
    assert comity("agency", "list", "--json").data == []


JUDICIAL = (
    *("--label", "warrant", "--issuer", "Municipal Court", "--issued", "2018-08-30"),
    *("--court", "Philadelphia Municipal Court", "--judge", "Hon. A. Example"),
    *("--docket", "MC-1", "--person", "Nemo, Nina", "--born", "1980-01-01"),
    *("--offence", "theft", "--criminal", "--verified-by", "clerk", "--expires", "2999-01-01"),
)


def test_a_paper_is_what_is_written_on_it(comity: Comity) -> None:
    assert "as a judicial warrant" in comity("process", "file", "w-1", *JUDICIAL).err
    said = comity("process", "file", "w-2", *JUDICIAL, "--form", "I-200")
    assert "as an administrative warrant" in said.err
    listed = comity("process", "list", "--json").data
    assert [one["is"] for one in listed] == ["judicial warrant", "administrative warrant"]
    shown = comity("process", "show", "w-1").out
    assert "a judicial warrant, presented as a warrant" in shown
    assert "named person: Nemo, Nina, 1980-01-01" in shown
    assert "2018-08-30T00:00:00-04:00" in shown
    assert "verified" in comity("process", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "none"), 3, "no such process"),
        (("file", "w-1", *JUDICIAL), 2, "on file already"),
        (("file", "w-3", *JUDICIAL, "--person", "Nemo"), 2, "SUR, GIVEN"),
        (("file", "w-3", *JUDICIAL, "--expires", "2018-08-01"), 2, "expires before"),
        (("file", "w-3", *JUDICIAL, "--issued", "someday"), 2, "not a local time"),
        (("file", "a b", *JUDICIAL), 2, "not a process id"),
    ],
)
def test_papers_that_cannot_be_filed(
    comity: Comity, arguments: tuple[str, ...], code: int, says: str
) -> None:
    comity("process", "file", "w-1", *JUDICIAL)
    assert says in comity("process", *arguments, code=code).err


def test_a_name_alone_is_warned_of(comity: Comity) -> None:
    said = comity(
        *("process", "file", "d-1", "--label", "detainer", "--issuer", "ICE"),
        *("--issued", "2018-08-30", "--form", "I-247A", "--person", "Nemo, Nina"),
    )
    assert "as a detainer" in said.err
    assert "a name alone names no subject" in said.err
