"""IP addresses and networks as one bit vector: family, address, prefix.

Source: the Lean specification, `Cedar/Spec/Ext/IPAddr.lean`. Invariants: equality is of
family, address and prefix, as Cedar's is; a range is of one family; a version 4 address
stands in the low 32 bits. Does not: read text (`comity.cedar.symbolic.written`).
"""

from __future__ import annotations

from typing import Any, Final

from comity.cedar.symbolic.logic import Bool, both, chosen, either, every, same
from comity.cedar.symbolic.solver import z3

WIDTH: Final = 137
_PREFIX: Final = 8
_ADDRESS: Final = 128
_V4: Final = 32


def network(version: int, address: int, prefix: int) -> Any:
    """A constant."""
    number = (int(version == 6) << (_ADDRESS + _PREFIX)) | (address << _PREFIX) | prefix
    return z3.BitVecVal(number, WIDTH)


def parts(number: int) -> tuple[int, int, int]:
    """Version, address and prefix of a constant."""
    version = 6 if number >> (_ADDRESS + _PREFIX) else 4
    return version, (number >> _PREFIX) % 2**_ADDRESS, number % 2**_PREFIX


def is_ipv6(term: Any) -> Bool:
    """Whether a network is of version 6."""
    return z3.simplify(same(z3.Extract(WIDTH - 1, WIDTH - 1, term), z3.BitVecVal(1, 1)))


def is_ipv4(term: Any) -> Bool:
    """Whether a network is of version 4."""
    return z3.simplify(z3.Not(is_ipv6(term)))


def in_range(inner: Any, outer: Any) -> Bool:
    """Whether one network lies within another."""
    six = is_ipv6(outer)
    bits = chosen(six, z3.BitVecVal(_ADDRESS, _ADDRESS), z3.BitVecVal(_V4, _ADDRESS))
    away = bits - z3.ZeroExt(_ADDRESS - _PREFIX, _prefix(outer))
    return z3.simplify(
        every(
            (
                same(is_ipv6(inner), six),
                z3.UGE(_prefix(inner), _prefix(outer)),
                same(z3.LShR(_address(inner), away), z3.LShR(_address(outer), away)),
            )
        )
    )


def is_loopback(term: Any) -> Bool:
    """Within 127.0.0.0/8 or ::1/128."""
    return either(in_range(term, network(4, 127 << 24, 8)), in_range(term, network(6, 1, _ADDRESS)))


def is_multicast(term: Any) -> Bool:
    """Within 224.0.0.0/4 or ff00::/8."""
    return either(
        in_range(term, network(4, 224 << 24, 4)), in_range(term, network(6, 0xFF << 120, 8))
    )


def well_formed(term: Any) -> Bool:
    """What every network fulfils."""
    return chosen(
        is_ipv6(term),
        z3.ULE(_prefix(term), _ADDRESS),
        both(
            z3.ULE(_prefix(term), _V4),
            same(z3.Extract(WIDTH - 2, _PREFIX + _V4, term), z3.BitVecVal(0, _ADDRESS - _V4)),
        ),
    )


def _prefix(term: Any) -> Any:
    return z3.Extract(_PREFIX - 1, 0, term)


def _address(term: Any) -> Any:
    return z3.Extract(WIDTH - 2, _PREFIX, term)
