"""The custody act of the demo: a Friday night, told as it is entered."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

START = "from comity.cli.main import main; main()"


def test_a_friday_night(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START, "demo", "--act", "custody", "--json"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "city")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = {one["title"]: one for one in json.loads(done.stdout)["told"]}
    assert told["A detainer arrives"]["outcome"] == "detainer"
    assert "no judge signs Form I-200" in told["“A judge signed it”"]["words"]
    for act in ("hold", "notify release", "transfer"):
        assert told[f"May we {act}?"]["outcome"] == "deny"
        assert "philadelphia-executive-order-5-16@1" in told[f"May we {act}?"]["words"]
    assert "none can be told" in told["May we tell status?"]["words"]
    assert told["The gate"]["outcome"] == "release now"
    entries = [index for one in told.values() for index in one.get("entries", ())]
    assert entries == sorted(entries)
    assert len(entries) == 4
    letters = tmp_path / "city" / "letters"
    answer = (letters / "answer-to-the-agency.html").read_text("utf-8")
    assert "Executive Order No. 5-16" in answer
    notice = (letters / "notice-to-the-person.html").read_text("utf-8")
    assert 'lang="es"' in notice
