"""Operations of a policy that can fail at run time, though the policy is valid.

Source: Cedar's type soundness theorem (cedar-spec, Thm/Validation/Typechecking.lean):
after strict validation only overflow, extension and missing-entity errors remain.
Why it matters: Cedar skips a policy that errs, a forbid too, and an error would
become a permission. Errs towards naming too much. Does not: prove that an
operation cannot fail for the data at hand.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import msgspec
from cedarpy import pst

from comity.cedar.policy import expressions, path

_OVERFLOW: Final = "the result can be too large for 64 bits"
_ARITHMETIC: Final = {"add": "+", "sub": "-", "mul": "*"}
_TIMES: Final = {
    "offset": "offset",
    "duration_since": "durationSince",
    "to_date": "toDate",
}
_CONSTRUCTORS: Final = frozenset({"datetime", "decimal", "duration", "ip"})


class Fallible(msgspec.Struct, frozen=True):
    """An operation that can fail: `what` as written in Cedar, `why`, and a `remedy`."""

    what: str
    why: str
    remedy: str


def fallible(
    policy: pst.Template, records: Container[tuple[str, ...]] = frozenset()
) -> tuple[Fallible, ...]:
    """Every operation of the conditions that can fail at run time, each once, in order.

    `records` are the paths known to hold a plain record, such as
    `("context", "basis")`: looking into a record of a validated request cannot fail.
    """
    found = (_judge(expr, records) for expr in expressions(policy))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _judge(expr: pst.Expr, records: Container[tuple[str, ...]]) -> Fallible | None:
    match expr:
        case pst.BinaryOp(op=op) if op in _ARITHMETIC:
            return Fallible(
                _ARITHMETIC[op], _OVERFLOW, "compare with a number worked out beforehand"
            )
        case pst.UnaryOp(op="neg"):
            return Fallible("-", _OVERFLOW, "compare with a number worked out beforehand")
        case pst.BinaryOp(op=op) | pst.UnaryOp(op=op) if op in _TIMES:
            return Fallible(
                _TIMES[op],
                "the result can lie outside the range of time",
                'compare `context.at` with the day itself: `context.at < datetime("2026-01-01")`',
            )
        case pst.UnaryOp(op=op, arg=arg) if op in _CONSTRUCTORS:
            if isinstance(arg, pst.StringLit):
                return None
            return Fallible(
                op, f"a text worked out at run time may be no {op}", f"write the {op} as a literal"
            )
        case pst.GetAttr(base=base, attr=attr):
            return _look_up(base, attr, records)
        case pst.BinaryOp(op="get_tag"):
            return Fallible("getTag", "the entity may be missing", "use an attribute instead")
        case _:
            return None


def _look_up(base: pst.Expr, attr: str, records: Container[tuple[str, ...]]) -> Fallible | None:
    """Principal, resource and context are always present (`comity.cedar.engine` demands it)."""
    where = path(base)
    if where is not None and (len(where) == 1 or where in records):
        return None
    if isinstance(base, pst.Record):
        return None
    owner = "an entity" if where is None else f"`{'.'.join(where)}`"
    return Fallible(
        f".{attr}",
        f"{owner} may be missing among the facts",
        "look only at attributes of principal, resource and context",
    )
