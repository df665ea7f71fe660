"""Verifiers nobody here wrote, and two that share no code with Comity, agree with it.

`metamorphic-log` is a Rust library in a wheel. `go/tlogcheck.go` stands on Go's x/mod as Debian
packages it. `scripts/verify-receipt.sh` needs bash and openssl. Each is asked to accept what
Comity makes, and to refuse what Comity refuses. What is not installed is skipped by its name.
"""

from __future__ import annotations

import importlib
import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from comity.ledger.merkle import (
    ProofRejected,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)
from comity.ledger.note import (
    Note,
    NoteMalformed,
    NoteRejected,
    NoteVerifier,
    Signature,
    parse_note,
    verify_note,
)
from comity.ledger.proof import LogProof, parse_proof, verify_proof
from tests.ledger.tlog import (
    LOG_KEY,
    ORIGIN,
    POLICY,
    WITNESS_KEYS,
    WholeLog,
    entry,
    log_of,
    log_of_size,
)

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "verify-receipt.sh"
GO_SOURCE = Path(__file__).parent / "go" / "tlogcheck.go"
GO_PATH = Path("/usr/share/gocode")
GO_PACKAGE = GO_PATH / "src" / "golang.org" / "x" / "mod" / "sumdb" / "tlog"

LARGEST = 70_000
SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, LARGEST)
LOG_VKEY = str(LOG_KEY.verifier)
WITNESS_VKEYS = [str(key.verifier) for key in WITNESS_KEYS[:2]]


# ── claims, true and false, and what Comity says to each ─────────────────────


class Claim(NamedTuple):
    """That `part` is in, or precedes, the tree of `size` under `root`."""

    kind: str
    first: int
    size: int
    part: bytes
    root: bytes
    proof: tuple[bytes, ...]

    def held_by_us(self) -> bool:
        try:
            if self.kind == "inclusion":
                verify_inclusion(self.part, self.first, self.size, self.proof, self.root)
            else:
                verify_consistency(self.first, self.size, self.proof, self.part, self.root)
        except ProofRejected:
            return False
        return True

    def line(self) -> str:
        hashes = " ".join(part.hex() for part in (self.part, self.root, *self.proof))
        return f"{self.kind} {self.first} {self.size} {hashes}\n"


