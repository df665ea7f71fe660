"""The files of a replay: which history a folder holds, and what is written of the answer.

Source: docs/replay.md. A folder holds either months of the journal (`comity journal export`) or
a judged history (`comity law judge`); never both. Invariants: what is written appears whole or
not at all. Does not: decide (`comity.oversight.replay`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from comity.errors import NotFound, Unreachable
from comity.oversight.history import HistoryUnusable
from comity.oversight.kept import JudgedFiles
from comity.oversight.report import Stream
from comity.oversight.sources import OtherEngine, PolarsFiles, Source, file_metadata
from comity.oversight.stream import STREAM_KEY
from comity.store.durable_file import replace_file

if TYPE_CHECKING:
    from comity.oversight.replay import Flips

ENGINES: Final = ("polars", "spark")
ROWS_ENDING: Final = ".rows.parquet"
KINDS_ENDING: Final = ".kinds.parquet"
WHOLE: Final = "judged.json"
"""Written last: how many parts and rows a judged history has."""
_NO_HISTORY: Final = "write one with: comity journal export DIR"


def sources_of(folder: Path, engine: str) -> list[Source]:
    """The history in a folder, or in one file. Raises NotFound, HistoryUnusable, Unreachable."""
    files = plain_files(folder)
    pairs = _pairs(folder) if folder.is_dir() else []
    if pairs and files:
        raise HistoryUnusable(
            "holds both a judged history and files of a journal",
            where=str(folder),
            remedy="keep each in a folder of its own",
        )
    if pairs:
        judged = JudgedFiles(pairs)
        if _whole(folder) != Whole(len(pairs), judged.rows):
            raise HistoryUnusable(
                "is not whole: judging it was not finished, or files of it are gone",
                where=str(folder),
                remedy="judge that history again, into a new folder: comity law judge",
            )
        return [judged]
    if not files:
        raise NotFound("there is no history", where=str(folder), remedy=_NO_HISTORY)
    if engine == "polars":
        return [PolarsFiles(files)]
    if importlib.util.find_spec("comity.oversight.spark") is None:
        raise NotFound(
            f"the engine `{engine}` is not part of this Comity", remedy="--engine polars"
        )
    count = importlib.import_module("comity.oversight.spark").count
    return [OtherEngine(files, count)]


class Whole(msgspec.Struct, frozen=True):
    """What a judged history has when it is whole."""

    parts: int
    rows: int


def _whole(folder: Path) -> Whole | None:
    try:
        return msgspec.json.decode((folder / WHOLE).read_bytes(), type=Whole)
    except (OSError, msgspec.MsgspecError):
        return None


def write_whole(folder: Path, whole: Whole) -> None:
    """Say that a judged history is whole. Raises StoreUnwritable."""
    replace_file(folder / WHOLE, msgspec.json.encode(whole))


def plain_files(folder: Path) -> list[str]:
    """The files of a folder that are no parts of a judged history. Raises NotFound, Unreachable."""
    if folder.is_file():
        return [str(folder)]
    if not folder.is_dir():
        raise NotFound("there is no such folder", where=str(folder), remedy=_NO_HISTORY)
    try:
        found = sorted(folder.glob("*.parquet"))
    except OSError as fault:
        raise Unreachable(f"cannot be read: {fault.strerror}", where=str(folder)) from fault
    return [str(one) for one in found if not one.name.endswith((ROWS_ENDING, KINDS_ENDING))]


def _pairs(folder: Path) -> list[tuple[str, str]]:
    rows = {one.name[: -len(ROWS_ENDING)] for one in folder.glob(f"*{ROWS_ENDING}")}
    kinds = {one.name[: -len(KINDS_ENDING)] for one in folder.glob(f"*{KINDS_ENDING}")}
    alone = sorted(rows ^ kinds)
    if alone:
        raise HistoryUnusable(
            f"part {alone[0]} of a judged history has only one of its two files",
            where=str(folder),
            remedy="judge that history again: comity law judge",
        )
    return [
        (str(folder / f"{name}{ROWS_ENDING}"), str(folder / f"{name}{KINDS_ENDING}"))
        for name in sorted(rows)
    ]


def stream_of(folder: Path) -> Stream | None:
    """What the history says of what is real in it; None for the journal of an installation."""
    files = [folder] if folder.is_file() else sorted(folder.glob("*.parquet"))
    for file in files:
        said = file_metadata(str(file)).get(STREAM_KEY)
        if said is not None:
            try:
                return msgspec.json.decode(said, type=Stream)
            except msgspec.MsgspecError as fault:
                raise HistoryUnusable(
                    f"does not say what of it is real: {fault}",
                    where=str(file),
                    remedy="write it again with this version",
                ) from fault
    return None


def write_table(table: pl.DataFrame, path: Path, metadata: dict[str, str] | None = None) -> None:
    """A table as one Parquet file. Raises Unreachable."""
    beside = path.with_name(f".{path.name}.part")
    _written(path, lambda: table.write_parquet(beside, compression="zstd", metadata=metadata or {}))
    _written(path, lambda: beside.replace(path))


def _written(path: Path, job: Callable[[], object]) -> None:
    try:
        job()
    except OSError as fault:
        raise Unreachable(
            f"cannot be written: {fault.strerror or fault}",
            where=str(path),
            remedy="name a folder that can be written, with room for it",
        ) from fault


def make_folder(folder: Path) -> None:
    """The folder, made if it is not there. Raises Unreachable."""
    _written(folder, lambda: folder.mkdir(parents=True, exist_ok=True))


def write_answer(flips: Flips, said: dict[str, Any], folder: Path) -> None:
    """`counts.parquet`, `examples.parquet` and `replay.json`. Raises Unreachable."""
    make_folder(folder)
    write_table(flips.counts, folder / "counts.parquet")
    write_table(flips.examples, folder / "examples.parquet")
    replace_file(folder / "replay.json", msgspec.json.format(msgspec.json.encode(said), indent=2))
