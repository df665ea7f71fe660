"""Every part of a record belongs to exactly one data class, and only that class shows it."""

from __future__ import annotations

import msgspec
from hypothesis import given

from comity.disclosure.data_class import CLASS_OF, NEVER_LEAVES, fields_of
from comity.law.vocabulary import DataClass
from comity.records import record as model
from comity.records.message import TIMES
from comity.records.record import Record
from tests.laws.inquiries import records

PARTS = {field.name for field in msgspec.structs.fields(Record)}


def test_every_part_has_a_class_or_never_leaves() -> None:
    assert set(CLASS_OF) | NEVER_LEAVES == PARTS
    assert not set(CLASS_OF) & NEVER_LEAVES


def test_every_class_has_a_part() -> None:
    assert set(CLASS_OF.values()) == set(DataClass)


def test_every_instant_of_the_model_is_written_as_a_time() -> None:
    structs = [
        kind
        for kind in vars(model).values()
        if isinstance(kind, type)
        and issubclass(kind, msgspec.Struct)
        and kind.__module__ == model.__name__
    ]
    held = {
        field.name
        for kind in structs
        for field in msgspec.structs.fields(kind)
        if "Instant" in str(kind.__annotations__.get(field.name, ""))
    }
    assert held == TIMES


@given(records())
def test_the_classes_share_no_field_and_miss_none(record: Record) -> None:
    shown = [name for data_class in DataClass for name in fields_of(record, data_class)]
    held = {part for part in CLASS_OF if getattr(record, part) not in (None, {})}
    assert sorted(shown) == sorted(held)


@given(records())
def test_what_never_leaves_is_in_no_class(record: Record) -> None:
    everything = repr([fields_of(record, data_class) for data_class in DataClass])
    assert "MARKERPERSON" not in everything
