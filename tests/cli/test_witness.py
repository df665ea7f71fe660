"""`comity witness`: key and memory are made together, and only together do they serve."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from comity.cli import main as entry_point
from comity.ledger.cosignature import CosignatureVerifier
from comity.ledger.key import KeyKind, parse_verifier_key
from comity.ledger.note import parse_note, verify_note
from tests.ledger.tlog import LOG_KEY, ORIGIN, WITNESS_KEYS
from tests.web.witnesses import request

START = "from comity.cli.main import main; main()"


def run(*arguments: object) -> int:
    return entry_point.run(["witness", *map(str, arguments)])


@pytest.fixture
def made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    key, state = tmp_path / "court.pem", tmp_path / "court.db"
    name = "court.example/witness"
    assert run("keygen", "--name", name, "--key", key, "--state", state, "--json") == 0
    found: dict[str, str] = json.loads(capsys.readouterr().out)
    return found


def test_keygen(made: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vkey = parse_verifier_key(made["vkey"])
    assert (vkey.name, vkey.kind) == ("court.example/witness", KeyKind.COSIGNATURE)
    for file in (made["key"], made["state"]):
        assert Path(file).stat().st_mode & 0o077 == 0
    pem = Path(made["key"]).read_bytes()
    again = ("--name", "court.example/witness", "--key", made["key"], "--state", tmp_path / "x.db")
    assert run("keygen", *again) == 2
    assert Path(made["key"]).read_bytes() == pem
    other = tmp_path / "other.pem"
    assert run("keygen", "--name", "x", "--key", other, "--state", made["state"]) == 6
    assert not other.exists(), "a key without a memory is not left behind"
    assert run("keygen", "--name", "two words", "--key", other, "--state", tmp_path / "y.db") == 2
    capsys.readouterr()


def test_what_does_not_belong_together_does_not_start(
    made: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = ("--origin-key", LOG_KEY.verifier)
    key, state = ("--key", made["key"]), ("--state", made["state"])
    assert run() == 2
    assert run(*log, *key, *state, "--bind", "8723") == 2
    assert run(*log, *key, "--state", tmp_path / "none.db") == 3
    assert run(*log, *key, *state, "--name", "another.example") == 6
    assert run("--origin-key", WITNESS_KEYS[0].verifier, *key, *state) == 2
    Path(made["key"]).chmod(0o644)
    assert run(*log, *key, *state) != 0
    assert "may be read by others" in capsys.readouterr().err


def test_it_serves_until_it_is_told_to_stop(made: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", START, "witness", "--origin-key", str(LOG_KEY.verifier)]
    command += ["--key", made["key"], "--state", made["state"], "--bind", f"127.0.0.1:{port}"]
    sizes, said = [(0, 7), (7, 20)], ""
    for old, size in sizes:
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            answer = _post(port, request(old, size).to_bytes(), child)
            assert answer.status_code == 200
            note = parse_note(request(old, size).note.to_bytes() + answer.content)
            verifier = CosignatureVerifier(parse_verifier_key(made["vkey"]))
            (found,) = verify_note(note, [verifier])
            assert found.second is not None
            assert abs(found.second - time.time()) < 60
            path = f"{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
            assert httpx.get(f"http://127.0.0.1:{port}/{path}", trust_env=False).is_success
            child.send_signal(signal.SIGINT)
            _, said = child.communicate(timeout=20)
        finally:
            child.kill()
            child.wait()
        assert made["vkey"] in said
        assert said.endswith("comity: stopped\n")
    assert "last cosigned at size 7" in said


def _post(port: int, body: bytes, child: subprocess.Popen[str]) -> httpx.Response:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and child.poll() is None:
        try:
            return httpx.post(
                f"http://127.0.0.1:{port}/add-checkpoint", content=body, trust_env=False
            )
        except httpx.ConnectError:
            time.sleep(0.05)
    pytest.fail("the witness took no connection")
