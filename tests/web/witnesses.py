"""Witnesses on sockets of this machine, and a log that asks them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import uvicorn

from comity.instant import Instant
from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.cosignature import verifier_of
from comity.ledger.key import SigningKey
from comity.ledger.merkle import consistency_proof, leaf_hash, root_of
from comity.ledger.note import Note
from comity.ledger.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from comity.ledger.witness_core import AddCheckpoint
from comity.store.sqlite.witness_state import WitnessState
from comity.web.witness import Witness, witness_server
from tests.ledger.tlog import AT, LOG_KEY, ORIGIN, WITNESS_KEYS, entry

LEAVES = [leaf_hash(entry(number)) for number in range(400)]
FORKED = [*LEAVES[:10], *(leaf_hash(entry(number)) for number in range(1000, 1390))]
LOGS = {ORIGIN: (verifier_of(LOG_KEY.verifier),)}


def checkpoint(size: int, leaves: Sequence[bytes] = LEAVES, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, size, root_of(leaves[:size]))


def proof(old: int, size: int, leaves: Sequence[bytes] = LEAVES) -> tuple[bytes, ...]:
    def read(height: int, index: int) -> bytes:
        return root_of(leaves[index << height : (index + 1) << height])

    return consistency_proof(old, size, read)


def request(
    old: int, size: int, leaves: Sequence[bytes] = LEAVES, key: SigningKey = LOG_KEY
) -> AddCheckpoint:
    """What a log sends that grew from `old` to `size`."""
    news = checkpoint(size, leaves, key.name)
    path = proof(old, size, leaves) if 0 < old <= size else ()
    return AddCheckpoint(old, path, sign_checkpoint(news, key), news)


def signed(size: int, leaves: Sequence[bytes] = LEAVES) -> Note:
    return sign_checkpoint(checkpoint(size, leaves), LOG_KEY)


class LiveWitness:
    """A witness's server in a thread of this process."""

    def __init__(self, folder: Path, key: SigningKey = WITNESS_KEYS[0]) -> None:
        self.key = key
        self.path = folder / f"{key.name.partition('.')[0]}.db"
        if not self.path.exists():
            WitnessState.create(self.path, key.verifier)
        self.state = WitnessState.open(self.path)
        witness = Witness(self.state, logs=LOGS, keys=(key,), clock=lambda: Instant(AT))
        self.server: uvicorn.Server = witness_server(witness, "127.0.0.1", 0)
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def post(self, asked: AddCheckpoint | bytes) -> httpx.Response:
        body = asked if isinstance(asked, bytes) else asked.to_bytes()
        return httpx.post(f"{self.url}/add-checkpoint", content=body, trust_env=False, timeout=30)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}/{path}", trust_env=False, timeout=30)

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(15)
        assert not self._thread.is_alive()
        self.state.close()


def policy_of(*witnesses: tuple[SigningKey, str], needed: int | None = None) -> Policy:
    """A policy with these witnesses at these urls, of whom `needed` (all) must cosign."""
    named = tuple(
        PolicyWitness(key.name.partition(".")[0], key.verifier, url) for key, url in witnesses
    )
    names = tuple(one.name for one in named)
    group = PolicyGroup("outsiders", len(names) if needed is None else needed, names)
    return Policy((PolicyLog(LOG_KEY.verifier),), named, (group,), "outsiders")
