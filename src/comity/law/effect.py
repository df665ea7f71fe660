"""Whether an act would change anything: asked before one is recorded, never after.

An act that changes nothing is most likely a mistake, of a date or of a text, and is
refused with what the register says instead. This judges an act beside the acts known
now; whether an act is in order at all is `comity.law.lifecycle.check_act`. Does not:
make an act recorded earlier invalid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from comity.instant import format_instant
from comity.law.lifecycle import (
    Adopted,
    Drafted,
    LawAct,
    LawActInvalid,
    LawStatus,
    Resumed,
    Revoked,
    Standing,
    Suspended,
    Voted,
)
from comity.law.timeline import suspensions

FOR_GOOD: Final = (LawStatus.EXPIRED, LawStatus.SUPERSEDED)
RUNNING: Final = (LawStatus.ADOPTED, LawStatus.IN_FORCE, LawStatus.SUSPENDED)


def demand_effect(act: LawAct, standing: Standing, acts: Sequence[LawAct]) -> None:
    """Raises LawActInvalid where the act would change nothing.

    `standing` is that of its text at the instant of the act, `acts` are those upon it.
    """
    if not _fits(act, standing.status, acts):
        what, remedy = _explain(act, standing)
        raise LawActInvalid(what, where=act.ref, remedy=remedy)


def _fits(act: LawAct, status: LawStatus, acts: Sequence[LawAct]) -> bool:
    match act:
        case Drafted():
            return True
        case Adopted():
            return status not in (*FOR_GOOD, *RUNNING)
        case Voted():
            return status in RUNNING
        case Suspended():
            return status is LawStatus.DRAFT or status in RUNNING
        case Revoked():
            return status not in FOR_GOOD
        case Resumed():
            return any(
                since < act.at and (until is None or act.at < until)
                for since, until in suspensions(acts, act.party)
            )
        case _:
            assert_never(act)


def _explain(act: LawAct, standing: Standing) -> tuple[str, str]:
    what = f"at {format_instant(act.at)} this text is {standing.status.value}{_since(standing)}"
    if isinstance(act, Resumed):
        what = f"at {format_instant(act.at)} no suspension by `{act.party}` is running"
        remedy = "each party lifts only its own suspension, after the instant it began"
    elif standing.status in FOR_GOOD:
        remedy = "that is for good: adopt a later version"
    elif standing.status is LawStatus.DRAFT:
        remedy = "it is not adopted yet: `comity law adopt` it, by every signatory"
    elif isinstance(act, Adopted):
        remedy = "it needs no signature now; a changed text is a later version"
    else:
        remedy = "every signatory may adopt it anew: `comity law adopt`"
    return f"{what}, so this would change nothing", remedy


def _since(standing: Standing) -> str:
    return "" if standing.since is None else f" since {format_instant(standing.since)}"
