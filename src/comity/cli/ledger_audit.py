"""`comity ledger audit|mirror|policy`: check a whole log from outside, or keep a copy of it.

Source: docs/witness.md; C2SP tlog-tiles and tlog-policy. Neither needs an installation: a policy
file and an address are enough. Invariants: exit code 0 is given only to a log in which every entry,
every tile and every signature held; 6 names what did not; 5 says that somebody could not be
reached, which is nobody's guilt yet.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from comity.cli.output import Progress, emit, emit_json
from comity.errors import ComityError, IntegrityFault, NotFound, Unreachable
from comity.instant import Instant, format_instant
from comity.ledger.checkpoint import Checkpoint, parse_checkpoint
from comity.ledger.key import parse_verifier_key
from comity.ledger.note import NoteMalformed, parse_note
from comity.ledger.policy import (
    NO_QUORUM,
    Judged,
    Policy,
    PolicyGroup,
    PolicyInvalid,
    PolicyLog,
    PolicyWitness,
    judge,
    parse_policy,
    print_policy,
)
from comity.ledger.rebuild import Audit
from comity.ledger.rebuild import audit as audit_log
from comity.ledger.tile_read import Fetch
from comity.web.log_folder import FolderLog, in_processes
from comity.web.log_source import in_threads, source_of
from comity.web.mirror import mirror as mirror_log

_PATH = click.Path(path_type=Path)
_POLICY = click.option(
    "--policy", "policy_file", type=_PATH, required=True, help="Keys and quorum (tlog-policy)."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Data as JSON.")


@click.command("audit")
@click.argument("place", metavar="URL_OR_DIR")
@_POLICY
@click.option(
    "--remember",
    type=_PATH,
    metavar="FILE",
    help="Also check against the checkpoint in FILE; a clean audit leaves the new one there.",
)
@_JSON
def audit(place: str, policy_file: Path, remember: Path | None, as_json: bool) -> None:
    """Rebuild a whole log from its entries, and name what differs.

    Every entry is hashed again, every tile at every level compared, every signature and the
    quorum checked. Without --remember, a log that dropped its latest entries and signed that
    cannot be told from a shorter one.
    """
    trusted = _policy(policy_file)
    earlier = _remembered(remember, trusted)
    source = source_of(place)
    mapper = in_processes if isinstance(source, FolderLog) else in_threads
    begun = time.monotonic()
    with Progress("entries", total=_size_said(source)) as line:
        audited = audit_log(
            source, trusted, earlier=earlier, mapper=mapper, progress=_stepper(line)
        )
    seconds = time.monotonic() - begun
    if as_json:
        emit_json(_as_data(audited, seconds))
    else:
        _print(audited, seconds)
    if audited.findings or audited.judged is None:
        first = audited.findings[0]
        raise IntegrityFault(
            f"not sound, {len(audited.findings)} found; the first: {first.what}",
            where=first.where,
            remedy="keep a copy of what was served, with the checkpoint, and show it to others",
        )
    if remember is not None:
        _keep(remember, audited.judged)


@click.command("mirror")
@click.argument("place", metavar="URL_OR_DIR")
@click.argument("folder", type=_PATH)
@_POLICY
@_JSON
def mirror(place: str, folder: Path, policy_file: Path, as_json: bool) -> None:
    """Keep a verified copy of a log as plain files.

    Run it again to bring the copy up to date, or to go on after an interruption. What does not
    grow from the copy is refused, and the copy stays as it is.
    """
    trusted = _policy(policy_file)
    source = source_of(place)
    with Progress("entries", total=_size_said(source)) as line:
        copied = mirror_log(source, folder, trusted, progress=_stepper(line))
    checkpoint = copied.judged.checkpoint
    if as_json:
        emit_json({**_said(copied.judged), "copied": copied.copied})
        return
    emit(
        f"mirrored: {checkpoint.origin}, {checkpoint.size:,} entries, {copied.copied:,} of them now"
    )
    _print_witnesses(copied.judged)


@click.command("policy")
@click.option("--log", "logs", multiple=True, required=True, metavar="VKEY", help="A log's key.")
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    nargs=3,
    metavar="NAME VKEY URL",
    help="A witness; its URL is `-` where nobody needs to ask it.",
)
@click.option(
    "--quorum", type=click.IntRange(min=0), help="How many witnesses must agree. Default: all."
)
def policy(
    logs: tuple[str, ...], witnesses: tuple[tuple[str, str, str], ...], quorum: int | None
) -> None:
    """Write a policy file to stdout: logs, witnesses, and how many must agree.

    Groups of groups, as `two of these and one of those`, are written by hand (C2SP tlog-policy).
    """
    needed = len(witnesses) if quorum is None else quorum
    members = tuple(
        PolicyWitness(name, parse_verifier_key(vkey), None if url == "-" else url)
        for name, vkey, url in witnesses
    )
    groups = (PolicyGroup("quorum", needed, tuple(one.name for one in members)),) if needed else ()
    whole = Policy(
        tuple(PolicyLog(parse_verifier_key(vkey)) for vkey in logs),
        members,
        groups,
        "quorum" if needed else NO_QUORUM,
    )
    text = print_policy(whole)
    if parse_policy(text) != whole:
        raise PolicyInvalid("a name or an url holds a space", remedy="leave spaces out")
    emit(text.decode("utf-8").rstrip("\n"))


def _print(audited: Audit, seconds: float) -> None:
    if audited.judged is not None:
        checkpoint = audited.judged.checkpoint
        verdict = "not as signed" if audited.findings else "sound"
        emit(f"{verdict}: {checkpoint.origin}, {checkpoint.size:,} entries, {seconds:.1f} s")
        emit(f"root {checkpoint.root.hex()}")
        _print_witnesses(audited.judged)
    for finding in audited.findings:
        emit(f"{finding.where}: {finding.what}")


def _print_witnesses(judged: Judged) -> None:
    for name, second in judged.cosigned.items():
        when = "at an unstated time" if second is None else _instant(second)
        emit(f"cosigned by {name}, {when}")
    if not judged.final:
        emit("the quorum of the policy is not met: this is the log's word alone")


def _as_data(audited: Audit, seconds: float) -> dict[str, Any]:
    said = {} if audited.judged is None else _said(audited.judged)
    sound = audited.judged is not None and not audited.findings
    return {"sound": sound, **said, "seconds": round(seconds, 3), "findings": audited.findings}


def _said(judged: Judged) -> dict[str, Any]:
    checkpoint = judged.checkpoint
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "final": judged.final,
        "cosigned": {
            name: None if second is None else _instant(second)
            for name, second in judged.cosigned.items()
        },
    }


def _instant(second: int) -> str:
    # A witness may state any second below 2^63; a calendar cannot.
    return format_instant(Instant(second * 1000)) if second < 2**37 else f"second {second}"


def _stepper(line: Progress) -> Callable[[int], None]:
    """Progress counts steps; an audit tells how far it is."""
    done = 0

    def tell(now: int) -> None:
        nonlocal done
        line.step(now - done)
        done = now

    return tell


def _size_said(source: Fetch) -> int | None:
    """The size the log states, believed for the progress line alone."""
    try:
        return parse_checkpoint(parse_note(source("checkpoint") or b"").text).size
    except IntegrityFault:
        return None


def _policy(file: Path) -> Policy:
    try:
        return parse_policy(_read(file))
    except ComityError as fault:
        if isinstance(fault, NotFound | Unreachable):
            raise
        where = f"{file}: {fault.where}" if fault.where else str(file)
        raise type(fault)(fault.what, where=where, remedy=fault.remedy) from fault


def _remembered(file: Path | None, policy: Policy) -> tuple[Checkpoint, ...]:
    """The checkpoint of the last clean audit; none before the first."""
    if file is None or not file.exists():
        return ()
    try:
        return (judge(parse_note(_read(file)), policy).checkpoint,)
    except NoteMalformed as fault:
        raise IntegrityFault(
            f"not a remembered checkpoint: {fault.what}",
            where=str(file),
            remedy="name the file that --remember wrote",
        ) from fault


def _keep(file: Path, judged: Judged) -> None:
    partial = file.with_name(f"{file.name}.partial")
    try:
        with partial.open("wb") as kept:
            kept.write(judged.note.to_bytes())
            kept.flush()
            os.fsync(kept.fileno())
        partial.replace(file)
    except OSError as fault:
        raise Unreachable(f"cannot be written: {fault.strerror}", where=str(file)) from fault


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as fault:
        raise NotFound("there is no such file", where=str(file)) from fault
    except OSError as fault:
        raise Unreachable(f"cannot be read: {fault.strerror}", where=str(file)) from fault