class Perfect:
    """Every perfect subtree of one large tree; the trees of all smaller sizes share them."""

    def __init__(self, size: int) -> None:
        self.rows = [[leaf_hash(entry(number)) for number in range(size)]]
        while len(self.rows[-1]) > 1:
            row = self.rows[-1]
            self.rows.append([node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)])

    def read(self, height: int, index: int) -> bytes:
        return self.rows[height][index]

    def root(self, size: int) -> bytes:
        return subtree_root(0, size, self.read)


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    """A few hundred true ones, at edges and at random, and as many each broken in some way."""
    tree, dice = Perfect(LARGEST), random.Random(20_180_831)
    sizes = [*SIZES, *(dice.randrange(1, LARGEST) for _ in range(40))]
    made = list[Claim]()
    for size in sizes:
        root = tree.root(size)
        for index in {0, size - 1, size // 2, dice.randrange(size)}:
            proof = inclusion_proof(index, size, tree.read)
            made.append(Claim("inclusion", index, size, tree.rows[0][index], root, proof))
        for old in {1, size, *(s for s in SIZES if s < size), dice.randrange(size) + 1}:
            proof = consistency_proof(old, size, tree.read)
            made.append(Claim("consistency", old, size, tree.root(old), root, proof))
    return made + [broken for claim in made for broken in breakages(claim, dice)]


def breakages(claim: Claim, dice: random.Random) -> Iterator[Claim]:
    """The same claim with something about it changed."""
    proof = list(claim.proof)
    yield claim._replace(root=flipped(claim.root, dice))
    yield claim._replace(part=flipped(claim.part, dice))
    yield claim._replace(proof=(*proof, claim.root))
    if claim.first + 1 < claim.size:
        yield claim._replace(first=claim.first + 1)
    yield claim._replace(size=claim.size + 1)
    if proof:
        at = dice.randrange(len(proof))
        yield claim._replace(proof=(*proof[:at], flipped(proof[at], dice), *proof[at + 1 :]))
        yield claim._replace(proof=(*proof[:at], *proof[at + 1 :]))
    if len(proof) > 1:
        yield claim._replace(proof=(proof[1], proof[0], *proof[2:]))


def flipped(raw: bytes, dice: random.Random) -> bytes:
    changed = bytearray(raw)
    changed[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def same(claims: Sequence[Claim], answers: Sequence[bool]) -> list[str]:
    """The claims the other judges otherwise than Comity does."""
    return [
        f"{claim.kind} {claim.first} of {claim.size}: {answer} there"
        for claim, answer in zip(claims, answers, strict=True)
        if answer != claim.held_by_us()
    ]


def test_there_are_true_and_false_claims(claims: list[Claim]) -> None:
    held = sum(claim.held_by_us() for claim in claims)
    assert held > 400
    assert len(claims) - held > 2_000


# ── Rust ─────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def rust() -> Any:
    return pytest.importorskip("metamorphic_log", reason="needs the wheel metamorphic-log")


def accepted(rust: Any, call: str, *arguments: object) -> bool:
    refusal = importlib.import_module("metamorphic_log").VerifyError
    try:
        getattr(rust, call)(*arguments)
    except refusal:
        return False
    return True


def test_rust_agrees_on_every_claim(rust: Any, claims: list[Claim]) -> None:
    answers = list[bool]()
    for claim in claims:
        proof = list(claim.proof)
        if claim.kind == "inclusion":
            claimed = (claim.first, claim.size, claim.part, proof, claim.root)
            answers.append(accepted(rust, "verify_inclusion", *claimed))
        else:
            claimed_too = (claim.first, claim.size, proof, claim.part, claim.root)
            answers.append(accepted(rust, "verify_consistency", *claimed_too))
    assert not same(claims, answers)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_rust_reads_our_checkpoints(rust: Any, size: int) -> None:
    log = log_of_size(size)
    text = log.files["checkpoint"].decode()
    head = rust.checkpoint_verify(text, [LOG_VKEY])
    assert (head.origin, head.size, head.root) == (ORIGIN, size, log.root)
    if size:
        path = list(log.reader().inclusion_proof(size - 1))
        leaf = leaf_hash(entry(size - 1))
        rust.checkpoint_verify_inclusion(text, [LOG_VKEY], size - 1, leaf, path)


def test_rust_agrees_on_every_changed_byte_of_a_note(rust: Any) -> None:
    """Where it accepts a changed note, so do we; it is the laxer of the two, if any."""
    raw = log_of_size(3).files["checkpoint"]
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        try:
            verify_note(parse_note(changed), [NoteVerifier(LOG_KEY.verifier)])
        except (NoteMalformed, NoteRejected):
            ours = False
        else:
            ours = True
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            assert not ours
            continue
        if ours:
            assert accepted(rust, "verify_signed_note", text, [LOG_VKEY])


# ── Go ───────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def tlogcheck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    if not go or not GO_PACKAGE.is_dir():
        pytest.skip("needs Debian's golang-go and golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    offline = {"GOPROXY": "off", "GOPATH": str(GO_PATH), "GO111MODULE": "off", "CGO_ENABLED": "0"}
    subprocess.run(
        [go, "build", "-o", str(folder / "tlogcheck"), str(GO_SOURCE)],
        env={**os.environ, **offline, "GOCACHE": str(folder / "cache"), "GOFLAGS": ""},
        check=True,
    )
    return folder / "tlogcheck"


def run(*command: object, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], input=given, capture_output=True, text=True, check=False
    )


def write_files(log: WholeLog, folder: Path) -> Path:
    for path, raw in log.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(raw)
    return folder


def test_go_agrees_on_every_claim(tlogcheck: Path, claims: list[Claim]) -> None:
    asked = run(tlogcheck, "proofs", given="".join(claim.line() for claim in claims))
    assert asked.returncode == 0, asked.stderr
    assert not same(claims, [answer == "true" for answer in asked.stdout.splitlines()])


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600, 65_535, 65_536, 65_537, LARGEST])
def test_go_rebuilds_our_log(tlogcheck: Path, tmp_path: Path, size: int) -> None:
    log = log_of_size(size)
    audited = run(tlogcheck, "audit", write_files(log, tmp_path), LOG_VKEY, *WITNESS_VKEYS)
    assert audited.returncode == 0, audited.stderr
    assert audited.stdout.startswith(f"OK {size} entries")


def test_go_rebuilds_a_log_grown_in_batches(tlogcheck: Path, tmp_path: Path) -> None:
    entries = [entry(number) for number in range(700)]
    log = log_of(entries[:3], entries[3:256], entries[256:690], entries[690:])
    assert run(tlogcheck, "audit", write_files(log, tmp_path), LOG_VKEY).returncode == 0


def test_go_refuses_a_forged_entry_with_a_matching_forged_tile(
    tlogcheck: Path, tmp_path: Path
) -> None:
    log = log_of_size(1_000)
    place = "tile/entries/001"
    log.files[place] = log.files[place].replace(entry(300), entry(1_000_000))
    tile = log.files["tile/0/001"]
    log.files["tile/0/001"] = tile.replace(leaf_hash(entry(300)), leaf_hash(entry(1_000_000)))
    audited = run(tlogcheck, "audit", write_files(log, tmp_path), LOG_VKEY)
    assert audited.returncode == 6
    assert "tile/1/000.p/3" in audited.stderr


