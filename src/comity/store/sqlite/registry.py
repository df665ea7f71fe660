"""The registry in SQLite: agencies, keys, officers, suspensions and processes on file.

Tables in `ddl/registry.sql`. Invariant: every change of who may ask is one write
job: rows, a sealed entry that says what changed, a step of the generation. The
functions that take `Made` are for use inside such a job (`Database.write`).
Does not: decide who may ask (`comity.disclosure.registry`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import apsw
import msgspec

from comity.disclosure.about import about_process
from comity.disclosure.process import Process, check_process, process_facts
from comity.disclosure.registry import (
    Agency,
    Key,
    Officer,
    RegistryInvalid,
    RegistrySnapshot,
    Suspension,
    check_officer,
    check_ori,
)
from comity.errors import NotFound
from comity.instant import Instant, format_instant
from comity.law.signing import demand_sound
from comity.ledger.append import DurableReceipt
from comity.ledger.entry import Randomness, compartment_digest, seal
from comity.store.sqlite.append import append_entries, bump_generation, generation
from comity.store.sqlite.named import mark_named

_SALT_BYTES: Final = 32
_PROCESS: Final = msgspec.json.Decoder(Process)


class Made(msgspec.Struct, frozen=True):
    """Who makes a change, when, and the source of its openings."""

    by: str
    at: Instant
    randomness: Randomness


def load_snapshot(connection: apsw.Connection) -> RegistrySnapshot:
    """The whole registry at its present generation, on one snapshot of the file."""
    connection.execute("BEGIN")
    try:
        parties: dict[str, list[str]] = {}
        for ori, party in connection.execute(
            "SELECT ori, party FROM agency_party ORDER BY ori, position"
        ):
            parties.setdefault(ori, []).append(party)
        return RegistrySnapshot(
            generation(connection),
            [
                Agency(ori, name, tuple(parties.get(ori, ())), bool(criminal_justice), parent)
                for ori, name, criminal_justice, parent in connection.execute(
                    "SELECT ori, name, criminal_justice, parent FROM agency"
                )
            ],
            [
                Key(*row)
                for row in connection.execute(
                    "SELECT key_id, public_key, ori, since, until, revoked_at, source"
                    " FROM agency_key"
                )
            ],
            [
                Officer(*row)
                for row in connection.execute("SELECT ori, officer, since, until FROM officer")
            ],
            [
                Suspension(*row)
                for row in connection.execute(
                    "SELECT ori, reason, since, until FROM agency_suspension ORDER BY ori, since"
                )
            ],
        )
    finally:
        connection.execute("COMMIT")


def add_agency(connection: apsw.Connection, agency: Agency, made: Made) -> DurableReceipt:
    """Enter an agency. Raises RegistryInvalid (syntax, exists) or NotFound (parent)."""
    check_ori(agency.ori)
    if not agency.name.strip():
        raise RegistryInvalid("an agency needs a name", where=agency.ori)
    if agency.parent is not None:
        _demand_agency(connection, check_ori(agency.parent))
    if _has(connection, "SELECT 1 FROM agency WHERE ori = ?", agency.ori):
        raise RegistryInvalid(
            "this ORI is entered already",
            where=agency.ori,
            remedy="`comity agency show` says what it is",
        )
    connection.execute(
        "INSERT INTO agency VALUES (?, ?, ?, ?, ?)",
        (agency.ori, agency.name, agency.parent, int(agency.criminal_justice), made.at),
    )
    connection.executemany(
        "INSERT INTO agency_party VALUES (?, ?, ?)",
        [(agency.ori, position, party) for position, party in enumerate(agency.parties)],
    )
    facts = {
        "ori": agency.ori,
        "name": agency.name,
        "parties": list(agency.parties),
        "parent": agency.parent,
        "criminal_justice": agency.criminal_justice,
    }
    return _enter(connection, "agency entered", facts, made)


def suspend_agency(
    connection: apsw.Connection, ori: str, reason: str, made: Made
) -> DurableReceipt:
    """Suspend an agency from now on. Raises NotFound, RegistryInvalid (suspended already)."""
    _demand_agency(connection, ori)
    if not reason.strip():
        raise RegistryInvalid("a suspension needs a reason", where=ori, remedy="give --reason")
    if _has(connection, _SUSPENDED_NOW, ori):
        raise RegistryInvalid("is suspended already", where=ori)
    connection.execute(
        "INSERT OR REPLACE INTO agency_suspension VALUES (?, ?, NULL, ?)", (ori, made.at, reason)
    )
    return _enter(connection, "agency suspended", {"ori": ori}, made, words={"reason": reason})


_SUSPENDED_NOW: Final = "SELECT 1 FROM agency_suspension WHERE ori = ? AND until IS NULL"


def resume_agency(connection: apsw.Connection, ori: str, made: Made) -> DurableReceipt:
    """End the suspension of an agency now. Raises NotFound where it is not suspended."""
    _demand_agency(connection, ori)
    connection.execute(
        "UPDATE agency_suspension SET until = max(since, ?) WHERE ori = ? AND until IS NULL",
        (made.at, ori),
    )
    if connection.changes() == 0:
        raise NotFound("is not suspended", where=ori)
    return _enter(connection, "agency resumed", {"ori": ori}, made)


def add_key(connection: apsw.Connection, key: Key, made: Made) -> DurableReceipt:
    """Enter a key. Raises NotFound (agency), KeyInvalid, RegistryInvalid (entered already)."""
    _demand_agency(connection, key.ori)
    demand_sound(key.public_key, key.key_id)
    if key.until is not None and key.until <= key.since:
        raise RegistryInvalid("the key ends before it starts", where=key.key_id)
    if _has(
        connection,
        "SELECT 1 FROM agency_key WHERE key_id = ? OR public_key = ?",
        key.key_id,
        key.public_key,
    ):
        raise RegistryInvalid(
            "this key, or another of this id, is entered already",
            where=key.key_id,
            remedy="make a new one with `comity agency keygen`",
        )
    connection.execute(
        "INSERT INTO agency_key VALUES (?, ?, ?, ?, ?, NULL, ?)",
        (key.key_id, key.public_key, key.ori, key.since, key.until, key.source),
    )
    facts = {
        "ori": key.ori,
        "key_id": key.key_id,
        "public_key": key.public_key.hex(),
        "since": format_instant(key.since),
        "until": None if key.until is None else format_instant(key.until),
        "source": key.source,
    }
    return _enter(connection, "key entered", facts, made)


def revoke_key(connection: apsw.Connection, key_id: str, made: Made) -> DurableReceipt:
    """Let a key count no longer, from now on. Raises NotFound (no such key, or revoked)."""
    connection.execute(
        "UPDATE agency_key SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL",
        (made.at, key_id),
    )
    if connection.changes() == 0:
        raise NotFound("there is no such key that is not revoked", where=key_id)
    return _enter(connection, "key revoked", {"key_id": key_id}, made)


def add_officer(connection: apsw.Connection, officer: Officer, made: Made) -> DurableReceipt:
    """Put an officer on the roster. Raises NotFound (agency), RegistryInvalid (there already)."""
    _demand_agency(connection, officer.ori)
    check_officer(officer.officer)
    if officer.until is not None and officer.until <= officer.since:
        raise RegistryInvalid("the period ends before it starts", where=officer.officer)
    if _has(
        connection,
        "SELECT 1 FROM officer WHERE ori = ? AND officer = ?"
        " AND (until IS NULL OR until > ?) AND (? IS NULL OR since < ?)",
        officer.ori,
        officer.officer,
        officer.since,
        officer.until,
        officer.until,
    ):
        raise RegistryInvalid("is on the roster already", where=f"{officer.ori}/{officer.officer}")
    connection.execute(
        "INSERT OR REPLACE INTO officer VALUES (?, ?, ?, ?)",
        (officer.ori, officer.officer, officer.since, officer.until),
    )
    facts = {
        "ori": officer.ori,
        "officer": officer.officer,
        "since": format_instant(officer.since),
        "until": None if officer.until is None else format_instant(officer.until),
    }
    return _enter(connection, "officer entered", facts, made)


def remove_officer(
    connection: apsw.Connection, ori: str, officer: str, made: Made
) -> DurableReceipt:
    """Strike an officer off the roster from now on. Raises NotFound."""
    connection.execute(
        "UPDATE officer SET until = max(since, ?)"
        " WHERE ori = ? AND officer = ? AND (until IS NULL OR until > ?)",
        (made.at, ori, officer, made.at),
    )
    if connection.changes() == 0:
        raise NotFound("is not on the roster", where=f"{ori}/{officer}")
    return _enter(connection, "officer removed", {"ori": ori, "officer": officer}, made)


def file_process(connection: apsw.Connection, process: Process, made: Made) -> DurableReceipt:
    """Put a paper on file. Raises ProcessInvalid, or RegistryInvalid (id on file already).

    The entry names the kind and issuer; whom the paper is about it only commits to.
    """
    check_process(process)
    if _has(connection, "SELECT 1 FROM process WHERE process_id = ?", process.process_id):
        raise RegistryInvalid(
            "a process of this id is on file already",
            where=process.process_id,
            remedy="file the new paper under another id",
        )
    salt = made.randomness(_SALT_BYTES)
    body = msgspec.json.encode(process)
    connection.execute(
        "INSERT INTO process VALUES (?, ?, ?, ?)", (process.process_id, body, salt, made.at)
    )
    mark_named(connection, "process", "", process.process_id, about_process(process))
    return _enter(
        connection,
        "process filed",
        process_facts(process),
        made,
        subject={
            "process": process.process_id,
            "commitment": compartment_digest("process", salt, body).hex(),
        },
    )


def process_on_file(connection: apsw.Connection, process_id: str) -> Process | None:
    """The paper of that id, or None; also None once whom it names was expunged."""
    for (body,) in connection.execute(
        "SELECT body FROM process WHERE process_id = ? AND length(body) > 0", (process_id,)
    ):
        return _PROCESS.decode(body)
    return None


def processes_on_file(connection: apsw.Connection) -> tuple[Process, ...]:
    """Every paper on file that still says something, in the order of filing."""
    rows = connection.execute(
        "SELECT body FROM process WHERE length(body) > 0 ORDER BY filed_at, process_id"
    )
    return tuple(_PROCESS.decode(body) for (body,) in rows)


def _enter(
    connection: apsw.Connection,
    change: str,
    facts: Mapping[str, Any],
    made: Made,
    *,
    subject: Mapping[str, Any] | None = None,
    words: Mapping[str, Any] | None = None,
) -> DurableReceipt:
    """Append the entry of one change, and count it. Free text goes to the content compartment."""
    sealed = seal(
        subject=subject or {},
        content=words or {},
        request={"by": made.by},
        decision={
            "kind": "registry change",
            "change": change,
            "at": format_instant(made.at),
            **facts,
        },
        randomness=made.randomness,
    )
    (receipt,) = append_entries(connection, (sealed,))
    bump_generation(connection)
    return receipt


def _demand_agency(connection: apsw.Connection, ori: str) -> None:
    if not _has(connection, "SELECT 1 FROM agency WHERE ori = ?", ori):
        raise NotFound(
            "there is no agency of this ORI", where=ori, remedy="`comity agency list` names them"
        )


def _has(connection: apsw.Connection, query: str, *bindings: Any) -> bool:
    return any(True for _ in connection.execute(query, bindings))
