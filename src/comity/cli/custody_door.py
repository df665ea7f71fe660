"""`comity custody release`: a person is let go, or handed over to an agency.

Source: Galarza v. Szalczyk, 745 F.3d 634 (3d Cir. 2014); 8 CFR 287.7. Invariants: a release is
never refused, since a request cannot stop one; what the law said is an entry before the person
goes, and told; a hand-over happens only upon a paper by which the law lets it through, and not
before it may. Exit codes: 0 done, 3 no such record or paper, 4 the hand-over is not let through.
"""

from __future__ import annotations

import click

from comity.cli.custody_case import AT, at_desk, judged_json, tell_door, tell_entry
from comity.cli.output import emit, emit_json, say
from comity.custody.clock import when
from comity.custody.desk import Judged
from comity.instant import Instant
from comity.store.sqlite.custody_release import hand_over, let_go


@click.command("release")
@click.argument("record_id", metavar="RECORD")
@click.option("--by", required=True, metavar="WHO", help="Who lets the person go.")
@click.option("--to", "agency", metavar="ORI", help="Hand the person over to this agency.")
@click.option("--upon", "paper_id", metavar="PAPER", help="Upon which paper.")
@AT
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def release(
    record_id: str,
    by: str,
    agency: str | None,
    paper_id: str | None,
    at: str | None,
    as_json: bool,
) -> None:
    """Let a person go now; with --to and --upon, hand them over."""
    if (agency is None) != (paper_id is None):
        raise click.UsageError("a hand-over needs both --to and --upon")
    with at_desk(at, by) as desk:
        if agency is not None and paper_id is not None:
            gone = hand_over(
                desk.database, record_id, agency, paper_id, desk.basis, desk.zone, desk.made
            )
        else:
            gone = let_go(desk.database, record_id, desk.basis, desk.zone, desk.made)
    if gone.fault is not None:
        say(f"the papers cannot be decided, and hold nobody: {gone.fault}")
    judged, receipt = gone.judged, gone.receipt
    if as_json:
        emit_json({"entry": receipt.index, "decision": judged_json(judged)})
    else:
        _tell(judged, agency, desk.at)
    for task in gone.before:
        say(f"was to be done before: {task.kind.value}: {task.text}")
    tell_entry(receipt.index)


def _tell(judged: Judged, agency: str | None, at: Instant) -> None:
    gone = "Let go" if agency is None else f"Handed over to {agency}"
    emit(f"{gone} at {when(at, judged.zone)}. The law said:")
    tell_door(judged)
