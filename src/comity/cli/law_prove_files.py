"""The files of `comity law prove`: promises by place, the texts they name, and drafts.

Invariants: only the texts that are named are read whole; what is wrong with a draft is told
with file, line and clause. Does not: run the examples of a text (`comity law check`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from comity.cedar.engine import Engine
from comity.cedar.policy import PolicyInvalid, read_policy
from comity.errors import NotFound, Unreachable
from comity.instant import Instant
from comity.law.instrument import Instrument, Rank
from comity.law.library import NO_TEXTS
from comity.law.parse import parse_instrument
from comity.law.problem import InstrumentInvalid, Problem, nearest
from comity.law.schema import SCHEMA
from comity.law.words import unknown_words
from comity.oversight.promise import NAME, Promises, PromisesInvalid, read_promises

_ID: Final = re.compile(rb"^id:[ \t]*([a-z0-9-]+)[ \t]*\r?$", re.MULTILINE)


class Chosen(msgspec.Struct, frozen=True):
    """A place, its promises if there are any, and the texts that are looked at together."""

    place: str
    promises: Promises | None
    instruments: tuple[Instrument, ...]

    @property
    def zone(self) -> str:
        """The time zone in which its times are told."""
        if self.promises is not None:
            return self.promises.zone
        return next((one.term.time_zone for one in self.instruments), "UTC")


class TextFolder:
    """A folder of law: `<place>/*.md`."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise NotFound(
                "there is no such folder of texts",
                where=str(folder),
                remedy="name a folder of places, each with its texts",
            )
        self._folder = folder
        self._read: dict[Path, Instrument] = {}
        self._by_id: Mapping[str, Sequence[Path]] | None = None

    def places(self) -> tuple[str, ...]:
        """The places that have promises. Raises NotFound where none has."""
        found = tuple(sorted(path.parent.name for path in self._folder.glob(f"*/{NAME}.md")))
        if not found:
            raise NotFound(
                f"no place in {self._folder} has promises",
                remedy=f"write {self._folder}/<place>/{NAME}.md as in docs/proofs.md",
            )
        return found

    def choose(self, named: str, drafts: Sequence[Instrument] = ()) -> Chosen:
        """A place by its name, or a file of promises. Raises NotFound and PromisesInvalid.

        A draft takes the place of the text of its own ref, else it is put beside the others.
        """
        path = Path(named)
        if path.is_file():
            promises = read_promises(_bytes(path), named)
            return Chosen(promises.place, promises, self._with(promises, drafts))
        folder = self._folder / named
        if path.suffix == ".md" or len(path.parts) > 1 or not folder.is_dir():
            known = sorted(one.name for one in self._folder.iterdir() if one.is_dir())
            raise NotFound(f"there is no file or place `{named}`", remedy=nearest(named, known))
        file = folder / f"{NAME}.md"
        if file.is_file():
            promises = read_promises(_bytes(file), str(file))
            return Chosen(named, promises, self._with(promises, drafts))
        texts = [self._instrument(one) for one in _texts(folder)]
        return Chosen(named, None, _replaced(texts, drafts))

    def whole(self) -> Chosen:
        """Every text of the folder. Raises InstrumentInvalid."""
        texts = [self._instrument(path) for path in _texts(self._folder)]
        return Chosen(str(self._folder), None, tuple(texts))

    def together(
        self, places: Sequence[str], drafts: Sequence[Instrument] = ()
    ) -> Iterator[Chosen]:
        """The texts that stand together in each of these places, or in every place.

        Those that its promises name, else its own and every text of federal rank.
        """
        federal = [one for one in self.whole().instruments if one.rank is Rank.FEDERAL]
        every = sorted(one.name for one in self._folder.iterdir() if one.is_dir())
        for place in places or every:
            found = self.choose(place, drafts)
            if found.promises is None:
                refs = {one.ref for one in found.instruments}
                beside = tuple(one for one in federal if one.ref not in refs)
                found = Chosen(found.place, None, found.instruments + beside)
            yield found

    def text(self, named: str) -> Instrument:
        """A text by file, id or ref; of an id the latest version. Raises NotFound."""
        path = Path(named)
        if path.is_file():
            return read_draft(path)
        wanted, _, version = named.partition("@")
        found = sorted(self._of(wanted), key=lambda one: one.version)
        if version:
            found = [one for one in found if one.ref == named]
        if not found:
            raise NotFound(f"there is no text `{named}`", remedy=nearest(wanted, self._ids()))
        return found[-1]

    def _with(self, promises: Promises, drafts: Sequence[Instrument]) -> tuple[Instrument, ...]:
        drafted = {one.id for one in drafts}
        lacking = [name for name in promises.texts if name not in self._ids()]
        problems = [
            Problem(
                promises.path, 1, None, f"there is no text `{name}`", nearest(name, self._ids())
            )
            for name in lacking
            if name not in drafted
        ]
        if problems:
            raise PromisesInvalid(tuple(problems))
        texts = [one for name in promises.texts for one in self._of(name)]
        return _replaced(texts, drafts)

    def _of(self, wanted: str) -> list[Instrument]:
        return [self._instrument(path) for path in self._ids().get(wanted, ())]

    def _ids(self) -> Mapping[str, Sequence[Path]]:
        if self._by_id is None:
            found: dict[str, list[Path]] = {}
            for path in _texts(self._folder):
                said = _ID.search(_bytes(path))
                if said is not None:
                    found.setdefault(said[1].decode("ascii"), []).append(path)
            self._by_id = found
        return self._by_id

    def _instrument(self, path: Path) -> Instrument:
        if path not in self._read:
            self._read[path] = parse_instrument(_bytes(path), str(path))
        return self._read[path]


def read_draft(path: Path) -> Instrument:
    """A text whose form is sound and whose rules are Cedar in known words.

    Its examples need not come out yet, and a prohibition may be one that could fail: whether
    it can is what is proved. Raises InstrumentInvalid, NotFound and Unreachable.
    """
    if not path.is_file():
        raise NotFound(
            "there is no such text", where=str(path), remedy="name the file of the draft"
        )
    instrument = parse_instrument(_bytes(path), str(path))
    problems = tuple(_problems(instrument))
    if problems:
        raise InstrumentInvalid(problems)
    return instrument


def _problems(instrument: Instrument) -> Iterable[Problem]:
    parties = [party.id for party in instrument.parties]
    for clause in instrument.clauses:
        for policy in clause.policies:
            node = read_policy(policy.id, policy.source)
            unknown = unknown_words(policy, node, parties)
            for word in unknown:
                yield Problem(instrument.path, word.line, clause.number, word.what, word.remedy)
            try:
                Engine(SCHEMA, [(policy.id, policy.source)])
            except PolicyInvalid as fault:
                if not unknown:
                    for message in fault.messages:
                        yield Problem(
                            instrument.path,
                            policy.line,
                            clause.number,
                            f"the rule is not valid: {message}",
                            f"run `comity law check {instrument.path}`",
                        )


def _replaced(texts: Iterable[Instrument], drafts: Sequence[Instrument]) -> tuple[Instrument, ...]:
    given = {one.ref for one in drafts}
    return (*(one for one in texts if one.ref not in given), *drafts)


def _texts(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*.md") if path.is_file() and path.stem not in NO_TEXTS
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise Unreachable(f"cannot be read: {fault.strerror}", where=str(path)) from fault


def first_instant(instruments: Iterable[Instrument]) -> Instant:
    """When the first of these texts begins."""
    return min((one.term.start for one in instruments), default=Instant(0))
