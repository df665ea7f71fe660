"""`comity custody intake`: a paper has come for somebody in custody.

Source: docs/custody-papers.md. Invariants: what the paper is follows from what is on it; where a
judge is claimed for a form that no judge signs, nothing goes on until somebody has looked again;
for somebody who is not here, was released, was expunged or never was, the words are the same.
Exit codes: 0 taken in and decided, 1 an answer that is no (interrupted, unreadable, on file
already, sender not registered), 2 usage, 3 nobody to hold. Does not: obey a paper.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from comity.cli.custody_ask import OFFICES, ask, facts_of, read_scan
from comity.cli.custody_case import AT, BY, JSON, AtDesk, at_desk, judged_json, tell_decided
from comity.cli.output import emit, emit_json, say
from comity.custody.classify import Classified
from comity.custody.intake import Interruption, Obstacle, compared, interruption
from comity.custody.paper import Paper
from comity.custody.sealed_paper import PaperFile, Unreadable, look_at
from comity.law.paper import Command
from comity.store.sqlite.custody import PaperOnFile
from comity.store.sqlite.custody_arrival import Handed, arrive
from comity.store.sqlite.custody_decide import Settled
from comity.store.sqlite.records import find_record

REFUSED = 1


@click.command("intake")
@click.argument("record_id", metavar="RECORD")
@click.argument("scan", type=click.Path(path_type=Path), required=False)
@click.option("--from", "sender", required=True, metavar="ORI", help="The agency that sent it.")
@click.option("--facts", "file", type=click.Path(path_type=Path), help="What is on it, as JSON.")
@click.option("--form", help="The form number at the bottom left; '' if there is none.")
@click.option("--signed-by", type=click.Choice(OFFICES), help="The office under the signature.")
@click.option("--court", help="The court's name at the top; '' if there is none.")
@click.option("--docket", help="The docket number below it.")
@click.option("--cites", help="The statute or offence it cites.")
@click.option(
    "--commands", type=click.Choice([one.value for one in Command]), help="What it tells."
)
@click.option("--names-subject/--names-another", default=None, help="Whether it names this person.")
@click.option("--issued", "issued_on", metavar="DAY", help="The day it was issued.")
@click.option("--expires", "expires_on", metavar="DAY", help="The last day on which it counts.")
@click.option("--attached", multiple=True, metavar="FORM", help="A form behind it. Repeatable.")
@click.option("--called", default="", help="What the one who brought it calls it. Decides nothing.")
@click.option("--a-judge-signed", is_flag=True, help="They say that a judge signed it.")
@click.option("--as-read", is_flag=True, help="You have looked again: take it in as it is.")
@click.option("--id", "paper_id", help="Its id on file. Default: drawn.")
@BY
@AT
@JSON
@click.pass_context
def intake(
    context: click.Context,
    /,
    record_id: str,
    scan: Path | None,
    sender: str,
    file: Path | None,
    attached: tuple[str, ...],
    called: str,
    a_judge_signed: bool,
    as_read: bool,
    paper_id: str | None,
    by: str | None,
    at: str | None,
    as_json: bool,
    **written: Any,
) -> None:
    """Take in a paper for the person of RECORD, with its SCAN, and decide it.

    Without facts, at a terminal, it asks what stands on the paper and says where to look.
    """
    written["attached"] = attached or None
    with at_desk(at, by) as desk:
        paper = facts_of(file, written)
        if file is None and not any(one is not None for one in written.values()):
            paper = _asked(paper, desk)
        record = find_record(desk.database.reader(), record_id)
        paper = compared(paper, None if record is None else record.identity)
        stop = interruption(paper, a_judge_signed=a_judge_signed)
        if stop is not None and not as_read:
            _interrupt(stop)
            context.exit(REFUSED)
        document = _scanned(scan)
        if isinstance(document, Unreadable):
            say(f"refused: {document.reason}")
            say(f"Try: {document.remedy}")
            context.exit(REFUSED)
        handed = Handed(record_id, sender, paper, document, called, a_judge_signed, paper_id)
        try:
            arrived = arrive(desk.database, handed, desk.basis, desk.zone, desk.made)
        except PaperOnFile as fault:
            say(f"refused: {fault.what}")
            say(f"Try: {fault.remedy}")
            context.exit(REFUSED)
    settled, name, in_the_way = arrived.settled, arrived.paper_id, arrived.in_the_way
    classified, receipt = arrived.classified, arrived.receipt
    _tell(settled, name, classified, in_the_way, as_json)
    say(f"{name} is on file; entries {receipt.index} and {settled.receipt.index}")
    if any(one.stops for one in in_the_way):
        context.exit(REFUSED)


def _asked(paper: Paper, desk: AtDesk) -> Paper:
    if not sys.stdin.isatty():
        raise click.UsageError("say what is on the paper: --facts FILE, or --form and the others")
    return ask(paper, desk.at, desk.zone)


def _interrupt(stop: Interruption) -> None:
    say(stop.text)
    say(f"  {stop.source}")
    say(f"Try: look again at {' and '.join(stop.look_at)}; then --as-read, if it is so")


def _scanned(scan: Path | None) -> tuple[PaperFile, bytes] | Unreadable | None:
    if scan is None:
        return None
    data, media = read_scan(scan)
    found = look_at(data, media)
    return found if isinstance(found, Unreadable) else (found, data)


def _tell(
    settled: Settled,
    paper_id: str,
    classified: Classified,
    in_the_way: tuple[Obstacle, ...],
    as_json: bool,
) -> None:
    decided = settled.judged.of(paper_id)
    if as_json or decided is None:
        emit_json(
            {
                "paper": paper_id,
                "class": classified.paper_class.value,
                "state": classified.state.value,
                "judicial": classified.judicial,
                "why": classified.why,
                "source": classified.source,
                "findings": classified.findings,
                "doubts": classified.doubts,
                "unanswered": classified.unanswered,
                "in_the_way": in_the_way,
                "decision": judged_json(settled.judged, settled.tasks),
            }
        )
        return
    emit(f"{classified.why} ({classified.source})")
    judge = "a judge's paper" if classified.judicial else "not a judge's paper"
    emit(f"It is: {classified.paper_class.value}; {judge}; {classified.state.value}.")
    for finding in (*classified.findings, *classified.doubts):
        emit(f"  {finding.reason} ({finding.source})")
    if classified.unanswered:
        emit(f"  nobody has looked at: {', '.join(classified.unanswered)}")
    for one in in_the_way:
        emit(f"  {one.text} Try: {one.remedy}.")
    emit(classified.reviewable)
    tell_decided(decided, chosen_only=True)
    emit(settled.judged.door.sentence)