@pytest.mark.parametrize("size", [1, 2, 257, 1_000])
def test_go_reads_our_receipts(tlogcheck: Path, tmp_path: Path, size: int) -> None:
    log = log_of_size(size)
    for index in {0, size // 2, size - 1}:
        place = tmp_path / f"{index}.tlog-proof"
        place.write_bytes(log.receipt(index, extra=b"openings").to_bytes())
        keys = (LOG_VKEY, *WITNESS_VKEYS)
        good = run(tlogcheck, "receipt", place, entry(index).hex(), *keys)
        assert good.returncode == 0, good.stderr
        assert run(tlogcheck, "receipt", place, entry(index + 1).hex(), *keys).returncode == 6


# ── bash and openssl ─────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def bash() -> str:
    found = shutil.which("bash")
    if not found or not shutil.which("openssl"):
        pytest.skip("needs bash and openssl")
    return found


def shown(bash: str, folder: Path, raw: bytes, said: bytes, key: str = LOG_VKEY) -> tuple[int, str]:
    place = folder / "receipt.tlog-proof"
    place.write_bytes(raw)
    done = run(bash, SCRIPT, place, said.hex(), key)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 1_000])
def test_the_script_accepts_our_receipts(bash: str, tmp_path: Path, size: int) -> None:
    log = log_of_size(size)
    for index in sorted({0, size // 2, size - 1}):
        raw = log.receipt(index, extra=b"openings" if index else None).to_bytes()
        code, said = shown(bash, tmp_path, raw, entry(index))
        assert (code, said.split(",")[0]) == (0, f"OK: entry {index} of {ORIGIN}")


def test_the_script_refuses_what_does_not_hold(bash: str, tmp_path: Path) -> None:
    log = log_of_size(20)
    receipt = log.receipt(12, extra=b"openings")
    raw = receipt.to_bytes()
    assert shown(bash, tmp_path, raw, entry(12))[0] == 0
    stranger = str(WITNESS_KEYS[0].verifier)
    renamed = LOG_VKEY.replace("2026", "2027")
    assert shown(bash, tmp_path, raw, entry(13))[0] == 6
    assert shown(bash, tmp_path, raw, entry(12), stranger)[0] == 6
    assert shown(bash, tmp_path, raw, entry(12), renamed)[0] == 6
    lines = raw.decode().split("\n")
    for number in range(len(lines) - 1):
        if lines[number].startswith(("extra ", "— council", "— court")):
            continue  # the script counts no witnesses, and nobody vouches for `extra`
        for changed in (
            [*lines[:number], *lines[number + 1 :]],
            [*lines[:number], "index 13", *lines[number + 1 :]],
            [*lines[:number], another(lines[number]), *lines[number + 1 :]],
        ):
            if changed != lines:
                code, said = shown(bash, tmp_path, "\n".join(changed).encode(), entry(12))
                assert code == 6, (number, said)
                assert said.startswith("FAIL: ")


def test_the_script_refuses_a_path_of_another_length(bash: str, tmp_path: Path) -> None:
    receipt = log_of_size(300).receipt(123)
    for path in (receipt.path[1:], receipt.path[:-1], (*receipt.path, receipt.path[0]), ()):
        raw = LogProof(123, path, receipt.note).to_bytes()
        assert shown(bash, tmp_path, raw, entry(123))[0] == 6


def test_the_script_takes_the_line_of_its_key_among_others(bash: str, tmp_path: Path) -> None:
    """A log may sign twice under one name, for instance with ML-DSA-44 too."""
    receipt = log_of_size(300).receipt(123)
    other = Signature(ORIGIN, b"abcd", bytes(64))
    for lines in ((other, *receipt.note.signatures), (*receipt.note.signatures, other)):
        raw = LogProof(123, receipt.path, Note(receipt.note.text, lines)).to_bytes()
        assert shown(bash, tmp_path, raw, entry(123))[0] == 0


def test_the_script_says_how_it_is_used(bash: str) -> None:
    done = run(bash, SCRIPT)
    assert done.returncode == 2
    assert "verify-receipt.sh RECEIPT COMMITMENT" in done.stderr
    assert len(SCRIPT.read_text("utf-8").splitlines()) < 50


def another(line: str) -> str:
    """The same line with one letter or digit in the middle changed."""
    at = len(line) // 2
    return line[:at] + ("B" if line[at : at + 1] != "B" else "C") + line[at + 1 :]


def test_comity_agrees_with_itself_on_the_same_receipts() -> None:
    raw = log_of_size(300).receipt(123).to_bytes()
    assert verify_proof(parse_proof(raw), entry(123), POLICY).final
