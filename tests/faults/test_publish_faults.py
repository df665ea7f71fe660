"""Every write, sync and rename of a publication fails once, in order; the next one makes it good.

After each fault: nothing is shown whose tiles are not there, and what was signed stays the start
of what is signed next.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from comity.errors import ComityError
from comity.ledger.checkpoint import Checkpoint, open_checkpoint
from comity.ledger.merkle import verify_consistency
from comity.ledger.note import NoteVerifier
from tests.store.test_publishing import AT, Log

CALLS_MAX = 60
"""More than a publication makes; the test says so if that ever changes."""


class FailsAt:
    """Counts calls of a function of `os`, and lets the n-th fail."""

    def __init__(self, real: Any, count: list[int], at: int, error: int) -> None:
        self.real, self.count, self.at, self.error = real, count, at, error

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.count[0] += 1
        if self.count[0] == self.at:
            raise OSError(self.error, os.strerror(self.error))
        return self.real(*arguments, **options)


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_each_operation_fails_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    log = Log(tmp_path)
    log.grow(250)
    before = shown(log)
    struck = 0
    for at in range(1, CALLS_MAX):
        log.append(3)
        count = [0]
        with monkeypatch.context() as patch:
            for name in ("fsync", "replace", "open"):
                patch.setattr(os, name, FailsAt(getattr(os, name), count, at, error))
            try:
                log.publisher.publish(AT)
            except ComityError:
                struck += 1
        assert log.findings() == ()
        log.publisher.demand_sound()
        log.publisher.publish(AT)
        now = shown(log)
        tiles = log.publisher.tiles()
        assert tiles is not None
        proof = tiles[1].consistency_proof(before.size)
        verify_consistency(before.size, now.size, proof, before.root, now.root)
        assert (now.size, log.findings()) == (before.size + 3, ())
        before = now
        if count[0] < at:
            break
    else:
        raise AssertionError("a publication makes more calls than were tried")
    assert struck > 10
    log.database.close()


def shown(log: Log) -> Checkpoint:
    raw = (log.place / "ledger/checkpoint").read_bytes()
    return open_checkpoint(raw, NoteVerifier(log.publisher.verifier_key))
