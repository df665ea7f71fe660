"""One measured number, as one JSON line.

`value` is Comity's, `against` says what the same run measured beside it, `ratio`
is value over that in `unit`s (for a rate, how many times as fast; for a time,
how many times as long).
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from time import perf_counter

import msgspec

from bench.machine import machine


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`{bench, figure, value, unit, against, ratio, machine}`."""

    bench: str
    figure: str
    value: float
    unit: str
    against: dict[str, float | int | str | bool | None] | None = None
    ratio: float | None = None
    machine: dict[str, object] = msgspec.field(default_factory=machine)

    def line(self) -> str:
        """The figure as one line of JSON."""
        return msgspec.json.encode(self).decode()


def three_digits(value: float) -> float:
    """No more digits than a noisy machine can tell."""
    return float(f"{value:.3g}")


def median(values: Sequence[float]) -> float:
    """The middle of what several rounds gave: one disturbed round does not move it."""
    return statistics.median(values)


def seconds_each(work: Callable[[], object], times: int) -> float:
    """Mean wall time in seconds of one call, over `times` calls."""
    begun = perf_counter()
    for _ in range(times):
        work()
    return (perf_counter() - begun) / times
