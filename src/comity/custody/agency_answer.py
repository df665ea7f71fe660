"""The answer to the agency: each thing it asked for, what we do, until when, under which words.

Source: 8 CFR 287.7; Galarza v. Szalczyk, 745 F.3d 634 (3d Cir. 2014): a detainer is a request, and
a request has an answer. Invariants: every clause that decided stands in it with its words, and
with how far those words can be trusted; a data class that nothing done for the agency opens is
not in it; the person is named as the agency named them, and no other way; that nothing is done
reads the same whoever is or is not here. Does not: send.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from comity.custody.document import (
    Block,
    Document,
    Heading,
    Items,
    Paragraph,
    Quote,
    Run,
    Runs,
    Table,
    Terms,
    said,
    shown,
    value,
)
from comity.custody.duty import KINDS, TaskKind
from comity.custody.matter import ActAnswer, Doing, Matter, Wording, wording
from comity.custody.person_notice import call, framed, told_table
from comity.custody.phrases import AnswerPhrases
from comity.law.instrument import Verified
from comity.law.ruling import Ruling
from comity.law.vocabulary import CustodyAct

_RUNS_ON: Final = (Doing.DONE, Doing.WILL)


def agency_answer(matter: Matter, phrases: AnswerPhrases) -> Document:
    """The answer. Raises LetterFaulty where a clause's words are not at hand."""
    words = phrases.answer
    at = phrases.instant(matter.at, matter.zone)
    blocks: list[Block] = [
        _paper(matter, phrases),
        Paragraph(said(words.lead, {"at": at}), "lead"),
        Heading(2, said(words.acts_heading)),
        Table(
            words.acts_caption,
            (words.acts_asked, words.acts_doing, words.acts_until, words.acts_law),
            tuple(_row(one, matter, phrases) for one in matter.acts),
        ),
        *_told(matter, phrases),
        *_owed(matter, phrases),
        *_law(matter, phrases),
        *_aside(matter, phrases),
        *call(matter.custodian, words.call_heading),
    ]
    contact = matter.custodian.contact or matter.custodian.name
    blocks += [
        Paragraph(said(words.call, {"contact": contact})),
        Heading(2, said(words.check_heading)),
        Paragraph(said(words.check, {"entry": matter.entry, "law": matter.law}), "small"),
    ]
    to = tuple(map(shown, (matter.agency.name, *matter.agency.lines)))
    return framed(matter, phrases, "agency answer", words.title, to, blocks)


def _paper(matter: Matter, phrases: AnswerPhrases) -> Terms:
    words, paper = phrases.answer, matter.paper
    rows: tuple[tuple[str, Run], ...] = (
        (words.paper_reference, value(paper.reference)),
        (words.paper_title, value(paper.title)),
        (words.paper_dated, value(paper.dated)),
        (words.paper_received, Run(phrases.instant(paper.received_at, matter.zone))),
        (words.paper_person, value(paper.person)),
        (words.entry, value(matter.entry)),
    )
    return Terms(words.paper_heading, tuple((said(name), (run,)) for name, run in rows))


def _row(one: ActAnswer, matter: Matter, phrases: AnswerPhrases) -> tuple[Runs, ...]:
    words = phrases.answer
    doing = one.doing
    if doing in _RUNS_ON:
        until = (
            said(words.no_until if one.act is CustodyAct.HOLD else words.not_applicable)
            if one.until is None
            else (Run(phrases.instant(one.until, matter.zone)),)
        )
    else:
        until = said(words.not_applicable)
    names = dict.fromkeys(wording(matter, ref).name for ref in one.verdict.clauses)
    return (
        said(phrases.asks[one.act.value]),
        _doing(one, doing, matter, phrases),
        until,
        _under(names, one.verdict.ruling, phrases),
    )


def _under(names: Iterable[str], ruling: Ruling, phrases: AnswerPhrases) -> Runs:
    if ruling is Ruling.NO_RULE:
        return said(phrases.answer.no_law)
    cited = "; ".join(names)
    return (value(cited),) if cited else said(phrases.answer.no_clause)


def _doing(one: ActAnswer, doing: Doing, matter: Matter, phrases: AnswerPhrases) -> Runs:
    if one.act is CustodyAct.TELL_STATUS:
        return said(phrases.doing["status"])
    if one.done_at is not None:
        when = phrases.instant(one.done_at, matter.zone)
        return said(phrases.doing[doing.value], {"when": when})
    return said(phrases.doing[doing.value])


def _told(matter: Matter, phrases: AnswerPhrases) -> list[Block]:
    if not matter.told:
        return []
    words = phrases.answer
    return [
        Heading(2, said(words.told_heading)),
        told_table(matter, phrases),
    ]


def _owed(matter: Matter, phrases: AnswerPhrases) -> list[Block]:
    """What a text has us tell whoever gets the answer."""
    owed = [
        (value(f"{one.duty.what} ({one.clause.cite()})"),)
        for one in matter.owed
        if TaskKind.ANSWER in KINDS.get(one.duty.id, ())
    ]
    if not owed:
        return []
    return [Heading(2, said(phrases.answer.owed_heading)), Items(tuple(owed))]


def _law(matter: Matter, phrases: AnswerPhrases) -> list[Block]:
    cited = [wording(matter, ref) for ref in matter.cited]
    if not cited:
        return []
    blocks: list[Block] = [Heading(2, said(phrases.answer.law_heading))]
    for found in cited:
        blocks += _clause(found, phrases)
    return blocks


def _clause(found: Wording, phrases: AnswerPhrases) -> list[Block]:
    words = phrases.answer
    trust = {
        Verified.TEXT: words.words_text,
        Verified.RECONSTRUCTION: words.words_reconstruction,
        Verified.MEMORY: words.words_memory,
    }[found.text.verified]
    return [
        Heading(3, (value(f"{found.name}: {found.ref.title}"),)),
        Quote(tuple((value(part),) for part in found.paragraphs)),
        Paragraph(
            (
                value(f"{found.text.title}, {found.ref.instrument}, clause {found.ref.clause}."),
                Run(" "),
                *said(trust),
            ),
            "small",
        ),
    ]


def _aside(matter: Matter, phrases: AnswerPhrases) -> list[Block]:
    words = phrases.answer
    aside = dict.fromkeys(
        (one.finding.instrument.title, one.by.instrument.title)
        for act in matter.acts
        for one in act.verdict.set_aside
    )
    conflicts = dict.fromkeys(act.verdict.conflict for act in matter.acts if act.verdict.conflict)
    blocks: list[Block] = []
    if aside:
        pairs = tuple(said(words.aside, {"text": text, "by": by}) for text, by in aside)
        blocks += [Heading(2, said(words.aside_heading)), Items(pairs)]
    if conflicts:
        items = tuple((value(conflict),) for conflict in conflicts if conflict)
        blocks += [Heading(2, said(words.conflict_heading)), Items(items)]
    return blocks
