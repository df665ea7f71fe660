"""`comity opening verify`: check an opening file offline, and say what it opens.

Source: docs/openings.md; C2SP tlog-policy. Needs no installation and no network: the file, and the
log's key or a policy file. Invariants: nothing is said of what is inside before the whole file was
checked; exit code 6 where it does not hold, with what does not. A range is read a line at a time.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Final

import click
import msgspec

from comity.cli.output import Progress, emit, emit_json, table
from comity.disclosure.opened_entry import OpenedEntry, opened_entry
from comity.disclosure.opening_code import OpeningCode, read_code
from comity.errors import IntegrityFault, NotFound, Unreachable
from comity.instant import Instant, format_instant
from comity.ledger.key import parse_verifier_key
from comity.ledger.opening import VerifiedOpening, verify_opening
from comity.ledger.opening_range import Values, VerifiedRange, verify_range
from comity.ledger.padding import KIND as PADDING
from comity.ledger.policy import Judged, Policy, PolicyLog, parse_policy

_PATH = click.Path(path_type=Path)
_COLUMNS: Final = OpenedEntry.__struct_fields__
_COUNTED: Final = ("kind", "agency", "purpose", "outcome")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


@click.command("verify")
@click.argument("file", type=_PATH)
@click.option("--log", "log_key", metavar="VKEY", help="The log's verifier key.")
@click.option("--policy", "policy_file", type=_PATH, help="Keys and quorum (tlog-policy).")
@click.option(
    "--without-quorum",
    is_flag=True,
    help="Take what the log has signed and too few witnesses yet.",
)
@click.option(
    "--code-file", type=_PATH, help="Also check that it was made for this code; `-` is stdin."
)
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="One line an entry, as CSV.")
def verify(
    file: Path,
    log_key: str | None,
    policy_file: Path | None,
    without_quorum: bool,
    code_file: Path | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Check an opening, a person's or an auditor's: every entry, every proof, every signature."""
    if (log_key is None) == (policy_file is None):
        raise click.UsageError("give one of --log and --policy")
    if as_json and as_csv:
        raise click.UsageError("give one of --json and --csv")
    policy = (
        Policy(logs=(PolicyLog(parse_verifier_key(log_key)),))
        if log_key is not None
        else parse_policy(_whole(policy_file or file))
    )
    try:
        with file.open("rb") as handle:
            if handle.read(1) == b"{":
                raw = b"{" + handle.read()
                code = None if code_file is None else read_code_file(code_file).stated
                found = verify_opening(raw, policy, demand_final=not without_quorum, code=code)
                _tell_subject(found, as_json=as_json, as_csv=as_csv)
                return
            if code_file is not None:
                raise click.UsageError("a range opening is made for no code")
            _verify_range(handle, policy, not without_quorum, as_json=as_json, as_csv=as_csv)
    except IntegrityFault as fault:
        where = str(file) if fault.where is None else f"{file}: {fault.where}"
        raise type(fault)(fault.what, where=where, remedy=fault.remedy) from fault
    except BrokenPipeError:
        raise  # the reader of stdout has enough
    except FileNotFoundError as fault:
        raise NotFound("there is no such file", where=str(file)) from fault
    except OSError as fault:
        raise _unreadable(file, fault) from fault


def read_code_file(file: Path | None) -> OpeningCode:
    """The code in a file, on stdin, or typed in. Raises CodeMistyped, NotFound, Unreachable."""
    if file is None:
        return read_code(click.prompt("code", hide_input=True, err=True, type=str))
    raw = sys.stdin.buffer.read(4096) if str(file) == "-" else _whole(file)
    return read_code(raw[:4096].decode("utf-8", "replace").strip())


def tell_entries(entries: Iterable[OpenedEntry], agencies: Mapping[str, str]) -> None:
    """Entries as a table; agencies by name where one is known."""
    rows = [
        (
            one.index,
            one.at,
            one.kind,
            agencies.get(one.agency, one.agency) if one.agency else one.by,
            one.purpose,
            one.outcome,
            ", ".join(one.shown) or None,
            ", ".join(one.clauses) or None,
        )
        for one in entries
    ]
    emit(table(rows, ("entry", "at", "what", "who", "purpose", "outcome", "shown", "clauses")))


