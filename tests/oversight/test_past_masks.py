"""Masks worked out afterwards are what each clause said then; of the expunged nothing is guessed."""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings

from comity.cedar.engine import Engine, Uid
from comity.disclosure import facts
from comity.disclosure.decide import settle
from comity.disclosure.inquiry import Asked, Inquirer
from comity.disclosure.journal import ABOUT, ASKED, ASKER
from comity.law.schema import INQUIRY_ACTS, SCHEMA
from comity.law.vocabulary import ListAct
from comity.ledger.journal_line import JournalLine
from comity.oversight.past_masks import Group, Masks, PastMasks
from comity.oversight.replay import SEE, replay
from comity.oversight.sources import Frame
from comity.records.record import Record
from tests.laws.inquiries import asks, records
from tests.laws.shipped import law_of
from tests.oversight.drafts import ROW, agreement, history, see

LAW = law_of("philadelphia-pars-ice@2", "philadelphia-pars-atf@1", "pennsylvania-chria@1")
NAMES = tuple(LAW.ranks)
ALONE = {
    policy.id: Engine(SCHEMA, [(policy.id, policy.source)])
    for instrument in LAW.instruments
    for clause in instrument.clauses
    for policy in clause.policies
    if policy.id in LAW.ranks
}
PAST = PastMasks(LAW.instruments, NAMES, INQUIRY_ACTS)


def rows_of(line: JournalLine) -> list[dict[str, Any]]:
    *asked, behalf = msgspec.json.decode(line.asked)
    row = {"at": line.at, **dict(zip(ASKED, asked, strict=True))}
    row |= dict(zip(ABOUT, msgspec.json.decode(line.about), strict=True))
    return [row] if behalf is None else [row, {**row, **dict(zip(ASKER, behalf, strict=True))}]


def groups_of(line: JournalLine) -> tuple[Group, ...]:
    return tuple(
        Group(tuple(acts), permitted, tuple(determining), tuple(erring))
        for acts, permitted, determining, erring in msgspec.json.decode(line.ruled)
    )


def masks_of(line: JournalLine) -> Masks:
    return PAST.of((line.asked, line.about), rows_of(line), groups_of(line))


def then(line: JournalLine, asked: Asked, found: Record | None) -> tuple[int, int]:
    """What each clause by itself says of the request as it was put, with names and numbers."""
    satisfied = erring = 0
    for act in (INQUIRY_ACTS[number] for group in groups_of(line) for number in group.acts):
        register = act in tuple(ListAct)
        resource = facts.REGISTER if register else facts.SOME_RECORD
        attributes = {} if register else facts.record_attributes(found)
        for inquirer in filter(None, (asked.inquirer, asked.on_behalf_of)):
            for name, verdict in _verdicts(asked, inquirer, act, resource, attributes):
                bit = 1 << LAW.ranks[name]
                erring |= bit if verdict.erring else 0
                satisfied |= bit if verdict.determining and not verdict.erring else 0
    return satisfied, erring


def _verdicts(
    asked: Asked, inquirer: Inquirer, act: str, resource: Uid, attributes: dict[str, Any]
) -> list[tuple[str, Any]]:
    entities = facts.entity_slice(inquirer, resource, attributes)
    return [
        (
            name,
            engine.decide(
                principal=facts.principal_uid(inquirer),
                act=act,
                resource=resource,
                context=facts.inquiry_context(asked),
                entities=entities,
            ),
        )
        for name, engine in ALONE.items()
    ]


@settings(max_examples=50, deadline=None)
@given(asks(), records())
def test_what_is_worked_out_is_what_each_clause_said_then(asked: Asked, found: Record) -> None:
    settled = settle(asked, LAW, (found,))
    kept: list[tuple[JournalLine | None, Record | None]]
    if settled.refusal is None:
        kept = [(decision.line, found) for _, decision in settled.shown]
    elif settled.looked:
        kept = [(line, found) for line in settled.looked]
    else:
        kept = [(settled.refusal.line, None)]
    for line, whose in kept:
        assert line is not None
        masks = masks_of(line)
        assert (masks.satisfied, masks.erring) == then(line, asked, whose)
        assert masks.unknown == 0
        assert not masks.differs


@pytest.mark.parametrize(
    "change",
    [
        lambda group: msgspec.structs.replace(group, permitted=not group.permitted),
        lambda group: msgspec.structs.replace(group, determining=(0, *group.determining)),
        lambda group: msgspec.structs.replace(group, erring=(1,)),
    ],
)
def test_a_verdict_that_does_not_follow_is_told(change: Any) -> None:
    masks = PastMasks(LAW.instruments, NAMES, INQUIRY_ACTS)
    atf = {**ROW, "party": "us-atf", "agency": "XXATF0000"}
    number = NAMES.index("philadelphia-pars-atf@1#3.1")
    group = Group((0, 1), True, (number,), ())
    assert not masks.of("x", [atf], (group,)).differs
    assert masks.of("x", [atf], (change(group),)).differs


def test_a_clause_that_names_an_officer_is_unknown_unless_it_decided() -> None:
    officer = see("permit", 'principal == Officer::"us-ice/o-1"')
    text = agreement(officer, see("forbid", "resource.juvenile"))
    past = PastMasks([text], ("text@1#1a", "text@1#1b"), INQUIRY_ACTS)
    silent = Group((0,), False, (), ())
    masks = past.of("x", [ROW], (silent,))
    assert (masks.satisfied, masks.unknown, masks.differs) == (0, 0b01, False)
    decided = Group((0,), True, (0,), ())
    masks = past.of("x", [ROW], (decided,))
    assert (masks.satisfied, masks.unknown, masks.differs) == (0b01, 0, False)


BLANK = dict.fromkeys(ABOUT)
JUVENILE = see("forbid", "resource.juvenile")
GRAVE = see("forbid", 'resource has grade && resource.grade == Grade::"F1"')
AUDIT = see("forbid", 'context.purpose == Purpose::"audit"')
PERMIT = see("permit", "true")


def test_of_the_expunged_what_reads_the_record_is_unknown() -> None:
    past = PastMasks([agreement(JUVENILE, AUDIT)], ("text@1#1a", "text@1#1b"), INQUIRY_ACTS)
    row = {**ROW, **BLANK, "purpose": "audit"}
    masks = past.of("x", [row], (Group((0,), False, (1,), ()),))
    assert (masks.satisfied, masks.unknown, masks.differs) == (0b10, 0b01, False)


@pytest.mark.parametrize("rule", [JUVENILE, GRAVE])
def test_a_replay_says_undecidable_of_the_expunged(rule: str) -> None:
    """Also where the column that was blanked may be empty of others, too."""
    rows = history({}, {"grade": None}, {**BLANK}, {**BLANK, "grade": None})
    found = replay(
        [Frame(rows.lazy())], [agreement(PERMIT)], [agreement(PERMIT, rule, name="draft")], SEE
    )
    by_act = found.counts.filter(pl.col("act") == "see charges")
    assert by_act.select("change", "rows").rows() == [("undecidable", 2)]


def test_a_replay_decides_the_expunged_where_nobody_looks_at_the_record() -> None:
    rows = history({"purpose": "audit"}, {**BLANK, "purpose": "audit"}, {**BLANK})
    found = replay(
        [Frame(rows.lazy())], [agreement(PERMIT)], [agreement(PERMIT, AUDIT, name="draft")], SEE
    )
    by_act = found.counts.filter(pl.col("act") == "see charges")
    assert by_act.select("change", "rows").rows() == [("closes", 2)]
