"""The second act of the demo: three programs agree, and every tampering is caught and named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

START = "from comity.cli.main import main; main()"


def test_the_second_act(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START, "demo", "--act", "ledger", "--json"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "city")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = {one["title"]: one for one in json.loads(done.stdout)["told"]}
    assert told["A receipt, checked by Comity"]["outcome"] == "OK"
    assert told["The same, by forty lines of shell"]["outcome"] == "OK"
    assert told["The same, by a library in Rust"]["outcome"] in ("OK", "left out")
    named = {
        "A tampered database": "the decision compartment does not recompute",
        "A tampered tile": "tile/0/000.p/",
        "A restored backup": "entries were signed, but the database holds",
    }
    for title, words in named.items():
        assert told[title]["outcome"] == "caught"
        assert words in told[title]["words"]
