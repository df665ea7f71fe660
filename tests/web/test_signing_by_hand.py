"""The page for developers is true: its curl and openssl, and its Python, sign what the gateway takes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from comity.instant import Instant
from comity.law.signing import private_pem
from tests.web.live import Live
from tests.web.town import Town, private_key

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gateway.md"
HOST = "127.0.0.1:8722"


def block(language: str, holding: str) -> str:
    """The fenced block of the page in that language that holds a text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    (found,) = [text for text in blocks if holding in text]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("language", "holding", "command"),
    [("bash", "curl", ["bash", "-eu"]), ("python", "Client(", [sys.executable])],
)
def test_the_example_of_the_page_is_taken(
    town: Town, tmp_path: Path, language: str, holding: str, command: list[str]
) -> None:
    (tmp_path / "bureau.pem").write_bytes(private_pem(private_key("bureau")))
    town.now = Instant(time.time_ns() // 1_000_000)
    text = block(language, holding)
    assert HOST in text
    live = Live(town)
    try:
        script = tmp_path / f"example.{language}"
        script.write_text(text.replace(HOST, live.url.removeprefix("http://")))
        done = subprocess.run(
            [*command, str(script)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            timeout=30,
            check=True,
        )
    finally:
        live.stop()
    # The town's agreement ended in 2018: a refusal that cites it is the gateway's answer.
    said = done.stdout.decode()
    if language == "bash":
        answer = msgspec.json.decode(said)
        assert answer["outcome"] == "refuse"
        assert answer["clauses"][0]["clause"] == "2"
    else:
        assert "clause 2 of town-bureau@1" in said
