"""Data on stdout, talk on stderr, progress on terminals only."""

from __future__ import annotations

import enum
import io
import json

import msgspec
import pytest

from comity.cli.output import Progress, emit, emit_json, say, table


class Colour(enum.StrEnum):
    BLUE = "blue"


class Thing(msgspec.Struct, frozen=True):
    name: str
    colour: Colour


def test_data_and_talk_do_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    say("working")
    emit("42")
    assert capsys.readouterr() == ("42\n", "working\n")


def test_json_is_for_a_person_or_a_line_of_a_stream(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json([Thing("sky", Colour.BLUE)])
    emit_json(Thing("sky", Colour.BLUE), line=True)
    out = capsys.readouterr().out
    assert json.loads(out[: out.rindex("{")]) == [{"name": "sky", "colour": "blue"}]
    assert out.splitlines()[-1] == '{"name":"sky","colour":"blue"}'


def test_a_table_lines_up_words_left_and_numbers_right() -> None:
    text = table([("alpha", 1, None), ("b", 20_000, "x")], ("name", "count", "note"))
    assert text == "name   count  note\nalpha      1  -\nb      20000  x"


def test_an_empty_table_is_its_headings() -> None:
    assert table([], ("name", "count")) == "name  count"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress("events", total=4_000) as line:
        for _ in range(4):
            line.step(1_000)
    assert terminal.getvalue().endswith("4,000 of 4,000 (100 %) events\n")


def test_progress_is_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("events") as line:
        line.step(10)
    assert capsys.readouterr() == ("", "")
