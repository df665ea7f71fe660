"""`comity serve` as a process: what it says, what it refuses to start on, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import httpx
import pytest

from comity.city.cast import demo_cast
from comity.city.founding import found_city
from comity.cli.init import found_installation
from comity.cli.settings import shipped
from comity.law.library import Library
from comity.store.sqlite.database import Database

COMITY = (sys.executable, "-c", "from comity.cli.main import main; main()")
ENDS_WITHIN_SECONDS = 10.0


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database with the demo's law and agencies, and nobody in it."""
    path = tmp_path_factory.mktemp("founded") / "comity.db"
    texts = {text.ref: text for text in Library.load(shipped("law")).instruments}
    with Database.open(path, create=True) as database:
        found_city(database, demo_cast(2018), texts, os.urandom)
    return path.read_bytes()


@pytest.fixture
def city(tmp_path: Path, founded: bytes) -> Path:
    folder = tmp_path / "city"
    found_installation(folder, {"custodian": "city", "time_zone": "America/New_York"})
    (folder / "comity.db").write_bytes(founded)
    return folder


def start(city: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if "COMITY" not in name}
    return subprocess.Popen(
        [*COMITY, "serve", *arguments], cwd=city, env=environment, stderr=subprocess.PIPE, text=True
    )


def refused(city: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and the words of a gateway that does not start."""
    process = start(city, *arguments)
    _, err = process.communicate(timeout=30)
    return process.returncode, err


@contextmanager
def serving(city: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """The process, its address and what it said before it listened."""
    process = start(city, *arguments)
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            if line.startswith("listening on "):
                break
        yield process, said[-1].split()[2].rstrip(","), said
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(20)
        process.stderr.close()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_says_what_it_is_listens_and_ends_cleanly(city: Path, sign: signal.Signals) -> None:
    with serving(city, "--bind", "127.0.0.1:0") as (process, url, said):
        assert any(line.startswith("in force: pennsylvania-chria@1") for line in said)
        assert not url.endswith(":0"), "a port that the system chose is told"
        assert get(url, "/health") == 200
        began = time.monotonic()
        process.send_signal(sign)
        assert process.wait(20) == 0
        assert time.monotonic() - began < ENDS_WITHIN_SECONDS
        assert process.stderr is not None
        assert process.stderr.read() == "stopped; every entry is durable\n"
    with Database.open(city / "comity.db") as database:
        assert database.reader().pragma("integrity_check") == "ok"


def get(url: str, path: str) -> int:
    """The status of an answer, from the moment on that the server takes connections."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as client:
        return client.get(url + path).status_code


def test_without_a_law_it_says_that_it_refuses_everything(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    found_installation(folder, {"custodian": "city", "time_zone": "America/New_York"})
    with serving(folder, "--bind", "127.0.0.1:0") as (_, _, said):
        assert "no text is in force: every inquiry will be refused" in said


def test_a_port_in_use(city: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, err = refused(city, "--bind", f"127.0.0.1:{port}")
    assert code == 5
    assert "the gateway cannot listen here: Address already in use\n" in err
    assert f"at: 127.0.0.1:{port}" in err
    assert "Try: choose another address or port with --bind" in err
    assert "listening on" not in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "bind", ["8722", ":8722", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:http", "127.0.0.1:-1"]
)
def test_an_address_that_is_none(city: Path, bind: str) -> None:
    code, err = refused(city, "--bind", bind)
    assert code == 2
    assert "ADDRESS:PORT" in err


def widen(law: apsw.Connection) -> None:
    law.execute("DROP TRIGGER law_text_never_changes")
    law.execute(
        "UPDATE law_text SET canonical = replace(canonical, 'forbid', 'permit')"
        " WHERE ref = 'philadelphia-pars-ice@2'"
    )


def turn_a_vote(law: apsw.Connection) -> None:
    law.execute("DROP TRIGGER law_act_never_changes")
    law.execute("UPDATE law_act SET yes = 1 WHERE act = 'voted' AND yes = 0")


@pytest.mark.parametrize("tamper", [widen, turn_a_vote])
def test_it_does_not_start_on_a_law_that_was_changed(
    city: Path, tamper: Callable[[apsw.Connection], None]
) -> None:
    law = apsw.Connection(str(city / "comity.db"))
    tamper(law)
    assert law.changes() > 0
    law.close()
    code, err = refused(city, "--bind", "127.0.0.1:0")
    assert code == 6, err
    assert "listening on" not in err
    assert "Traceback" not in err
    assert "Try: " in err


def test_without_an_installation(tmp_path: Path) -> None:
    code, err = refused(tmp_path)
    assert code == 3
    assert "Try: run `comity init` here" in err
