"""The folder of instruments: every text in it, or every problem.

Reads files, and is the only module of this package that does. Invariants: all or
nothing, since a body of law with a hole decides wrongly; no two texts have the same
ref; what an instrument supersedes is there. Does not: say what is in force
(`comity.law.register`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from comity.errors import NotFound, Unreachable
from comity.law.check import check_text
from comity.law.front_matter import key_lines
from comity.law.instrument import Instrument
from comity.law.problem import InstrumentInvalid, Problem, nearest

NO_TEXTS: Final = ("README", "promises")
"""Markdown files of the library that are no instruments, by name without ending."""


class Survey(msgspec.Struct, frozen=True):
    """What was found in some files: the instruments that are whole, and every problem.

    An instrument may be whole and still have problems; only without any is it law.
    """

    files: tuple[str, ...]
    instruments: tuple[Instrument, ...]
    problems: tuple[Problem, ...]


class Library:
    """Valid instruments by ref. Made by `Library.load`."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        ordered = sorted(instruments, key=lambda one: (one.id, one.version))
        self._by_ref: Mapping[str, Instrument] = {one.ref: one for one in ordered}

    @classmethod
    def load(cls, folder: Path, places: Iterable[str] | None = None) -> Library:
        """Every instrument below a folder, or below these places in it.

        Raises InstrumentInvalid with all problems of all texts, NotFound where there
        is no such folder, Unreachable where a file cannot be read.
        """
        found = survey([folder] if places is None else [folder / place for place in places])
        if found.problems:
            raise InstrumentInvalid(found.problems)
        return cls(found.instruments)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All of them, by id and version."""
        return tuple(self._by_ref.values())

    def get(self, ref: str) -> Instrument:
        """The instrument `id@version`, or the latest version of `id`. Raises NotFound."""
        if ref in self._by_ref:
            return self._by_ref[ref]
        versions = self.versions(ref)
        if versions:
            return versions[-1]
        known = [*self._by_ref, *{one.id for one in self.instruments}]
        raise NotFound(
            f"there is no instrument `{ref}`",
            remedy=nearest(ref, known, "`comity law check law/` lists them"),
        )

    def versions(self, instrument_id: str) -> tuple[Instrument, ...]:
        """Every version of an instrument, oldest first; empty where there is none."""
        return tuple(one for one in self.instruments if one.id == instrument_id)


def survey(paths: Iterable[Path]) -> Survey:
    """Read and judge every instrument among files and folders (`*.md`, none of NO_TEXTS).

    What an instrument supersedes is looked for only where a folder is given.
    Raises NotFound for a path that is not there, Unreachable for one that cannot be read.
    """
    given = list(paths)
    files = list(dict.fromkeys(file for path in given for file in _files(path)))
    checked = [check_text(_read(file), str(file)) for file in files]
    instruments = tuple(one.instrument for one in checked if one.instrument is not None)
    problems = [problem for one in checked for problem in one.problems]
    problems += _twice(instruments)
    whole = len(instruments) == len(files)
    if whole and any(path.is_dir() for path in given):
        problems += _superseding_nothing(instruments)
    return Survey(tuple(map(str, files)), instruments, tuple(sorted(problems)))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(
            file for file in path.rglob("*.md") if file.is_file() and file.stem not in NO_TEXTS
        )
    if not path.exists():
        raise NotFound("there is no such file or folder", where=str(path))
    return [path]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise Unreachable(f"cannot be read: {fault.strerror}", where=str(file)) from fault


def _twice(instruments: Iterable[Instrument]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for one in instruments:
        if one.ref in first:
            what = f"`{one.ref}` is also the text {first[one.ref]}"
            yield _problem(one, "version", what, "give this text a version of its own")
        first.setdefault(one.ref, one.path)


def _superseding_nothing(instruments: tuple[Instrument, ...]) -> Iterator[Problem]:
    refs = [one.ref for one in instruments]
    for one in instruments:
        if one.supersedes is not None and one.supersedes not in refs:
            what = f"supersedes `{one.supersedes}`, which is not in this library"
            yield _problem(one, "supersedes", what, nearest(one.supersedes, refs))


def _problem(instrument: Instrument, key: str, what: str, remedy: str) -> Problem:
    line = key_lines(instrument.canonical).get(key, 1)
    return Problem(instrument.path, line, None, what, remedy)
