"""The demo leaves a living city behind: its pages answer, it moves, and it is signed in to as printed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from comity.city.living import PACE_SECONDS
from tests.web.pages.house import token_in


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What `comity demo --open` prints; its city ends with the tests."""
    folder: Path = tmp_path_factory.mktemp("open") / "city"
    command = [sys.executable, "-m", "comity.cli", "demo", "--open", "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    yield done.stdout
    found = re.search(r"kill (\d+)", done.stdout)
    assert found is not None
    os.kill(int(found[1]), signal.SIGTERM)


def url_of(said: str) -> str:
    found = re.search(r"The city goes on: (http://127\.0\.0\.1:\d+)/", said)
    assert found is not None, said
    return found[1]


def test_the_portal_answers_and_the_city_moves(said: str) -> None:
    url = url_of(said)
    with httpx.Client(base_url=url, trust_env=False) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "text/html" in page.headers["content-type"]
        before = client.get("/index.json").json()["data"]
        until = time.monotonic() + 10 * max(PACE_SECONDS)
        while time.monotonic() < until:
            if client.get("/index.json").json()["data"] != before:
                return
            time.sleep(0.5)
    pytest.fail("nothing happened in the city")


def test_the_printed_sign_ins_open_their_faces(said: str) -> None:
    url = url_of(said)
    opens = {"records": "/console", "custody": "/console/custody", "analyst": "/desk"}
    for handle, face in opens.items():
        found = re.search(rf"^  {handle} +(\S+) ", said, re.MULTILINE)
        assert found is not None, said
        with httpx.Client(base_url=url, trust_env=False) as client:
            page = client.get("/sign-in")
            row = re.search(rf"<code>{handle}</code>.*?<code>(\d{{6}})</code>", page.text)
            assert row is not None
            fields = {
                "csrf": token_in(page.text),
                "handle": handle,
                "password": found[1],
                "code": row[1],
                "next": face,
            }
            reply = client.post("/sign-in", data=fields)
            assert reply.status_code == 303, reply.text
            assert client.get(face).status_code == 200


def test_only_the_evening_is_left_open(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "comity.cli", "demo", "--open", "--act", "ledger"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert "--open goes with the evening" in done.stderr
