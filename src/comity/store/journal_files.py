"""The journal as Parquet files, one a month: what was decided on, without whom it was about.

Source: decisions/0019-journal.md; the columns of `comity.oversight.history`, which reads the files.
One export goes this way: lines are read in pieces into part files by month; of each month its
parts become one file, put in its place whole. Invariants: a file holds every line of its month or
is not touched; whoever was expunged has no attribute in a file made from then on, also where it
happened while the files were made; memory is bounded by a piece. Does not: take an attribute out
of files that were exported before (export again, over them). Polars is an extra.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec
import polars as pl

from comity.disclosure.decision import Outcome
from comity.disclosure.journal import ABOUT, ASKED, ASKER
from comity.instant import Instant, format_instant
from comity.law.in_force import JOURNAL_VERSION, LawInForce
from comity.ledger.journal_line import LineForm
from comity.oversight.history import COLUMNS, VERSION, VERSION_KEY, HistoryUnusable
from comity.oversight.past_masks import Group, Masks, PastMasks
from comity.store.durable_file import make_folder
from comity.store.durable_stream import replace_file_by
from comity.store.faults import StoreUnreadable, StoreUnwritable
from comity.store.sqlite.database import Database
from comity.store.sqlite.journal import KeptLine, forms, lines_after

CLAUSES_KEY: Final = "comity.clauses"
"""Metadata of a file: JSON, by the words of column `clauses`, of what the bits of masks mean."""
PIECE: Final = 16_384
TRIES_MAX: Final = 5
_COPIED_BYTES: Final = 2**20

MORE: Final = {
    "entry": pl.Int64(),
    "expunged": pl.Boolean(),
    "outcome": pl.Enum([one.value for one in Outcome]),
    "behalf_agency": pl.String(),
    "behalf_party": pl.String(),
    "behalf_principal": COLUMNS["principal"],
    "behalf_criminal_justice": pl.Boolean(),
    "law": pl.String(),
    "clauses": pl.String(),
    "decided": pl.UInt32(),
    "permitted": pl.UInt32(),
    "determining": pl.Binary(),
    "satisfied": pl.Binary(),
    "erring": pl.Binary(),
    "unknown": pl.Binary(),
}
"""Columns beside those of a history. `decided`, `permitted`: bits of acts; the rest of clauses.

