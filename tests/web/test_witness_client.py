"""A log collects cosignatures: whoever is down, slow or hostile costs only its own."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from comity.ledger.checkpoint import sign_checkpoint
from comity.ledger.cosignature import cosign
from comity.ledger.merkle import ProofRejected
from comity.ledger.policy import judge
from comity.ledger.rebuild import audit
from comity.web.witness_client import Collected, Outcome, collect, collect_now
from tests.ledger.tlog import AT, LOG_KEY, WITNESS_KEYS, log_of_size
from tests.web.witnesses import FORKED, LiveWitness, checkpoint, policy_of, proof, request, signed


@pytest.fixture
def three(tmp_path: Path) -> Iterator[list[LiveWitness]]:
    living = [LiveWitness(tmp_path, key) for key in WITNESS_KEYS]
    yield living
    for one in living:
        one.stop()


def to(size: int) -> Callable[[int], tuple[bytes, ...]]:
    return lambda old: proof(old, size)


def outcomes(collected: Collected) -> dict[str, Outcome]:
    return {report.names[0]: report.outcome for report in collected.reports}


def test_all_cosign_and_the_next_time_at_once(three: list[LiveWitness]) -> None:
    policy = policy_of(*((one.key, one.url) for one in three))
    first = collect_now(signed(20), policy, to(20))
    assert set(outcomes(first).values()) == {Outcome.COSIGNED}
    assert judge(first.note, policy).final
    assert first.sizes == {one.url: 20 for one in three}
    second = collect_now(signed(257), policy, to(257), sizes=first.sizes)
    assert judge(second.note, policy).final
    assert second.sizes == {one.url: 257 for one in three}


def test_who_is_elsewhere_is_proven_to_from_there(three: list[LiveWitness]) -> None:
    council, court, _ = three
    assert council.post(request(0, 7)).status_code == 200
    assert court.post(request(0, 30)).status_code == 200
    asked = list[int]()

    def prove(old: int) -> tuple[bytes, ...]:
        asked.append(old)
        return proof(old, 30)

    policy = policy_of(*((one.key, one.url) for one in three))
    collected = collect_now(signed(30), policy, prove)
    assert set(outcomes(collected).values()) == {Outcome.COSIGNED}
    assert asked == [7]  # from 0, and where it is 30 already, there is nothing to prove
    # A log that forgot, or remembers too much, is set right as well.
    wrong = {council.url: 12, court.url: 99}
    again = collect_now(signed(40), policy, to(40), sizes=wrong)
    assert set(outcomes(again).values()) == {Outcome.COSIGNED}


def test_the_proof_is_read_from_the_published_tiles(three: list[LiveWitness]) -> None:
    """As a log does it: its own tiles are enough to prove growth to every witness."""
    council, court, _ = three
    assert council.post(request(0, 7)).status_code == 200
    assert court.post(request(0, 256)).status_code == 200
    log = log_of_size(390)
    policy = policy_of(*((one.key, one.url) for one in three))
    note = sign_checkpoint(log.checkpoint, LOG_KEY)
    collected = collect_now(note, policy, log.reader().consistency_proof)
    log.files["checkpoint"] = collected.note.to_bytes()
    audited = audit(log.fetch, policy)
    assert audited.findings == ()
    assert audited.judged
    assert set(audited.judged.cosigned) == {"council", "court", "newspaper"}


def test_a_witness_that_is_down_or_silent_blocks_nobody(three: list[LiveWitness]) -> None:
    with socket.socket() as silent, socket.socket() as closed:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        closed.bind(("127.0.0.1", 0))
        down = f"http://127.0.0.1:{closed.getsockname()[1]}"
        hanging = f"http://127.0.0.1:{silent.getsockname()[1]}"
        keys = [one.key for one in three]
        policy = policy_of((keys[0], three[0].url), (keys[1], down), (keys[2], hanging), needed=1)
        begun = time.monotonic()
        collected = collect_now(signed(20), policy, to(20), timeout_seconds=1)
        assert time.monotonic() - begun < 4
    assert outcomes(collected) == {
        "council": Outcome.COSIGNED,
        "court": Outcome.DOWN,
        "newspaper": Outcome.DOWN,
    }
    assert judge(collected.note, policy).final
    assert not collected.alarms


def test_a_larger_tree_and_another_tree_are_alarms(three: list[LiveWitness]) -> None:
    council, court, newspaper = three
    assert council.post(request(0, 40)).status_code == 200
    assert court.post(request(0, 12, FORKED)).status_code == 200
    policy = policy_of(*((one.key, one.url) for one in three), needed=1)
    collected = collect_now(signed(20), policy, to(20))
    assert outcomes(collected) == {
        "council": Outcome.AHEAD,
        "court": Outcome.CONFLICT,
        "newspaper": Outcome.COSIGNED,
    }
    assert [report.size for report in collected.alarms] == [40, 12]
    assert list(judge(collected.note, policy).cosigned) == ["newspaper"]
    assert newspaper.state.sizes() != {}


@pytest.mark.parametrize(
    ("status", "kind", "body", "outcome"),
    [
        (200, "text/plain", b"", Outcome.REFUSED),
        (200, "text/plain", b"\xff\xfe\n", Outcome.REFUSED),
        (200, "text/plain", "— council.example/witness AAAA\n".encode(), Outcome.REFUSED),
        (200, "text/plain", b"x" * 100_000, Outcome.DOWN),
        (404, "text/plain", b"who?\x1b[31m\n", Outcome.REFUSED),
        (409, "text/plain", b"7\n", Outcome.REFUSED),
        (409, "text/x.tlog.size", b"07\n", Outcome.REFUSED),
        (409, "text/x.tlog.size", b"7", Outcome.REFUSED),
        (409, "text/x.tlog.size", b"7\n", Outcome.REFUSED),
        (422, "text/plain", b"no\n", Outcome.CONFLICT),
        (302, "text/plain", b"", Outcome.REFUSED),
        (500, "text/plain", b"", Outcome.REFUSED),
    ],
)
def test_what_a_hostile_witness_says_is_not_taken_over(
    status: int, kind: str, body: bytes, outcome: Outcome
) -> None:
    def answer(_asked: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body, headers={"content-type": kind})

    collected = _asked(answer)
    assert outcomes(collected) == {"council": outcome}
    assert collected.note == signed(20)
    assert collected.reports[0].what.isprintable()


def test_only_its_own_line_over_this_checkpoint_is_taken() -> None:
    own, other = WITNESS_KEYS[:2]
    wrong = cosign(checkpoint(21), own, AT)
    good = cosign(checkpoint(20), own, AT)
    foreign = cosign(checkpoint(20), other, AT)

    def saying(*lines: str) -> Collected:
        return _asked(lambda _: httpx.Response(200, content="".join(lines).encode()))

    assert outcomes(saying(wrong.line())) == {"council": Outcome.REFUSED}
    assert outcomes(saying(foreign.line())) == {"council": Outcome.REFUSED}
    assert outcomes(saying(good.line(), wrong.line())) == {"council": Outcome.REFUSED}
    taken = saying(foreign.line(), good.line(), good.line())
    assert taken.note.signatures[1:] == (good,)


def test_no_proof_no_question() -> None:
    def prove(old: int) -> tuple[bytes, ...]:
        raise ProofRejected("the tile is gone")

    def answer(_asked: httpx.Request) -> httpx.Response:
        return httpx.Response(409, content=b"7\n", headers={"content-type": "text/x.tlog.size"})

    collected = _asked(answer, prove)
    assert outcomes(collected) == {"council": Outcome.REFUSED}
    assert "the tile is gone" in collected.reports[0].what


def _asked(
    answer: Callable[[httpx.Request], httpx.Response],
    prove: Callable[[int], tuple[bytes, ...]] | None = None,
) -> Collected:
    policy = policy_of((WITNESS_KEYS[0], "http://witness.example/some/prefix/"))

    def check(asked: httpx.Request) -> httpx.Response:
        assert str(asked.url) == "http://witness.example/some/prefix/add-checkpoint"
        return answer(asked)

    return asyncio.run(
        collect(signed(20), policy, prove or to(20), transport=httpx.MockTransport(check))
    )
