"""Judge an instrument: every problem at once, each with file, line, clause and remedy.

Source: issue A, "a parser and checker"; DESIGN.md, "Law that runs". Invariants:
prose without rule and rule without prose are both errors; nothing is said of
parts that could not be read. Does not: compare instruments with each other
(`comity.law.library`) or say what is in force (`comity.law.register`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from comity.law.front_matter import IN_WORDS, Role, key_lines
from comity.law.instrument import Clause, Instrument, Rank, Renewal
from comity.law.parse import read_draft
from comity.law.problem import InstrumentInvalid, Problem, nearest
from comity.law.rules import example_problems, policy_problems
from comity.law.schema import ACTS


class Checked(msgspec.Struct, frozen=True):
    """A text that was read and judged. `instrument` is None unless it could be read whole."""

    instrument: Instrument | None
    problems: tuple[Problem, ...]


def check_text(text: str | bytes, path: str) -> Checked:
    """Read and judge a text. Never raises for what the text holds."""
    draft = read_draft(text, path)
    if draft.instrument is None:
        return Checked(None, draft.problems)
    judged = _problems(
        draft.instrument,
        broken=draft.broken,
        damaged=draft.damaged,
        rules_whole=draft.rules_whole,
    )
    whole = None if draft.problems else draft.instrument
    return Checked(whole, tuple(sorted({*draft.problems, *judged})))


def check_instrument(instrument: Instrument) -> tuple[Problem, ...]:
    """Every problem of an instrument that was read whole, in the order of lines."""
    return tuple(sorted(set(_problems(instrument))))


def demand_valid(instrument: Instrument) -> Instrument:
    """The same instrument. Raises InstrumentInvalid with all problems where there are any."""
    problems = check_instrument(instrument)
    if problems:
        raise InstrumentInvalid(problems)
    return instrument


def _problems(
    instrument: Instrument,
    *,
    broken: Collection[str] = (),
    damaged: Collection[str] = (),
    rules_whole: bool = True,
) -> Iterator[Problem]:
    lines = key_lines(instrument.canonical)
    for key, what, remedy in _front_matter(instrument, broken):
        yield Problem(instrument.path, lines.get(key, 1), None, what, remedy)
    yield from _numbers(instrument)
    yield from _wording(instrument, broken, damaged)
    parties = None if "parties" in broken else [party.id for party in instrument.parties]
    yield from _duties(instrument, parties)
    wrong = tuple(policy_problems(instrument, parties))
    yield from wrong
    if rules_whole and not wrong and "term" not in broken:
        yield from example_problems(instrument, damaged)


def _front_matter(
    instrument: Instrument, broken: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    term = instrument.term
    handles = [party.id for party in instrument.parties]
    if "term" not in broken and term.until is not None and term.until <= term.start:
        yield "term", "the term ends before it starts", "let `until` be later than `from`"
    known = not {"parties", "custodian"} & set(broken)
    if known and handles and instrument.custodian not in handles:
        remedy = nearest(instrument.custodian, handles, "name one of the parties")
        yield "custodian", f"unknown party `{instrument.custodian}`", remedy
    if "preempts" not in broken and "rank" not in broken:
        for what, remedy in _preempts(instrument):
            yield "preempts", what, remedy
    if instrument.supersedes is not None and "id" not in broken:
        replaced, _, version = instrument.supersedes.rpartition("@")
        if replaced == instrument.id and int(version) >= instrument.version:
            what = f"`{instrument.ref}` supersedes {instrument.supersedes}"
            if instrument.supersedes == instrument.ref:
                what = f"`{instrument.ref}` supersedes itself"
            yield "supersedes", what, "name an earlier version"
    if instrument.renewal is not None and not {"renewal", "term", "parties"} & set(broken):
        for what, remedy in _renewal(instrument, instrument.renewal):
            yield "renewal", what, remedy


def _preempts(instrument: Instrument) -> Iterator[tuple[str, str]]:
    ranks = list(Rank)
    for text in instrument.preempts:
        rank, _, act = text.partition(" ")
        if ranks.index(Rank(rank)) <= ranks.index(instrument.rank):
            yield (
                f"a text of rank {instrument.rank} cannot set aside one of rank {rank}",
                "name a lower rank",
            )
        if ACTS[act].context == "Inquiry":
            # Fail closed: a claim to open records must not be taken and ignored.
            yield (
                f"setting aside refusals of `{act}` is not applied by this version of Comity",
                "name custody acts and acts of the office",
            )


def _renewal(instrument: Instrument, renewal: Renewal) -> Iterator[tuple[str, str]]:
    handles = [party.id for party in instrument.parties]
    for voter in renewal.voters:
        if voter not in handles:
            yield (
                f"`{voter}` votes and is no party",
                nearest(voter, handles, "add it to `parties`"),
            )
    if len(set(renewal.voters)) != len(renewal.voters):
        yield "a party votes twice", "name each voter once"
    if renewal.quorum > len(set(renewal.voters)):
        yield (
            f"a quorum of {renewal.quorum} cannot be reached by {len(renewal.voters)} voters",
            f"let `quorum` be at most {len(renewal.voters)}",
        )
    term = instrument.term
    if renewal.first_end <= term.start or (
        term.until is not None and renewal.first_end > term.until
    ):
        yield "the first period ends outside the term", "let `first_end` lie within the term"


def _numbers(instrument: Instrument) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for clause in instrument.clauses:
        if clause.number in first:
            yield Problem(
                instrument.path,
                clause.line,
                clause.number,
                f"clause number {clause.number} stands twice, first in line {first[clause.number]}",
                "give it a number of its own",
            )
        first.setdefault(clause.number, clause.line)


def _wording(
    instrument: Instrument, broken: Collection[str], damaged: Collection[str]
) -> Iterator[Problem]:
    """Prose without rule, rule without prose, and front matter that no clause puts into words."""
    present = _decided(instrument)
    worded: dict[str, str] = {}
    for clause in instrument.clauses:
        for what, remedy in _sets(clause, present, broken, worded):
            yield Problem(instrument.path, clause.line, clause.number, what, remedy)
        if clause.number not in damaged:
            for what, remedy in _both(clause):
                yield Problem(instrument.path, clause.line, clause.number, what, remedy)
    lines = key_lines(instrument.canonical)
    for key in IN_WORDS:
        if key in present and key not in worded and key not in broken:
            yield Problem(
                instrument.path,
                lines.get(key, 1),
                None,
                f"a rule without prose: no clause puts `{key}` into words",
                f"write a clause that does, with a `sets` block that says `{key}`",
            )


def _decided(instrument: Instrument) -> tuple[str, ...]:
    """The keys of the front matter by which something is decided."""
    return tuple(key for key in IN_WORDS if getattr(instrument, key))


def _sets(
    clause: Clause, present: Collection[str], broken: Collection[str], worded: dict[str, str]
) -> Iterator[tuple[str, str]]:
    for key in clause.sets:
        if key not in IN_WORDS:
            yield f"`sets` names `{key}`, which decides nothing", nearest(key, IN_WORDS)
        elif key not in present and key not in broken:
            yield f"`sets` names `{key}`, which the front matter lacks", f"add `{key}:` above"
        elif key in worded:
            yield f"`{key}` is set by clause {worded[key]} already", "put it into words once"
        worded.setdefault(key, clause.number)


def _both(clause: Clause) -> Iterator[tuple[str, str]]:
    has_rule = bool(clause.policies or clause.duties or clause.sets)
    if not has_rule:
        yield (
            "prose without a rule",
            "add a `cedar`, `duty` or `sets` block, or move the text before the first clause",
        )
    elif not clause.prose:
        yield "a rule without prose", "say in words what the rule does"
    if clause.examples and not clause.policies:
        yield "examples without a rule", "add the `cedar` block that they are about"


def _duties(instrument: Instrument, parties: Collection[str] | None) -> Iterator[Problem]:
    if not parties:
        return
    known = [*parties, *(role.value for role in Role)]
    seen: set[str] = set()
    for clause in instrument.clauses:
        for duty in clause.duties:
            if duty.who and duty.who not in known:
                what = f"unknown party `{duty.who}`"
                yield Problem(
                    instrument.path, duty.line, clause.number, what, nearest(duty.who, known)
                )
            if duty.id in seen:
                what = f"duty id `{duty.id}` stands twice"
                yield Problem(
                    instrument.path, duty.line, clause.number, what, "give it an id of its own"
                )
            seen.add(duty.id)
