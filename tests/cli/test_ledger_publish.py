"""The log on the command line: keys, checkpoints; and three kinds of tampering, each caught and named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from comity.cli.main import run
from comity.ledger.merkle import leaf_hash
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import append_entries
from comity.store.sqlite.personal import pack
from tests.ledger.samples import samples

Call = Callable[..., "tuple[int, str, str]"]
WAIT = 20


@pytest.fixture
def comity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return run(arguments), *capsys.readouterr()

    code, _, err = call("init", "--no-law", "--custodian", "town")
    assert code == 0, err
    return call


def append(count: int, seed: int) -> None:
    entries = samples(count, seed=seed)
    with Database.open(Path("comity.db")) as database:
        database.write(lambda connection: append_entries(connection, entries)).result(WAIT)
        database.purge_journal().result(WAIT)


def tamper(statement: str) -> None:
    connection = apsw.Connection("comity.db")
    connection.execute("DROP TRIGGER entries_never_change")
    connection.execute(statement)
    connection.close()


def failures(comity: Call) -> list[str]:
    _, out, _ = comity("doctor")
    return [line[6:] for line in out.splitlines() if line.startswith("FAIL")]


@pytest.fixture
def signed(comity: Call) -> Call:
    """An installation with 300 entries and a checkpoint over them."""
    append(300, 1)
    code, _, err = comity("ledger", "checkpoint")
    assert code == 0, err
    assert failures(comity) == []
    return comity


def test_the_key_is_its_owners_and_the_name_sticks(comity: Call) -> None:
    assert Path("ledger-key.pem").stat().st_mode & 0o077 == 0
    _, key, _ = comity("ledger", "key")
    assert key.startswith("town/comity/20")
    assert comity("ledger", "keygen")[0] == 2
    comity("ledger", "checkpoint")
    assert comity("ledger", "key")[1] == key
    code, out, err = comity("ledger", "checkpoint")
    assert (code, err) == (0, "no news since\n")
    assert out.splitlines()[1] == "0"


def test_a_sound_log_is_said_to_be(signed: Call) -> None:
    _, out, _ = signed("doctor")
    assert "the entries make the root that town/comity/20" in out
    assert "every public tile and entry is as signed: 300 entries" in out


def test_a_tampered_database_is_named(signed: Call) -> None:
    tamper("UPDATE entries SET leaf_hash = zeroblob(32) WHERE index_ = 7")
    found = failures(signed)
    assert any("entry 7: the leaf hash is not that of the public bytes" in one for one in found)
    assert any("make another root than the one that was signed" in one for one in found)
    shutil.rmtree("ledger")  # a start goes by the tiles that are shown; without them, by entries
    code, _, err = signed("serve")
    assert code == 6
    assert "make another root" in err


def test_a_forged_entry_that_recomputes_is_named(signed: Call) -> None:
    """Whoever writes the file can make an entry that adds up; not the root that was signed."""
    forged = samples(1, seed=9)[0]
    connection = apsw.Connection("comity.db")
    for name in ("entries_never_change", "entry_personal_never_changes"):
        connection.execute(f"DROP TRIGGER {name}")
    public = (forged.openings[2:], forged.parts[2:])
    connection.execute(
        "UPDATE entries SET commitment=?, leaf_hash=?, subject_digest=?, content_digest=?,"
        " request_digest=?, decision_digest=?, request_opening=?, decision_opening=?,"
        " request_part=?, decision_part=? WHERE index_ = 7",
        (forged.commitment, leaf_hash(forged.commitment), *forged.digests, *public[0], *public[1]),
    )
    connection.execute(
        "UPDATE entry_personal SET key = NULL, body = ? WHERE index_ = 7", (pack(forged),)
    )
    connection.close()
    found = failures(signed)
    assert not any("entry 7" in one for one in found)
    assert any("make another root than the one that was signed" in one for one in found)


def test_a_tampered_tile_is_named_and_made_anew(signed: Call) -> None:
    tile = Path("ledger/tile/0/000")
    raw = bytearray(tile.read_bytes())
    raw[32 * 7] ^= 1
    tile.write_bytes(raw)
    (found,) = failures(signed)
    assert "tile/0/000: hash 7 is not what entry 7 makes" in found
    assert signed("ledger", "rebuild")[0] == 0
    assert failures(signed) == []


def test_a_restored_backup_is_named_and_not_served(signed: Call) -> None:
    shutil.copy("comity.db", "backup.db")
    append(5, 2)
    signed("ledger", "checkpoint")
    for side in ("comity.db-wal", "comity.db-shm"):
        Path(side).unlink(missing_ok=True)
    shutil.copy("backup.db", "comity.db")
    (found,) = failures(signed)
    assert "305 entries were signed, but the database holds 300" in found
    for command in ("serve",), ("ledger", "checkpoint"), ("ledger", "rebuild"):
        code, _, err = signed(*command)
        assert code == 6
        assert "is this a restored backup" in err


def test_a_log_that_signed_does_not_start_without_its_key(signed: Call) -> None:
    Path("ledger-key.pem").rename("elsewhere.pem")
    code, _, err = signed("serve")
    assert code == 6
    assert "its key is not there" in err


def test_an_installation_without_a_key_is_warned(comity: Call) -> None:
    Path("ledger-key.pem").unlink()
    _, out, _ = comity("doctor")
    assert "the log has no key" in out
    assert comity("ledger", "checkpoint")[0] == 3
    assert comity("ledger", "keygen")[0] == 0
    assert comity("ledger", "checkpoint")[0] == 0


def test_the_key_of_a_year_that_has_not_begun(signed: Call) -> None:
    """What a witness is given before New Year: another name and key id, the same public key."""
    now, later = signed("ledger", "key")[1], signed("ledger", "key", "--year", "2999")[1]
    assert later.startswith("town/comity/2999+")
    assert later.rpartition("+")[2] == now.rpartition("+")[2]
    year = now.partition("+")[0][-4:]
    assert signed("ledger", "key", "--year", year)[1] == now
