"""How long `comity --help` takes, beside a Python that does nothing and one that imports click.

Limit: 150 ms (DESIGN.md, Faces). Rounds are interleaved; the median counts.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import Final

from bench.figure import Figure, median, three_digits

ROUNDS: Final = 15
_HELP: Final = "from comity.cli.main import main; main(['--help'])"


def measure() -> Iterator[Figure]:
    """Wall time of the whole process, in milliseconds."""
    scripts = {"help": _HELP, "python_ms": "pass", "click_ms": "import click"}
    taken: dict[str, list[float]] = {name: [] for name in scripts}
    for script in scripts.values():
        _milliseconds(script)  # writes the byte code
    for _ in range(ROUNDS):
        for name, script in scripts.items():
            taken[name].append(_milliseconds(script))
    middle = {name: three_digits(median(times)) for name, times in taken.items()}
    yield Figure(
        bench="help",
        figure="help_ms",
        value=middle["help"],
        unit="ms",
        against={"python_ms": middle["python_ms"], "click_ms": middle["click_ms"], "limit_ms": 150},
        ratio=three_digits(middle["help"] / middle["click_ms"]),
    )


def _milliseconds(script: str) -> float:
    begun = perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
    return (perf_counter() - begun) * 1000
