"""What a replay costs, beside cedarpy's batch over the same rows.

The history is `comity.oversight.stream` over public streams (COMITY_SHARED), so many times over:
82 times are 100 million rows; COMITY_BENCH_TURNS sets another number. Files go into a folder
under BENCH_FOLDER that is removed.

`columnar_vs_cedarpy_batch`: 20 million rows of Parquet with verdict, determining and erring clauses
worked out for every row and written as Parquet, the engine's calls included. cedarpy's side is a
sample of the same rows, and its time for all of them is worked out, not waited for. Every answer
of the sample is compared.

`replay_100m_seconds` and `replay_100m_one_clause_seconds`: the whole command in a process of its
own, with its start and the reading of the library; first over plain files, then over the same
history judged once, with a draft in which one rule changed. Both must count the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import polars as pl

from bench.bench_law import LAW
from bench.figure import Figure, three_digits
from bench.replay_side import SAMPLE, Batch, cedarpy_batch
from comity.law.instrument import Instrument
from comity.law.parse import parse_instrument
from comity.oversight.history import history_of
from comity.oversight.judged import judged
from comity.oversight.stream import coded, inquiry_history, metadata, repeated

ROOT: Final = Path(__file__).resolve().parent.parent
SHARED: Final = Path(os.environ.get("COMITY_SHARED", ROOT.parent / "shared"))
STREAMS: Final = SHARED / "data" / "bench"
ACTS: Final = "ice_ero_fy2016_2018.parquet"
CUSTODY: Final = "nyc_doc_2016_2024_events.parquet"
TURNS: Final = int(os.environ.get("COMITY_BENCH_TURNS", "82"))
SEED: Final = 1
COLUMNAR_ROWS: Final = 20_000_000
ACT: Final = "see birthplace"
LIMIT_RATIO: Final = 1_000
LIMIT_SECONDS: Final = 40
LIMIT_ONE_CLAUSE_SECONDS: Final = 5
LIMIT_BYTES: Final = 3 * 2**30

TODAY: Final = (
    "pennsylvania/chria.md",
    "philadelphia/executive-order-5-16.md",
    "philadelphia/pars-atf.md",
    "philadelphia/pars-ice-2010.md",
)
_WAS: Final = 'Purpose::"criminal prosecution",\n   Purpose::"fugitive apprehension"'
_IS: Final = 'Purpose::"fugitive apprehension"'


def measure() -> Iterator[Figure]:
    """The figures; a replay that counts otherwise than another fails."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        history, rows = _write(folder)
        draft = _draft(folder)
        yield _columnar(history, rows, folder)
        yield from _replays(history, rows, draft, folder)


def _write(folder: Path) -> tuple[Path, int]:
    """The history as one Parquet file, and its rows."""
    history = folder / "history"
    history.mkdir()
    begun = perf_counter()
    once = coded(
        inquiry_history(
            pl.scan_parquet(STREAMS / ACTS), pl.scan_parquet(STREAMS / CUSTODY), SEED
        ).collect()
    )
    path = history / "streams.parquet"
    said = metadata((ACTS, CUSTODY), SEED, TURNS)
    repeated(once.lazy(), TURNS).sink_parquet(path, metadata=said)
    rows = once.height * TURNS
    _say(f"{rows:,} rows written in {perf_counter() - begun:.1f} s, {path.stat().st_size:,} bytes")
    return history, rows


def _draft(folder: Path) -> Path:
    """The agreement with one rule changed: a purpose fewer in clause 3.1."""
    text = (LAW / TODAY[-1]).read_text("utf-8")
    changed = text.replace(_WAS, _IS, 1).replace("version: 2", "version: 3", 1)
    if changed.count(_WAS) != text.count(_WAS) - 1:
        raise RuntimeError("the rule that the bench changes is not there")
    path = folder / "draft.md"
    path.write_text(changed, "utf-8")
    return path


