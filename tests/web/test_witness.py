"""A witness over a real socket: every status, one winner of a race, nothing forgotten."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import pytest

from comity.instant import Instant
from comity.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from comity.ledger.cosignature import CosignatureVerifier, verifier_of
from comity.ledger.key import KeyKind, KeyMalformed, SigningKey
from comity.ledger.merkle import EMPTY_ROOT, root_of
from comity.ledger.note import Note, Signature, parse_note, verify_note
from comity.ledger.policy import judge
from comity.store.faults import StoreInvalid
from comity.store.sqlite.witness_state import WitnessState
from comity.web.witness import BODY_BYTES_MAX, Witness, logs_of
from tests.ledger.tlog import AT, LOG_KEY, ORIGIN, WITNESS_KEYS, seed
from tests.web.witnesses import FORKED, LEAVES, LOGS, LiveWitness, policy_of, request, signed

MONITOR = f"{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[LiveWitness]:
    live = LiveWitness(tmp_path)
    yield live
    live.stop()


def test_200_and_monitors_see_it(witness: LiveWitness) -> None:
    assert witness.get(MONITOR).status_code == 404
    for old, size in ((0, 7), (7, 20), (20, 20), (20, 257)):
        asked = request(old, size)
        answer = witness.post(asked)
        assert answer.status_code == 200
        note = parse_note(asked.note.to_bytes() + answer.content)
        (found,) = verify_note(note, [CosignatureVerifier(witness.key.verifier)])
        assert found.second == AT // 1000
        shown = witness.get(MONITOR)
        assert shown.status_code == 200
        assert shown.headers["content-type"].startswith("text/plain")
        assert open_checkpoint(shown.content, LOGS[ORIGIN][0]).size == size
        both = [verifier_of(LOG_KEY.verifier), verifier_of(witness.key.verifier)]
        assert len(verify_note(parse_note(shown.content), both)) == 2


def test_400(witness: LiveWitness) -> None:
    good = request(7, 20).to_bytes()
    for body in (b"", b"old 7\n", good.replace(b"old 7", b"old 07"), good[:-1], b"\xff" * 80):
        assert witness.post(body).status_code == 400
    assert witness.post(request(20, 7)).status_code == 400


def test_403(witness: LiveWitness) -> None:
    stranger = SigningKey(ORIGIN, KeyKind.NOTE, seed("stranger"))
    assert witness.post(request(0, 7, key=stranger)).status_code == 403
    asked = request(0, 7)
    broken = Note(asked.note.text, (Signature(ORIGIN, LOG_KEY.verifier.key_id, bytes(64)),))
    assert witness.post(msgspec.structs.replace(asked, note=broken)).status_code == 403


def test_404(witness: LiveWitness) -> None:
    other = SigningKey("other.example", KeyKind.NOTE, seed("other"))
    assert witness.post(request(0, 7, key=other)).status_code == 404


@pytest.mark.parametrize("old", [0, 6, 8])
def test_409_with_the_size_and_its_type(witness: LiveWitness, old: int) -> None:
    assert witness.post(request(0, 7)).status_code == 200
    answer = witness.post(request(old, 20))
    assert (answer.status_code, answer.content) == (409, b"7\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"


def test_422(witness: LiveWitness) -> None:
    empty = Checkpoint(ORIGIN, 0, seed("root"))
    from_nothing = msgspec.structs.replace(
        request(0, 0), note=sign_checkpoint(empty, LOG_KEY), checkpoint=empty
    )
    assert witness.post(from_nothing).status_code == 422
    proven = msgspec.structs.replace(request(0, 7), proof=(EMPTY_ROOT,))
    assert witness.post(proven).status_code == 422
    assert witness.post(request(0, 20)).status_code == 200
    assert witness.post(request(20, 20, FORKED)).status_code == 422
    assert witness.post(request(20, 30, FORKED)).status_code == 422
    cut = msgspec.structs.replace(request(20, 30), proof=request(20, 30).proof[:-1])
    assert witness.post(cut).status_code == 422
    assert witness.state.sizes() == {ORIGIN: 20}


def test_evidence_of_a_fork_is_logged(
    witness: LiveWitness, caplog: pytest.LogCaptureFixture
) -> None:
    assert witness.post(request(0, 20)).status_code == 200
    assert witness.post(request(0, 12)).status_code == 409
    asked = request(20, 30, FORKED)
    assert witness.post(asked).status_code == 422
    stranger = SigningKey(ORIGIN, KeyKind.NOTE, seed("stranger"))
    assert witness.post(request(20, 30, FORKED, key=stranger)).status_code == 403
    older, fork = (
        json.loads(one.message) for one in caplog.records if one.name == "comity.witness"
    )
    assert (older["status"], older["size"], older["said"]) == (409, 12, "20")
    assert (fork["status"], fork["old"], fork["size"]) == (422, 20, 30)
    evidence = open_checkpoint(fork["note"].encode(), LOGS[ORIGIN][0])
    assert evidence == asked.checkpoint


def test_a_tree_is_never_taken_back(witness: LiveWitness) -> None:
    assert witness.post(request(0, 20)).status_code == 200
    for old in (0, 7, 12):
        assert witness.post(request(old, 12)).status_code == 409
    assert witness.post(request(20, 12)).status_code == 400
    assert witness.state.sizes() == {ORIGIN: 20}


def test_other_paths_methods_and_bodies(witness: LiveWitness) -> None:
    assert witness.get("").status_code == 404
    assert witness.get("checkpoint").status_code == 404
    assert witness.get("add-checkpoint").status_code == 405
    assert witness.get("add-checkpoint").headers["allow"] == "POST"
    assert httpx.post(f"{witness.url}/{MONITOR}", trust_env=False).headers["allow"] == "GET"
    assert witness.get(MONITOR.upper()).status_code == 404
    assert witness.post(b"x" * (BODY_BYTES_MAX + 1)).status_code == 413

    def in_parts() -> Iterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 4096 + 1):
            yield b"x" * 4096

    chunked = httpx.post(f"{witness.url}/add-checkpoint", content=in_parts(), trust_env=False)
    assert chunked.status_code == 413
    assert witness.post(request(0, 7)).status_code == 200


def test_of_many_at_once_one_wins(witness: LiveWitness) -> None:
    """The rollback race: whoever came first moved the state, all others are told its size."""
    assert witness.post(request(0, 7)).status_code == 200
    asked = [request(7, size, leaves) for size in range(20, 44) for leaves in (LEAVES, FORKED)]
    forks_hold = [one for one in asked if one.proof]  # FORKED shares the first ten entries
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(witness.post, forks_hold))
    won = [one for one, said in zip(forks_hold, answers, strict=True) if said.status_code == 200]
    assert len(won) == 1
    lost = {(said.status_code, said.content) for said in answers if said.status_code != 200}
    assert lost == {(409, b"%d\n" % won[0].checkpoint.size)}
    shown = open_checkpoint(witness.get(MONITOR).content, LOGS[ORIGIN][0])
    assert shown == won[0].checkpoint


def test_two_processes_over_one_state_make_one_witness(
    witness: LiveWitness, tmp_path: Path
) -> None:
    second = LiveWitness(tmp_path)
    try:
        assert witness.post(request(0, 7)).status_code == 200
        assert second.post(request(0, 7)).status_code == 409
        with ThreadPoolExecutor(8) as pool:
            asked = [((witness, second)[n % 2], request(7, 20 + n)) for n in range(16)]
            statuses = list(pool.map(lambda one: one[0].post(one[1]).status_code, asked))
        assert sorted(statuses) == [200] + [409] * 15
    finally:
        second.stop()


def test_a_restart_keeps_the_state(tmp_path: Path) -> None:
    first = LiveWitness(tmp_path)
    assert first.post(request(0, 20)).status_code == 200
    shown = first.get(MONITOR).content
    first.stop()
    second = LiveWitness(tmp_path)
    try:
        assert second.get(MONITOR).content == shown
        assert second.post(request(0, 12)).status_code == 409
        assert second.post(request(20, 40, FORKED)).status_code == 422
        assert second.post(request(20, 40)).status_code == 200
    finally:
        second.stop()


def test_two_views_never_both_reach_the_quorum(tmp_path: Path) -> None:
    """A log shows each witness another tree: neither tree can get both cosignatures."""
    council, court = (LiveWitness(tmp_path, key) for key in WITNESS_KEYS[:2])
    policy = policy_of((council.key, council.url), (court.key, court.url))
    try:
        lines: dict[bytes, set[Signature]] = {
            root_of(LEAVES[:30]): set(),
            root_of(FORKED[:30]): set(),
        }
        plan = [(council, LEAVES), (court, FORKED), (council, FORKED), (court, LEAVES)] * 2
        for live, leaves in plan:
            size = live.state.sizes().get(ORIGIN, 0)
            asked = request(size, 30, leaves)
            answer = live.post(asked)
            if answer.status_code == 200:
                note = parse_note(asked.note.to_bytes() + answer.content)
                lines[asked.checkpoint.root] |= set(note.signatures)
        assert all(lines.values())
        for leaves in (LEAVES, FORKED):
            judged = judge(signed(30, leaves).signed_also(lines[root_of(leaves[:30])]), policy)
            assert len(judged.cosigned) == 1
            assert not judged.final
    finally:
        council.stop()
        court.stop()


KILLED = """
import os, signal, sys
from pathlib import Path
from comity.instant import Instant
from comity.store.sqlite.witness_state import WitnessState
from comity.web.witness import Witness, run_witness
from tests.ledger.tlog import WITNESS_KEYS
from tests.web.witnesses import LOGS

