"""Durable decided disclosures a second: Comity's gateway beside what a user would write instead.

One signed inquiry by record number for seven data classes, six of which are
permitted; every answer's entry (there: audit row) is on the disk before it leaves.
Each server is its own process on loopback, the load generator another; all share
this machine's cores. Rounds are interleaved, the median counts. Comity runs as one
process, the alternative with one worker and with two, of which the better counts.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from nacl.signing import SigningKey

from bench import comity_side
from bench.alternative.filling import fill
from bench.bench_law import PARTY, policies_of, policy_set, write_texts
from bench.figure import Figure, median, three_digits
from bench.load import PATH, Job, Taken
from bench.people import bookings
from bench.servers import HOST, free_port, running
from comity.law.schema import SCHEMA

CLIENTS: Final = (1, 16, 64)
ROUNDS: Final = 3
SECONDS: Final = 3.0
RECORDS: Final = 2_000
ROOT: Final = Path(__file__).resolve().parent.parent
SEED: Final = b"a key of the bench, not a secret"
COMITY: Final = "comity"
WORKERS: Final = {"alternative, 1 worker": 1, "alternative, 2 workers": 2}


def measure() -> Iterator[Figure]:
    """Rate and latency at each number of clients, against the better alternative."""
    with (
        tempfile.TemporaryDirectory(prefix="comity-bench-") as folder,
        contextlib.ExitStack() as up,
    ):
        ports = _start(Path(folder), up)
        taken: dict[tuple[str, int], list[Taken]] = {}
        rates = {name: _rate(_load(port, 16, 300, 2.0, "warm")) for name, port in ports.items()}
        for round_number in range(ROUNDS):
            for clients in CLIENTS:
                for name, port in ports.items():
                    run = f"{round_number}-{clients}-{WORKERS.get(name, 0)}"
                    requests = int(max(rates[name], 50) * SECONDS * 2.5) + clients
                    got = _load(port, clients, requests, SECONDS, run)
                    taken.setdefault((name, clients), []).append(got)
                    rates[name] = max(rates[name], _rate(got))
                    print(f"bench: {name}, {clients} clients: {_rate(got):.0f}/s", file=sys.stderr)
    for clients in CLIENTS:
        yield from _figures(clients, {name: taken[name, clients] for name in ports})


def _start(folder: Path, up: contextlib.ExitStack) -> dict[str, int]:
    """All servers, each with its own file and the same records and policies."""
    instruments = write_texts(folder / "law")
    public_key = bytes(SigningKey(SEED).verify_key)
    ports = {COMITY: free_port()}
    comity_side.prepare(folder, ports[COMITY], instruments, public_key, bookings(RECORDS))
    up.enter_context(
        running(
            comity_side.SERVE,
            ports[COMITY],
            folder / "comity.log",
            {"COMITY_CONFIG": str(folder / "comity.toml")},
        )
    )
    (folder / "schema").write_text(SCHEMA, "utf-8")
    (folder / "policies").write_text(policy_set(policies_of(instruments)), "utf-8")
    for name, workers in WORKERS.items():
        path = folder / f"alternative-{workers}.db"
        fill(
            str(path),
            ori=comity_side.ORI,
            party=PARTY,
            officer=comity_side.OFFICER,
            key_id=comity_side.KEY_ID,
            public_key=public_key,
            events=bookings(RECORDS),
        )
        ports[name] = free_port()
        arguments = ["-m", "uvicorn", "bench.alternative.app:app", "--host", HOST]
        arguments += ["--port", str(ports[name]), "--workers", str(workers)]
        arguments += ["--no-access-log", "--log-level", "warning"]
        environment = {
            "ALTERNATIVE_DATABASE": str(path),
            "ALTERNATIVE_SCHEMA": str(folder / "schema"),
            "ALTERNATIVE_POLICIES": str(folder / "policies"),
            "PYTHONPATH": str(ROOT),
        }
        up.enter_context(running(arguments, ports[name], folder / f"{workers}.log", environment))
    return ports


def _load(port: int, clients: int, requests: int, seconds: float, run: str) -> Taken:
    """One run of the load generator. Raises RuntimeError where an answer was not a disclosure."""
    job = Job(
        host=HOST,
        port=port,
        path=PATH,
        key_id=comity_side.KEY_ID,
        seed=SEED.hex(),
        officer=comity_side.OFFICER,
        clients=clients,
        requests=requests,
        seconds=seconds,
        records=RECORDS,
        run=run,
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=msgspec.json.encode(job),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
    )
    taken = msgspec.json.decode(done.stdout, type=Taken)
    if taken.failed is not None:
        raise RuntimeError(f"an inquiry was not answered: {taken.failed}")
    if '"permit reduced"' not in taken.sample:
        raise RuntimeError(f"the answer is not the disclosure that was asked for: {taken.sample}")
    return taken


def _rate(taken: Taken) -> float:
    return taken.answers / taken.seconds


def _figures(clients: int, taken: dict[str, list[Taken]]) -> Iterator[Figure]:
    rate = {name: median([_rate(one) for one in runs]) for name, runs in taken.items()}
    better = max(WORKERS, key=lambda name: rate[name])
    yield Figure(
        bench="gateway",
        figure=f"disclosures_per_s_{clients}",
        value=round(rate[COMITY]),
        unit="1/s",
        against={"what": better, "disclosures_per_s": round(rate[better])},
        ratio=three_digits(rate[COMITY] / rate[better]),
    )
    for name in ("p50_ms", "p99_ms"):
        value = median([getattr(one, name) for one in taken[COMITY]])
        beside = median([getattr(one, name) for one in taken[better]])
        yield Figure(
            bench="gateway",
            figure=f"{name}_{clients}",
            value=three_digits(value),
            unit="ms",
            against={"what": better, name: three_digits(beside)},
            ratio=three_digits(value / beside),
        )
