"""Bytes drawn ahead: those of the source, each once, whoever asks."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from comity.ledger.randomness import ENTRIES_AHEAD, ENTRY_BYTES, DrawnAhead
from tests.ledger.samples import sample, seeded


def test_every_byte_is_the_source_s_and_is_handed_out_once() -> None:
    drawn = DrawnAhead(seeded(1))
    pieces = [drawn(ENTRY_BYTES) for _ in range(3 * ENTRIES_AHEAD)]
    source = seeded(1)
    whole = b"".join(source(ENTRIES_AHEAD * ENTRY_BYTES) for _ in range(3))
    assert {len(piece) for piece in pieces} == {ENTRY_BYTES}
    assert sorted(pieces) == sorted(
        whole[n : n + ENTRY_BYTES] for n in range(0, len(whole), ENTRY_BYTES)
    )


def test_another_count_goes_to_the_source() -> None:
    assert DrawnAhead(seeded(1))(16) == seeded(1)(16)


def test_threads_never_get_the_same() -> None:
    drawn = DrawnAhead(os.urandom)
    with ThreadPoolExecutor(8) as pool:
        pieces = list(pool.map(drawn, [ENTRY_BYTES] * 20_000, chunksize=50))
    assert len(set(pieces)) == len(pieces)


FORK = """
import os
import subprocess
import sys
from comity.ledger.randomness import ENTRY_BYTES, DrawnAhead

drawn = DrawnAhead(os.urandom)
drawn(ENTRY_BYTES)
child = os.fork()
for _ in range(4):
    os.write(1, drawn(ENTRY_BYTES).hex().encode() + b"\\n")
if child:
    os.waitpid(child, 0)
"""


def test_a_forked_child_draws_its_own() -> None:
    said = subprocess.run(
        [sys.executable, "-c", FORK], check=True, capture_output=True, text=True, timeout=20
    ).stdout.split()
    assert len(said) == 8
    assert len(set(said)) == 8


def test_seals_entries() -> None:
    drawn = DrawnAhead(os.urandom)
    openings = [o for n in range(300) for o in sample(n, randomness=drawn).openings]
    assert len(set(openings)) == 1200
