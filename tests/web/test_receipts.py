"""Receipts over the wire: one's own only, entered when opened; and the log's public pages."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.receipt import VerifiedReceipt, verify_receipt
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import erase_personal, opened
from tests.web.town import END, Reply, Town

ROOT = Path(__file__).resolve().parents[2]


def asked(town: Town) -> tuple[int, bytes]:
    """Index and public bytes of a fresh disclosure's entry."""
    entry = town.ask().json["entries"][0]
    return entry["index"], base64.b64decode(entry["commitment"])


def publish(town: Town) -> None:
    assert town.publisher.publish(town.now) is not None


def verified(town: Town, reply: Reply) -> VerifiedReceipt:
    assert reply.status == 200, reply.body
    policy = Policy(logs=(PolicyLog(town.publisher.verifier_key),))
    return verify_receipt(reply.body, policy)


def test_a_receipt_proves_the_answer(town: Town) -> None:
    index, commitment = asked(town)
    publish(town)
    reply = town.send("GET", f"/receipts/{index}")
    found = verified(town, reply)
    assert (found.index, found.commitment, found.closed) == (index, commitment, ("subject",))
    assert found.values["content"]["disclosed"]["charges"]
    assert found.values["request"]["purpose"] == "criminal investigation"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


def test_an_opening_is_an_entry_that_points_to_nobody(town: Town) -> None:
    index, _ = asked(town)
    publish(town)
    before = size(town.database.reader())
    town.send("GET", f"/receipts/{index}")
    assert size(town.database.reader()) == before + 1
    opening = opened(town.database.reader(), before)
    assert opening.decision["kind"] == "opening"
    assert opening.decision["of_entry"] == index
    assert opening.request["ori"] == "XXBUR0100"
    assert b"Nemo" not in repr(opening).encode()


def test_before_the_next_checkpoint_there_is_none(town: Town) -> None:
    publish(town)
    index, _ = asked(town)
    reply = town.send("GET", f"/receipts/{index}")
    assert (reply.status, reply.json["type"]) == (503, "/problems/receipt-not-ready")
    assert reply.headers["retry-after"] == "1"


@pytest.mark.parametrize("what", ["0", "999999", "x", "-1", "01", "9" * 30])
def test_what_is_not_ones_own_is_not_there(town: Town, what: str) -> None:
    """Entry 0 is the town's own: it is told apart from no entry at all by nothing."""
    asked(town)
    publish(town)
    before = size(town.database.reader())
    reply = town.send("GET", f"/receipts/{what}")
    assert reply.status == 404
    assert reply.json["detail"] == f"this agency has no entry `{what[:20]}`"
    assert size(town.database.reader()) == before


def test_another_agencys_entry_is_not_there(town: Town) -> None:
    index, _ = asked(town)
    publish(town)
    assert town.send("GET", f"/receipts/{index}", as_="other").status == 404
    assert town.send("GET", f"/receipts/{index}", as_="jail").status == 403
    assert town.send("GET", f"/receipts/{index}", as_=None).status == 401


def test_the_nonce_of_a_receipt_counts_once(town: Town) -> None:
    index, _ = asked(town)
    publish(town)
    scope, body = town.request("GET", f"/receipts/{index}")
    assert town.call(scope, body).status == 200
    assert town.call(scope, body).json["type"] == "/problems/replayed-nonce"


def test_what_was_destroyed_stays_closed(town: Town) -> None:
    index, commitment = asked(town)
    town.write(lambda connection: erase_personal(connection, "p-1"))
    publish(town)
    found = verified(town, town.send("GET", f"/receipts/{index}"))
    assert found.commitment == commitment
    assert found.closed == ("subject", "content")
    assert found.values["decision"]["outcome"] == "permit"


def test_what_to_open_can_be_chosen(town: Town) -> None:
    """A path of 24 hashes, as in a tree of ten million entries, is 1,080 bytes of text."""
    index, _ = asked(town)
    publish(town)
    lengths = {}
    for names in ((), ("decision",), ("request", "decision")):
        reply = town.send("GET", f"/receipts/{index}?open={','.join(names)}")
        assert tuple(verified(town, reply).values) == names
        hashes = reply.body.split(b"index ")[1].split(b"\n\n")[0].count(b"\n")
        lengths[names] = len(reply.body) + (24 - hashes) * 45
    assert lengths[()] < 1_600
    assert lengths["request", "decision"] < 1_900
    refused = town.send("GET", f"/receipts/{index}?open=everything")
    assert refused.json["type"] == "/problems/unknown-word"
    assert refused.json["allowed"] == ["content", "request", "decision"]


def test_the_subject_is_never_opened_to_an_agency(town: Town) -> None:
    """Where nothing was shown it says which records were found all the same."""
    index, _ = asked(town)
    publish(town)
    refused = town.send("GET", f"/receipts/{index}?open=subject")
    assert refused.json["type"] == "/problems/unknown-word"


def test_after_the_term_what_was_disclosed_is_not_disclosed_again(town: Town) -> None:
    index, commitment = asked(town)
    publish(town)
    town.now = END
    found = verified(town, town.send("GET", f"/receipts/{index}"))
    assert (found.commitment, found.closed) == (commitment, ("subject", "content"))
    assert found.values["decision"]["outcome"] == "permit"


def test_the_shell_script_agrees(town: Town, tmp_path: Path) -> None:
    index, commitment = asked(town)
    publish(town)
    file = tmp_path / "receipt.tlog-proof"
    file.write_bytes(town.send("GET", f"/receipts/{index}").body)
    script = str(ROOT / "scripts" / "verify-receipt.sh")
    key = str(town.publisher.verifier_key)

    def run(hex_commitment: str) -> subprocess.CompletedProcess[str]:
        arguments = [script, str(file), hex_commitment, key]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)

    done = run(commitment.hex())
    assert (done.returncode, done.stdout[:3]) == (0, "OK:"), done.stderr
    assert run("01" + "00" * 32).returncode == 6


def test_the_public_pages(town: Town) -> None:
    assert town.send("GET", "/checkpoint", as_=None).status == 404
    publish(town)
    checkpoint = town.send("GET", "/checkpoint", as_=None)
    assert checkpoint.body == (town.publisher.folder.path / "checkpoint").read_bytes()
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["cache-control"] == "public, max-age=1"
    count = size(town.database.reader())
    for place in (f"tile/0/000.p/{count}", f"tile/entries/000.p/{count}"):
        tile = town.send("GET", f"/{place}", as_=None)
        assert tile.body == (town.publisher.folder.path / place).read_bytes()
        assert tile.headers["content-type"] == "application/octet-stream"
        assert "immutable" in tile.headers["cache-control"]
        assert len(tile.body) == count * (32 if place.startswith("tile/0") else 35)
    for place in ("tile/0/001", "tile/0/0", "tile/../../town.db", "tile/0/000.p/999", "tile/x"):
        assert town.send("GET", f"/{place}", as_=None).status == 404
    assert town.send("GET", "/health", as_=None).json["published"] == count
