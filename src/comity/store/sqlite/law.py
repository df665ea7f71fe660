"""Law in SQLite: texts, the parties' keys, and acts, from which the register is made.

Tables in `ddl/law.sql`. Invariants: an act is recorded only where the whole register
with it holds together; each change is one write job: the row, a sealed entry, a step of
the generation, or nothing. The functions that take `recorded_at` and a connection are
for use inside such a job (`Database.write`). Does not: say what is in force
(`comity.law.register`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import apsw
import msgspec

from comity.errors import ComityError, IntegrityFault, NotFound
from comity.instant import Instant, format_instant
from comity.law.check import demand_valid
from comity.law.instrument import Instrument
from comity.law.lifecycle import (
    Adopted,
    Drafted,
    LawAct,
    LawActInvalid,
    Resumed,
    Revoked,
    Suspended,
    Voted,
    act_word,
)
from comity.law.parse import parse_instrument
from comity.law.problem import InstrumentInvalid
from comity.law.register import Register
from comity.law.signing import (
    KeyInvalid,
    PartyKey,
    PublicKey,
    demand_sound,
    key_id_of,
    signed_bytes,
)
from comity.ledger.append import DurableReceipt
from comity.ledger.entry import Randomness, seal
from comity.store.sqlite.append import append_entries, bump_generation
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import opened

_ACTS: Final[Mapping[str, Callable[..., LawAct]]] = {
    "drafted": Drafted,
    "adopted": Adopted,
    "voted": Voted,
    "suspended": Suspended,
    "resumed": Resumed,
    "revoked": Revoked,
}
_SELECT: Final = (
    "SELECT act, ref, digest, party, at, recorded_at, period_end, yes, until,"
    " key_id, message, signature FROM law_act ORDER BY position"
)
_INSERT: Final = (
    "INSERT INTO law_act SELECT ifnull(max(position) + 1, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
    " FROM law_act"
)


class LawMark(msgspec.Struct, frozen=True):
    """How much law there is. While it is the same, so is the register."""

    texts: int
    acts: int
    keys: int
    keys_revoked: int


def law_mark(connection: apsw.Connection) -> LawMark:
    """Cheap to ask, so that a reader need not load the register after every change of another kind."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM law_text), (SELECT count(*) FROM law_act),"
        " (SELECT count(*) FROM party_key), (SELECT count(revoked_at) FROM party_key)"
    ).get
    return LawMark(*row)


def load_register(connection: apsw.Connection, stack: Collection[str] = ()) -> Register:
    """The register, on one snapshot of the file.

    `stack` are the ids of the texts that bind; empty means all on file. Raises
    IntegrityFault, naming the text, key or act that does not hold.
    """
    mine = not connection.in_transaction
    if mine:
        connection.execute("BEGIN")
    try:
        texts = [
            _read_text(ref, digest, path, canonical)
            for ref, digest, path, canonical in connection.execute(
                "SELECT ref, digest, path, canonical FROM law_text"
            )
        ]
        acts = [_read_act(row) for row in connection.execute(_SELECT)]
        keys = party_keys(connection)
    finally:
        if mine:
            connection.execute("COMMIT")
    if stack:
        texts = [text for text in texts if text.id in stack]
        refs = {text.ref for text in texts}
        acts = [act for act in acts if act.ref in refs]
    return Register(texts, acts, keys)


def party_keys(connection: apsw.Connection) -> tuple[PartyKey, ...]:
    """Every key of every party, revoked ones too, by party and date."""
    return tuple(
        PartyKey(*row)
        for row in connection.execute(
            "SELECT party, key_id, public_key, since, revoked_at FROM party_key"
            " ORDER BY party, since, key_id"
        )
    )


def record_act(
    database: Database,
    act: LawAct,
    *,
    randomness: Randomness,
    recorded_at: Instant,
    text: Instrument | None = None,
) -> DurableReceipt:
    """Record an act in a write job of its own, and wait until it is durable.

    Raises as `record_act_in`, or StoreUnwritable.
    """
    return database.write(
        lambda connection: record_act_in(
            connection, act, randomness=randomness, recorded_at=recorded_at, text=text
        )
    ).result()


