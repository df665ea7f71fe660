"""Dice that fall the same way for ever: a named stream of numbers from BLAKE2b (RFC 7693).

Not the `random` module, whose methods may change between versions of Python: the
same seed must make the same bytes everywhere. Only sums, products and table
look-ups follow, no logarithm that differs in its last digit between machines.
Invariant: a stream depends on its name alone, never on what was drawn elsewhere.
Does not: make keys or anything else that must not be guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate
from struct import Struct
from typing import Final, TypeVar

Thing = TypeVar("Thing")

_WORDS: Final = Struct("<8Q")
_UNIT: Final = 2.0**-53


class Shares:
    """A table of values and their shares, each above zero; they need not add up to one."""

    __slots__ = ("sums", "total", "values")

    def __init__(self, shares: Mapping[str, float]) -> None:
        self.values = tuple(shares)
        self.sums = tuple(accumulate(shares.values()))
        self.total = self.sums[-1]


class Quantiles:
    """A distribution as a table: `values[i]` is not exceeded by the share `at[i]` of cases.

    Linear between entries, level beyond the first and the last.
    """

    __slots__ = ("at", "mean", "values")

    def __init__(self, at: Sequence[float], values: Sequence[float]) -> None:
        self.at = tuple(at)
        self.values = tuple(values)
        edges = (0.0, *self.at, 1.0)
        heights = (self.values[0], *self.values, self.values[-1])
        self.mean = sum(
            (edges[i + 1] - edges[i]) * (heights[i + 1] + heights[i]) / 2
            for i in range(len(edges) - 1)
        )

    def value(self, share: float) -> float:
        """The value at a share in [0, 1)."""
        place = bisect_right(self.at, share)
        if place == 0:
            return self.values[0]
        if place == len(self.at):
            return self.values[-1]
        low, high = self.at[place - 1], self.at[place]
        below, above = self.values[place - 1], self.values[place]
        return below + (above - below) * ((share - low) / (high - low))


class Dice:
    """One stream: `Dice(seed, "plan", 736937, 42)`."""

    __slots__ = ("_left", "_state")

    def __init__(self, *name: str | int) -> None:
        # Each block of eight numbers is the digest of the block before it.
        self._state = blake2b("/".join(map(str, name)).encode("utf-8")).digest()
        self._left: list[int] = list(_WORDS.unpack(self._state))

    def unit(self) -> float:
        """A number in [0, 1)."""
        if not self._left:
            self._state = blake2b(self._state).digest()
            self._left = list(_WORDS.unpack(self._state))
        return (self._left.pop() >> 11) * _UNIT

    def chance(self, share: float) -> bool:
        """Yes, in that share of cases."""
        return self.unit() < share

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1."""
        return int(self.unit() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both inclusive."""
        return low + int(self.unit() * (high - low + 1))

    def one(self, things: Sequence[Thing]) -> Thing:
        """One of several, each as likely."""
        return things[int(self.unit() * len(things))]

    def share(self, shares: Shares) -> str:
        """One value of a table, by its share."""
        place = bisect_right(shares.sums, self.unit() * shares.total)
        return shares.values[min(place, len(shares.values) - 1)]

    def point(self, shares: Shares) -> float:
        """A point on a row of intervals of length 1, each with its share: 13.5 is half past one."""
        at = self.unit() * shares.total
        place = min(bisect_right(shares.sums, at), len(shares.sums) - 1)
        start = shares.sums[place - 1] if place else 0.0
        return place + (at - start) / (shares.sums[place] - start)

    def quantile(self, quantiles: Quantiles) -> float:
        """A value from a distribution."""
        return quantiles.value(self.unit())
