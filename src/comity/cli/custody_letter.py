"""`comity custody letter | notice`: the answer to the agency, and the notice to the person.

Source: docs/custody-letters.md. Invariants: a paper is decided, and the decision durable, before a
letter says anything of it; that a letter was made is an entry with its digest. Exit codes: 0 ok,
2 no letter can be made, 3 no such paper. Does not: send or serve (`comity custody duty done`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import click
import msgspec

from comity.cli.custody_ask import FactsUnreadable, read_json
from comity.cli.custody_case import AT, BY, AtDesk, at_desk
from comity.cli.output import emit, say
from comity.custody.desk_matter import matter_of
from comity.custody.document import Document, document_digest
from comity.custody.matter import Matter, Office
from comity.custody.person_notice import Copy, person_notice
from comity.disclosure.opening_code import OpeningCode
from comity.ledger.append import DurableReceipt
from comity.store.durable_file import replace_file
from comity.store.sqlite.custody import enter_letter
from comity.store.sqlite.custody_files import paper_on_file
from comity.store.sqlite.openings import make_code
from comity.store.sqlite.registry import Made

_OFFICE = click.option(
    "--office", type=click.Path(path_type=Path), help="The custodian's address, as JSON."
)
_OUT = click.option("--out", type=click.Path(path_type=Path), help="Where to. Default: stdout.")
_PDF = click.option("--pdf", is_flag=True, help="A PDF; needs the extra `letters`.")


@click.command("letter")
@click.argument("paper_id", metavar="PAPER")
@_OFFICE
@_PDF
@_OUT
@BY
@AT
def letter(
    paper_id: str,
    office: Path | None,
    pdf: bool,
    out: Path | None,
    by: str | None,
    at: str | None,
) -> None:
    """Write the answer to the agency that sent a paper, an HTML page."""
    from comity.custody.agency_answer import agency_answer
    from comity.web.letter_texts import answer_texts

    _write(paper_id, office, by, at, (pdf, out), lambda m, _: agency_answer(m, answer_texts()))


@click.command("notice")
@click.argument("paper_id", metavar="PAPER")
@click.option("--language", default="en", show_default=True, help="The language understood.")
@click.option("--attached", is_flag=True, help="A copy of the paper goes with it.")
@click.option("--copy-for", "other", metavar="NAME", help="The same, for counsel or a designee.")
@click.option(
    "--code/--no-code",
    "with_code",
    default=False,
    help="Print a code by which the person sees who was told; one before it stops to work.",
)
@_OFFICE
@_PDF
@_OUT
@BY
@AT
def notice(
    paper_id: str,
    language: str,
    attached: bool,
    other: str | None,
    with_code: bool,
    office: Path | None,
    pdf: bool,
    out: Path | None,
    by: str | None,
    at: str | None,
) -> None:
    """Write the notice to the person a paper came for, an HTML page."""
    if with_code and other is not None:
        raise click.UsageError("the person's code does not go to anybody else: leave --code out")
    from comity.web.letter_texts import notice_for

    chosen = notice_for(language)
    if chosen.needs_interpreter:
        say(f"there is no text in `{language}`: this one is in English, find an interpreter")
    copy = None if other is None else Copy(other)

    def made(matter: Matter, desk: AtDesk) -> Document:
        code = _code(matter, desk) if with_code else None
        return person_notice(matter, chosen.phrases, code, attached=attached, copy=copy)

    _write(paper_id, office, by, at, (pdf, out), made)


def _code(matter: Matter, desk: AtDesk) -> str:
    """A new code of the record's person; it stands on the notice and nowhere else."""
    drawn: OpeningCode = desk.write(
        lambda connection, who: make_code(connection, matter.record, who, renew=True)[0]
    )
    return drawn.text


def _write(
    paper_id: str,
    office: Path | None,
    by: str | None,
    at: str | None,
    how: tuple[bool, Path | None],
    make: Callable[[Matter, AtDesk], Document],
) -> None:
    pdf, out = how
    with at_desk(at, by) as desk:
        kept = paper_on_file(desk.database.reader(), paper_id)
        settled = desk.settle(kept.record_id)
        matter = matter_of(
            settled.file,
            settled.judged,
            kept,
            desk.sender(kept.agency),
            _office(office, desk),
            settled.receipt.index,
        )
        document = make(matter, desk)
        raw = _rendered(document, pdf)

        def job(connection: apsw.Connection, who: Made) -> DurableReceipt:
            return enter_letter(connection, paper_id, document.kind, document_digest(document), who)

        receipt = desk.write(job)
    if out is not None:
        replace_file(out, raw, mode=0o600)
        say(f"wrote {out}")
    elif pdf:
        sys.stdout.buffer.write(raw)
    else:
        emit(raw.decode())
    say(f"decided as entry {settled.receipt.index}; the letter is entry {receipt.index}")


def _rendered(document: Document, pdf: bool) -> bytes:
    if pdf:
        from comity.web.letter_print import letter_pdf

        return letter_pdf(document)
    from comity.web.letter_page import letter_page

    return letter_page(document).encode()


def _office(file: Path | None, desk: AtDesk) -> Office:
    if file is None:
        return Office(desk.settings.custodian)
    try:
        return msgspec.convert(read_json(file), Office)
    except msgspec.ValidationError as fault:
        raise FactsUnreadable(
            f"is no address: {fault}",
            where=str(file),
            remedy='write {"name": "…", "lines": ["…"], "phone": "…"}',
        ) from fault
