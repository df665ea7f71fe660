"""The record for the file: everything about one decided paper, with its duties and their proof.

Source: Fla. Stat. 908.105(1) (record in the case file); DESIGN.md, "Faces". Invariants: what the
agency is not told stands here and is marked so; where a task stands is worked out at `as_of`;
the letters that were made are named by their digests. Does not: leave the house.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from comity.custody.document import (
    Block,
    Document,
    Heading,
    Items,
    Paragraph,
    Run,
    Runs,
    Table,
    Terms,
    document_digest,
    plain,
    said,
    value,
)
from comity.custody.duty import Task
from comity.custody.matter import Matter
from comity.custody.person_notice import framed, told_value
from comity.custody.phrases import RecordPhrases
from comity.custody.service import Step, TaskState, state
from comity.instant import Instant


def file_record(
    matter: Matter,
    phrases: RecordPhrases,
    tasks: Sequence[Task],
    steps: Sequence[Step],
    letters: Sequence[Document],
    as_of: Instant,
) -> Document:
    """The record as it stands at an instant."""
    blocks: list[Block] = [
        _matter(matter, phrases),
        *_acts(matter, phrases),
        *_known(matter, phrases),
        *_conflicts(matter, phrases),
        *_duties(matter, phrases, tasks, steps, as_of),
        *_served(matter, phrases, tasks, steps, as_of),
        *_letters(phrases, letters),
    ]
    made = framed(matter, phrases, "file record", phrases.record.title, (), blocks)
    date = plain(said(phrases.frame.date, {"date": phrases.instant(as_of, matter.zone)}))
    return msgspec.structs.replace(made, at=as_of, date=date)


def _matter(matter: Matter, phrases: RecordPhrases) -> Terms:
    words, paper = phrases.record, matter.paper
    rows: tuple[tuple[str, Run], ...] = (
        (words.person, value(matter.person)),
        (words.record, value(matter.record)),
        (words.agency, value(matter.agency.name)),
        (words.paper, value(paper.title)),
        (words.reference, value(paper.reference)),
        (words.dated, value(paper.dated)),
        (words.named, value(paper.person)),
        (words.received, Run(phrases.instant(paper.received_at, matter.zone))),
        (words.decided, Run(phrases.instant(matter.at, matter.zone))),
        (words.entry, value(matter.entry)),
        (words.law, value(matter.law)),
    )
    return Terms(words.matter_heading, tuple((said(name), (run,)) for name, run in rows))


def _acts(matter: Matter, phrases: RecordPhrases) -> list[Block]:
    words = phrases.record
    rows: list[tuple[Runs, ...]] = []
    for one in matter.acts:
        when = {} if one.done_at is None else {"when": phrases.instant(one.done_at, matter.zone)}
        until = words.none if one.until is None else phrases.instant(one.until, matter.zone)
        cited = "; ".join(dict.fromkeys(ref.cite() for ref in one.verdict.clauses))
        rows.append(
            (
                (Run(one.act.value),),
                (Run(one.verdict.ruling.value),),
                said(phrases.doing[one.doing.value], when),
                (Run(until),),
                (value(cited or words.none),),
            )
        )
    head = (
        words.acts_act, words.acts_ruling, words.acts_doing, words.acts_until, words.acts_law,
    )  # fmt: skip
    return [Heading(2, said(words.acts_heading)), Table(words.acts_caption, head, tuple(rows))]


def _known(matter: Matter, phrases: RecordPhrases) -> list[Block]:
    words = phrases.record
    if not matter.known:
        return []
    opened = matter.opened
    rows = tuple(
        (
            (Run(phrases.classes.get(one.data_class.value, one.data_class.value)),),
            (told_value(one, matter, phrases),),
            said(words.yes if one.data_class in opened else words.no),
        )
        for one in matter.known
    )
    return [
        Heading(2, said(words.known_heading)),
        Table(words.known_caption, (words.known_class, words.known_value, words.known_told), rows),
    ]


def _conflicts(matter: Matter, phrases: RecordPhrases) -> list[Block]:
    told = [act.verdict.conflict for act in matter.acts if act.verdict.conflict]
    told += [
        f"{finding.instrument.ref}: {finding.fault}"
        for act in matter.acts
        for finding in act.verdict.findings
        if finding.fault
    ]
    if not told:
        return []
    heading = Heading(2, said(phrases.record.conflict_heading))
    return [heading, Items(tuple((value(one),) for one in dict.fromkeys(told)))]


def _duties(
    matter: Matter,
    phrases: RecordPhrases,
    tasks: Sequence[Task],
    steps: Sequence[Step],
    as_of: Instant,
) -> list[Block]:
    words = phrases.record
    heading = Heading(2, said(words.duties_heading))
    if not tasks:
        return [heading, Paragraph(said(words.no_duties))]
    rows = tuple(
        (
            (value(f"{one.kind.value}: {one.text}"),),
            (value(one.owner),),
            _due(one, matter, phrases),
            _state(one, steps, as_of, phrases),
            (value(one.clause.cite() if one.clause else words.custodian_practice),),
        )
        for one in tasks
    )
    head = (
        words.duties_task, words.duties_owner, words.duties_due, words.duties_state,
        words.duties_law,
    )  # fmt: skip
    return [heading, Table(words.duties_caption, head, rows)]


def _due(task: Task, matter: Matter, phrases: RecordPhrases) -> Runs:
    words = phrases.record
    if task.due is None:
        if task.awaits is not None:
            return said(words.awaits, {"moment": task.awaits.value})
        return (value(f"{task.within}: {words.no_due}"),)
    due = Run(phrases.instant(task.due, matter.zone))
    if task.house_measure:
        return (due, Run("; "), *said(words.house_measure, {"within": task.within}))
    return (due,)


def _state(task: Task, steps: Sequence[Step], as_of: Instant, phrases: RecordPhrases) -> Runs:
    words = phrases.record
    found = state(task, steps, as_of)
    step = next((one for one in steps if one.task == task.id and one.at <= as_of), None)
    parts = [found.value]
    if step is not None and step.late and found is not TaskState.LATE:
        parts.append(words.late)
    if step is not None and step.why is not None:
        parts.append(step.why.value)
    if task.for_counsel:
        parts.append(words.for_counsel)
    return (Run(", ".join(parts)),)


def _served(
    matter: Matter,
    phrases: RecordPhrases,
    tasks: Sequence[Task],
    steps: Sequence[Step],
    as_of: Instant,
) -> list[Block]:
    words = phrases.record
    kinds = {one.id: one.kind.value for one in tasks}
    rows = tuple(
        (
            (Run(kinds[step.task]),),
            (value(served.by),),
            (
                value(f"{served.how.value} {served.note}"),
                Run(", " + phrases.instant(served.at, matter.zone)),
            ),
            (value(f"{served.to.value} {served.to_name}"),),
            (value(words.signed if served.signed_for else served.witness or words.none),),
        )
        for step in steps
        if step.task in kinds and step.at <= as_of
        for served in [step.service]
        if served is not None
    )
    if not rows:
        return []
    head = (
        words.served_task, words.served_by, words.served_how, words.served_to,
        words.served_witness,
    )  # fmt: skip
    return [Heading(2, said(words.served_heading)), Table(words.served_caption, head, rows)]


def _letters(phrases: RecordPhrases, letters: Sequence[Document]) -> list[Block]:
    words = phrases.record
    if not letters:
        return []
    rows = tuple(
        ((Run(one.kind),), (Run(document_digest(one)),), (Run(one.template),)) for one in letters
    )
    head = (words.letters_kind, words.letters_digest, words.letters_template)
    return [
        Heading(2, said(words.letters_heading)),
        Table(words.letters_caption, head, rows),
    ]