Of masks of clauses the first byte has the lowest bits. `satisfied` and `unknown` are NULL where
the record was expunged, or the law is not on file as it was.
"""
SCHEMA: Final = {**COLUMNS, **MORE}

_ASKED: Final = msgspec.json.Decoder(tuple[Any, ...])
_GROUPS: Final = msgspec.json.Decoder(tuple[tuple[list[int], bool, list[int], list[int]], ...])
_WORDS: Final = msgspec.json.Decoder(tuple[str, ...])
_EXPUNGED: Final = "SELECT count(*) FROM tombstone"


class MonthFile(msgspec.Struct, frozen=True):
    """One file. `expunged` lines keep who asked how; `differing` ones do not recompute."""

    month: str
    file: str
    lines: int
    expunged: int
    differing: int
    bytes: int


class Exported(msgspec.Struct, frozen=True):
    """What an export made. `first_differing` is the entry of the first line that does not recompute."""

    files: tuple[MonthFile, ...]
    first_differing: int | None = None


def export_journal(
    database: Database,
    folder: Path,
    span: tuple[Instant, Instant],
    law_at: Callable[[Instant], LawInForce],
    progress: Callable[[int], None] = lambda _lines: None,
) -> Exported:
    """Write the months of a span, which begins and ends with a month, into a folder.

    Raises StoreUnwritable (the folder), StoreUnreadable (somebody is expunged every time), and
    HistoryUnusable for lines of another version.
    """
    reader = database.reader()
    for _ in range(TRIES_MAX):
        expunged = reader.execute(_EXPUNGED).get
        with _parts_folder(folder) as name:
            parts = Path(name)
            made = _Maker(reader, law_at)
            _write_parts(made, reader, parts, span, progress)
            if reader.execute(_EXPUNGED).get != expunged:
                continue  # what was read of them must not be in a file
            return Exported(tuple(_join(parts, folder, made)), made.first_differing)
    raise StoreUnreadable(
        f"records were expunged each of the {TRIES_MAX} times the journal was read",
        where=str(database.path),
        remedy="nothing was exported; try again when that is over",
    )


def _parts_folder(folder: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        make_folder(folder)
        return tempfile.TemporaryDirectory(prefix=".journal-", dir=folder)
    except OSError as fault:
        raise _unwritable(folder, fault) from fault


def _unwritable(folder: Path, fault: OSError) -> StoreUnwritable:
    return StoreUnwritable(
        f"cannot be written: {fault.strerror}",
        where=str(folder),
        remedy="name a folder that can be written, with room for twice the files",
    )


def _write_parts(
    made: _Maker,
    reader: apsw.Connection,
    parts: Path,
    span: tuple[Instant, Instant],
    progress: Callable[[int], None],
) -> None:
    for number, piece in enumerate(_pieces(reader, span)):
        rows = [made.row(line) for line in piece]
        rows.sort(key=lambda row: str(row["month"]))
        for month, of_month in groupby(rows, key=lambda row: str(row["month"])):
            frame = pl.DataFrame(list(of_month), schema=SCHEMA)
            try:
                frame.write_parquet(parts / f"{month}.{number:08}.parquet")
            except OSError as fault:
                raise _unwritable(parts.parent, fault) from fault
        progress(len(piece))


def _pieces(reader: apsw.Connection, span: tuple[Instant, Instant]) -> Iterator[list[KeptLine]]:
    """The lines, a piece at a time: one long snapshot would hold the write-ahead file."""
    after = (-1, 0)
    while piece := lines_after(reader, after, *span, PIECE):
        yield piece
        after = piece[-1].index, piece[-1].part


def _join(parts: Path, folder: Path, made: _Maker) -> Iterator[MonthFile]:
    months = sorted({file.name[:7] for file in parts.iterdir()})
    for month in months:
        path, whole = folder / f"history-{month}.parquet", parts / "whole"
        read = pl.scan_parquet(sorted(parts.glob(f"{month}.*.parquet")), glob=False)
        metadata = {VERSION_KEY: str(VERSION), CLAUSES_KEY: made.clauses()}
        try:
            read.sink_parquet(whole, metadata=metadata, compression="zstd")
        except OSError as fault:
            raise _unwritable(folder, fault) from fault
        size = replace_file_by(path, _bytes(whole))
        with suppress(OSError):
            whole.unlink()
        lines, expunged, differing = made.tally[month]
        yield MonthFile(month, str(path), lines, expunged, differing, size)


def _bytes(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(_COPIED_BYTES):
            yield piece


class _Maker:
    """Makes rows of lines, and remembers what it needs of each law."""

    def __init__(self, reader: apsw.Connection, law_at: Callable[[Instant], LawInForce]) -> None:
        self._reader = reader
        self._law_at = law_at
        self._forms: dict[int, LineForm] = {}
        self._masks: dict[int, PastMasks] = {}
        self._law: LawInForce | None = None
        self.tally: dict[str, list[int]] = {}
        self.first_differing: int | None = None

    def clauses(self) -> str:
        """What the bits mean, for the metadata of a file."""
        said = {
            form.key.hex(): {
                "law": form.law,
                "acts": _WORDS.decode(form.acts),
                "clauses": _WORDS.decode(form.clauses),
            }
            for form in self._forms.values()
        }
        return msgspec.json.encode(said).decode()

    def row(self, line: KeptLine) -> dict[str, Any]:
        """A line as a row of a file."""
        form = self._form(line)
        *asked, behalf = _ASKED.decode(line.asked)
        expunged = not line.about
        about = (None,) * len(ABOUT) if expunged else _ASKED.decode(line.about)
        month = format_instant(Instant(line.at))[:7]
        facts: dict[str, Any] = {
            "at": line.at,
            "month": month,
            **dict(zip(ASKED, asked, strict=True)),
            **dict(zip(ABOUT, about, strict=True)),
        }
        groups = tuple(
            Group(tuple(acts), permitted, tuple(determining), tuple(erring))
            for acts, permitted, determining, erring in _GROUPS.decode(line.ruled)
        )
        other = dict(zip(ASKER, behalf, strict=True)) if behalf else {}
        masks = self._masks_of(line, facts, other, groups)
        tally = self.tally.setdefault(month, [0, 0, 0])
        tally[0] += 1
        tally[1] += expunged
        if masks is not None and masks.differs:
            tally[2] += 1
            self.first_differing = (
                line.index if self.first_differing is None else self.first_differing
            )
        erring = _bits(number for group in groups for number in group.erring)
        return facts | {
            "entry": line.index,
            "expunged": expunged,
            "outcome": line.outcome,
            **{f"behalf_{name}": other.get(name) for name in ASKER},
            "law": form.law,
            "clauses": form.key.hex(),
            "decided": _bits(act for group in groups for act in group.acts),
            "permitted": _bits(act for group in groups if group.permitted for act in group.acts),
            "determining": _mask(_bits(n for group in groups for n in group.determining)),
            "satisfied": None if masks is None or expunged else _mask(masks.satisfied),
            "erring": _mask(erring if masks is None else erring | masks.erring),
            "unknown": None if masks is None or expunged else _mask(masks.unknown),
        }

    def _form(self, line: KeptLine) -> LineForm:
        if line.clauses not in self._forms:
            self._forms = forms(self._reader)
        form = self._forms[line.clauses]
        if form.version != JOURNAL_VERSION:
            raise HistoryUnusable(
                f"is of version {form.version} of the journal; this Comity reads {JOURNAL_VERSION}",
                where=f"entry {line.index}",
                remedy="export it with the Comity that wrote it",
            )
        return form

    def _masks_of(
        self,
        line: KeptLine,
        facts: dict[str, Any],
        other: dict[str, Any],
        groups: tuple[Group, ...],
    ) -> Masks | None:
        worked = self._past(line)
        if worked is None:
            return None
        rows = [facts, {**facts, **other}] if other else [facts]
        return worked.of((line.asked, line.about), rows, groups)

    def _past(self, line: KeptLine) -> PastMasks | None:
        """What works out masks under the law of a line; None where that is not on file any more."""
        found = self._masks.get(line.clauses)
        if found is not None:
            return found
        at = Instant(line.at)
        if self._law is None or not self._law.covers(at):
            self._law = self._law_at(at)
        law, form = self._law, self._form(line)
        if law.form != form:
            return None
        made = PastMasks(law.instruments, _WORDS.decode(form.clauses), _WORDS.decode(form.acts))
        self._masks[line.clauses] = made
        return made


def _bits(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def _mask(bits: int) -> bytes:
    """Bits as bytes, the lowest first; none of them is one byte of none."""
    return bits.to_bytes(max(1, (bits.bit_length() + 7) // 8), "little")
