"""Files are read a stretch at a time, and what cannot be read says why."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import NotFound
from comity.records.message import MESSAGE_BYTES_MAX
from comity.records.read import STRETCH_ROWS, SURPLUS, ExportInvalid, Rows, read_lines


@given(
    st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line and b"\r" not in line))
)
def test_lines_keep_their_numbers(lines: list[bytes]) -> None:
    found = list(read_lines(io.BytesIO(b"\n".join(lines))))
    assert found == [(n, line) for n, line in enumerate(lines, start=1) if line.strip()]


def test_a_line_that_is_too_long_is_cut_and_the_next_keeps_its_number() -> None:
    long = b"x" * (3 * MESSAGE_BYTES_MAX)
    first, second = read_lines(io.BytesIO(long + b"\n{}\n"))
    assert MESSAGE_BYTES_MAX < len(first[1]) <= MESSAGE_BYTES_MAX + 2
    assert second == (2, b"{}")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no heading"),
        (b"a,a\n1,2\n", "names a column twice"),
        (b"\xff\xfe\x00", "is not CSV"),
    ],
)
def test_a_csv_without_a_usable_heading(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ExportInvalid, match=says):
        Rows(path)


def test_a_csv_that_breaks_off_says_at_which_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\n1,2\n3,"4\n')
    rows = iter(Rows(path))
    assert next(rows) == (2, {"a": "1", "b": "2"})
    with pytest.raises(ExportInvalid, match="is not CSV") as raised:
        next(rows)
    assert str(path) in (raised.value.where or "")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Rows(tmp_path / "none.csv")


def test_parquet_without_the_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    path = tmp_path / "a.parquet"
    path.touch()
    with pytest.raises(ExportInvalid) as raised:
        Rows(path)
    assert raised.value.remedy == 'pip install "comity[columns]"'


def test_parquet_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ExportInvalid, match="is not Parquet"):
        Rows(path)


def test_parquet_rows_keep_their_numbers_over_stretches(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars", reason="the extra `columns` is not installed")
    path = tmp_path / "a.parquet"
    polars.DataFrame({"n": range(STRETCH_ROWS + 3)}).write_parquet(path)
    rows = Rows(path)
    assert rows.total == STRETCH_ROWS + 3
    assert all(number == row["n"] + 1 for number, row in rows)


def test_marks_at_the_edges_of_lines_are_no_part_of_them() -> None:
    found = list(read_lines(io.BytesIO(b"\xef\xbb\xbf{}\r\n\r\n  \n{}")))
    assert found == [(1, b"{}"), (4, b"{}")]


def test_the_longest_line_is_whole_with_either_line_end() -> None:
    longest = b"x" * MESSAGE_BYTES_MAX
    for end in (b"\n", b"\r\n", b""):
        assert list(read_lines(io.BytesIO(longest + end))) == [(1, longest)]


def test_a_csv_as_spreadsheets_write_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfa,b\r\n1,"x\r\ny"\r\n3\r\n4,5,6\r\n')
    rows = Rows(path)
    assert rows.columns == ("a", "b")
    assert list(rows) == [
        (3, {"a": "1", "b": "x\r\ny"}),
        (4, {"a": "3"}),
        (5, {"a": "4", "b": "5", SURPLUS: ["6"]}),
    ]


def test_a_csv_in_another_encoding_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\n1,Jos\u00e9\n".encode("latin-1"))
    with pytest.raises(ExportInvalid, match="is not CSV in UTF-8"):
        list(Rows(path))
