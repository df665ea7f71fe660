"""A receipt checked by the server and by the script, which must agree with each other and with Python."""

from __future__ import annotations

import base64
import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from comity.ledger.checkpoint import parse_checkpoint
from comity.ledger.cosignature import cosign
from comity.ledger.note import parse_note
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.receipt import parse_receipt, verify_receipt
from comity.ledger.shorthand import SAMPLE
from comity.web.pages.render import static_file
from tests.ledger.tlog import LOG_KEY, WITNESS_KEYS, log_of_size
from tests.web.pages.house import Seen, TestHouse

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "src" / "comity" / "web" / "static" / "check.js"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node to run the script")


def receipt_of(house: TestHouse, number: int = 9, wanted: str = "") -> str:
    """A receipt of the last of some answers."""
    town = house.town
    entry = [town.ask().json["entries"][0] for _ in range(number)][-1]
    town.publisher.publish(town.now)
    reply = town.send("GET", f"/receipts/{entry['index']}{wanted}")
    assert reply.status == 200, reply.body
    return reply.body.decode()


def by_script(*tries: tuple[str, str, str]) -> list[dict[str, Any]]:
    """What the script makes of receipts, keys and entries: the values, or {"why": word}."""
    assert NODE is not None
    driver = (
        "const {verify} = require(process.argv[1]);"
        "let text = ''; process.stdin.on('data', (part) => { text += part; });"
        "process.stdin.on('end', async () => { const out = [];"
        " for (const one of JSON.parse(text)) {"
        "  try { out.push(await verify(...one)); } catch (fault) { out.push({why: fault.message}); } }"
        " console.log(JSON.stringify(out)); });"
    )
    done = subprocess.run(
        [NODE, "-e", driver, str(SCRIPT)],
        input=json.dumps(tries),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def by_python(house: TestHouse, receipt: str) -> bool:
    policy = Policy(logs=(PolicyLog(house.town.publisher.verifier_key),))
    try:
        verify_receipt(receipt.encode(), policy)
    except Exception:  # noqa: BLE001 - whatever it is, it does not hold
        return False
    return True


def spoilt(receipt: str, count: int) -> list[str]:
    """The receipt with one sign of it changed, at places of all kinds."""
    dice = random.Random(7)
    signs = "ABCdef019+/= \n"
    found: list[str] = []
    while len(found) < count:
        place, sign = dice.randrange(len(receipt) - 1), dice.choice(signs)
        if receipt[place] != sign:
            found.append(receipt[:place] + sign + receipt[place + 1 :])
    return found


def test_the_server_says_what_a_receipt_says(house: TestHouse) -> None:
    receipt = receipt_of(house)
    visitor = house.visitor()
    reply = visitor.submit("/check", {"receipt": receipt})
    assert reply.status_code == 200
    text = Seen(reply.text).text
    assert "The receipt holds: entry" in text
    for said in ("The Bureau", "criminal investigation", "Shown", "content"):
        assert said in text
    assert "Nemo" not in Seen(reply.text).text.replace(receipt, "")
    assert reply.headers["cache-control"] == "no-store"
    assert 'href="/agreements/town-bureau@1#clause-3"' in reply.text


def test_a_file_is_as_good_and_goes_before_the_text(house: TestHouse) -> None:
    receipt = receipt_of(house)
    visitor = house.visitor()
    file = {"file": ("entry.tlog-proof", receipt.encode(), "text/plain")}
    reply = visitor.submit("/check", {"receipt": ""}, file)
    assert "The receipt holds" in reply.text


def test_one_changed_sign_is_caught_by_the_server(house: TestHouse) -> None:
    receipt = receipt_of(house)
    visitor = house.visitor()
    for one in spoilt(receipt, 12):
        if by_python(house, one):
            continue  # a witness's line, say, of whom nobody here knows
        reply = visitor.submit("/check", {"receipt": one})
        assert "The receipt does not hold" in reply.text
        assert "The receipt holds" not in Seen(reply.text).said


def test_nothing_sent_is_said_and_not_a_fault(house: TestHouse) -> None:
    reply = house.visitor().submit("/check", {"receipt": " "})
    assert reply.status_code == 422
    assert "Paste a receipt" in reply.text
    for junk in ("x", "c2sp.org/tlog-proof@v1\n", "\u2014", "index 1"):
        reply = house.visitor().submit("/check", {"receipt": junk})
        assert reply.status_code == 200
        assert "does not hold" in reply.text


@needs_node
def test_the_script_reads_what_python_reads(house: TestHouse) -> None:
    key = str(house.town.publisher.verifier_key)
    for wanted in ("", "?open=decision", "?open=request,decision", "?open="):
        receipt = receipt_of(house, 3, wanted)
        found = parse_receipt(receipt.encode())
        (told,) = by_script((receipt, key, ""))
        assert told.get("why") is None, told
        assert told["index"] == found.proof.index
        assert told["entry"] == found.openings.commitment.hex()
        assert told["opened"] == found.openings.values()
        assert told["origin"] == "town.example/comity/2018"


@needs_node
def test_the_script_catches_what_python_catches(house: TestHouse) -> None:
    receipt = receipt_of(house)
    key = str(house.town.publisher.verifier_key)
    tries = spoilt(receipt, 150)
    told = by_script(*((one, key, "") for one in tries))
    for one, found in zip(tries, told, strict=True):
        if "why" not in found:
            # What Python alone refuses is another spelling of the same: it proves the same entry.
            assert found["entry"] == parse_receipt(receipt.encode()).openings.commitment.hex()
        else:
            assert not by_python(house, one)


@needs_node
def test_the_script_trusts_the_key_that_was_given_and_no_other(house: TestHouse) -> None:
    receipt = receipt_of(house)
    key = str(house.town.publisher.verifier_key)
    name, number, rest = key.split("+", 2)
    other = str(WITNESS_KEYS[0].verifier)
    told = by_script(
        (receipt, "", ""),
        (receipt, "nonsense", ""),
        (receipt, other, ""),
        (receipt, f"{name}x+{number}+{rest}", ""),
        (receipt, f"{name}+00000000+{rest}", ""),
        (receipt, key, "01" + "00" * 32),
    )
    assert [one.get("why") for one in told] == ["key", "key", "key", "key", "key", "root"]


@needs_node
def test_the_script_names_the_witnesses_whose_keys_were_given(house: TestHouse) -> None:
    receipt = receipt_of(house)
    shown = house.town.publisher.shown()
    assert shown is not None
    checkpoint = parse_checkpoint(parse_note(shown.note).text)
    line = cosign(checkpoint, WITNESS_KEYS[1], house.town.now).line()
    witnessed = receipt.replace(shown.note.decode(), shown.note.decode() + line)
    assert witnessed != receipt
    keys = "\n".join(map(str, (house.town.publisher.verifier_key, WITNESS_KEYS[1].verifier)))
    changed = line.replace(line[-6], "A" if line[-6] != "A" else "B")
    told = by_script((witnessed, keys, ""), (receipt, keys, ""), (receipt + changed, keys, ""))
    assert told[0]["witnesses"] == [WITNESS_KEYS[1].name]
    assert told[1]["witnesses"] == []
    assert told[2]["why"] in ("signature", "form")


@needs_node
def test_the_script_follows_every_path_of_every_small_tree() -> None:
    """The public variant: no `extra`, and the 33 bytes given."""
    tries = []
    for size in range(1, 18):
        log = log_of_size(size)
        for index in range(size):
            proof = log.receipt(index).to_bytes().decode()
            tries.append((proof, str(LOG_KEY.verifier), log.entries[index].hex()))
    told = by_script(*tries)
    assert [one.get("why") for one in told] == [None] * len(tries)
    wrong = [(one, key, tries[0][2]) for one, key, entry in tries if entry != tries[0][2]]
    assert {one.get("why") for one in by_script(*wrong)} == {"root"}


def test_the_script_has_the_sample_and_is_small() -> None:
    found = re.search(r"const SAMPLE = `(.*?)`;", static_file("check.js").decode(), re.DOTALL)
    assert found is not None
    written = found[1].replace("\\`", "`").replace("\\${", "${").replace("\\\\", "\\")
    assert written.encode() == SAMPLE
    assert len(static_file("check.js")) < 12_000


def test_the_shell_script_is_the_one_of_the_repository(house: TestHouse) -> None:
    reply = house.visitor().get("/check/verify-receipt.sh")
    assert reply.content == (ROOT / "scripts" / "verify-receipt.sh").read_bytes()
    assert "attachment" in reply.headers["content-disposition"]


def test_the_page_shows_the_checkpoint_as_it_is(house: TestHouse) -> None:
    assert "none yet" in house.visitor().get("/check").text
    receipt_of(house, 1)
    shown = house.town.publisher.shown()
    assert shown is not None
    page = Seen(house.visitor().get("/check").text)
    assert str(house.town.publisher.verifier_key) in page.text
    assert base64.b64encode(shown.checkpoint.root).decode() in page.text
    assert shown.note.decode() in "".join(page.said)