def _verify_range(
    handle: IO[bytes], policy: Policy, final: bool, *, as_json: bool, as_csv: bool
) -> None:
    counts = Counter[tuple[str | None, ...]]()
    padded = Counter[str]()

    def count(index: int, values: Values) -> None:
        one = opened_entry(index, "", values)
        if one.kind == PADDING:
            padded[PADDING] += 1
        else:
            counts[tuple(getattr(one, name) for name in _COUNTED)] += 1
        line.step()

    handle.seek(0)
    with Progress("entries") as line:
        found = verify_range(handle.readline, policy, demand_final=final, each=count)
    rows = [
        dict(zip(_COUNTED, key, strict=True)) | {"entries": number}
        for key, number in sorted(counts.items(), key=lambda one: [part or "" for part in one[0]])
    ]
    if as_csv:
        # Read a second time, and checked a second time, now that the whole is known to hold.
        handle.seek(0)
        put, origin = _csv(), found.judged.checkpoint.origin
        verify_range(
            handle.readline,
            policy,
            demand_final=final,
            each=lambda index, values: put(opened_entry(index, origin, values)),
        )
    elif as_json:
        said = {"start": found.start, "stop": found.stop, "counts": rows, **padded}
        emit_json(_judged(found.judged) | said)
    else:
        _tell_range(found, rows, padded[PADDING])


def _tell_range(found: VerifiedRange, rows: list[dict[str, Any]], padded: int) -> None:
    checkpoint = found.judged.checkpoint
    emit(
        f"OK: all {found.stop - found.start:,} entries from {found.start:,} to {found.stop - 1:,} of"
        f" {checkpoint.origin}, under the root it signed over {checkpoint.size:,} entries"
    )
    _tell_judged(found.judged)
    if padded:
        emit(f"{padded:,} of them are padding, which is not counted here")
    headings = (*_COUNTED, "entries")
    emit(table([[row[name] for name in headings] for row in rows], headings))


def _tell_subject(found: VerifiedOpening, *, as_json: bool, as_csv: bool) -> None:
    statement = found.statement
    entries = [
        opened_entry(one.index, one.judged.checkpoint.origin, one.values) for one in found.receipts
    ]
    if as_csv:
        put = _csv()
        for one in entries:
            put(one)
        return
    if as_json:
        emit_json(
            {
                "stated_by": found.signer.name,
                "at": format_instant(statement.at),
                "stated": statement.entries,
                "later": statement.later,
                "logs": [msgspec.structs.asdict(log) for log in statement.logs],
                "final": all(one.judged.final for one in found.receipts),
                "entries": entries,
                "closed": {one.index: one.closed for one in found.receipts if one.closed},
                "open": {one.index: one.values for one in found.receipts},
            }
        )
        return
    emit(
        f"OK: {statement.entries:,} entries, and {found.signer.name} has signed that at"
        f" {format_instant(statement.at)} it held no others of this person"
        f" ({statement.later:,} later ones aside)"
    )
    if found.receipts:
        _tell_judged(found.receipts[-1].judged)
    tell_entries(entries, {})
    closed = [str(one.index) for one in found.receipts if one.closed]
    if closed:
        emit(f"the subject of {', '.join(closed)} stays closed: it names other people, too")


def _csv() -> Callable[[OpenedEntry], None]:
    """What writes one entry after another; the headings are written now."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)

    def put(one: OpenedEntry) -> None:
        writer.writerow([_cell(getattr(one, name)) for name in _COLUMNS])

    return put


def _cell(value: object) -> object:
    text = "; ".join(value) if isinstance(value, tuple) else value
    if isinstance(text, str) and text.startswith(_FORMULA):
        return f"'{text}"
    return "" if text is None else text


def _judged(judged: Judged) -> dict[str, Any]:
    return {
        "log": judged.checkpoint.origin,
        "under": judged.checkpoint.size,
        "root": judged.checkpoint.root.hex(),
        "witnesses": {name: _second(second) for name, second in judged.cosigned.items()},
        "final": judged.final,
    }


def _tell_judged(judged: Judged) -> None:
    for name, second in judged.cosigned.items():
        emit(f"  witnessed by {name} at {_second(second)}")
    if not judged.final:
        emit("  not final: the quorum of the policy is not met yet")


def _second(second: int | None) -> str | None:
    # A witness may state any second below 2^63; a calendar cannot.
    if second is None or second >= 2**37:
        return None if second is None else f"second {second}"
    return format_instant(Instant(second * 1000))


def _whole(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as fault:
        raise NotFound("there is no such file", where=str(path)) from fault
    except OSError as fault:
        raise _unreadable(path, fault) from fault


def _unreadable(path: Path, fault: OSError) -> Unreachable:
    return Unreachable(f"cannot be read: {fault.strerror}", where=str(path))
