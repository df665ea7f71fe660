"""The journal as files: by month, coded, readable as a history, and without the expunged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from comity.disclosure.decide import settle
from comity.disclosure.inquiry import ByIdentifier
from comity.disclosure.journal import ABOUT
from comity.disclosure.seal import Signed, seal_settled
from comity.instant import Instant, parse_instant
from comity.law.in_force import LawInForce
from comity.oversight.history import COLUMNS, VERSION_KEY, HistoryUnusable, history_of
from comity.oversight.replay import replay
from comity.oversight.sources import PolarsFiles
from comity.store.faults import StoreUnreadable, StoreUnwritable
from comity.store.journal_files import CLAUSES_KEY, SCHEMA, Exported, export_journal
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import find_record
from tests.laws.shipped import law_of, shipped
from tests.store.journal_rows import RLE_DICTIONARY, encodings
from tests.store.planted import BY_NAME, BY_NUMBER, DICE, LAW, MARKS, RECORD, Planted

EVER = (Instant(-(2**62)), Instant(2**62))
JULY, AUGUST, SEPTEMBER = (parse_instant(f"2018-0{n}-01T00:00:00Z") for n in (7, 8, 9))


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Planted]:
    with Database.open(tmp_path / "comity.db", create=True) as database:
        yield Planted(database)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out" / "history"


def asked_at(planted: Planted, at: Instant, *found: str, **more: str) -> int:
    """An inquiry by number decided at an instant."""
    asked = msgspec.structs.replace(planted.asked(BY_NUMBER, **more), at=at)
    records = [find_record(planted.database.reader(), one) for one in found]
    settled = settle(asked, LAW, [one for one in records if one is not None])
    sealed = seal_settled(settled, Signed("k", "n", "d"), DICE)
    receipts = planted.write(lambda c: append_entries(c, sealed))
    return int(receipts[0].index)


def export(planted: Planted, folder: Path, span: tuple[Instant, Instant] = EVER) -> Exported:
    return export_journal(planted.database, folder, span, lambda _: LAW)


def read(made: Exported) -> pl.DataFrame:
    return history_of([one.file for one in made.files]).collect().sort("entry")


def test_a_file_a_month_with_every_line(planted: Planted, folder: Path) -> None:
    asked_at(planted, JULY, RECORD)
    asked_at(planted, Instant(AUGUST - 1), RECORD)
    asked_at(planted, SEPTEMBER)
    made = export(planted, folder)
    assert [(one.month, one.lines) for one in made.files] == [
        ("2018-07", 2),
        ("2018-08", 1),
        ("2018-09", 1),
    ]
    assert [path.name for path in sorted(folder.iterdir())] == [
        f"history-{one.month}.parquet" for one in made.files
    ]
    found = read(made)
    assert found.schema == pl.Schema(SCHEMA)
    assert list(found.columns)[: len(COLUMNS)] == list(COLUMNS)
    assert found["entry"].to_list() == [0, 1, 2, 3]
    assert found["month"].to_list() == ["2018-08", "2018-07", "2018-07", "2018-09"]
    assert all((folder / one.file).stat().st_mode & 0o077 == 0 for one in made.files)


def test_a_span_touches_no_other_month(planted: Planted, folder: Path) -> None:
    asked_at(planted, JULY, RECORD)
    export(planted, folder)
    july = (folder / "history-2018-07.parquet").read_bytes()
    made = export(planted, folder, (AUGUST, SEPTEMBER))
    assert [one.month for one in made.files] == ["2018-08"]
    assert (folder / "history-2018-07.parquet").read_bytes() == july
    assert export(planted, folder, (SEPTEMBER, Instant(SEPTEMBER + 1))).files == ()


def test_columns_of_words_are_coded_by_a_dictionary(planted: Planted, folder: Path) -> None:
    for _ in range(300):
        planted.ask(BY_NUMBER, RECORD)
    (made,) = export(planted, folder).files
    found = encodings(Path(made.file))
    words = [name for name, kind in SCHEMA.items() if kind not in (pl.Boolean(), pl.Int64())]
    assert {name for name in words if RLE_DICTIONARY not in found[name]} == set()
    metadata = pl.read_parquet_metadata(made.file)
    assert metadata[VERSION_KEY] == "1"
    ((key, said),) = msgspec.json.decode(metadata[CLAUSES_KEY]).items()
    assert key == LAW.form.key.hex()
    assert said["law"] == LAW.digest
    assert said["clauses"] == list(LAW.ranks)


def bits(mask: bytes) -> list[str]:
    number = int.from_bytes(mask, "little")
    return [name for name, rank in LAW.ranks.items() if number >> rank & 1]


def test_the_masks_are_of_the_clauses_they_say(planted: Planted, folder: Path) -> None:
    shown = planted.ask(BY_NUMBER, RECORD)
    withheld = planted.ask(BY_NAME)
    rows = {row["entry"]: row for row in read(export(planted, folder)).iter_rows(named=True)}
    assert bits(rows[shown]["determining"]) == ["philadelphia-pars-atf@1#3.1"]
    assert bits(rows[shown]["satisfied"]) == ["philadelphia-pars-atf@1#3.1"]
    assert (rows[shown]["decided"], rows[shown]["permitted"]) == (0b100011, 0b100011)
    assert bits(rows[withheld]["determining"]) == ["philadelphia-pars-atf@1#5.1"]
    assert bits(rows[withheld]["satisfied"]) == [
        "philadelphia-pars-atf@1#3.1",
        "philadelphia-pars-atf@1#5.1",
    ], "the permit was satisfied, too, which the decision did not say"
    assert (rows[withheld]["outcome"], rows[withheld]["permitted"]) == ("withhold", 0)


def test_the_expunged_have_no_attribute_and_still_count(planted: Planted, folder: Path) -> None:
    entry = planted.ask(BY_NUMBER, RECORD)
    before = read(export(planted, folder)).row(entry, named=True)
    planted.expunge()
    made = export(planted, folder)
    assert [(one.lines, one.expunged) for one in made.files] == [(2, 1)]
    after = read(made).row(entry, named=True)
    gone = {*ABOUT, "satisfied", "unknown"}
    assert {name: after[name] for name in gone} == dict.fromkeys(gone)
    kept = set(SCHEMA) - gone - {"expunged"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["expunged"] is True
    raw = b"".join(path.read_bytes() for path in folder.iterdir())
    assert [mark for mark in MARKS if mark in raw] == []


def test_whoever_is_expunged_meanwhile_is_in_no_file(planted: Planted, folder: Path) -> None:
    planted.ask(BY_NUMBER, RECORD)

    def expunge_once(_: int) -> None:
        if find_record(planted.database.reader(), RECORD) is not None:
            planted.expunge()

    made = export_journal(planted.database, folder, EVER, lambda _: LAW, expunge_once)
    assert [one.expunged for one in made.files] == [1]


def test_records_that_never_stop_going_end_in_an_error(planted: Planted, folder: Path) -> None:
    numbers = iter(range(99))

    def expunge(_: int) -> None:
        planted.expunge(f"NEVER-{next(numbers)}")

    with pytest.raises(StoreUnreadable, match="were expunged each of the 5 times"):
        export_journal(planted.database, folder, EVER, lambda _: LAW, expunge)
    assert list(folder.iterdir()) == [], "nothing half made is left"


def test_a_law_that_is_not_as_it_was_leaves_the_masks_of_then(
    planted: Planted, folder: Path
) -> None:
    planted.ask(BY_NUMBER, RECORD)
    other: LawInForce = law_of("pennsylvania-chria@1")
    made = export_journal(planted.database, folder, EVER, lambda _: other)
    row = read(made).row(1, named=True)
    assert (row["satisfied"], row["unknown"]) == (None, None)
    assert bits(row["determining"]) == ["philadelphia-pars-atf@1#3.1"]
    assert row["law"] == LAW.digest


def test_a_line_that_was_decided_otherwise_is_named(planted: Planted, folder: Path) -> None:
    planted.ask(BY_NUMBER, RECORD)
    sealed = planted.sealed(BY_NUMBER, RECORD)
    (line,) = sealed[0].journal
    ((acts, _, determining, erring),) = msgspec.json.decode(line.ruled)
    lie = msgspec.json.encode([(acts, False, determining, erring)])
    lying = msgspec.structs.replace(line, ruled=lie, outcome="refuse")
    planted.write(
        lambda c: append_entries(c, [msgspec.structs.replace(sealed[0], journal=(lying,))])
    )
    made = export(planted, folder)
    assert made.first_differing == 2
    assert [one.differing for one in made.files] == [1]


def test_a_replay_reads_what_was_exported(planted: Planted, folder: Path) -> None:
    for _ in range(5):
        planted.ask(BY_NUMBER, RECORD)
    planted.ask(ByIdentifier(record_id="OTHER-2"), "OTHER-2", party="stranger")
    files = [one.file for one in export(planted, folder).files]
    today = [shipped()[ref] for ref in ("philadelphia-pars-atf@1", "pennsylvania-chria@1")]
    flips = replay([PolarsFiles(files)], today, [shipped()["pennsylvania-chria@1"]])
    by_change = flips.counts.filter(pl.col("act") == "see charges")
    assert by_change.select("change", "rows").rows() == [("closes", 6)]
    assert flips.rows == 7


def test_files_of_two_ages_are_read_together(planted: Planted, folder: Path) -> None:
    asked_at(planted, JULY, RECORD)
    made = export(planted, folder)
    older = folder / "history-2018-06.parquet"
    table = pl.read_parquet(made.files[0].file).select(*COLUMNS)
    table.write_parquet(older, metadata={VERSION_KEY: "1"})
    both = history_of([made.files[1].file, str(older)])
    assert both.collect_schema().names() == list(COLUMNS)
    assert both.collect().height == 2


@pytest.mark.parametrize("cut", [0.0, 0.5, 0.99])
def test_a_truncated_file_is_named(planted: Planted, folder: Path, cut: float) -> None:
    made = export(planted, folder)
    path = Path(made.files[0].file)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * cut)])
    with pytest.raises(HistoryUnusable, match="cannot be read as Parquet") as refused:
        history_of([str(path)])
    assert refused.value.where == str(path)
    assert refused.value.remedy == "export that month again: comity journal export"
    assert export(planted, folder) == made, "and that mends it"


def test_an_unknown_version_is_refused(planted: Planted, folder: Path) -> None:
    made = export(planted, folder)
    newer = folder / "newer.parquet"
    pl.read_parquet(made.files[0].file).write_parquet(newer, metadata={VERSION_KEY: "2"})
    with pytest.raises(HistoryUnusable, match="a history of version 2"):
        history_of([str(newer)])


def test_lines_of_an_unknown_version_are_refused(planted: Planted, folder: Path) -> None:
    sealed = planted.sealed(BY_NUMBER, RECORD)
    (line,) = sealed[0].journal
    form = msgspec.structs.replace(line.form, version=9, key=bytes(16))
    newer = (msgspec.structs.replace(line, form=form),)
    planted.write(lambda c: append_entries(c, [msgspec.structs.replace(sealed[0], journal=newer)]))
    with pytest.raises(HistoryUnusable, match="version 9 of the journal") as refused:
        export(planted, folder)
    assert refused.value.where == "entry 1"


def test_a_folder_that_cannot_be_made(planted: Planted, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnwritable) as refused:
        export(planted, tmp_path / "file" / "history")
    assert refused.value.where == str(tmp_path / "file" / "history")


def test_an_inquiry_on_behalf_keeps_both(planted: Planted, folder: Path) -> None:
    asked = planted.asked(BY_NUMBER)
    behalf = msgspec.structs.replace(asked.inquirer, parties=("stranger",), officer=None)
    record: Any = find_record(planted.database.reader(), RECORD)
    settled = settle(msgspec.structs.replace(asked, on_behalf_of=behalf), LAW, [record])
    sealed = seal_settled(settled, Signed("k", "n", "d"), DICE)
    planted.write(lambda c: append_entries(c, sealed))
    made = export(planted, folder)
    row = read(made).row(1, named=True)
    assert (row["party"], row["behalf_party"]) == ("us-atf", "stranger")
    assert (row["principal"], row["behalf_principal"]) == ("Officer", "Agency")
    assert (row["outcome"], made.first_differing) == ("refuse", None)
