"""Masks of a journal: used where they are certain, and never in place of what they do not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl
import pytest

from comity.cedar.engine import Engine
from comity.law.in_force import digest_of
from comity.law.instrument import Instrument
from comity.law.schema import INQUIRY_ACTS, SCHEMA
from comity.oversight.history import COLUMNS, VERSION_KEY, HistoryUnusable, asked_of
from comity.oversight.kept import Judge, JudgedFiles
from comity.oversight.masks import CLAUSES_KEY
from comity.oversight.replay import Flips, replay
from comity.oversight.sources import PolarsFiles, slices
from tests.oversight.drafts import ROW, agreement, see
from tests.oversight.many import counted

PERMIT = see("permit", "true")
SEALED = see("forbid", 'resource.standing == "sealed"')
VISA = see("forbid", 'context.purpose == Purpose::"visa screening"')
ICE = see("forbid", 'principal in Party::"us-ice"')
BIRTHPLACE = see("forbid", 'action == Action::"see birthplace" && !context.case_number')
GRAVE = see("forbid", 'resource has grade && resource.grade == Grade::"F1"')
ABOUT: Final = (
    "on_file", "standing", "juvenile", "charged", "convicted", "in_custody", "grade",
    "released_grade", "released_violent",
)  # fmt: skip
MORE: Final = {
    "behalf_agency": pl.String(), "behalf_party": pl.String(),
    "behalf_principal": COLUMNS["principal"], "behalf_criminal_justice": pl.Boolean(),
    "clauses": pl.String(), "decided": pl.UInt32(),
    "satisfied": pl.Binary(), "erring": pl.Binary(), "unknown": pl.Binary(),
}  # fmt: skip
BEHALF: Final = {
    "behalf_agency": "us-ice", "behalf_party": "us-ice", "behalf_principal": "Agency",
    "behalf_criminal_justice": True,
}  # fmt: skip
ALL = (1 << len(INQUIRY_ACTS)) - 1


def bits(numbers: list[int]) -> bytes:
    found = sum(1 << number for number in numbers)
    return found.to_bytes(4, "little")


def asked_acts(row: dict[str, Any]) -> list[str]:
    return [act for place, act in enumerate(INQUIRY_ACTS) if row["decided"] >> place & 1]


def journal(
    path: Path, rows: list[dict[str, Any]], law: list[Instrument], *, masks: bool = True
) -> PolarsFiles:
    """A file as the journal's export makes it: masks over all acts and principals of a line."""
    policies = [(p.id, p.source) for one in law for c in one.clauses for p in c.policies]
    engines = [Engine(SCHEMA, [policy]) for policy in policies]
    lines = []
    for row in rows:
        line = {**ROW, **dict.fromkeys(MORE), "clauses": "k", "decided": ALL, **row}
        yes = [
            number
            for number, engine in enumerate(engines)
            if line["on_file"] is not None
            and any(
                permits_or_stops(engine, principal, act)
                for principal in principals(line)
                for act in asked_acts(line)
            )
        ]
        known = masks and line["on_file"] is not None
        line |= {
            "satisfied": bits(yes) if known else None,
            "erring": bits([]),
            "unknown": bits([]) if known else None,
        }
        lines.append(line)
    forms = {
        "k": {
            "law": digest_of(law),
            "acts": INQUIRY_ACTS,
            "clauses": [name for name, _ in policies],
        }
    }
    metadata = {VERSION_KEY: "1", CLAUSES_KEY: msgspec.json.encode(forms).decode()}
    pl.DataFrame(lines, schema={**COLUMNS, **MORE}).write_parquet(path, metadata=metadata)
    return PolarsFiles([str(path)])


def principals(row: dict[str, Any]) -> list[dict[str, Any]]:
    if row["behalf_agency"] is None:
        return [row]
    other = {name.removeprefix("behalf_"): row[name] for name in BEHALF}
    return [row, {**row, **other}]


def permits_or_stops(engine: Engine, row: dict[str, Any], act: str) -> bool:
    asked = asked_of(row, act)
    verdict = engine.decide(
        principal=asked.principal,
        act=act,
        resource=asked.resource,
        context=asked.context,
        entities=asked.entities,
    )
    return bool(verdict.determining)


def by_engine(
    rows: list[dict[str, Any]], old: list[Instrument], new: list[Instrument]
) -> dict[tuple[str, str], int]:
    """The reference engine over all policies, of each principal of each line and each act."""
    engines = []
    for law in (old, new):
        policies = [(p.id, p.source) for one in law for c in one.clauses for p in c.policies]
        engines.append(Engine(SCHEMA, policies))
    found: dict[tuple[str, str], int] = {}
    for given in rows:
        row = {**ROW, **dict.fromkeys(MORE), "decided": ALL, **given}
        for act in asked_acts(row):
            was, now = (
                all(
                    engine.decide(
                        principal=(asked := asked_of(one, act)).principal,
                        act=act,
                        resource=asked.resource,
                        context=asked.context,
                        entities=asked.entities,
                    ).permitted
                    for one in principals(row)
                )
                for engine in engines
            )
            if was != now:
                key = (act, "opens" if now else "closes")
                found[key] = found.get(key, 0) + 1
    return found


ROWS: Final[list[dict[str, Any]]] = [
    {},
    {"purpose": "visa screening", "decided": 0b101},
    {"grade": "F1", "decided": 0b110},
    {"grade": "F1", "case_number": False},
    {"standing": "sealed", "decided": 0b1},
    {"party": "us-atf", "agency": "us-atf", "grade": "F1"},
    {"party": "us-atf", "agency": "us-atf", **BEHALF},
    {"party": "us-atf", "agency": "us-atf", "purpose": "visa screening", **BEHALF},
    {"case_number": False, "decided": 0b100},
    {"query": "list", "decided": 1 << INQUIRY_ACTS.index("list")},
]


