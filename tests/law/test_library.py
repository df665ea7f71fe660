"""A folder of instruments: all of them or none, and what they say of each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.errors import NotFound
from comity.law.library import Library, survey
from comity.law.problem import InstrumentInvalid
from tests.law.samples import SAMPLE, changed

ROOT = Path(__file__).resolve().parents[2]
REF = "springfield-records-statepolice"
SECOND = changed(
    "parties\nterm\nrenewal\n",
    "parties\nterm\nrenewal\nsupersedes\n",
    changed(
        "citation: Agreement",
        f"supersedes: {REF}@1\ncitation: Agreement",
        changed("version: 1", "version: 2"),
    ),
)


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / "deep" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def test_every_text_of_a_tree_by_ref(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no instrument", "utf-8")
    library = Library.load(write(tmp_path, b=SECOND, a=SAMPLE))
    assert [one.ref for one in library.instruments] == [f"{REF}@1", f"{REF}@2"]
    assert library.get(f"{REF}@1").version == 1
    assert library.get(REF).version == 2
    assert [one.version for one in library.versions(REF)] == [1, 2]
    assert library.versions("nothing") == ()


def test_a_ref_that_is_not_there(tmp_path: Path) -> None:
    library = Library.load(write(tmp_path, a=SAMPLE))
    with pytest.raises(NotFound) as caught:
        library.get("springfield-records-statepolis@1")
    assert caught.value.remedy == f"did you mean `{REF}@1`?"


def test_two_texts_of_one_version(tmp_path: Path) -> None:
    with pytest.raises(InstrumentInvalid) as caught:
        Library.load(write(tmp_path, a=SAMPLE, b=SAMPLE))
    (problem,) = caught.value.problems
    assert problem.path.endswith("b.md")
    assert problem.line == 3
    assert "is also the text" in problem.what


def test_what_is_superseded_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InstrumentInvalid) as caught:
        Library.load(write(tmp_path, b=SECOND))
    (problem,) = caught.value.problems
    assert problem.what == f"supersedes `{REF}@1`, which is not in this library"
    assert survey([tmp_path / "deep" / "b.md"]).problems == ()


def test_all_problems_of_all_texts(tmp_path: Path) -> None:
    bad = changed("quorum: 2", "quorum: 3")
    worse = SAMPLE.replace("---", "--", 1)
    found = survey([write(tmp_path, a=bad, b=worse, c=SECOND)])
    names = [Path(problem.path).name for problem in found.problems]
    assert names == ["a.md", "b.md"]
    assert len(found.files) == 3
    with pytest.raises(InstrumentInvalid):
        Library.load(tmp_path)


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, a=SAMPLE)
    found = survey([tmp_path, tmp_path / "deep" / "a.md"])
    assert (len(found.files), found.problems) == (1, ())


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Library.load(tmp_path / "none")


def test_an_empty_folder_is_an_empty_library(tmp_path: Path) -> None:
    assert Library.load(tmp_path).instruments == ()


def test_the_shipped_law_is_valid() -> None:
    library = Library.load(ROOT / "law")
    assert library.get("philadelphia-pars-ice@2").renewal is not None
