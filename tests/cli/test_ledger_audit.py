"""`comity ledger audit|mirror`: what was tampered with is named, and only what holds passes."""

from __future__ import annotations

import json
import random
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.cli import main as entry_point
from comity.ledger.merkle import leaf_hash
from comity.ledger.policy import PolicyWitness, parse_policy, print_policy
from comity.ledger.tiles import Tile
from comity.web import log_folder, log_source
from tests.ledger.tlog import (
    LOG_KEY,
    POLICY,
    WITNESS_KEYS,
    WholeLog,
    entry,
    log_of,
    log_of_size,
    published,
)
from tests.web.static_log import StaticServer, flip, forge, swap, write_log

SIZE = 2_345
LOG = log_of_size(SIZE)


@pytest.fixture
def policy(tmp_path: Path) -> str:
    file = tmp_path / "policy"
    file.write_bytes(print_policy(POLICY))
    return str(file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_log(tmp_path / "log", LOG)
    return tmp_path / "log"


@pytest.fixture
def server(folder: Path) -> Iterator[StaticServer]:
    serving = StaticServer(folder)
    yield serving
    serving.stop()


def run(*arguments: object) -> int:
    return entry_point.run(["ledger", *map(str, arguments)])


def audited(
    place: object, policy: str, capsys: pytest.CaptureFixture[str], *more: object
) -> tuple[int, list[str], str]:
    """Exit code, where the findings are, and what was told on stderr."""
    code = run("audit", place, "--policy", policy, "--json", *more)
    said = capsys.readouterr()
    return code, [finding["where"] for finding in json.loads(said.out)["findings"]], said.err


def test_an_honest_log_by_web_and_by_folder(
    server: StaticServer, folder: Path, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (server.url, f"{server.url}/", folder):
        assert run("audit", place, "--policy", policy) == entry_point.OK
        said = capsys.readouterr()
        assert said.out.startswith("sound: phl.example/comity/2026, 2,345 entries, ")
        assert f"root {LOG.root.hex()}\n" in said.out
        assert "cosigned by council, 2026-09-21T" in said.out
        assert "quorum" not in said.out
    fetched = {path.lstrip("/") for path in server.asked}
    assert fetched == set(LOG.files), "everything is read, and nothing but the log"


@pytest.mark.parametrize("seed", range(6))
def test_logs_of_any_size(
    tmp_path: Path, policy: str, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    size = random.Random(seed).choice([0, 1, 255, 256, 257, 511, 513, 1000, 5000])
    log = write_log(tmp_path / "log", size)
    assert audited(tmp_path / "log", policy, capsys) == (0, [], "")
    assert run("mirror", tmp_path / "log", tmp_path / "copy", "--policy", policy) == 0
    assert "mirrored: " in capsys.readouterr().out
    assert audited(tmp_path / "copy", policy, capsys) == (0, [], "")
    assert (tmp_path / "copy" / "checkpoint").read_bytes() == log.files["checkpoint"]


@pytest.mark.parametrize("path", sorted(path for path in LOG.files if path.startswith("tile/0")))
def test_a_changed_tile_is_named(
    server: StaticServer, folder: Path, policy: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(folder, path, -1)
    code, where, told = audited(server.url, policy, capsys)
    assert (code, where) == (6, [path])
    assert f"at: {path}" in told


@pytest.mark.parametrize("path", ["tile/1/000.p/9", "tile/entries/004", "tile/entries/009.p/41"])
@pytest.mark.parametrize("at", [0, 2, -1])
def test_a_changed_upper_tile_or_bundle_is_named(
    folder: Path, policy: str, path: str, at: int, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(folder, path, at)
    code, (where,), _ = audited(folder, policy, capsys)
    assert code == 6
    index = 4 if "004" in path else 9
    entries = {f"entry {index * 256 + n}" for n in range(256)}
    assert where == path or ("entries" in path and where in entries)


def test_every_byte_class_of_a_checkpoint(
    folder: Path, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = LOG.files["checkpoint"]
    # Two witnesses of two are needed, so a line less or a byte changed is never final.
    for at in range(0, len(raw), 7):
        (folder / "checkpoint").write_bytes(raw)
        flip(folder, "checkpoint", at)
        code, where, _ = audited(folder, policy, capsys)
        assert code == 6
        assert where == ["checkpoint"], at


def test_a_forged_entry_is_named_with_and_without_its_tile(
    server: StaticServer, folder: Path, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second is what Go's TileHashReader let through (GO-2026-6179)."""
    tile = forge(folder, LOG, 700, entry(10**6))
    code, where, told = audited(server.url, policy, capsys)
    assert (code, where) == (6, ["entry 700"])
    assert "at: entry 700" in told
    raw = bytearray(LOG.files[tile.path])
    raw[32 * (700 - 512) : 32 * (701 - 512)] = leaf_hash(entry(10**6))
    (folder / tile.path).write_bytes(bytes(raw))
    assert audited(server.url, policy, capsys)[:2] == (6, [Tile(0, 2).path])
    assert run("mirror", server.url, folder.parent / "copy", "--policy", policy) == 6
    assert "at: tile/0/002" in capsys.readouterr().err
    assert not (folder.parent / "copy" / "checkpoint").exists()


def test_swapped_entries_are_named(
    folder: Path, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    swap(folder, LOG, 515, 712)
    assert audited(folder, policy, capsys)[:2] == (6, ["entry 515", "entry 712"])


def test_a_tail_cut_off_under_its_checkpoint_is_named(
    folder: Path, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shorter = log_of_size(2_300)
    for path in ("tile/entries/009.p/41", "tile/0/009.p/41"):
        (folder / path).unlink()
    write_log(folder, WholeLog(shorter.entries, shorter.edge, _without_checkpoint(shorter)))
    code, where, _ = audited(folder, policy, capsys)
    assert code == 6
    assert set(where) == {"tile/entries/009.p/41", "tile/0/009.p/41"}


def _without_checkpoint(log: WholeLog) -> dict[str, bytes]:
    return {path: raw for path, raw in log.files.items() if path != "checkpoint"}


def test_a_tail_cut_off_and_signed_again_needs_a_memory(
    tmp_path: Path, folder: Path, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = tmp_path / "last"
    assert audited(folder, policy, capsys, "--remember", memory)[0] == 0
    assert memory.read_bytes() == LOG.files["checkpoint"]
    write_log(tmp_path / "cut", log_of_size(2_300))
    assert audited(tmp_path / "cut", policy, capsys)[0] == 0, "nobody could tell"
    code, where, told = audited(tmp_path / "cut", policy, capsys, "--remember", memory)
    assert (code, where) == (6, ["checkpoint"])
    assert "went back from 2345 to 2300" in told
    forked = log_of(LOG.entries[:2000], [entry(10**6 + n) for n in range(900)])
    write_log(tmp_path / "fork", forked)
    code, where, _ = audited(tmp_path / "fork", policy, capsys, "--remember", memory)
    assert (code, where) == (6, ["checkpoint of 2345"])
    assert memory.read_bytes() == LOG.files["checkpoint"], "only a clean audit moves it"
    memory.write_bytes(b"junk\n")
    assert run("audit", folder, "--policy", policy, "--remember", memory) == 6


def test_a_missing_quorum_is_said(
    folder: Path, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "checkpoint").write_bytes(published(LOG.checkpoint, ()).to_bytes())
    code, where, told = audited(folder, policy, capsys)
    assert (code, where) == (6, ["checkpoint"])
    assert "the quorum `outsiders` is not met" in told
    assert run("mirror", folder, folder.parent / "copy", "--policy", policy) == 0
    assert "the log's word alone" in capsys.readouterr().out


def test_a_large_log_is_hashed_in_processes(
    tmp_path: Path,
    policy: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_folder, "STRETCHES_LARGE", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    log = write_log(tmp_path / "log", 20_000)
    assert audited(tmp_path / "log", policy, capsys) == (0, [], "")
    forge(tmp_path / "log", log, 17_000, entry(10**6))
    assert audited(tmp_path / "log", policy, capsys)[:2] == (6, ["entry 17000"])


def test_mirror_then_audit_the_mirror_offline(
    tmp_path: Path,
    folder: Path,
    server: StaticServer,
    policy: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = tmp_path / "copy"
    assert run("mirror", server.url, copy, "--policy", policy, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["size"], said["copied"], said["final"]) == (SIZE, SIZE, True)
    grown = log_of(LOG.entries, [entry(number) for number in range(SIZE, SIZE + 100)])
    write_log(folder, grown)
    server.asked.clear()
    assert run("mirror", server.url, copy, "--policy", policy, "--json") == 0
    assert json.loads(capsys.readouterr().out)["copied"] == 100
    assert "/tile/entries/000" not in server.asked
    shutil.rmtree(folder)
    assert audited(copy, policy, capsys) == (0, [], "")


def test_a_policy_file_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    log, (council, court, newspaper) = LOG_KEY.verifier, (key.verifier for key in WITNESS_KEYS)
    given = ["policy", "--log", log, "--witness", "council", council, "https://council.example/w"]
    assert run(*given) == 0
    written = parse_policy(capsys.readouterr().out.encode())
    assert written.witnesses == (PolicyWitness("council", council, "https://council.example/w"),)
    assert written.satisfied_by({"council"})
    assert not written.satisfied_by(())
    given += ["--witness", "court", court, "-", "--witness", "newspaper", newspaper, "-"]
    assert run(*given, "--quorum", 2) == 0
    written = parse_policy(capsys.readouterr().out.encode())
    assert written.satisfied_by({"council", "newspaper"})
    assert not written.satisfied_by({"court"})
    assert run("policy", "--log", log) == 0
    assert capsys.readouterr().out == f"log {log}\nquorum none\n"
    for wrong in (
        [*given, "--quorum", 4],
        [*given, "--witness", "again", court, "-"],
        [*given, "--witness", "log", log, "-"],
        [*given, "--witness", "two words", council, "-"],
        ["policy", "--log", council],
        ["policy", "--log", "junk"],
    ):
        assert run(*wrong) == 2
        assert capsys.readouterr().out == ""


def test_what_cannot_be_reached_is_no_finding(
    tmp_path: Path,
    policy: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_source, "PAUSE_SECONDS", 0.01)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert run("audit", url, "--policy", policy) == 5
        assert run("mirror", url, tmp_path / "copy", "--policy", policy) == 5
    assert run("audit", tmp_path / "nowhere", "--policy", policy) == 3
    assert run("audit", tmp_path, "--policy", tmp_path / "nowhere") == 3
    bad = tmp_path / "bad"
    bad.write_text("quorum nobody\n")
    assert run("audit", tmp_path, "--policy", bad) == 2
    assert f"at: {bad}: line 1" in capsys.readouterr().err