@pytest.mark.parametrize("masks", [True, False])
@pytest.mark.parametrize(
    ("today", "draft"),
    [
        ([PERMIT, SEALED], [PERMIT, SEALED, GRAVE]),
        ([PERMIT, SEALED, GRAVE, VISA], [PERMIT, SEALED]),
        ([PERMIT, ICE], [PERMIT]),
        ([PERMIT], [PERMIT, ICE]),
        ([PERMIT, BIRTHPLACE], [PERMIT, BIRTHPLACE, VISA]),
        ([PERMIT, ICE, BIRTHPLACE], [PERMIT, GRAVE]),
        ([PERMIT], ["permit (principal, action, resource);"]),
        (["permit (principal, action, resource);"], [PERMIT, VISA]),
    ],
)
def test_lines_of_a_journal(
    tmp_path: Path, today: list[str], draft: list[str], *, masks: bool
) -> None:
    old, new = [agreement(*today)], [agreement(*draft, name="draft")]
    source = journal(tmp_path / "2017-07.parquet", ROWS, old, masks=masks)
    found = replay([source], old, new)
    assert counted(found) == by_engine(ROWS, old, new)
    assert found.rows == len(ROWS)
    # The same, judged once: on behalf of another, and by what was asked for.
    assert counted(judged_again(tmp_path, source, old, new)) == by_engine(ROWS, old, new)


def judged_again(
    folder: Path, source: PolarsFiles, old: list[Instrument], new: list[Instrument]
) -> Flips:
    made = Judge(old, INQUIRY_ACTS)
    ((piece, _),) = slices([str(folder / "2017-07.parquet")], made.needs, 1_000)
    part = made.part(piece)
    pair = str(folder / "rows"), str(folder / "kinds")
    part.rows.write_parquet(pair[0], metadata=made.metadata)
    part.kinds.write_parquet(pair[1], metadata=made.metadata)
    return replay([JudgedFiles([pair])], old, new)


def test_only_the_rule_that_changed_is_asked(tmp_path: Path) -> None:
    rows = [row for row in ROWS if "behalf_agency" not in row]
    old, new = [agreement(PERMIT, SEALED)], [agreement(PERMIT, SEALED, GRAVE, name="draft")]
    source = journal(tmp_path / "2017-07.parquet", rows, old)
    assert replay([source], old, new).asked == ("draft@1#1c",)


def test_masks_of_another_law_are_not_taken(tmp_path: Path) -> None:
    then = [agreement(PERMIT, VISA)]
    now, new = [agreement(PERMIT, GRAVE)], [agreement(PERMIT, name="draft")]
    assert then[0].ref == now[0].ref
    source = journal(tmp_path / "2017-07.parquet", ROWS, then)
    found = replay([source], now, new)
    assert counted(found) == by_engine(ROWS, now, new)
    assert len(found.asked) == 2


def test_masks_from_before_a_text_began_are_taken(tmp_path: Path) -> None:
    """What was answered under one of today's texts alone is known of it; the other is asked."""
    rows = [row for row in ROWS if "behalf_agency" not in row]
    first, second = agreement(PERMIT, SEALED), agreement(VISA, name="second")
    new = [first, agreement(VISA, GRAVE, name="draft")]
    source = journal(tmp_path / "2017-07.parquet", rows, [first])
    found = replay([source], [first, second], new)
    assert counted(found) == by_engine(rows, [first, second], new)
    assert len(found.asked) == 2
    assert not any(name.startswith(first.ref) for name in found.asked)


def test_whoever_was_expunged_is_counted_and_not_guessed(tmp_path: Path) -> None:
    gone = dict.fromkeys(ABOUT)
    old = [agreement(PERMIT)]
    source = journal(tmp_path / "2017-06.parquet", [{}, gone], old)
    told = replay([source], old, [agreement(PERMIT, GRAVE, name="draft")])
    assert told.inquiries == {"opens": 0, "closes": 0, "undecidable": 1}
    assert set(told.counts["clause"]) == {"draft@1#1b"}
    old = [agreement(PERMIT, SEALED)]
    source = journal(tmp_path / "2017-07.parquet", [{}, gone], old)
    # What does not look at the record says the same of everybody, whatever else is unknown.
    same = replay([source], old, [agreement(PERMIT, SEALED, VISA, name="draft")])
    assert same.inquiries == {"opens": 0, "closes": 0, "undecidable": 0}


def test_acts_in_another_order(tmp_path: Path) -> None:
    old, new = [agreement(PERMIT)], [agreement(see("forbid", "true"), name="draft")]
    path = tmp_path / "2017-07.parquet"
    journal(path, [{"decided": 0b10}], old)
    table = pl.read_parquet(path)
    acts = [INQUIRY_ACTS[3], INQUIRY_ACTS[5]]
    forms = {"k": {"law": "", "acts": acts, "clauses": []}}
    metadata = {VERSION_KEY: "1", CLAUSES_KEY: msgspec.json.encode(forms).decode()}
    table.write_parquet(path, metadata=metadata)
    assert counted(replay([PolarsFiles([str(path)])], old, new)) == {(acts[1], "closes"): 1}


def test_masks_that_say_nothing_are_refused(tmp_path: Path) -> None:
    old = [agreement(PERMIT)]
    path = tmp_path / "2017-07.parquet"
    journal(path, [{}], old)
    pl.read_parquet(path).write_parquet(path, metadata={VERSION_KEY: "1", CLAUSES_KEY: "{"})
    with pytest.raises(HistoryUnusable, match="what its masks mean"):
        replay([PolarsFiles([str(path)])], old, old)
