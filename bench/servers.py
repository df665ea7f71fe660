"""Starting and stopping the servers that a bench loads: each its own process on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
START_SECONDS_MAX: Final = 30


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


@contextmanager
def running(
    arguments: Sequence[str], port: int, log: Path, environment: dict[str, str]
) -> Iterator[None]:
    """Run `python …` until the block ends. Raises RuntimeError if it takes no connection."""
    with log.open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            env=os.environ | environment,
        )
    try:
        _wait(server, port, log)
        yield
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the server took no connection:\n{log.read_text('utf-8', 'replace')}")