def _columnar(history: Path, rows: int, folder: Path) -> Figure:
    rows = min(rows, COLUMNAR_ROWS)
    law = [_text(LAW / name) for name in TODAY[:-1]] + [_text(folder / "draft.md")]
    frame = history_of([str(history / "streams.parquet")]).head(rows)
    begun = perf_counter()
    found = judged(frame, law, ACT)
    out = folder / "judged.parquet"
    found.rows.select("permitted", "determining", "erring").sink_parquet(out)
    seconds = perf_counter() - begun
    step = max(1, rows // SAMPLE)
    sample = frame.gather_every(step).head(SAMPLE).collect()
    batch = cedarpy_batch(sample, law, ACT)
    _demand_equal(pl.scan_parquet(out).gather_every(step).head(SAMPLE).collect(), batch)
    batch_seconds = batch.seconds_each * rows
    return Figure(
        bench="replay",
        figure="columnar_vs_cedarpy_batch",
        value=three_digits(rows / seconds),
        unit="rows/s",
        against={
            "cedarpy_batch_rows_s": three_digits(1 / batch.seconds_each),
            "cedarpy_batch_seconds_for_all_worked_out": three_digits(batch_seconds),
            "cedarpy_sample_rows": sample.height,
            "cedarpy_requests_a_call": batch.a_call,
            "seconds": three_digits(seconds),
            "rows": rows,
            "rules": sum(len(clause.policies) for one in law for clause in one.clauses),
            "engine_answers": found.classes,
            "limit_ratio": LIMIT_RATIO,
        },
        ratio=three_digits(batch_seconds / seconds),
    )


def _text(path: Path) -> Instrument:
    return parse_instrument(path.read_bytes(), str(path))


def _demand_equal(ours: pl.DataFrame, batch: Batch) -> None:
    """Verdict and determining clauses of every row of the sample."""
    determining = [frozenset(filter(None, one.split(","))) for one in ours["determining"]]
    if ours["permitted"].to_list() != batch.permitted or determining != batch.determining:
        raise RuntimeError("the columns and cedarpy disagree")
    if any(ours["erring"]):
        raise RuntimeError("a shipped rule errs")


def _replays(history: Path, rows: int, draft: Path, folder: Path) -> Iterator[Figure]:
    named = [word for name in TODAY for word in ("--today", str(LAW / name))]
    whole, seconds, bytes_held = _run(
        ["law", "replay", str(draft), "--history", str(history), *named, "--json"]
    )
    yield Figure(
        bench="replay",
        figure="replay_100m_seconds",
        value=three_digits(seconds),
        unit="s",
        against={
            "rows": rows,
            "peak_bytes": bytes_held,
            "limit_s": LIMIT_SECONDS,
            "limit_bytes": LIMIT_BYTES,
            "kinds": whole["kinds"],
            "engine_answers": whole["classes"],
        },
        ratio=three_digits(seconds / LIMIT_SECONDS),
    )
    kept = folder / "judged"
    _, judging, judging_bytes = _run(
        ["law", "judge", str(kept), "--history", str(history), *named, "--json"]
    )
    one, seconds, bytes_held = _run(
        ["law", "replay", str(draft), "--history", str(kept), *named, "--json"]
    )
    if one["counts"] != whole["counts"] or one["changed"] != whole["changed"]:
        raise RuntimeError("the replay from masks counts otherwise than the whole one")
    if not one["counts"] or len(one["worked_out_anew"]) != 1:
        raise RuntimeError(f"one rule was to change, and {one['worked_out_anew']} did")
    yield Figure(
        bench="replay",
        figure="replay_100m_one_clause_seconds",
        value=three_digits(seconds),
        unit="s",
        against={
            "rows": rows,
            "peak_bytes": bytes_held,
            "limit_s": LIMIT_ONE_CLAUSE_SECONDS,
            "judging_once_s": three_digits(judging),
            "judging_peak_bytes": judging_bytes,
            "engine_answers": one["classes"],
        },
        ratio=three_digits(seconds / LIMIT_ONE_CLAUSE_SECONDS),
    )


def _run(arguments: Sequence[str]) -> tuple[dict[str, Any], float, int]:
    """What a command answers, its wall time, and the most memory it held."""
    command = [sys.executable, "-c", "from comity.cli.main import main; main()", *arguments]
    with tempfile.TemporaryFile() as answer:
        begun = perf_counter()
        started = subprocess.Popen(command, stdout=answer, cwd=ROOT)
        _, status, usage = os.wait4(started.pid, 0)
        seconds = perf_counter() - begun
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            raise RuntimeError(f"{arguments[:2]} ended with {started.returncode}")
        answer.seek(0)
        return json.load(answer), seconds, usage.ru_maxrss * 1024


def _say(text: str) -> None:
    print(f"bench: replay: {text}", file=sys.stderr, flush=True)