class Killed(WitnessState):
    def answer(self, judge):
        super().answer(judge)
        os.kill(os.getpid(), signal.SIGKILL)

app = Witness(Killed.open(Path(sys.argv[1])), logs=LOGS, keys=WITNESS_KEYS[:1],
              clock=lambda: Instant(1_790_000_000_000))
run_witness(app, "127.0.0.1", int(sys.argv[2]))
"""


def test_kill_between_persist_and_answer(tmp_path: Path) -> None:
    """The log hears nothing, but the witness remembers: nobody can use the silence."""
    path = tmp_path / "council.db"
    WitnessState.create(path, WITNESS_KEYS[0].verifier)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), str(port)],
        cwd=Path(__file__).resolve().parents[2],
    )
    try:
        _wait(port, child)
        with pytest.raises(httpx.HTTPError):
            httpx.post(
                f"http://127.0.0.1:{port}/add-checkpoint",
                content=request(0, 20).to_bytes(),
                trust_env=False,
            )
        assert child.wait(10) == -signal.SIGKILL
    finally:
        child.kill()
        child.wait()
    live = LiveWitness(tmp_path)
    try:
        refused = live.post(request(0, 20, FORKED))
        assert (refused.status_code, refused.content) == (409, b"20\n")
        assert live.post(request(20, 20, FORKED)).status_code == 422
        assert live.post(request(20, 20)).status_code == 200
    finally:
        live.stop()


def _wait(port: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and child.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the witness took no connection")


def test_a_state_serves_one_key(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    WitnessState.create(path, WITNESS_KEYS[0].verifier)
    with WitnessState.open(path) as state, pytest.raises(StoreInvalid, match="not of"):
        Witness(state, logs=LOGS, keys=WITNESS_KEYS[1:2], clock=lambda: Instant(AT))
    assert path.stat().st_mode & 0o077 == 0


def test_logs_are_named_by_note_keys() -> None:
    again = SigningKey(ORIGIN, KeyKind.NOTE, seed("next"))
    texts = [str(LOG_KEY.verifier), str(again.verifier), str(LOG_KEY.verifier)]
    assert [one.key for one in logs_of(texts)[ORIGIN]] == [LOG_KEY.verifier, again.verifier]
    with pytest.raises(KeyMalformed, match="type 04"):
        logs_of([str(WITNESS_KEYS[0].verifier)])
