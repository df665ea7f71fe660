"""docs/records.md says what the code holds: parts, fields, data classes, verbs, names."""

from __future__ import annotations

import re
from collections import Counter
from typing import get_args

import msgspec

from comity.disclosure.data_class import CLASS_OF
from comity.records.event import Parts, RecordEvent, Verb
from comity.records.ingest import BATCH_MESSAGES
from comity.records.message import MESSAGE_BYTES_MAX, decode_event
from comity.records.record import Record
from tests.conftest import ROOT
from tests.records.events import AT

PAGE = (ROOT / "docs" / "records.md").read_text("utf-8")


def rows_between(start: str, end: str) -> list[list[str]]:
    """The cells of the table rows of one section."""
    section = PAGE[PAGE.index(start) : PAGE.index(end)]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_every_part_field_and_data_class_of_the_model_is_in_the_table() -> None:
    said: dict[str, tuple[set[str], set[str]]] = {}
    part = ""
    for first, listed, _, data_class in rows_between("## What is held", "## What is turned away"):
        part = first.strip("`") or part
        names, classes = said.setdefault(part, (set(), set()))
        names.update(re.findall(r"`(\w+)`", listed))
        classes.add(data_class)
    types = {field.name: field.type for field in msgspec.structs.fields(Record)}
    for part, data_class in CLASS_OF.items():
        structs = [
            kind
            for kind in (types[part], *get_args(types[part]))
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        ]
        fields = {field.name for kind in structs for field in msgspec.structs.fields(kind)}
        assert said.pop(part) == (fields - {"sequence"}, {data_class.value})
    assert said == {}, "the page names parts that the model does not have"


def test_the_table_of_events_names_every_field_and_verb() -> None:
    rows = rows_between("## Events", "## Files and mapping files")
    names = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert names == {field.name for field in msgspec.structs.fields(RecordEvent)}
    verbs = re.findall(r"`([\w ]+)`", next(row[1] for row in rows if row[0] == "`verb`"))
    assert verbs == list(get_args(Verb))


def test_the_example_is_an_event() -> None:
    (line,) = re.findall(r"^\{.*\}$", PAGE, re.M)
    dropped: Counter[str] = Counter()
    event = decode_event(line.encode(), AT, dropped, hold_birthplace=False)
    assert dropped == {"citizenship": 1}
    assert isinstance(event.parts, Parts)
    assert [hold.issuer for hold in event.parts.holds] == ["IMMIGRATION"]
    assert [charge.sequence for charge in event.parts.charges] == ["2"]


def test_the_limits_are_those_of_the_code() -> None:
    assert f"{MESSAGE_BYTES_MAX // 1024} KiB" in PAGE
    assert f"{BATCH_MESSAGES:,} messages" in PAGE
