"""Where else than in entries somebody is named, and which names go with a record.

Table `named_in` in `ddl/personal.sql`. Invariants: what an expungement reaches is a record by its
number, at once; and, once no other record on file has them too, every state id, name and surname
that an event of the record ever gave, with every paper that names them. What is of two people at
once, as far as anybody can tell, goes with the last of them. A held inquiry that names an expunged
person is gone; a subscription loses them from its terms, and ends where nothing else is left of
these; a process keeps its id alone. Does not: look into free text (a case number, a docket).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import apsw
import msgspec

from comity.disclosure.about import (
    Handle,
    about_query,
    of_any_birth,
    of_name,
    of_process,
    of_record,
    of_state_id,
    of_sur_name,
)
from comity.disclosure.inquiry import ByStanding, Inquiry
from comity.instant import Instant, format_instant
from comity.ledger.entry import Randomness, seal
from comity.records.event import RecordEvent
from comity.records.fold import decode_record
from comity.records.name import name_key
from comity.records.record import Identity
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.personal import Marks

GONE: Final = "what it asks about is no longer on file"
"""Why a held inquiry or a subscription ended: true of whoever was expunged, and of nobody alone."""

_INQUIRY: Final = msgspec.json.Decoder(Inquiry)
_EVENT: Final = msgspec.json.Decoder(RecordEvent)
_OTHERS: Final = "SELECT EXISTS (SELECT 1 FROM record WHERE record_id <> ? AND "
_EVENTS: Final = (
    "SELECT body FROM event WHERE record = (SELECT number FROM record WHERE record_id = ?)"
)
_NAMED: Final = "SELECT kind, ori, id FROM named_in WHERE mark = ?"

Place = tuple[str, str, str]
"""Kind, ORI and id of what names somebody."""


class Closes(msgspec.Struct, frozen=True):
    """Who closes what names an expunged person, and when."""

    by: str
    at: Instant


def mark_named(
    connection: apsw.Connection, kind: str, ori: str, named: str, handles: Iterable[Handle]
) -> None:
    """Note whom a held inquiry, a subscription or a process names; what was noted before is gone."""
    unmark_named(connection, kind, ori, named)
    rows = set(handles)
    if rows:
        marks = Marks(connection)
        connection.executemany(
            "INSERT INTO named_in VALUES (?, ?, ?, ?)",
            [(marks.mark(handle), kind, ori, named) for handle in sorted(rows)],
        )


def unmark_named(connection: apsw.Connection, kind: str, ori: str, named: str) -> None:
    """Forget whom it names: it is over."""
    connection.execute(
        "DELETE FROM named_in WHERE kind = ? AND ori = ? AND id = ?", (kind, ori, named)
    )


def handles_of_body(body: bytes) -> tuple[Handle, ...]:
    """Whom a signed inquiry asks about; nobody where it is none."""
    try:
        return about_query(_INQUIRY.decode(body).query)
    except msgspec.MsgspecError:
        return ()


def identities_of(connection: apsw.Connection, record_id: str) -> tuple[Identity, ...]:
    """Every identity that an event of the record gave, and the one it has."""
    doc = connection.execute("SELECT doc FROM record WHERE record_id = ?", (record_id,)).get
    held = [None if doc is None else decode_record(doc).identity]
    for (body,) in connection.execute(_EVENTS, (record_id,)):
        held.append(_EVENT.decode(body).parts.identity)
    return tuple(dict.fromkeys(identity for identity in held if identity is not None))


def handles_going(
    connection: apsw.Connection, record_id: str, identities: Iterable[Identity]
) -> set[Handle]:
    """The handles by which an expungement of this record is found elsewhere, before it is gone."""
    going = {of_record(record_id)}
    for identity in identities:
        going.update(_going(connection, record_id, identity))
    marks = Marks(connection)
    papers = {
        named
        for handle in sorted(going)
        for kind, _, named in connection.execute(_NAMED, (marks.mark(handle),))
        if kind == "process"
    }
    return going | {of_process(named) for named in papers}


def _going(connection: apsw.Connection, record_id: str, identity: Identity) -> Iterator[Handle]:
    sur_name, given_name, birth_date = identity.sur_name, identity.given_name, identity.birth_date

    def others(where: str, *values: str) -> bool:
        # `where` is one of the fixed texts below; values are bound.
        found: int = connection.execute(_OTHERS + where + ")", (record_id, *values)).get
        return bool(found)

    if identity.state_id is not None and not others("state_id = ?", identity.state_id):
        yield of_state_id(identity.state_id)
    if not sur_name:
        return
    keys = [name_key(sur_name)]
    if not others("sur_key = ?", *keys):
        yield of_sur_name(sur_name)
    if not given_name:
        return
    keys.append(name_key(given_name))
    named = "sur_key = ? AND given_key = ?"
    alone = not others(named, *keys)
    if alone:
        yield of_name(sur_name, given_name, None)
    if birth_date is None:
        if alone:
            yield of_any_birth(sur_name, given_name)
    elif not others(f"{named} AND (birth_date IS NULL OR birth_date = ?)", *keys, birth_date):
        yield of_name(sur_name, given_name, birth_date)


def close_named(
    connection: apsw.Connection, going: set[Handle], closes: Closes, randomness: Randomness
) -> None:
    """Destroy or cut whatever names somebody of these, with an entry for each inquiry."""
    marks = Marks(connection)
    places: set[Place] = {
        place for handle in going for place in connection.execute(_NAMED, (marks.mark(handle),))
    }
    for kind, ori, named in sorted(places):
        if kind == "process":
            connection.execute(
                "UPDATE process SET body = x'', salt = zeroblob(32) WHERE process_id = ?", (named,)
            )
            unmark_named(connection, kind, ori, named)
        elif kind == "held":
            connection.execute(
                "DELETE FROM inquiry_held WHERE ori = ? AND inquiry_id = ?", (ori, named)
            )
            _enter(connection, "held inquiry closed", ori, named, closes, randomness)
        else:
            _cut(connection, ori, named, going, closes, randomness)


def _cut(
    connection: apsw.Connection,
    ori: str,
    inquiry_id: str,
    going: set[Handle],
    closes: Closes,
    randomness: Randomness,
) -> None:
    which = (ori, inquiry_id)
    body: bytes = connection.execute(
        "SELECT body FROM subscription WHERE ori = ? AND inquiry_id = ?", which
    ).get
    left = _left_of(body, going)
    if left is None:
        connection.execute(
            "UPDATE subscription SET body = x'', closed_at = ifnull(closed_at, ?),"
            " closed_reason = ifnull(closed_reason, ?) WHERE ori = ? AND inquiry_id = ?",
            (closes.at, GONE, *which),
        )
        unmark_named(connection, "subscription", ori, inquiry_id)
        _enter(connection, "subscription closed", ori, inquiry_id, closes, randomness)
        return
    connection.execute(
        "UPDATE subscription SET body = ? WHERE ori = ? AND inquiry_id = ?",
        (msgspec.json.encode(left), *which),
    )
    mark_named(connection, "subscription", ori, inquiry_id, about_query(left.query))
    _enter(connection, "subscription cut", ori, inquiry_id, closes, randomness)


def _left_of(body: bytes, going: set[Handle]) -> Inquiry | None:
    """The standing inquiry without whom it may no longer name; None where nothing is left."""
    try:
        inquiry = _INQUIRY.decode(body)
    except msgspec.MsgspecError:
        return None
    query = inquiry.query
    if not isinstance(query, ByStanding):
        return None
    query = msgspec.structs.replace(
        query,
        record_ids=tuple(one for one in query.record_ids if of_record(one) not in going),
        state_ids=tuple(one for one in query.state_ids if of_state_id(one) not in going),
    )
    if not query.record_ids and not query.state_ids and query.charge_statute is None:
        return None
    # The case number and the paper were given for those who are gone, too.
    return msgspec.structs.replace(inquiry, query=query)


def _enter(
    connection: apsw.Connection,
    kind: str,
    ori: str,
    inquiry_id: str,
    closes: Closes,
    randomness: Randomness,
) -> None:
    sealed = seal(
        subject={"inquiry_id": inquiry_id},
        content={},
        request={"by": closes.by},
        decision={"kind": kind, "ori": ori, "reason": GONE, "at": format_instant(closes.at)},
        randomness=randomness,
    )
    append_entries(connection, (sealed,))


def forget_quarantined(
    connection: apsw.Connection, record_id: str, going: set[Handle], identities: Iterable[Identity]
) -> None:
    """Drop the messages that name this record, or whoever goes with it, also unreadable ones."""
    connection.execute("DELETE FROM quarantine WHERE record_id = ?", (record_id,))
    needles: set[tuple[str, ...]] = {(record_id,)}
    for one in identities:
        if one.state_id is not None and of_state_id(one.state_id) in going:
            needles.add((one.state_id,))
        if not one.sur_name or not one.given_name:
            continue
        if of_name(one.sur_name, one.given_name, one.birth_date) in going:
            needles.add((one.sur_name, one.given_name))
    for words in needles:
        first, *more = (_alone(word) for word in words)
        doomed: list[tuple[int]] = []
        for name in {words[0].encode(), msgspec.json.encode(words[0])[1:-1]}:
            rows: list[tuple[Any, ...]] = connection.execute(
                "SELECT number, body FROM quarantine WHERE instr(body, ?) > 0", (name,)
            ).fetchall()
            doomed += [
                (number,)
                for number, body in rows
                if first.search(body) and all(other.search(body) for other in more)
            ]
        connection.executemany("DELETE FROM quarantine WHERE number = ?", doomed)


def _alone(word: str) -> re.Pattern[bytes]:
    """A word of a message that stands by itself, as it is or as JSON writes it."""
    ways = sorted({re.escape(word.encode()), re.escape(msgspec.json.encode(word)[1:-1])})
    return re.compile(rb"(?<![\w-])(?:" + b"|".join(ways) + rb")(?![\w-])")
