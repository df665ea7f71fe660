"""The end of the demo: the city goes on by itself behind its pages, and where to look is printed.

Invariants: what is left running is one process in the demo's folder, ends by itself after an hour,
and is told how to be stopped; nothing is said to be open before it answers. Does not: play
(`comity.cli.demo`).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

import httpx

from comity.city.staff import PRINTED
from comity.cli.living import offers
from comity.cli.output import clock, emit, rehearse
from comity.cli.settings import ENVIRONMENT, FILE_NAME
from comity.errors import Unreachable
from comity.instant import Instant, format_local

MINUTES: Final = 60
PATIENCE_SECONDS: Final = 30.0
_COMITY: Final = (sys.executable, "-m", "comity.cli")
_LISTENING: Final = re.compile(r"listening on (http://\S+?),")
_SHIFT: Final = re.compile(r"^rehearsal_seconds = -?\d+$", re.MULTILINE)


def leave_open(place: Path, begins: Instant) -> None:
    """Start the city's gateway and pages as a process of their own, and say where they are.

    Raises Unreachable where it does not come up.
    """
    rehearse(0)
    shift = (begins - clock()) // 1000
    file = place / FILE_NAME
    file.write_text(_SHIFT.sub(f"rehearsal_seconds = {shift}", file.read_text("utf-8")), "utf-8")
    log = place / "city.log"
    surroundings = {**os.environ, ENVIRONMENT: str(file)}
    with log.open("wb") as out:
        if (
            find_spec("z3") is not None
        ):  # an extra: without it the portal says that nothing is proved
            _run(
                ["law", "prove", "philadelphia", "--adopted", "--publish"], place, surroundings, out
            )
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*_COMITY, "serve", "--living", "--for", str(MINUTES), "--bind", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=place,
            env=surroundings,
            start_new_session=True,
        )
    url = _answering(process, log)
    rehearse(shift)
    now = clock()
    emit()
    emit(f"The city goes on: {url}/")
    emit(
        f"It is {format_local(now, 'America/New_York')[:16].replace('T', ' ')} there, five minutes"
    )
    emit("after the agreement ended. Arrests arrive, agencies ask, and are answered or refused.")
    emit()
    emit(f"Sign in at {url}/sign-in (the page has the codes, which change every 30 seconds):")
    emit()
    for one in offers(now):
        if one.handle in PRINTED:
            emit(f"  {one.handle:<8}  {one.password}  {one.says}")
    emit()
    emit(f"It ends by itself in {MINUTES} minutes, or now with: kill {process.pid}")


def _run(arguments: list[str], place: Path, surroundings: dict[str, str], out: IO[bytes]) -> None:
    """Run one command in the city's folder; what it says goes where the gateway's words go."""
    subprocess.run(  # noqa: S603 - our own command
        [*_COMITY, *arguments], stdout=out, stderr=out, cwd=place, env=surroundings, check=False
    )


def _answering(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, once it answers."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = _LISTENING.search(log.read_text("utf-8", "replace"))
        if found is not None:
            try:
                httpx.get(f"{found[1]}/health", timeout=2, trust_env=False)
            except httpx.HTTPError:
                pass
            else:
                return found[1]
        time.sleep(0.1)
    process.kill()
    raise Unreachable(
        "the city's gateway did not come up",
        where=str(log),
        remedy="that file says why; `comity serve` in the folder tries again",
    )
