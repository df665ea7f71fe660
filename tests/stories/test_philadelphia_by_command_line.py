"""The same evening by command line: played, then asked about on a gateway of its own."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from comity.city.cast import ATF_ORI
from comity.city.rehearsal import SEED
from comity.city.scenes import evening
from comity.city.trail import ICE_ORI

ROOT = Path(__file__).resolve().parents[2]
COMITY = (sys.executable, "-c", "from comity.cli.main import main; main()")
ICE_TEXT, ATF_TEXT = "philadelphia-pars-ice@2", "philadelphia-pars-atf@1"
CHRIA = "pennsylvania-chria@1"


def comity(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    """One command of the command line, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if "COMITY" not in name}
    return subprocess.run(
        [*COMITY, *arguments],
        cwd=at,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def free_port() -> int:
    """A port below those that the system lends to clients: nobody takes it meanwhile."""
    for port in range(20_000 + os.getpid() % 5_000, 30_000):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise AssertionError("no port is free")


def test_the_same_by_command_line(tmp_path: Path) -> None:
    """demo, serve, ask, law in-force, doctor: as whoever reads the demo's last lines does."""
    done = comity("demo", "--folder", "city", "--json", at=tmp_path)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    outcomes = [one["outcome"] for one in made["told"]]
    assert {"permit", "permit reduced", "refuse", "withhold", "closed", "quarantined"} <= {
        *outcomes
    }
    city = tmp_path / "city"
    port = free_port()
    settings = city / "comity.toml"
    text, count = re.subn(
        r'(?m)^.*"127.0.0.1:8722"$', f'bind = "127.0.0.1:{port}"', settings.read_text()
    )
    assert count == 1
    settings.write_text(text)
    serve = subprocess.Popen(
        [*COMITY, "serve"],
        cwd=city,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert serve.stderr is not None
        said = []
        for line in serve.stderr:
            said.append(line)
            if line.startswith("listening on"):
                break
        assert f"listening on http://127.0.0.1:{port}, stop with Ctrl-C\n" in said
        asked = ("--see", "charges", "--case", "18-1")
        watched = evening(SEED).roles["watched"].record_id
        atf = ("ask", "--as", f"keys/{ATF_ORI}.pem", "--officer", "atf-0417", *asked)
        ice = ("ask", "--as", f"keys/{ICE_ORI}.pem", "--officer", "ero-1201", *asked)
        shown = comity(*atf, "--purpose", "criminal investigation", "--record", watched, at=city)
        assert shown.returncode == 0, shown.stderr
        assert "clause 3.1 of philadelphia-pars-atf@1" in shown.stdout
        refused = comity(
            *ice, "--purpose", "civil immigration enforcement", "--record", watched, at=city
        )
        assert refused.returncode == 1, refused.stderr
        assert "clause 3.3 of philadelphia-pars-ice@2" in refused.stdout
        law = comity("law", "in-force", "--at", "2018-09-01", at=city)
        assert law.returncode == 0, law.stderr
        assert re.search(r"philadelphia-pars-ice@2\s+not renewed", law.stdout)
        assert re.search(r"philadelphia-pars-atf@1\s+in force", law.stdout)
        doctor = comity("doctor", at=city)
        assert doctor.returncode == 0, doctor.stdout
        assert "FAIL" not in doctor.stdout
    finally:
        serve.terminate()
        assert serve.stderr is not None
        rest = serve.stderr.read()
        serve.stderr.close()
        assert serve.wait(20) == 0, rest
    assert "stopped; every entry is durable" in rest
