"""`comity custody statement | leaves | choose | serve | withdraw`: what staff say and decide.

Invariants: each is one durable change with its entry, by name; what no text can read is refused
before it is kept; only what the law leaves to the custodian can be chosen. Exit codes: 0 done,
2 no fact, or nothing to change, 3 no such record or paper, 4 the law does not leave it to us.
Does not: decide (`comity custody decide`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import click
import msgspec

from comity.cli.custody_ask import read_json
from comity.cli.custody_case import AT, BY, at_desk, tell_entry
from comity.cli.law_sign import moment
from comity.cli.output import say
from comity.custody.clock import when
from comity.custody.decide import in_words
from comity.custody.desk import Leaving, judge
from comity.custody.facts import Statement, StatementUnusable, demand_statement
from comity.custody.gate import Ground
from comity.custody.service import How, Service, Whom
from comity.errors import ComityError, NotFound, NotPermitted
from comity.instant import Instant
from comity.law.ruling import Ruling
from comity.law.vocabulary import CustodyAct
from comity.ledger.append import DurableReceipt
from comity.store.sqlite.custody import (
    choose as enter_choice,
)
from comity.store.sqlite.custody import (
    make_statement,
    serve_paper,
    set_leaving,
    withdraw_paper,
)
from comity.store.sqlite.custody_decide import judge_on_file
from comity.store.sqlite.custody_files import paper_on_file, person_file, senders
from comity.store.sqlite.registry import Made

_ACTS = tuple(act.value for act in CustodyAct if act is not CustodyAct.TELL_STATUS)


class NotServed(ComityError):
    """A service without what proves it."""


@click.command("statement")
@click.argument("record_id", metavar="RECORD")
@click.option("--fact", "pairs", multiple=True, metavar="NAME=VALUE", help="A fact. Repeatable.")
@click.option("--facts", "file", type=click.Path(path_type=Path), help="Facts as JSON.")
@click.option("--source", required=True, help="From what it is known: a docket, a certificate.")
@BY
@AT
def statement(
    record_id: str,
    pairs: tuple[str, ...],
    file: Path | None,
    source: str,
    by: str | None,
    at: str | None,
) -> None:
    """State facts about a person for the law, in place of what was stated before.

    docs/facts.md lists them; the JSON has `facts`, `convictions` and `charges`.
    """
    whole: dict[str, Any] = {} if file is None else read_json(file)
    whole["facts"] = {**whole.get("facts", {}), **dict(map(_pair, pairs))}
    with at_desk(at, by) as desk:
        whole |= {"by": desk.by, "source": source}
        said = _statement(whole)
        reader, basis = desk.database.reader(), desk.basis()
        found = msgspec.structs.replace(person_file(reader, record_id), statement=said)
        # Put to every paper once before it is kept: what no text can read is refused here.
        judge(found, senders(found, basis.registry, desk.at), basis.law, desk.at, desk.zone)

        def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
            return make_statement(connection, record_id, said, made)

        tell_entry(desk.write(job).index)


@click.command("leaves")
@click.argument("record_id", metavar="RECORD")
@click.argument("time")
@click.option(
    "--because",
    required=True,
    type=click.Choice([one.value for one in Ground if one is not Ground.ON_RECORD]),
    help="Why the person may leave.",
)
@BY
@AT
def leaves(record_id: str, time: str, because: str, by: str | None, at: str | None) -> None:
    """Say from when a person may leave custody, all papers aside."""
    with at_desk(at, by) as desk:
        said = Leaving(moment(time, desk.zone), Ground(because), desk.by, desk.at)

        def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
            return set_leaving(connection, record_id, said, made)

        receipt = desk.write(job)
    say(f"{record_id} may leave from {when(said.leaves_at, desk.zone)}: {because}")
    tell_entry(receipt.index)


@click.command("choose")
@click.argument("paper_id", metavar="PAPER")
@click.argument("act", type=click.Choice(_ACTS))
@click.option("--no-longer", is_flag=True, help="Use it no longer.")
@click.option("--by", required=True, metavar="NAME", help="Who decides this, by name.")
@AT
def choose(paper_id: str, act: str, no_longer: bool, by: str, at: str | None) -> None:
    """Decide, by name, to use what the law allows upon a paper and does not order."""
    wanted = CustodyAct(act)
    with at_desk(at, by) as desk:
        reader = desk.database.reader()
        kept = paper_on_file(reader, paper_id)
        if not no_longer:
            _, judged = judge_on_file(reader, desk.basis(), kept.record_id, desk.at, desk.zone)
            decided = judged.of(paper_id)
            if decided is None:
                raise NotFound("no such paper is on file", where=paper_id)
            verdict = decided.verdicts[wanted]
            # That no text forbids it gives nobody the power to hold or to hand over (gate).
            seizes = wanted in (CustodyAct.HOLD, CustodyAct.TRANSFER)
            if verdict.ruling is not Ruling.MAY and (
                seizes or verdict.ruling is not Ruling.NOT_RESTRICTED
            ):
                raise NotPermitted(
                    f"there is nothing to choose: {in_words(wanted, verdict)}",
                    where=paper_id,
                    remedy=f"comity custody decide {kept.record_id}",
                )

        def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
            return enter_choice(connection, paper_id, wanted, made, uses=not no_longer)

        receipt = desk.write(job)
    say(f"{by} {'uses' if not no_longer else 'no longer uses'} `{act}` upon {paper_id}")
    tell_entry(receipt.index)


@click.command("serve")
@click.argument("paper_id", metavar="PAPER")
@click.option("--how", required=True, type=click.Choice([one.value for one in How]))
@click.option("--when", "time", metavar="TIME", help="When it was given. Default: now.")
@click.option("--signed", "signed_for", is_flag=True, help="The person signed for it.")
@click.option("--witness", default="", metavar="NAME", help="Who saw it, if nobody signed.")
@click.option("--note", default="", help="How, if it was in another way.")
@BY
@AT
def serve(
    paper_id: str,
    how: str,
    time: str | None,
    signed_for: bool,
    witness: str,
    note: str,
    by: str | None,
    at: str | None,
) -> None:
    """Enter that the person was given a copy of a paper."""
    with at_desk(at, by) as desk:
        kept = paper_on_file(desk.database.reader(), paper_id)
        given = desk.at if time is None else moment(time, desk.zone)
        _demand_proof(How(how), given, desk.at, kept.received_at, (witness, note), signed_for)
        service = Service(
            How(how), given, desk.by, Whom.PERSON, "", witness, signed_for, "en",
            kept.digest or "", note,
        )  # fmt: skip

        def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
            return serve_paper(connection, paper_id, service, made)

        tell_entry(desk.write(job).index)


@click.command("withdraw")
@click.argument("paper_id", metavar="PAPER")
@BY
@AT
def withdraw(paper_id: str, by: str | None, at: str | None) -> None:
    """Enter that its sender has withdrawn a paper. It stays on file, without effect."""
    with at_desk(at, by) as desk:

        def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
            return withdraw_paper(connection, paper_id, made)

        receipt = desk.write(job)
    say(f"{paper_id} is withdrawn")
    tell_entry(receipt.index)


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"`{text}` is not NAME=VALUE")
    words = {"yes": True, "true": True, "no": False, "false": False}
    if value in words:
        return name, words[value]
    return name, int(value) if value.isascii() and value.isdecimal() else value


def _statement(whole: dict[str, Any]) -> Statement:
    try:
        said = msgspec.convert(whole, Statement)
    except msgspec.ValidationError as fault:
        raise StatementUnusable(
            f"cannot be read: {fault}", remedy="docs/facts.md lists the facts"
        ) from fault
    demand_statement(said)
    return said


def _demand_proof(
    how: How,
    given: Instant,
    now: Instant,
    received: Instant,
    words: tuple[str, str],
    signed_for: bool,
) -> None:
    witness, note = words
    if given > now or given < received:
        raise NotServed("it was given before it came, or in time to come", remedy="check --when")
    if how is How.OTHER and not note.strip():
        raise NotServed("`other` says nothing by itself", remedy="say how with --note")
    if how is How.IN_PERSON and not signed_for and not witness.strip():
        raise NotServed("nobody signed for it and nobody saw it", remedy="--signed or --witness")
