"""`comity receipt get|show|verify`: what an agency holds in its hand about an entry.

Source: docs/receipts.md; C2SP tlog-proof and tlog-policy. `show` and `verify` need no
installation and no network: the file, and the log's key or a policy file. Exit code 6 where a
receipt does not hold, with what it is that does not.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from comity.cli.output import emit, emit_json, say
from comity.errors import IntegrityFault, NotFound, Unreachable
from comity.instant import Instant, format_instant
from comity.ledger.checkpoint import parse_checkpoint
from comity.ledger.entry import COMPARTMENTS
from comity.ledger.key import parse_verifier_key
from comity.ledger.policy import Policy, PolicyLog, parse_policy
from comity.ledger.receipt import VerifiedReceipt, parse_receipt, verify_receipt

_PATH = click.Path(path_type=Path)
_FILE = click.argument("file", type=_PATH)
_JSON = click.option("--json", "as_json", is_flag=True, help="Data as JSON.")


@click.group("receipt")
def receipt() -> None:
    """Fetch, read and check the receipt of an entry."""


@receipt.command("get")
@click.argument("index", type=click.IntRange(min=0))
@click.option("--to", "url", metavar="URL", help="The gateway, as in `comity ask`.")
@click.option("--as", "key_file", type=_PATH, required=True, help="The agency's private key.")
@click.option("--key-id", help="The id of the key; else made of the key.")
@click.option("--out", type=_PATH, help="Where to write it; else entry-INDEX.tlog-proof.")
@click.option(
    "--open",
    "names",
    multiple=True,
    type=click.Choice(COMPARTMENTS[1:]),
    help="A compartment to open. Repeatable; without it, all that an agency may have opened.",
)
def get(
    index: int,
    url: str | None,
    key_file: Path,
    key_id: str | None,
    out: Path | None,
    names: tuple[str, ...],
) -> None:
    """Fetch the receipt of one of the agency's own entries. It is written, not yet believed."""
    # Here, because only this command needs a client, which is slow to import.
    from comity.cli.ask import client_of

    with client_of(url, key_file, key_id) as client:
        raw = client.receipt(index, names or None)
    path = out or Path(f"entry-{index}.tlog-proof")
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(raw)
    except OSError as fault:
        raise Unreachable(f"cannot be written: {fault.strerror}", where=str(path)) from fault
    say(f"wrote {path}; keep it as you keep what was disclosed: it opens the entry")
    emit(str(path))


@receipt.command("show")
@_FILE
@_JSON
def show(file: Path, as_json: bool) -> None:
    """Say what a receipt opens, and which entry that makes. Nothing is checked: see `verify`."""
    found = parse_receipt(_read(file))
    values = found.openings.values()
    checkpoint = parse_checkpoint(found.proof.note.text)
    facts = {
        "entry": found.proof.index,
        "log": checkpoint.origin,
        "under": checkpoint.size,
        "commitment": found.openings.commitment.hex(),
    }
    closed = [name for name in COMPARTMENTS if name not in values]
    if as_json:
        emit_json({**facts, "open": values, "closed": closed})
        return
    for name, value in facts.items():
        emit(f"{name:>11}  {value}")
    _tell_values(values, closed)


@receipt.command("verify")
@_FILE
@click.option("--log", "log_key", metavar="VKEY", help="The log's verifier key.")
@click.option("--policy", "policy_file", type=_PATH, help="Keys and quorum (tlog-policy).")
@click.option(
    "--without-quorum",
    is_flag=True,
    help="Take a receipt the log has signed and too few witnesses yet.",
)
@_JSON
def verify(
    file: Path, log_key: str | None, policy_file: Path | None, without_quorum: bool, as_json: bool
) -> None:
    """Check a receipt: openings, entry, path, the log's signature, and the witnesses."""
    if (log_key is None) == (policy_file is None):
        raise click.UsageError("give one of --log and --policy")
    policy = (
        Policy(logs=(PolicyLog(parse_verifier_key(log_key)),))
        if log_key is not None
        else parse_policy(_read(policy_file or file))
    )
    try:
        found = verify_receipt(_read(file), policy, demand_final=not without_quorum)
    except IntegrityFault as fault:
        where = str(file) if fault.where is None else f"{file}: {fault.where}"
        raise type(fault)(fault.what, where=where, remedy=fault.remedy) from fault
    if as_json:
        emit_json(_facts(found))
    else:
        _tell(found)


def _facts(found: VerifiedReceipt) -> dict[str, Any]:
    judged = found.judged
    return {
        "entry": found.index,
        "log": judged.checkpoint.origin,
        "under": judged.checkpoint.size,
        "commitment": found.commitment.hex(),
        "witnesses": {name: _second(second) for name, second in judged.cosigned.items()},
        "final": judged.final,
        "open": found.values,
        "closed": list(found.closed),
    }


def _tell(found: VerifiedReceipt) -> None:
    judged = found.judged
    emit(
        f"OK: entry {found.index:,} of {judged.checkpoint.origin}, under the root it signed over"
        f" {judged.checkpoint.size:,} entries"
    )
    for name, second in judged.cosigned.items():
        emit(f"  witnessed by {name} at {_second(second)}")
    if not judged.final:
        emit("  not final: the quorum of the policy is not met yet")
    _tell_values(found.values, found.closed)


def _tell_values(values: dict[str, dict[str, Any]], closed: Any) -> None:
    for name, value in values.items():
        emit(f"{name}:")
        for key, inner in value.items():
            if inner not in (None, [], {}):
                emit(f"  {key}: {inner}")
    if closed:
        emit(f"closed: {', '.join(closed)}")


def _second(second: int | None) -> str | None:
    return None if second is None else format_instant(Instant(second * 1000))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as fault:
        raise NotFound("there is no such file", where=str(path)) from fault
    except OSError as fault:
        raise Unreachable(f"cannot be read: {fault.strerror}", where=str(path)) from fault
