"""One Markdown file to one Instrument.

Source: DESIGN.md, "Law that runs"; the format is `docs/instruments.md`. Invariants:
what is parsed is the canonical text, so that lines and digest belong together;
every fault of form is found in one reading; an Instrument comes out only where
there is none. Does not: read files (`comity.law.library`) or judge what the text
says (`comity.law.check`).
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from comity.cedar.policy import PolicyInvalid, annotation, read_policy
from comity.cedar.split import split_policies
from comity.law.digest import DOMAIN, TextInvalid, canonical
from comity.law.example_block import read_examples
from comity.law.front_matter import FrontMatter, read_front_matter
from comity.law.instrument import Clause, Duty, Example, Instrument, Policy
from comity.law.problem import InstrumentInvalid, Problem, nearest
from comity.law.reading import Form, Reading
from comity.law.ruling import FORBIDS, PERMITS, Ruling
from comity.law.schema import ACTS
from comity.law.section import Fence, Section, read_sections

_FENCE: Final = "---"
_DUTY_KEYS: Final = ("id", "who", "what", "upon", "within", "acts", "where", "of")


class Draft(msgspec.Struct, frozen=True):
    """A text as far as it could be read.

    `instrument` is None where there is nothing to go on. `broken` are front-matter
    keys and `damaged` clauses that were not read whole: what is said of them would
    be said of our placeholders. `rules_whole` is false where a policy was lost.
    """

    instrument: Instrument | None
    problems: tuple[Problem, ...]
    broken: frozenset[str] = frozenset()
    damaged: frozenset[str] = frozenset()
    rules_whole: bool = True


def parse_instrument(text: str | bytes, path: str) -> Instrument:
    """The instrument in a text. Raises InstrumentInvalid with every fault of form.

    `path` is only for messages. What the text says is judged by `check_instrument`.
    """
    draft = read_draft(text, path)
    if draft.problems or draft.instrument is None:
        raise InstrumentInvalid(draft.problems)
    return draft.instrument


def read_draft(text: str | bytes, path: str) -> Draft:
    """Read as much as can be read. Never raises for what the text holds."""
    reading = Reading(path)
    try:
        whole = canonical(text)
    except TextInvalid as fault:
        reading.problem(fault.line, fault.what, fault.remedy or "")
        return Draft(None, tuple(reading.problems))
    lines = whole.split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        reading.problem(
            1, "no front matter", "begin with `---`, the keys of the front matter, and `---`"
        )
        return Draft(None, tuple(reading.problems))
    end = lines.index(_FENCE, 1)
    node = reading.block("\n".join(lines[1:end]) + "\n", 2)
    if node is None:
        if not reading.problems:
            reading.problem(1, "the front matter is empty", "add `id:` and the other keys")
        return Draft(None, tuple(reading.problems))
    front = read_front_matter(reading, node)
    sections = read_sections(reading, "\n".join(lines[end + 1 :]), end + 1)
    if not sections:
        reading.problem(end + 1, "no clause", "write a heading such as `## 1 Parties`")
        return Draft(None, tuple(sorted(reading.problems)))
    ref = f"{front.id}@{front.version}"
    clauses = tuple(_clause(reading, section, front, ref) for section in sections)
    instrument = _instrument(front, clauses, whole, path)
    return Draft(
        instrument,
        tuple(sorted(reading.problems)),
        front.broken,
        frozenset(reading.damaged),
        reading.rules_whole,
    )


def _instrument(
    front: FrontMatter, clauses: tuple[Clause, ...], whole: str, path: str
) -> Instrument:
    return Instrument(
        id=front.id,
        version=front.version,
        title=front.title,
        kind=front.kind,
        rank=front.rank,
        jurisdiction=front.jurisdiction,
        custodian=front.custodian,
        parties=front.parties,
        term=front.term,
        renewal=front.renewal,
        supersedes=front.supersedes,
        preempts=front.preempts,
        cited_as=front.cited_as,
        source=front.source,
        citation=front.citation,
        verified=front.verified,
        as_of=front.as_of,
        clauses=clauses,
        # `whole` is canonical already; `digest.digest` would only do it again.
        digest=hashlib.sha256(DOMAIN + whole.encode("utf-8")).hexdigest(),
        canonical=whole,
        path=path,
    )


def _clause(reading: Reading, section: Section, front: FrontMatter, ref: str) -> Clause:
    policies: list[Policy] = []
    examples: list[Example] = []
    duties: list[Duty] = []
    sets: list[str] = []
    for fence in section.fences:
        if fence.kind == "cedar":
            policies += _policies(reading, fence, section.number, ref)
        elif fence.kind == "sets":
            sets += [line.strip() for line in fence.text.split("\n") if line.strip()]
        else:
            node = reading.block(fence.text, fence.line, section.number)
            if node is None:
                continue
            if fence.kind == "examples":
                examples += read_examples(reading, node, section.number, front.term.time_zone)
            else:
                items = node.value if isinstance(node.value, list) else [node]
                forms = [
                    Form(reading, item, "a duty", _DUTY_KEYS, section.number) for item in items
                ]
                duties += [_duty(form) for form in forms]
    return Clause(
        number=section.number,
        title=section.title,
        prose=section.prose,
        line=section.line,
        policies=tuple(policies),
        examples=tuple(examples),
        duties=tuple(_numbered(section.number, duties)),
        sets=tuple(sets),
        citation=section.citation,
    )


def _policies(reading: Reading, fence: Fence, clause: str, ref: str) -> list[Policy]:
    found = []
    for written in split_policies(fence.text):
        line = fence.line + written.line
        try:
            node = read_policy(f"{ref}#{clause}", written.source)
        except PolicyInvalid as fault:
            reading.rules_whole = False
            for message in fault.messages:
                reading.problem(
                    line,
                    f"the policy is not Cedar: {message}",
                    "compare it with a policy of another clause; each ends with `;`",
                    clause,
                )
            continue
        local = annotation(node, "id")
        if not local:
            reading.rules_whole = False
            reading.problem(line, "a policy without @id", f'write @id("{clause}") above it', clause)
            continue
        refuses_by = annotation(node, "refuses_by")
        gives = annotation(node, "gives")
        if gives is not None and gives not in {word.value for word in Ruling}:
            words = [word.value for word in (*PERMITS, *FORBIDS)]
            reading.problem(line, f"unknown ruling `{gives}`", nearest(gives, words), clause)
            gives = None
        also = tuple(part.strip() for part in (annotation(node, "also") or "").split(";"))
        found.append(
            Policy(
                f"{ref}#{local}",
                node.effect,
                written.source,
                line,
                refuses_by,
                Ruling(gives) if gives else None,
                tuple(part for part in also if part),
            )
        )
    if not split_policies(fence.text):
        reading.problem(fence.line, "the `cedar` block is empty", "write a policy", clause)
    return found


def _duty(form: Form) -> Duty:
    return Duty(
        id=form.text("id", required=False),
        who=form.text("who"),
        what=form.text("what"),
        upon=form.text("upon"),
        within=form.text("within"),
        line=form.line,
        acts=_acts(form),
        where=form.words("where", Ruling, "ruling"),
        of=form.texts("of"),
    )


def _acts(form: Form) -> tuple[str, ...]:
    acts = form.texts("acts")
    for act in acts:
        if act not in ACTS:
            form.fault("acts", f"unknown act `{act}`", nearest(act, ACTS))
    return acts


def _numbered(clause: str, duties: list[Duty]) -> list[Duty]:
    """Duties without an id are named after their clause: `6.1`, or `6.1a` where several."""
    if len(duties) == 1:
        return [msgspec.structs.replace(duties[0], id=duties[0].id or clause)]
    return [
        msgspec.structs.replace(duty, id=duty.id or f"{clause}{_letter(position)}")
        for position, duty in enumerate(duties)
    ]


def _letter(position: int) -> str:
    return chr(ord("a") + position) if position < 26 else f"-{position + 1}"
