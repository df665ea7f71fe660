"""A mapping turns rows into events that are as strictly checked as messages are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import Instant, InstantError, parse_instant, parse_local
from comity.records.cell import cell_of
from comity.records.event import RecordEvent
from comity.records.ingest import Message, Refused, message_again, messages_of_rows
from comity.records.mapping import MappingInvalid, read_mapping
from comity.records.message import MessageInvalid, decode_event, encode_event
from comity.records.read import Rows
from tests.records.events import AT

TEXT = """
source = "jail"
time_zone = "America/New_York"
ignore = ["note"]
birthplace = {column = "born_in"}
[event]
event_id = {column = "id", width = 4}
record_id = {column = "booking", prefix = "jail-"}
person_id = {column = "person"}
occurred_at = {column = "day", as = "local"}
verb = {column = "kind", values = {IN = "booked", OUT = "released"}}
[arrest]
juvenile = {column = "minor"}
[custody.status]
column = "kind"
values = {OUT = "released"}
otherwise = "in custody"
[charges.1]
statute = {column = "law"}
grade = {constant = "M1"}
"""
COLUMNS = ("id", "booking", "person", "day", "kind", "minor", "law", "born_in", "note")
ROW = {
    "id": 7,
    "booking": 12,
    "person": "p",
    "day": "2018-07-01T08:30",
    "kind": "IN",
    "minor": "true",
    "law": "120.05",
    "born_in": "Elsewhere",
    "note": "x",
}


def event_of(row: Mapping[str, Any], text: str = TEXT, *, hold: bool = False) -> RecordEvent:
    return read_mapping(text, "jail.toml").event_of(row, AT, hold_birthplace=hold)


def with_part(part: str) -> str:
    return f"{TEXT}\n{part}"


def test_a_row_becomes_an_event() -> None:
    event = event_of(ROW)
    assert (event.source, event.event_id, event.record_id) == ("jail", "0007", "jail-12")
    assert event.verb == "booked"
    assert event.occurred_at == parse_instant("2018-07-01T08:30:00-04:00")
    assert event.parts.arrest is not None
    assert event.parts.arrest.juvenile is True
    assert [(one.statute, one.grade) for one in event.parts.charges] == [("120.05", "M1")]
    assert event.parts.birthplace is None
    assert event_of(ROW, hold=True).parts.birthplace == "Elsewhere"


def test_what_a_mapping_makes_is_a_message_too() -> None:
    event = event_of(ROW)
    assert decode_event(encode_event(event), AT, {}, hold_birthplace=False) == event  # type: ignore[arg-type] # nothing is dropped


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ({"minor": "maybe"}, "minor: `maybe`"),
        ({"minor": ["x"]}, "minor"),
        ({"day": 20180701}, "day: `20180701` is no time"),
        ({"kind": "SIDEWAYS"}, "kind: `SIDEWAYS`"),
        ({"day": "yesterday"}, "day"),
        ({"day": "2018-03-11T02:30"}, "put forward"),
        ({"day": ""}, "occurred_at"),
        ({"person": None}, "person_id"),
        ({"id": "a\nb"}, "event_id"),
        ({"day": "2030-01-01"}, "a day ahead"),
    ],
)
def test_a_bad_cell_is_refused_by_name(cell: dict[str, Any], says: str) -> None:
    with pytest.raises(MessageInvalid, match=says):
        event_of({**ROW, **cell})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TEXT.replace('IN = "booked"', 'IN = "deported"'), "verb"),
        (TEXT.replace('constant = "M1"', "constant = 5"), "grade"),
        (TEXT.replace('otherwise = "in custody"', 'otherwise = "somewhere"'), "status"),
    ],
)
def test_a_wrong_word_in_the_mapping_refuses_the_mapping(text: str, says: str) -> None:
    with pytest.raises(MappingInvalid) as raised:
        read_mapping(text, "jail.toml")
    assert says in (raised.value.where or "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("source = ", "is not TOML"),
        (TEXT.replace('source = "jail"', ""), "`source` is missing"),
        (TEXT.replace("America/New_York", "America/Nowhere"), "is not a time zone"),
        (TEXT.replace("[arrest]", "[arrests]"), "`arrests` is not known"),
        (TEXT.replace("juvenile", "grown_up"), "`grown_up` is not known"),
        (TEXT.replace(', as = "local"', ""), "a time says how it is written"),
        (TEXT.replace('as = "local"', 'as = "guess"'), "`guess` is no form of time"),
        (TEXT.replace('statute = {column = "law"}', 'statute = {column = "law", as = "local"}'), "is no time"),
        (TEXT.replace('{column = "law"}', "{}"), "neither a column nor a constant"),
        (TEXT.replace('{column = "law"}', '{column = "law", constant = "x"}'), "neither a column"),
        (TEXT.replace('column = "person"', 'column = "person", upper = true'), "`upper`"),
        (TEXT.replace('["note"]', '"note"'), "`ignore` is a list of columns"),
        (TEXT.replace("[event]", "[holds]"), "neither a column"),
        (TEXT.replace('person_id = {column = "person"}', ""), "neither a column"),
        (TEXT.replace('{column = "person"}', '{constant = "p", prefix = "x"}'), "`prefix`"),
        (TEXT.replace('{column = "person"}', "{column = 3}"), "a column is named by its heading"),
        (TEXT.replace("width = 4", 'width = "4"'), "`width` is a number"),
        (TEXT.replace('prefix = "jail-"', "prefix = 3"), "`prefix` is text"),
        (TEXT.replace('values = {OUT = "released"}', "values = 3"), "`values` says"),
        (TEXT.replace('values = {OUT = "released"}', ""), "`values` says"),
        (with_part('[release]\nreleased_at = {constant = "soon"}'), "is not an instant"),
        ("holds = 3\n" + TEXT, "holds: is not a table"),
        ("identity = 3\n" + TEXT, "identity: is not a table"),
        (TEXT.replace("[custody.status]", "[custody.level]"), "`status` is missing"),
        (TEXT.replace('[charges.1]\nstatute = {column = "law"}', "[charges]"), "charges.grade: `constant` is not known"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_says_where(text: str, says: str) -> None:
    with pytest.raises(MappingInvalid, match=says) as raised:
        read_mapping(text, "jail.toml")
    assert (raised.value.where or "").startswith("jail.toml")


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ((*COLUMNS, "mystery"), "`mystery` of the export is not mapped"),
        (COLUMNS[1:], "has no column `id`"),
    ],
)
def test_every_column_is_known_before_a_row_is_read(columns: tuple[str, ...], says: str) -> None:
    with pytest.raises(MappingInvalid, match=says):
        read_mapping(TEXT, "jail.toml").check_columns(columns, hold_birthplace=True)


@pytest.mark.parametrize("column", ["citizenship", "birthplace"])
def test_a_rejected_column_cannot_be_carried_in_under_another_name(column: str) -> None:
    mapping = read_mapping(with_part(f'[contact]\naddress = {{column = "{column}"}}'), "jail.toml")
    with pytest.raises(MappingInvalid, match="cannot be used"):
        mapping.check_columns((*COLUMNS, column), hold_birthplace=False)


def rows_of(path: Path, text: str = TEXT) -> list[Message]:
    rows = Rows(path)
    mapping = read_mapping(text, "jail.toml")
    return list(
        messages_of_rows(rows, rows.columns, mapping, AT, hold_birthplace=False, file=path.name)
    )


def test_a_rejected_column_is_counted_where_it_holds_something(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    head = ",".join((*COLUMNS, "citizenship"))
    path.write_text(
        f"{head}\n7,12,p,2018-07-01,IN,0,120.05,,,MARKER\n8,12,p,2018-07-01,IN,0,120.05,,,\n"
        "9,12,p,2018-07-01,UP,0,120.05,,,MARKER\n10,12,p,2018-07-01,IN,0,120.05,,MARKER\n"
    )
    found = rows_of(path)
    assert [dict(names) for _, _, names in found] == [
        {"citizenship": 1},
        {},
        {"citizenship": 1},
        {},
    ]
    assert [isinstance(message, Refused) for _, message, _ in found] == [False, False, True, True]
    assert "MARKER" not in repr(found), "also where the cells have slipped"


def test_a_refused_row_names_its_record_and_is_good_once_the_mapping_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(COLUMNS) + "\n7,12,p,2018-07-01,UP,0,120.05,,\n")
    ((_, refused, _),) = rows_of(path)
    assert isinstance(refused, Refused)
    assert (refused.position, refused.record_id) == ("a.csv:2", "jail-12")
    assert "UP" in refused.reason
    mended = read_mapping(TEXT.replace('IN = "booked"', 'IN = "booked", UP = "booked"'), "j.toml")
    position, message, _ = message_again(refused, mended, AT, hold_birthplace=False)
    assert position == "a.csv:2"
    assert isinstance(message, RecordEvent)
    for other in (None, read_mapping(TEXT.replace('"jail"', '"court"'), "c.toml")):
        assert message_again(refused, other, AT, hold_birthplace=False)[1] is refused


@pytest.mark.parametrize("row", ["7,12,p", "7,12,p,2018-07-01,IN,0,120.05,,,one,more"])
def test_a_row_of_another_length_is_kept_whole(tmp_path: Path, row: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(COLUMNS) + "\n" + row + "\n")
    no_birthplace = TEXT.replace('birthplace = {column = "born_in"}', "").replace(
        '["note"]', '["note", "born_in"]'
    )
    ((_, refused, _),) = rows_of(path, no_birthplace)
    assert isinstance(refused, Refused)
    assert all(cell in refused.body.decode() for cell in row.split(",") if cell)


def test_a_part_is_there_where_one_of_its_cells_is() -> None:
    event = event_of({**ROW, "law": ""})
    assert event.parts.charges == (), "a constant alone is no charge"
    assert event_of({**ROW, "minor": ""}).parts.arrest is None


def test_what_a_part_needs_may_not_be_empty() -> None:
    text = (
        with_part("")
        .replace('values = {OUT = "released"}\notherwise = "in custody"', "")
        .replace("[custody.status]\ncolumn", '[custody]\nlevel = {column = "note"}\nstatus.column')
    )
    with pytest.raises(MessageInvalid, match=r"custody\.status: is empty"):
        event_of({**ROW, "kind": ""}, text)
    with pytest.raises(MessageInvalid, match="`IN` does not fit"):
        event_of(ROW, text)


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("2018-07-01", "2018-07-01T00:00:00-04:00"),
        ("2018-07-01 08:30:15", "2018-07-01T08:30:15-04:00"),
        ("2018-07-01T24:00", "2018-07-02T00:00:00-04:00"),
        ("2018-11-04T01:30", "2018-11-04T01:30:00-04:00"),  # occurs twice: the first
        (date(2018, 1, 2), "2018-01-02T00:00:00-05:00"),
        (datetime.fromisoformat("2018-01-02T03:04:05.678900"), "2018-01-02T03:04:05.678-05:00"),
    ],
)
def test_a_local_time_in_each_form(cell: object, instant: str) -> None:
    found = read_mapping(TEXT, "jail.toml").event_of(
        {**ROW, "day": cell}, parse_instant("2019-01-01T00:00:00Z"), hold_birthplace=False
    )
    assert found.occurred_at == parse_instant(instant)


@pytest.mark.parametrize(
    ("cell", "good"),
    [
        ("2018-07-01T08:30:00Z", True),
        ("2018-07-01 08:30:00-04:00", True),
        (datetime(2018, 7, 1, 8, 30, tzinfo=UTC), True),
        (datetime.fromisoformat("2018-07-01T08:30"), False),
        ("2018-07-01", False),
    ],
)
def test_an_instant_has_an_offset(cell: object, good: bool) -> None:
    text = TEXT.replace('as = "local"', 'as = "instant"')
    if good:
        assert event_of({**ROW, "day": cell}, text).occurred_at
    else:
        with pytest.raises(MessageInvalid, match="is not an instant"):
            event_of({**ROW, "day": cell}, text)


@pytest.mark.parametrize("column", ["born_in", "birthplace"])
def test_a_birthplace_that_is_not_held_is_kept_nowhere(tmp_path: Path, column: str) -> None:
    """Not in the event, not in quarantine; its row can still be tried again."""
    text = TEXT.replace("born_in", column)
    path = tmp_path / "a.csv"
    head = ",".join(COLUMNS).replace("born_in", column)
    path.write_text(
        f"{head}\n7,12,p,2018-07-01,IN,0,120.05,MARKER,\n8,12,p,2018-07-01,UP,0,1,MARKER,\n"
    )
    found = rows_of(path, text)
    assert "MARKER" not in repr(found)
    assert [dict(names) for _, _, names in found] == [{column: 1}, {column: 1}]
    refused = found[1][1]
    assert isinstance(refused, Refused)
    mended = read_mapping(text.replace('IN = "booked"', 'UP = "booked"'), "jail.toml")
    assert isinstance(message_again(refused, mended, AT, hold_birthplace=False)[1], RecordEvent)
    still = message_again(refused, mended, AT, hold_birthplace=True)[1]
    assert isinstance(still, Refused)
    assert "no column" in still.reason


def test_the_shipped_mapping_can_be_used() -> None:
    folder = Path(__file__).parents[2] / "feeds"
    for path in folder.glob("*.toml"):
        assert read_mapping(path.read_text("utf-8"), path.name).source == path.stem


ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "America/St_Johns")


@given(
    st.datetimes(datetime.fromisoformat("1975-01-01"), datetime.fromisoformat("2035-01-01")),
    st.sampled_from(ZONES),
)
def test_a_time_of_a_table_is_the_time_its_text_says(moment: datetime, zone: str) -> None:
    spec = {"column": "at", "as": "local"}
    cell = cell_of(spec, Instant, is_time=True, zone=zone, where="x")
    text = moment.isoformat(timespec="milliseconds")
    try:
        wanted = parse_local(text, zone)
    except InstantError:
        with pytest.raises(MessageInvalid, match="put forward"):
            cell({"at": moment})
    else:
        assert cell({"at": moment}) == wanted


@pytest.mark.parametrize("values", [(1, True, 1.0, "1"), (True, 1), ("1", 1.0)])
def test_cells_that_are_equal_but_not_the_same_are_read_apart(values: tuple[Any, ...]) -> None:
    mapping = read_mapping(TEXT, "jail.toml")
    for value in values:
        event = mapping.event_of({**ROW, "law": value}, AT, hold_birthplace=False)
        assert [one.statute for one in event.parts.charges] == [str(value)]


def test_a_list_in_a_cell_is_its_text() -> None:
    assert event_of({**ROW, "law": ["a"]}).parts.charges[0].statute == "['a']"


def test_a_row_whose_record_cannot_be_told_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{n},{booking},p,2018-07-01,IN,0,120.05,," for n, booking in ((7, 12), (8, 99))]
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    text = TEXT.replace(
        '{column = "booking", prefix = "jail-"}', '{column = "booking", values = {12 = "jail-12"}}'
    )
    good, bad = (message for _, message, _ in rows_of(path, text))
    assert isinstance(good, RecordEvent)
    assert isinstance(bad, Refused)
    assert bad.record_id is None
