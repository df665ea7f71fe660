"""`comity demo` as a newcomer runs it: in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from comity.instant import parse_instant
from comity.records.event import Parts
from comity.records.message import encode_event
from comity.records.record import Identity
from tests.records.events import event

COMITY = (sys.executable, "-c", "from comity.cli.main import main; main()")
SECONDS_MAX = 30.0
"""Far above the second it takes: a bound for slow machines, not a measurement."""

FEED = [
    event("booked", parts=Parts(identity=Identity(sur_name="Nemo")), number=number)
    for number in (1, 2, 3)
]


def demo(at: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "COMITY" not in name}
    return subprocess.run(
        [*COMITY, "demo", *arguments],
        cwd=at,
        env=environment | {"TMPDIR": str(at)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def facts(made: dict[str, Any]) -> list[tuple[str, str]]:
    """What happened, without numbers and names."""
    return [
        (one["title"], one["outcome"])
        for one in made["told"]
        if not one["title"].startswith("Live to")
    ]


def test_the_shape_of_its_json_and_that_another_seed_tells_the_same_story(tmp_path: Path) -> None:
    began = time.monotonic()
    done = demo(tmp_path, "--folder", "one", "--json")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < SECONDS_MAX
    made = json.loads(done.stdout)
    assert {"told", "entries", "folder"} <= set(made)
    assert made["folder"] == "one"
    for one in made["told"]:
        assert {"title", "at", "asked", "outcome", "words"} <= set(one)
    for one in made["entries"]:
        assert set(one) == {"entry", "kind", "at", "agency", "purpose", "outcome", "clauses"}
    told_of = {index for one in made["told"] for index in one.get("entries", ())}
    assert {one["entry"] for one in made["entries"]} == told_of
    other = demo(tmp_path, "--folder", "other", "--json", "--seed", "7")
    assert other.returncode == 0, other.stderr
    another = json.loads(other.stdout)
    assert facts(another) == facts(made)
    assert [one["asked"] for one in another["told"]] != [one["asked"] for one in made["told"]]


def test_plain_words_and_what_to_do_next(tmp_path: Path) -> None:
    """Data on stdout; in a temporary folder; the commands name that folder."""
    done = demo(tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("Cut at the last instant of the term", "The entries it left", "comity doctor"):
        assert words in done.stdout
    (made,) = tmp_path.glob("comity-demo-*/city")
    assert f"cd {made}" in done.stdout
    assert "invented" in done.stderr
    for key in (made / "keys").glob("*.pem"):
        assert key.stat().st_mode & 0o077 == 0


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    """With a word, and without touching what is there."""
    (tmp_path / "city").mkdir()
    (tmp_path / "city/comity.toml").write_text("mine")
    done = demo(tmp_path, "--folder", "city")
    assert done.returncode == 2
    assert "an installation is here already" in done.stderr
    assert "city/comity.toml" in done.stderr
    assert "Try: choose another folder" in done.stderr
    assert [path.name for path in (tmp_path / "city").iterdir()] == ["comity.toml"]
    assert (tmp_path / "city/comity.toml").read_text() == "mine"


def test_a_feed_is_taken_in_before_the_evening(tmp_path: Path) -> None:
    feed = tmp_path / "feed.ndjson"
    feed.write_bytes(b"\n".join(encode_event(one) for one in FEED))
    done = demo(tmp_path, "--folder", "city", "--events", str(feed), "--json")
    assert done.returncode == 0, done.stderr
    assert facts(json.loads(done.stdout))[:2] == [
        ("A record of the real feed", "permit reduced"),
        ("Answered, with its clauses", "permit"),
    ]
    taken = subprocess.run(
        [*COMITY, "status", "--json"],
        cwd=tmp_path / "city",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    without = demo(tmp_path, "--folder", "without", "--json")
    assert without.returncode == 0
    plain = subprocess.run(
        [*COMITY, "status", "--json"],
        cwd=tmp_path / "without",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(taken.stdout)["event"] == json.loads(plain.stdout)["event"] + len(FEED)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--events", "/nowhere"), "'/nowhere' does not exist"),
        (("--seed", "-1"), "-1 is not in the range"),
    ],
)
def test_mistakes(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    done = demo(tmp_path, "--folder", "city", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "city").exists()


def test_a_record_of_a_real_feed_is_asked_for_first(tmp_path: Path) -> None:
    """The feed may be of years after the evening: it is taken in by the machine's own clock."""
    feed = tmp_path / "feed.ndjson"
    late = event(record="feed-1", occurred_at=parse_instant("2024-07-01T04:00:00Z"))
    feed.write_bytes(encode_event(late) + b"\n")
    done = demo(tmp_path, "--folder", "city", "--events", str(feed), "--json")
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)["told"][0]
    assert first["title"] == "A record of the real feed"
    assert "record feed-1" in first["asked"]
    assert first["outcome"] == "permit reduced"
