"""Published vectors, each read from where others published them.

Their folder is named by TLOG_VECTORS; without it, `../shared/vectors/tlog` beside the
repository. Where neither is there, the tests say so and skip.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_der_public_key

from comity.instant import Instant
from comity.ledger.canonical import CanonicalError, canonical
from comity.ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from comity.ledger.cosignature import CosignatureVerifier, verifier_of
from comity.ledger.key import (
    KeyKind,
    KeyMalformed,
    SigningKey,
    VerifierKey,
    parse_signing_key,
    parse_verifier_key,
)
from comity.ledger.merkle import (
    Frontier,
    ProofRejected,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from comity.ledger.note import NoteVerifier, parse_note, verify_note
from comity.ledger.rebuild import rebuild
from comity.ledger.tile_build import RightEdge, bundle_up, grow_entries
from comity.ledger.tile_read import TileReader
from comity.ledger.tiles import Tile, bundles_of, parse_path, tiles_of
from comity.ledger.witness_core import Witnessed, decide

ROOT = Path(__file__).resolve().parents[2]
VECTORS = Path(os.environ.get("TLOG_VECTORS", ROOT.parent / "shared" / "vectors" / "tlog"))
TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
TESSERA_LOG = VECTORS / "tessera-log" / "testdata" / "log"

pytestmark = pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"no vectors at {VECTORS}; name their folder in TLOG_VECTORS"
)


def unbase64(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def read(path: str) -> Any:
    return json.loads((VECTORS / path).read_text("utf-8"))


@cache
def notes() -> Any:
    return read("notes/notes.json")


# ── transparency-dev/merkle: proofs, and every way they corrupt them ─────────


def merkle_files(folder: str) -> list[Path]:
    return sorted((VECTORS / "merkle" / "testdata" / folder).rglob("*.json"))


def check_merkle(folder: str, case: dict[str, Any]) -> None:
    proof = [unbase64(part) for part in case["proof"] or []]
    match folder:
        case "inclusion":
            leaf, root = unbase64(case["leafHash"]), unbase64(case["root"])
            verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
        case "consistency":
            roots = unbase64(case["root1"]), unbase64(case["root2"])
            verify_consistency(case["size1"], case["size2"], proof, *roots)
        case "subtreeinclusion":
            leaf, root = unbase64(case["leafHash"]), unbase64(case["root"])
            start, end = case["start"], case["end"]
            verify_subtree_inclusion(leaf, case["leafIdx"], start, end, proof, root)
        case "subtreeconsistency":
            roots = unbase64(case["root1"]), unbase64(case["root2"])
            verify_subtree_consistency(case["start"], case["end"], case["size"], proof, *roots)


@pytest.mark.parametrize(
    ("folder", "count"),
    [
        ("inclusion", 98),
        ("consistency", 98),
        ("subtreeinclusion", 204),
        ("subtreeconsistency", 118),
    ],
)
def test_merkle_proofs(folder: str, count: int) -> None:
    wrong = list[str]()
    files = merkle_files(folder)
    for path in files:
        case = json.loads(path.read_text("utf-8"))
        try:
            check_merkle(folder, case)
        except ProofRejected:
            accepted = False
        else:
            accepted = True
        if accepted == case["wantErr"]:
            wrong.append(f"{path.relative_to(VECTORS)}: {case['desc']}")
    assert not wrong
    assert len(files) == count


def test_rfc6962_reference_leaves() -> None:
    facts = read("notes/rfc6962-roots.json")
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in facts["leaves"]]
    for size, expected in enumerate(facts["roots_by_size"]):
        assert root_of(leaves[:size]).hex() == expected
        assert Frontier().extend(leaves[:size]).root().hex() == expected
    assert leaf_hash(b"L123456").hex() == facts["leaf_L123456"]
    assert node_hash(b"N123", b"N456").hex() == facts["node_N123_N456"]


def test_tile_facts() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    by_level = [
        [tile.width for tile in tiles_of(70_000) if tile.level == level] for level in range(3)
    ]
    assert by_level == [[256] * 273 + [112], [256, 17], [1]]
    assert [(tile.level, tile.width) for tile in tiles_of(256)] == [(0, 256), (1, 1)]


# ── signed notes ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    ["c2sp-example", "sumdb-two-signers", "sum.golang.org-checkpoint", "cosignature-v1"],
)
def test_published_notes(name: str) -> None:
    (case,) = (case for case in notes()["valid"] if case["name"] == name)
    raw = case["note"].encode()
    keys = [parse_verifier_key(text) for text in case["vkeys"]]
    assert [str(key) for key in keys] == case["vkeys"]
    verified = verify_note(parse_note(raw), [verifier_of(key) for key in keys])
    assert {found.key for found in verified} == set(keys)
    assert parse_note(raw).to_bytes() == raw
    for text in case.get("skeys", ()):
        key = parse_signing_key(text)
        assert key.reveal() == text
        assert key.verifier in keys


def test_published_bad_keys() -> None:
    for text in notes()["bad_vkeys"]:
        with pytest.raises(KeyMalformed):
            parse_verifier_key(text)


def test_published_checkpoint_and_cosignature() -> None:
    by_name = {case["name"]: case for case in notes()["valid"]}
    sumdb = parse_checkpoint(parse_note(by_name["sum.golang.org-checkpoint"]["note"].encode()).text)
    assert (sumdb.origin, sumdb.size) == ("go.sum database tree", 35_225_469)
    cosigned = by_name["cosignature-v1"]
    key = parse_verifier_key(cosigned["vkeys"][0])
    note = parse_note(cosigned["note"].encode())
    assert CosignatureVerifier(key).verify(note.text, note.signatures[0].blob) == 1_767_139_200
    assert parse_checkpoint(note.text).text == note.text


# ── a real log of Tessera's: a checkpoint for each size from 0 to 15 ─────────


def tessera(path: str) -> bytes | None:
    found = TESSERA_LOG / path
    return found.read_bytes() if found.is_file() else None


@pytest.mark.parametrize("size", range(16))
def test_tessera_log(size: int) -> None:
    raw = tessera(f"checkpoint.{size}")
    assert raw is not None
    checkpoint = open_checkpoint(raw, NoteVerifier(parse_verifier_key(TESSERA_KEY)))
    assert checkpoint.size == size
    rebuilt = rebuild(size, checkpoint.root, tessera)
    assert rebuilt.root == checkpoint.root
    assert not rebuilt.findings
    reader = TileReader(size, checkpoint.root, tessera)
    for bundle in bundles_of(size):
        for index, entry in enumerate(reader.entries(bundle)):
            leaf, proof = leaf_hash(entry), reader.inclusion_proof(index)
            verify_inclusion(leaf, index, size, proof, checkpoint.root)
    for old in range(1, size):
        before = parse_checkpoint(parse_note(tessera(f"checkpoint.{old}") or b"").text)
        proof = reader.consistency_proof(old)
        verify_consistency(old, size, proof, before.root, checkpoint.root)


def test_tessera_files_are_what_we_would_write() -> None:
    everything = TileReader(
        15, parse_checkpoint(parse_note(tessera("checkpoint") or b"").text).root, tessera
    )
    (bundle,) = bundles_of(15)
    entries = everything.entries(bundle)
    ours, edge = dict[str, bytes](), RightEdge()
    for number, entry in enumerate(entries):
        ours.update(
            (place.path, raw) for place, raw in bundle_up(number, entries[:number], [entry])
        )
        grown = grow_entries(edge, [entry])
        ours.update((place.path, raw) for place, raw in grown.tiles)
        edge = grown.edge
    assert ours
    for path in (TESSERA_LOG / "tile").rglob("*"):
        if path.is_file():
            name = path.relative_to(TESSERA_LOG).as_posix()
            assert parse_path(name).path == name
            assert ours.pop(name) == path.read_bytes(), name
    assert all(path.endswith((".p/1", ".p/2")) for path in ours), "only the first are not published"


# ── litewitness: a witness asked ten times, with the answers another one gave ─


def litewitness_requests(file: str) -> Iterator[tuple[bytes, int, str]]:
    text = (VECTORS / "litewitness" / file).read_text("utf-8")
    pattern = r"```\n(old .*?)```\nHTTP (\d+)\n\[Asserts\]\nbody (.*?)\n"
    for body, status, said in re.findall(pattern, text, re.DOTALL):
        yield body.encode(), int(status), said


def litewitness_logs() -> dict[str, list[NoteVerifier]]:
    sigsum = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
    origin = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
    golang = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    return {
        origin: [NoteVerifier(VerifierKey(origin, KeyKind.NOTE, sigsum))],
        "go.sum database tree": [NoteVerifier(parse_verifier_key(golang))],
    }


@pytest.mark.parametrize(("file", "count"), [("litewitness.txtar", 9), ("sumdb.txtar", 1)])
def test_litewitness(file: str, count: int) -> None:
    key = SigningKey("example.com/witness", KeyKind.COSIGNATURE, bytes(range(32)))
    states = dict[str, Witnessed]()
    asked = 0
    for body, expected, said in litewitness_requests(file):
        asked += 1
        # The specification has since changed: an unknown log is 404, not 403.
        status = 404 if "unknown log" in said else expected
        answer = decide(
            body, latest=states.get, logs=litewitness_logs(), keys=[key], at=Instant(10**12)
        )
        assert answer.status == status, answer.body
        assert (answer.state is not None) == (status == 200)
        if answer.state:
            states[answer.state.origin] = answer.state
            assert answer.body.startswith("— example.com/witness ".encode())
        if said.startswith("=="):
            assert answer.body == json.loads(said.removeprefix("== ")).encode()
    assert asked == count


# ── Wycheproof: the primitives under all of this ─────────────────────────────


def wycheproof(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in read(f"wycheproof/{name}_test.json")["testGroups"]:
        for case in group["tests"]:
            yield group, case


def judge_each(name: str, accepts: Any) -> tuple[int, list[int]]:
    """How many cases there are, and those judged otherwise than published."""
    count, wrong = 0, list[int]()
    for group, case in wycheproof(name):
        count += 1
        if case["result"] != "acceptable" and accepts(group, case) != (case["result"] == "valid"):
            wrong.append(case["tcId"])
    return count, wrong


def raw_hex(case: dict[str, Any], field: str) -> bytes:
    return bytes.fromhex(case[field])


def test_wycheproof_ed25519() -> None:
    def accepts(group: dict[str, Any], case: dict[str, Any]) -> bool:
        key = VerifierKey("x", KeyKind.NOTE, raw_hex(group["publicKey"], "pk"))
        return key.signed(raw_hex(case, "msg"), raw_hex(case, "sig"))

    assert judge_each("ed25519", accepts) == (151, [])


def test_wycheproof_ml_dsa_verify() -> None:
    def accepts(group: dict[str, Any], case: dict[str, Any]) -> bool:
        if case.get("ctx"):  # a context, which notes never have
            return bool(case["result"] == "valid")
        try:
            key = VerifierKey("x", KeyKind.ML_DSA, raw_hex(group, "publicKey"))
        except KeyMalformed:
            return False
        return key.signed(raw_hex(case, "msg"), raw_hex(case, "sig"))

    assert judge_each("mldsa_44_verify", accepts) == (180, [])


def test_wycheproof_ml_dsa_seeds() -> None:
    """A seed gives the published public key, and the published signature verifies under it."""
    seen = 0
    for group, case in wycheproof("mldsa_44_sign_seed"):
        seed = bytes.fromhex(group["privateSeed"])
        if case["result"] != "valid" or len(seed) != 32 or case.get("ctx"):
            continue
        key = SigningKey("x", KeyKind.ML_DSA, seed).verifier
        assert key.public.hex() == group["publicKey"]
        # Some cases give only the digest the message was reduced to; notes never do.
        if "msg" in case:
            assert key.signed(raw_hex(case, "msg"), raw_hex(case, "sig")), case["tcId"]
            seen += 1
    assert seen > 50


def test_wycheproof_hmac() -> None:
    def accepts(group: dict[str, Any], case: dict[str, Any]) -> bool:
        mac = hmac.HMAC(raw_hex(case, "key"), hashes.SHA256())
        mac.update(raw_hex(case, "msg"))
        return mac.finalize()[: group["tagSize"] // 8] == raw_hex(case, "tag")

    count, wrong = judge_each("hmac_sha256", accepts)
    assert count > 100
    assert not wrong


def test_wycheproof_hkdf() -> None:
    def accepts(_group: dict[str, Any], case: dict[str, Any]) -> bool:
        try:
            kdf = HKDF(hashes.SHA256(), case["size"], raw_hex(case, "salt"), raw_hex(case, "info"))
        except ValueError:
            return False
        return kdf.derive(raw_hex(case, "ikm")) == raw_hex(case, "okm")

    count, wrong = judge_each("hkdf_sha256", accepts)
    assert count > 50
    assert not wrong


def test_wycheproof_ecdsa() -> None:
    def accepts(group: dict[str, Any], case: dict[str, Any]) -> bool:
        key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        assert isinstance(key, ec.EllipticCurvePublicKey)
        try:
            key.verify(raw_hex(case, "sig"), raw_hex(case, "msg"), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    count, wrong = judge_each("ecdsa_secp256r1_sha256", accepts)
    assert count > 100
    assert not wrong


# ── RFC 8785 ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_canonical_json(name: str) -> None:
    """The package our writer is held to writes these; so does ours, or it refuses the value."""
    value = read(f"jcs/testdata/input/{name}.json")
    expected = (VECTORS / "jcs/testdata/output" / f"{name}.json").read_bytes()
    assert rfc8785.dumps(value) == expected
    octets = (VECTORS / "jcs/testdata/outhex" / f"{name}.txt").read_text("ascii")
    assert bytes.fromhex("".join(octets.split())) == expected
    if name == "unicode":
        assert canonical(value) == expected
    elif isinstance(value, dict):  # floats, or keys beyond ASCII: outside our profile
        with pytest.raises(CanonicalError):
            canonical(value)


def test_every_folder_is_read() -> None:
    folders = {path.name for path in VECTORS.iterdir() if path.is_dir()}
    assert folders == {
        "jcs", "litewitness", "merkle", "notes", "tessera-log", "wycheproof",
    }  # fmt: skip


def test_checkpoint_of_an_empty_log_is_read() -> None:
    raw = tessera("checkpoint.0")
    assert raw is not None
    assert parse_checkpoint(parse_note(raw).text) == Checkpoint(
        "example.com/log/testdata", 0, root_of(())
    )
