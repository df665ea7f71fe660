"""`comity law classes`: by file and by ref, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.cli.main import run
from tests.laws.shipped import TEXTS

Classes = Callable[..., "tuple[int, str, str]"]
PARS = TEXTS / "philadelphia" / "pars-ice-2010.md"


@pytest.fixture
def classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Classes:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["law", "classes", *arguments])
        return code, *capsys.readouterr()

    return call


def test_a_text_in_words(classes: Classes) -> None:
    code, out, err = classes(str(PARS))
    assert (code, err) == (0, "")
    assert out.startswith("philadelphia-pars-ice@2  ")
    assert (
        "\nclause 5.1 tells apart: act see | any other; asked by party us-ice or not;"
        " juvenile or not; on file or not; standing open | sealed, hidden\n"
    ) in out
    assert classes("philadelphia-pars-ice@2")[1] == out


def test_several_texts_as_json(classes: Classes) -> None:
    code, out, _ = classes("philadelphia-pars-ice@2", "pennsylvania-chria@1", "--json")
    assert code == 0
    first, second = json.loads(out)
    assert (first["ref"], second["ref"]) == ("philadelphia-pars-ice@2", "pennsylvania-chria@1")
    (clause,) = [one for one in first["clauses"] if one["clause"] == "4.2"]
    assert clause["tells_apart"] == [
        "act see whereabouts | any other",
        "asked by party us-ice or not",
    ]


def test_no_such_text_and_no_text(classes: Classes, tmp_path: Path) -> None:
    code, out, err = classes("none@1")
    assert (code, out) == (3, "")
    assert "Try: " in err
    broken = tmp_path / "broken.md"
    broken.write_text("no text at all")
    assert classes(str(broken))[0] == 1
    assert classes()[0] == 2
