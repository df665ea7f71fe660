"""A party that signs where its key is kept: the terminal commands of the page, as they stand there."""

from __future__ import annotations

import subprocess
from pathlib import Path


def sign_with_openssl(command: str, key: Path) -> str:
    """Run what the page says to run, with the party's key in a folder of its own."""
    assert command.count("KEY.pem") == 1, command
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.replace("KEY.pem", key.name)],
        cwd=key.parent,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
