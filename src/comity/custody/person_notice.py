"""The notice to the person: what was asked, what we do, whom to call, and how to see who was told.

Source: Cal. Gov. Code 7283.1(b); Conn. Gen. Stat. 54-192h(e)(1); N.J. Attorney General Directive
2018-6. Invariants: it says nothing of anybody's citizenship or immigration status, also not that
somebody asked; it tells the person what the agency is told, no more and no less; a copy for
counsel or a designee has the same words and no code, which is a key. Does not: serve.
"""

from __future__ import annotations

import msgspec

from comity.custody.document import (
    Blanks,
    Block,
    Document,
    Heading,
    Items,
    Key,
    LetterFaulty,
    Paragraph,
    Run,
    Runs,
    Table,
    Terms,
    plain,
    said,
    shown,
    value,
)
from comity.custody.duty import KINDS, TaskKind
from comity.custody.matter import ActAnswer, Doing, Matter, Office, Told, wording
from comity.custody.phrases import NoticePhrases, Phrases
from comity.law.vocabulary import CustodyAct


class Copy(msgspec.Struct, frozen=True):
    """Who gets the same notice besides: counsel, or one whom the person named."""

    name: str


def person_notice(
    matter: Matter,
    phrases: NoticePhrases,
    code: str | None,
    *,
    attached: bool,
    copy: Copy | None = None,
) -> Document:
    """The notice, or with `copy` the same for counsel or a designee.

    `code` opens what the ledger holds about the person (docs/openings.md), None where there is
    none. Raises LetterFaulty for a code on somebody else's copy.
    """
    if copy is not None and code is not None:
        raise LetterFaulty(
            "the person's code does not go to anybody else",
            where="a copy of the notice",
            remedy="leave the code out; the person may give it away",
        )
    words = phrases.notice
    blocks: list[Block] = [Paragraph(said(words.lead, {"agency": matter.agency.name}), "lead")]
    blocks += [Paragraph(said(words.attached))] if attached else []
    blocks += [_paper(matter, phrases), *_acts(matter, phrases), *_told(matter, phrases)]
    blocks += [Heading(2, said(words.know_heading)), Items(tuple(map(said, words.know)))]
    blocks += [Paragraph(said(words.designee))] if _owed_to_another(matter) else []
    blocks += call(matter.custodian, words.call_heading)
    if code is not None:
        blocks += [
            Heading(2, said(words.code_heading)),
            Key(words.code_label, shown(code)),
            Paragraph(said(words.code, {"see_at": matter.see_at})),
            Paragraph(said(words.code_keep)),
        ]
    if copy is None:
        blocks += [
            Blanks(words.served_heading, words.served),
            Paragraph(said(words.served_note), "small"),
        ]
    person = said(words.to, {"person": matter.person})
    if copy is not None:
        person = said(words.to_other, {"name": copy.name, "person": matter.person})
    return framed(
        matter, phrases, "person notice" if copy is None else "copy of the notice",
        words.title, (plain(person),), blocks,
    )  # fmt: skip


def framed(
    matter: Matter,
    phrases: Phrases,
    kind: str,
    title: str,
    to: tuple[str, ...],
    blocks: list[Block],
) -> Document:
    """A letter with its sender, date and foot."""
    return Document(
        kind=kind,
        lang=phrases.lang,
        title=title,
        at=matter.at,
        date=plain(said(phrases.frame.date, {"date": phrases.day(matter.at, matter.zone)})),
        sender=tuple(map(shown, (matter.custodian.name, *matter.custodian.lines))),
        to=to,
        blocks=tuple(blocks),
        page=phrases.frame.page,
        template=phrases.reviewed(),
    )


def call(office: Office, heading: str) -> list[Block]:
    """Whom to call at an office, by what it has."""
    ways = (office.contact or office.name, office.phone, office.email, office.hours)
    return [Heading(2, said(heading)), Items(tuple((value(way),) for way in ways if way.strip()))]


def told_table(matter: Matter, phrases: Phrases) -> Terms:
    """What the agency is told, by data class."""
    return Terms(
        "",
        tuple(
            (said(phrases.classes[one.data_class.value]), (told_value(one, matter, phrases),))
            for one in matter.told
        ),
    )


def told_value(one: Told, matter: Matter, phrases: Phrases) -> Run:
    """An instant in words, or the text."""
    if one.at is not None:
        return Run(phrases.instant(one.at, matter.zone))
    return value(one.text)


def _paper(matter: Matter, phrases: NoticePhrases) -> Terms:
    words, paper = phrases.notice, matter.paper
    return Terms(
        words.paper_heading,
        (
            (said(words.paper_agency), (value(matter.agency.name),)),
            (said(words.paper_title), (value(paper.title, lang="en"),)),
            (said(words.paper_dated), (value(paper.dated, lang="en"),)),
            (
                said(words.paper_received),
                (Run(phrases.instant(paper.received_at, matter.zone)),),
            ),
        ),
    )


def _acts(matter: Matter, phrases: NoticePhrases) -> list[Block]:
    words = phrases.notice
    rows = tuple(
        (
            said(phrases.asks[one.act.value]),
            _doing(one, matter, phrases),
            _law(one, matter, words.no_law),
        )
        for one in matter.acts
        if one.act is not CustodyAct.TELL_STATUS
    )
    if not rows:
        return []
    head = (words.acts_asked, words.acts_doing, words.acts_law)
    return [Heading(2, said(words.acts_heading)), Table(words.acts_caption, head, rows)]


def _doing(one: ActAnswer, matter: Matter, phrases: NoticePhrases) -> Runs:
    until = None if one.until is None else phrases.instant(one.until, matter.zone)
    slots = {} if until is None else {"until": until}
    match one.doing:
        case Doing.DONE if one.done_at is not None:
            name = "done" if until is None else "done_until"
            slots["when"] = phrases.instant(one.done_at, matter.zone)
        case Doing.WILL:
            name = "will" if until is None else "will_until"
        case other:
            name = other.value
    return said(phrases.doing[name], slots)


def _law(one: ActAnswer, matter: Matter, none: str) -> Runs:
    cited = [wording(matter, ref) for ref in dict.fromkeys(one.verdict.clauses)]
    names = dict.fromkeys(found.name for found in cited)
    return (value("; ".join(names), lang="en"),) if names else said(none)


def _told(matter: Matter, phrases: NoticePhrases) -> list[Block]:
    words = phrases.notice
    heading = Heading(2, said(words.told_heading))
    if not matter.told:
        return [heading, Paragraph(said(words.told_nothing))]
    return [
        heading,
        Paragraph(said(words.told)),
        told_table(matter, phrases),
    ]


def _owed_to_another(matter: Matter) -> bool:
    return any(TaskKind.NOTICE_TO_COUNSEL in KINDS.get(owed.duty.id, ()) for owed in matter.owed)