def record_act_in(
    connection: apsw.Connection,
    act: LawAct,
    *,
    randomness: Randomness,
    recorded_at: Instant,
    text: Instrument | None = None,
) -> DurableReceipt:
    """Record an act as known from `recorded_at` on, inside a write job.

    `text` is put on file first where its version is not there yet. Raises
    InstrumentInvalid, LawActInvalid (out of order, recorded already, without effect),
    NotFound (no such text), NotPermitted (key), IntegrityFault (signature, the law on file).
    """
    act = msgspec.structs.replace(act, recorded_at=recorded_at)
    if text is not None:
        _keep_text(connection, text, recorded_at)
    load_register(connection).check(act)
    message = signed_bytes(act)
    vote = act if isinstance(act, Voted) else None
    until = act.until if isinstance(act, Suspended) else None
    facts: dict[str, Any] = {
        "change": act_word(act),
        "ref": act.ref,
        "digest": act.digest,
        "effective_at": format_instant(act.at),
    }
    if vote is not None:
        facts["period_end"] = format_instant(vote.period_end)
        facts["vote"] = "yes" if vote.yes else "no"
    if isinstance(act, Suspended):
        facts["until"] = None if until is None else format_instant(until)
    request = {
        "party": act.party,
        "key_id": act.key_id,
        "message": message.hex(),
        "signature": act.signature.hex(),
    }
    receipt = _enter(connection, facts, request, recorded_at, randomness)
    connection.execute(
        _INSERT,
        (
            act_word(act),
            act.ref,
            act.digest,
            act.party,
            act.at,
            recorded_at,
            None if vote is None else vote.period_end,
            None if vote is None else int(vote.yes),
            until,
            act.key_id,
            message,
            act.signature,
            receipt.index,
        ),
    )
    return receipt


def check_law(connection: apsw.Connection) -> Iterator[str]:
    """Every fault of the law on file, in words: for `comity doctor`.

    Beyond what the register checks of itself, each act must be the one that its entry
    in the ledger says, recorded at the instant the entry says.
    """
    try:
        load_register(connection)
    except ComityError as fault:
        yield fault.sentence()
    rows: list[Any] = connection.execute(
        "SELECT ref, entry, message, signature, recorded_at FROM law_act ORDER BY position"
    ).fetchall()
    for ref, index, message, signature, recorded_at in rows:
        try:
            entry = opened(connection, index)
        except ComityError as fault:
            yield fault.sentence()
            continue
        says = (entry.request.get("message"), entry.request.get("signature"), entry.decision["at"])
        if says != (message.hex(), signature.hex(), format_instant(recorded_at)):
            yield f"{ref}: an act is not the one that entry {index} says"


def add_party_key(
    connection: apsw.Connection,
    party: str,
    public_key: PublicKey,
    *,
    randomness: Randomness,
    recorded_at: Instant,
) -> DurableReceipt:
    """Let a key count as a party's, from now on. Raises KeyInvalid."""
    key_id = key_id_of(public_key)
    if not party.strip():
        raise KeyInvalid("a key needs a party", where=key_id)
    demand_sound(public_key, key_id)
    for (owner,) in connection.execute("SELECT party FROM party_key WHERE key_id = ?", (key_id,)):
        raise KeyInvalid(
            f"this key is entered already, for `{owner}`", where=key_id, remedy="make a new one"
        )
    connection.execute(
        "INSERT INTO party_key VALUES (?, ?, ?, ?, NULL)", (key_id, party, public_key, recorded_at)
    )
    facts = {
        "change": "party key entered",
        "party": party,
        "key_id": key_id,
        "public_key": public_key.hex(),
    }
    return _enter(connection, facts, {}, recorded_at, randomness)


