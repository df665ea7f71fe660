"""A range opening proves its entries, all of them; any change of it is found, by others, too."""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.errors import IntegrityFault
from comity.ledger.entry import commitment_over, compartment_digest
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.merkle import leaf_hash, root_of
from comity.ledger.note import NoteRejected
from comity.ledger.opening_range import (
    LINE_BYTES_MAX,
    RangeMalformed,
    RangeRejected,
    Values,
    VerifiedRange,
    print_range,
    verify_range,
)
from comity.ledger.policy import Policy, parse_policy
from comity.ledger.range_proof import range_borders
from comity.ledger.wire import print_base64
from tests.ledger.opened import SealedLog

LOG = SealedLog(11)
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "verify-range-opening.py"


def verified(
    raw: bytes,
    policy: Policy = LOG.policy,
    each: Callable[[int, Values], None] = lambda _index, _values: None,
    *,
    final: bool = True,
) -> VerifiedRange:
    return verify_range(io.BytesIO(raw).readline, policy, demand_final=final, each=each)


def by_script(raw: bytes, folder: Path, log: SealedLog = LOG) -> subprocess.CompletedProcess[str]:
    file = folder / "opening"
    file.write_bytes(raw)
    arguments = [sys.executable, str(SCRIPT), str(file), str(log.key.verifier)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)


def test_every_range_verifies_and_says_what_was_sealed() -> None:
    for start, stop in itertools.combinations(range(12), 2):
        seen: dict[int, Values] = {}
        found = verified(LOG.range_file(start, stop), each=seen.__setitem__)
        assert (found.start, found.stop) == (start, stop)
        assert list(seen) == list(range(start, stop))
        for index, values in seen.items():
            assert values["decision"]["number"] == index
            assert set(values) == {"request", "decision"}


def test_more_entries_than_a_piece() -> None:
    log = SealedLog(2_300)
    found = verified(log.range_file(3, 2_200), log.policy)
    assert found.stop == 2_200


def test_an_opening_holds_nothing_of_the_person() -> None:
    raw = LOG.range_file(0, 11)
    for index, one in enumerate(LOG.sealed):
        assert f"P-{index}".encode() not in raw
        assert f"Zyx{index}".encode() not in raw
        for opening in one.openings[:2]:
            assert print_base64(opening).encode() not in raw
        assert print_base64(one.openings[2]).encode() in raw, "the search would find it"


def test_erased_entries_still_verify() -> None:
    assert LOG.range_file(2, 9, erased=(3, 4)) == LOG.range_file(2, 9)


@pytest.mark.parametrize(("start", "stop"), [(0, 11), (3, 6), (10, 11)])
def test_no_byte_of_a_range_opening_can_change(start: int, stop: int) -> None:
    """But for signatures by nobody known: there are none in this one."""
    raw = LOG.range_file(start, stop)
    for at in range(len(raw)):
        for bit in (1, 32):
            changed = raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]
            with pytest.raises(IntegrityFault):
                verified(changed)


def test_no_byte_can_go_or_come() -> None:
    raw = LOG.range_file(3, 5)
    for at in range(len(raw)):
        with pytest.raises(IntegrityFault):
            verified(raw[:at] + raw[at + 1 :])
        with pytest.raises(IntegrityFault):
            verified(raw[:at])
        with pytest.raises(IntegrityFault):
            verified(raw[:at] + raw[at : at + 1] + raw[at:])
    with pytest.raises(IntegrityFault):
        verified(raw + b"\n")


def parts(raw: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """Head, entries and checkpoint of a file."""
    head, entries, note = raw.split(b"\n\n", 2)
    return head.split(b"\n"), entries.split(b"\n"), note


def joined(head: list[bytes], entries: list[bytes], note: bytes) -> bytes:
    return b"\n\n".join((b"\n".join(head), b"\n".join(entries), note))


OTHER = SealedLog(11, seed=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda head, entries, note: (head, entries[1:], note),
        lambda head, entries, note: (head, entries[:-1], note),
        lambda head, entries, note: (head, [entries[0], *entries], note),
        lambda head, entries, note: (head, [*entries[:-1], entries[0]], note),
        lambda head, entries, note: (head, entries[::-1], note),
        lambda head, entries, note: (head, [*entries[1:], entries[0]], note),
        lambda head, entries, note: ([head[0], b"range 4 8", *head[2:]], entries, note),
        lambda head, entries, note: ([head[0], b"range 2 6", *head[2:]], entries, note),
        lambda head, entries, note: ([head[0], b"range 3 8", *head[2:]], entries, note),
        lambda head, entries, note: ([head[0], b"range 03 7", *head[2:]], entries, note),
        lambda head, entries, note: ([head[0], b"range 7 3", *head[2:]], entries, note),
        lambda head, entries, note: ([head[0], b"range  3 7", *head[2:]], entries, note),
        lambda head, entries, note: ([*head[:2], *head[3:]], entries, note),
        lambda head, entries, note: ([*head, head[-1]], entries, note),
        lambda head, entries, note: ([*head[:2], *head[:1:-1]], entries, note),
        lambda head, entries, note: (head, entries, OTHER.note.to_bytes()),
        lambda head, entries, note: (head, parts(OTHER.range_file(3, 7))[1], note),
        lambda head, entries, note: (parts(OTHER.range_file(3, 7))[0], entries, note),
        lambda head, entries, note: ([b"comity/range-opening@v2", *head[1:]], entries, note),
    ],
)
def test_what_was_left_out_doubled_or_moved_is_found(
    change: Callable[..., tuple[list[bytes], list[bytes], bytes]], tmp_path: Path
) -> None:
    raw = joined(*change(*parts(LOG.range_file(3, 7))))
    with pytest.raises(IntegrityFault):
        verified(raw)
    told = by_script(raw, tmp_path)
    assert (told.returncode, told.stderr[:6]) == (1, "FAIL: ")


