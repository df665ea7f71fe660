"""The demo's second act: a receipt that three programs check, and three kinds of tampering caught.

Invariants: the receipt was fetched over HTTP with the agency's key; the tampering is done to
copies, by nothing but writing to files, and what is said about it is what `comity doctor` says.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import apsw

from comity.city.demonstration import Evening, Told
from comity.city.trail import ICE_ORI
from comity.cli.doctor import examine
from comity.cli.output import clock
from comity.cli.settings import load_settings
from comity.instant import format_instant
from comity.ledger.key import VerifierKey
from comity.ledger.merkle import leaf_hash
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.proof import parse_proof
from comity.ledger.receipt import VerifiedReceipt, verify_receipt
from comity.store.sqlite.database import Database
from comity.web.client import RefusedForNow

SCRIPT: Final = Path(__file__).resolve().parents[3] / "scripts" / "verify-receipt.sh"
PATIENCE_SECONDS: Final = 15.0
BACKUP: Final = "comity.db.backup"

_TRIGGERS: Final = ("entries_never_change", "entries_never_go")


def fetch_receipt(evening: Evening, told: list[Told], database: Database, place: Path) -> Path:
    """While the gateway runs: a backup of the database, then the receipt of ICE's first answer.

    Fetching it is entered, so the log has signed more than the backup holds.
    """
    database.purge_journal().result()
    shutil.copy(place / "comity.db", place / BACKUP)
    index = next(one.entries[0] for one in told if one.entries)
    path = place / f"entry-{index}.tlog-proof"
    path.write_bytes(_fetched(evening, index))
    return path


def _fetched(evening: Evening, index: int) -> bytes:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return evening.receipt(ICE_ORI, index)
        except RefusedForNow:
            if time.monotonic() > until:
                raise
        time.sleep(0.2)


def play_ledger(place: Path, receipt: Path, key: VerifierKey) -> Iterator[Told]:
    """The act itself, over the folder that the evening left. The gateway has stopped."""
    yield from _three_verifiers(receipt, key)
    yield _tampered(place, "A tampered database", _change_entry)
    yield _tampered(place, "A tampered tile", _change_tile)
    yield _tampered(place, "A restored backup", _restore)


def _three_verifiers(path: Path, key: VerifierKey) -> Iterator[Told]:
    raw = path.read_bytes()
    found = verify_receipt(raw, Policy(logs=(PolicyLog(key),)))
    checkpoint = found.judged.checkpoint
    said = f"entry {found.index} of {checkpoint.origin}, under the root over {checkpoint.size}"
    outcome = found.values["decision"]["outcome"]
    yield _told("A receipt, checked by Comity", "comity receipt verify", f"{said}: {outcome}", "OK")
    yield _by_shell(path, found, key)
    yield _by_rust(found, raw, key)


def _by_shell(path: Path, found: VerifiedReceipt, key: VerifierKey) -> Told:
    title, how = "The same, by forty lines of shell", "scripts/verify-receipt.sh, over openssl"
    if not SCRIPT.exists() or shutil.which("openssl") is None:
        return _told(title, how, "it needs a checkout and openssl", "left out")
    command = ["bash", str(SCRIPT), str(path), found.commitment.hex(), str(key)]
    # Every argument is our own, and no shell reads them.
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return _told(title, how, (done.stdout or done.stderr).strip(), _word(done.returncode == 0))


def _by_rust(found: VerifiedReceipt, raw: bytes, key: VerifierKey) -> Told:
    title, how = "The same, by a library in Rust", "metamorphic-log"
    try:
        rust: Any = importlib.import_module("metamorphic_log")
    except ModuleNotFoundError:
        return _told(title, how, "it is not installed: pip install metamorphic-log", "left out")
    proof = parse_proof(raw)
    text, path = proof.note.to_bytes().decode("utf-8"), list(proof.path)
    leaf = leaf_hash(found.commitment)
    try:
        rust.checkpoint_verify_inclusion(text, [str(key)], found.index, leaf, path)
    except rust.VerifyError as fault:
        return _told(title, how, str(fault), "FAIL")
    return _told(title, how, "the entry is under the signed root", "OK")


def _tampered(place: Path, title: str, change: Callable[[Path], str]) -> Told:
    """Change a copy, and say what the examination of it finds."""
    copy = place.parent / "tampered"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(place, copy)
    did = change(copy)
    found = examine(load_settings(copy / "comity.toml"), clock())
    failed = [one.what.replace(str(copy), "…") for one in found if one.state == "FAIL"]
    shutil.rmtree(copy)
    return _told(
        title, did, "; ".join(failed) or "nothing was found", "caught" if failed else "MISSED"
    )


def _change_entry(folder: Path) -> str:
    """What somebody with the password of the database does."""
    connection = apsw.Connection(str(folder / "comity.db"))
    for name in _TRIGGERS:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(
        "UPDATE entries SET decision_part ="
        " CAST(replace(CAST(decision_part AS TEXT), 'permit', 'refuse') AS BLOB)"
        " WHERE index_ = (SELECT max(index_) FROM entries"
        ' WHERE CAST(decision_part AS TEXT) LIKE \'%"outcome":"permit"%\')'
    )
    connection.close()
    return "somebody turns a permit of the database into a refusal"


def _change_tile(folder: Path) -> str:
    tile = max((one for one in (folder / "ledger/tile/0").rglob("*") if one.is_file()), key=_width)
    raw = bytearray(tile.read_bytes())
    raw[-1] ^= 1
    tile.write_bytes(raw)
    return "somebody changes one bit of a public tile"


def _restore(folder: Path) -> str:
    for side in ("comity.db-wal", "comity.db-shm"):
        (folder / side).unlink(missing_ok=True)
    shutil.copy(folder / BACKUP, folder / "comity.db")
    return "the database is put back to where it was before the receipt was fetched"


def _width(path: Path) -> int:
    return path.stat().st_size


def _word(held: bool) -> str:
    return "OK" if held else "FAIL"


def _told(title: str, asked: str, words: str, outcome: str) -> Told:
    return Told(title, format_instant(clock()), asked, outcome, words)
