"""`comity receipt`: fetched from a live gateway, read, and checked against key and policy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from comity.cli.main import run
from comity.law.signing import private_pem
from comity.ledger.key import KeyKind, SigningKey
from comity.web.limits import Limits
from tests.web.live import Live
from tests.web.town import Town, private_key, record

Call = Callable[..., "tuple[int, str, str]"]
ASKED = ("--officer", "a-1", "--purpose", "criminal investigation", "--see", "charges,identity")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with Town(tmp_path, Limits()) as town:
        town.memory.records["r-1"] = record(1)
        made = Live(town)
        yield made
        made.stop()


@pytest.fixture
def comity(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    key = tmp_path / "bureau.pem"
    key.write_bytes(private_pem(private_key("bureau")))
    key.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    monkeypatch.setenv("COMITY_GATEWAY", live.url)
    monkeypatch.setattr("comity.cli.ask.clock", lambda: live.town.now)

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return run(arguments), *capsys.readouterr()

    return call


@pytest.fixture
def file(comity: Call) -> Path:
    """A receipt, fetched as soon as the gateway's own beat has signed over it."""
    _, out, _ = comity("ask", "--as", "bureau.pem", *ASKED, "--record", "r-1", "--json")
    index = json.loads(out)["entries"][0]["index"]
    for _ in range(100):
        code, out, err = comity("receipt", "get", str(index), "--as", "bureau.pem")
        if code == 0:
            return Path(out.strip())
        assert code == 5, err
        time.sleep(0.1)
    raise AssertionError("no checkpoint within ten seconds")


def test_show_says_what_it_opens(comity: Call, file: Path) -> None:
    code, out, _ = comity("receipt", "show", str(file))
    assert code == 0
    assert "town.example/comity/2018" in out
    assert "theft" in out
    assert file.stat().st_mode & 0o077 == 0
    code, out, _ = comity("receipt", "show", str(file), "--json")
    assert json.loads(out)["open"]["request"]["officer"] == "a-1"


def test_verify_against_the_key_and_a_policy(comity: Call, file: Path, live: Live) -> None:
    key = live.town.publisher.verifier_key
    code, out, _ = comity("receipt", "verify", str(file), "--log", str(key))
    assert (code, out[:10]) == (0, "OK: entry ")
    witness = SigningKey("court", KeyKind.COSIGNATURE, b"\3" * 32).verifier
    policy = Path("policy")
    policy.write_text(f"log {key}\nwitness court {witness}\nquorum court\n", "utf-8")
    code, _, err = comity("receipt", "verify", str(file), "--policy", "policy")
    assert code == 6
    assert "the quorum `court` is not met" in err
    code, out, _ = comity(
        "receipt", "verify", str(file), "--policy", "policy", "--without-quorum", "--json"
    )
    assert code == 0
    assert json.loads(out)["final"] is False


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.replace(b"index ", b"index 1"), "no entry"),
        (lambda raw: raw.replace(b"extra A", b"extra B"), "`extra`"),
        (lambda raw: raw.replace(b"tlog-proof@v1", b"tlog-proof@v2"), "first line"),
        (lambda raw: raw[:-20] + b"A" * 8 + raw[-12:], "signature does not fit"),
    ],
)
def test_a_changed_receipt_is_exit_code_6_and_named(
    comity: Call, file: Path, live: Live, change: Callable[[bytes], bytes], said: str
) -> None:
    file.write_bytes(change(file.read_bytes()))
    key = str(live.town.publisher.verifier_key)
    code, _, err = comity("receipt", "verify", str(file), "--log", key)
    assert code == 6, err
    assert said in err


def test_another_log_is_not_believed(comity: Call, file: Path) -> None:
    other = SigningKey("town.example/comity/2018", KeyKind.NOTE, b"\1" * 32).verifier
    code, _, err = comity("receipt", "verify", str(file), "--log", str(other))
    assert code == 6
    assert "no trusted key signed it" in err
    assert comity("receipt", "verify", str(file))[0] == 2
    assert comity("receipt", "show", "nothing")[0] == 3


def test_somebody_elses_entry(comity: Call, file: Path) -> None:
    assert comity("receipt", "get", "0", "--as", "bureau.pem")[0] == 3