def revoke_party_key(
    connection: apsw.Connection,
    party: str,
    key_id: str,
    *,
    randomness: Randomness,
    recorded_at: Instant,
) -> DurableReceipt:
    """Let a key count no longer for what is recorded from now on; what was recorded stands.

    Raises NotFound (the party has no such key, or it is revoked already).
    """
    connection.execute(
        # After whatever it signed, also within the same millisecond: what was recorded stands.
        "UPDATE party_key SET revoked_at = max(since, ?, (SELECT ifnull(max(recorded_at), 0) + 1"
        " FROM law_act WHERE law_act.key_id = party_key.key_id))"
        " WHERE key_id = ? AND party = ? AND revoked_at IS NULL",
        (recorded_at, key_id, party),
    )
    if connection.changes() == 0:
        raise NotFound(f"`{party}` has no such key that is not revoked", where=key_id)
    facts = {"change": "party key revoked", "party": party, "key_id": key_id}
    return _enter(connection, facts, {}, recorded_at, randomness)


def _keep_text(connection: apsw.Connection, text: Instrument, recorded_at: Instant) -> None:
    """Put a text on file, once. Raises InstrumentInvalid, LawActInvalid (another of this ref)."""
    for (digest,) in connection.execute("SELECT digest FROM law_text WHERE ref = ?", (text.ref,)):
        if digest != text.digest:
            raise LawActInvalid(
                f"another text of this version is on file, of digest {digest[:12]}…",
                where=text.ref,
                remedy="what others may have signed cannot change: give it a new `version`",
            )
        return
    demand_valid(text)
    connection.execute(
        "INSERT INTO law_text VALUES (?, ?, ?, ?, ?)",
        (text.ref, text.digest, text.path, text.canonical, recorded_at),
    )


def _enter(
    connection: apsw.Connection,
    facts: Mapping[str, Any],
    request: Mapping[str, Any],
    recorded_at: Instant,
    randomness: Randomness,
) -> DurableReceipt:
    sealed = seal(
        subject={},
        content={},
        request=request,
        decision={"kind": "law change", "at": format_instant(recorded_at), **facts},
        randomness=randomness,
    )
    (receipt,) = append_entries(connection, (sealed,))
    bump_generation(connection)
    return receipt


@lru_cache(maxsize=256)
def _parsed(digest: str, path: str, canonical: str) -> Instrument:
    """Kept, because the register is loaded again after every change and texts never change."""
    instrument = parse_instrument(canonical, path)
    if instrument.digest != digest:
        raise IntegrityFault("the text is not the one of its digest", where=instrument.ref)
    return instrument


def _read_text(ref: str, digest: str, path: str, canonical: str) -> Instrument:
    try:
        instrument = _parsed(digest, path, canonical)
    except InstrumentInvalid as fault:
        raise IntegrityFault(
            f"the text on file cannot be read: {fault}", where=ref, remedy="run `comity doctor`"
        ) from fault
    if instrument.ref != ref:
        raise IntegrityFault(f"the text on file is {instrument.ref}", where=ref)
    return instrument


def _read_act(row: tuple[Any, ...]) -> LawAct:
    word, ref, digest, party, at, recorded_at, period_end, yes, until, key_id, message, sig = row
    more: dict[str, Any] = {}
    if word == "voted":
        more = {"period_end": period_end, "yes": bool(yes)}
    elif word == "suspended":
        more = {"until": until}
    act: LawAct = _ACTS[word](
        ref=ref,
        digest=digest,
        party=party,
        at=at,
        recorded_at=recorded_at,
        key_id=key_id,
        signature=sig,
        **more,
    )
    try:
        same = signed_bytes(act) == message
    except OverflowError:  # an altered date may be any number
        same = False
    if not same:
        raise IntegrityFault(
            f"the act `{word}` by `{party}` is not the one that was signed",
            where=ref,
            remedy="run `comity doctor`; restore the database from a backup",
        )
    return act