def entry_with(change: Callable[[Any], object], tmp_path: Path) -> bytes:
    head, entries, note = parts(LOG.range_file(3, 7))
    tree = json.loads(entries[0])
    change(tree)
    raw = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    whole = joined(head, [raw, *entries[1:]], note)
    assert by_script(whole, tmp_path).returncode == 1
    return whole


def test_a_range_opens_request_and_decision_and_nothing_else(tmp_path: Path) -> None:
    sealed = LOG.sealed[3]
    subject = [print_base64(sealed.openings[0]), sealed.parts[0].decode()]
    with pytest.raises(RangeRejected, match="opens decision, request, subject, and not exactly"):
        verified(entry_with(lambda tree: tree["open"].__setitem__("subject", subject), tmp_path))
    with pytest.raises(RangeRejected, match="opens decision, and not exactly"):
        verified(entry_with(lambda tree: tree["open"].pop("request"), tmp_path))


def test_a_text_with_two_readings_is_refused(tmp_path: Path) -> None:
    """Even where the log itself sealed it: JSON with a key twice says two things."""
    log = SealedLog(3)
    one = log.sealed[1]
    text = b'{"outcome":"refuse","outcome":"permit"}'
    digest = compartment_digest("decision", one.openings[3], text)
    digests = (*one.digests[:3], digest)
    log.sealed[1] = msgspec.structs.replace(
        one, parts=(*one.parts[:3], text), digests=digests, commitment=commitment_over(digests)
    )
    log.leaves[1] = leaf_hash(log.sealed[1].commitment)
    log.checkpoint = msgspec.structs.replace(log.checkpoint, root=root_of(log.leaves))
    with pytest.raises(RangeRejected, match="not canonical JSON"):
        log.range_file(0, 3)
    honest = SealedLog(3)
    head, entries, _ = parts(honest.range_file(0, 3))
    tree = json.loads(entries[1])
    tree["digests"][3] = print_base64(digest)
    tree["open"]["decision"][1] = text.decode()
    forged = json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()
    raw = joined(head, [entries[0], forged, entries[2]], log.note.to_bytes())
    with pytest.raises(RangeRejected, match="entry 1, compartment decision: it is not canonical"):
        verified(raw, log.policy)
    assert "not canonical" in by_script(raw, tmp_path, log).stderr


def test_what_is_written_is_checked_while_it_is_written() -> None:
    borders = range_borders(3, 6, 11, LOG.read)
    stored = [LOG.stored(index) for index in range(3, 6)]

    def write(*entries: Any, note: Any = LOG.note) -> None:
        for _ in print_range(3, 6, borders, note, entries):
            pass

    write(*stored)
    with pytest.raises(RangeRejected, match="entry 4 was due"):
        write(stored[0], stored[2])
    with pytest.raises(RangeRejected, match="end before entry 5"):
        write(*stored[:2])
    broken = msgspec.structs.replace(stored[1], parts=(*stored[1].parts[:3], b"{}"))
    with pytest.raises(RangeRejected, match="does not recompute"):
        write(stored[0], broken, stored[2])
    with pytest.raises(RangeRejected, match="do not lead to the root"):
        write(*stored, note=OTHER.note)


def test_another_log_and_a_quorum_that_is_not_met() -> None:
    raw = LOG.range_file(0, 11)
    with pytest.raises(NoteRejected, match="lists no log"):
        verified(raw, SealedLog(1, "other.example/comity/2018").policy)
    witness = SigningKey("court", KeyKind.COSIGNATURE, b"\3" * 32).verifier
    text = f"log {LOG.key.verifier}\nwitness court {witness}\nquorum court\n"
    policy = parse_policy(text.encode())
    with pytest.raises(NoteRejected, match="quorum `court` is not met"):
        verified(raw, policy)
    assert not verified(raw, policy, final=False).judged.final


def test_a_file_without_end_is_not_read_for_ever() -> None:
    def zeros(count: int) -> bytes:
        return b"0" * count

    with pytest.raises(RangeMalformed, match="longer than"):
        verify_range(zeros, LOG.policy)
    lines = itertools.chain(
        [b"comity/range-opening@v1\n", b"range 3 7\n"], itertools.repeat(b"A" * 43 + b"=\n")
    )
    with pytest.raises(RangeMalformed, match="is no range"):
        verify_range(lambda _count: next(lines), LOG.policy)
    raw = io.BytesIO(LOG.range_file(3, 7) + b"x" * (2 * LINE_BYTES_MAX))
    with pytest.raises(RangeMalformed, match="more follows"):
        verify_range(raw.readline, LOG.policy)


@pytest.mark.parametrize("size", [1, 2, 7, 8, 255, 256, 257])
def test_the_script_of_nobodys_software_agrees(size: int, tmp_path: Path) -> None:
    log = SealedLog(size)
    bounds = {(0, size), (0, 1), (size - 1, size), (size // 3, 2 * size // 3 + 1)}
    for start, stop in sorted(bounds):
        told = by_script(log.range_file(start, stop), tmp_path, log)
        assert told.returncode == 0, told.stderr
        assert told.stdout.startswith(f"OK: all {stop - start} entries from {start} to {stop - 1}")
        assert f"{stop - start}  disclosure, PAPHL0001, permit" in told.stdout
    other = SealedLog(size, "other.example/log")
    assert by_script(log.range_file(0, size), tmp_path, other).returncode == 1
