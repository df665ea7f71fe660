"""What may point to a person, encrypted under the person's key: kept, read, destroyed.

Tables in `ddl/personal.sql`; decisions/0015-per-person-keys.md. The body of an entry is

    nonce (12 bytes) || AES-256-GCM(key, nonce, packed, associated data: index, 8 bytes)
    packed = open_subject || open_content || length of subject (4 bytes) || subject || content

Invariants: whom an entry is about is read off the compartment itself (`comity.disclosure.about`),
so no caller can forget it; entries about the same share a key, made with the first of them from
the randomness that sealed it; no key is held in memory longer than one append, so that none
outlives its destruction or is used after it; a body whose key is gone is destroyed; one that does
not decrypt under its key is shown as one that does not recompute, and no longer opens. Does not:
find out who is expunged (`comity.store.sqlite.named`), or reach copies of the key table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import apsw
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.disclosure.about import Handle, about
from comity.errors import IntegrityFault
from comity.ledger.append import EntryIndex
from comity.ledger.entry import FRESH_BYTES, OPENING_BYTES, SealedEntry
from comity.store.sqlite.journal import blank_lines
from comity.store.sqlite.many_rows import insert_many

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
MARK_BYTES: Final = 16

_SECRET: Final = "SELECT key FROM person_key WHERE number = 0"  # noqa: S105 - no secret, a query
_KEPT: Final = (
    "SELECT json_group_array(json_array(number, hex(of), hex(key))),"
    " (SELECT seq FROM sqlite_sequence WHERE name = 'person_key')"
    " FROM person_key WHERE of IN (SELECT unhex(value) FROM json_each(?))"
)
"""The keys of these, and the last number ever given, so that none is given twice."""
_KEYS_OF: Final = "SELECT key FROM person_mark WHERE mark = ?"
_INDICES_OF: Final = (
    "SELECT index_ FROM person_mark m JOIN entry_personal p ON p.key = m.key WHERE m.mark = ?"
)

Half = tuple[bytes | None, bytes | None]
"""Of subject and content."""
DESTROYED: Final[tuple[Half, Half]] = ((None, None), (None, None))
_BROKEN: Final[tuple[Half, Half]] = ((bytes(OPENING_BYTES),) * 2, (b"", b""))


class KeysMissing(IntegrityFault):
    """The table of keys is not there: this is a copy that was made without it."""


class Marks:
    """Makes the marks of handles; for one transaction or snapshot of one database.

    Raises KeysMissing.
    """

    def __init__(self, connection: apsw.Connection, secret: bytes | None = None) -> None:
        """`secret` spares the query for it to one who has just read it."""
        if secret is None:
            secret = connection.execute(_SECRET).get
        if secret is None:
            raise KeysMissing(
                "the keys of the persons are not in this copy of the database",
                where="person_key",
                remedy="put the rows of `person_key` back from their own backup (docs/records.md)",
            )
        self._secret = secret

    def mark(self, handle: Handle) -> bytes:
        """What a handle is kept as: names nobody to one who does not hold the key."""
        return blake2b(b"m" + handle.encode(), key=self._secret, digest_size=MARK_BYTES).digest()

    def of_all(self, handles: Sequence[Handle]) -> bytes:
        """One digest of all of them, in this order."""
        joined = msgspec.json.encode(handles)
        return blake2b(b"a" + joined, key=self._secret, digest_size=MARK_BYTES).digest()


def pack(entry: SealedEntry) -> bytes:
    """Subject and content with their openings, as one text."""
    (subject_opening, content_opening, *_), (subject, content, *_) = entry.openings, entry.parts
    return b"".join(
        (subject_opening, content_opening, len(subject).to_bytes(4, "big"), subject, content)
    )


def keep_personal(
    connection: apsw.Connection,
    placed: Iterable[tuple[int, SealedEntry]],
    secret: bytes | None = None,
) -> None:
    """Keep subject and content of entries under their indices, inside a write job.

    `secret` is as in `Marks`. Raises KeysMissing.
    """
    whom = [(index, entry, about(entry.parts[0], entry.subject_id)) for index, entry in placed]
    fresh: dict[tuple[Handle, ...], bytes] = {}
    for _, entry, handles in whom:
        if handles and handles not in fresh:
            if len(entry.fresh) != FRESH_BYTES:
                raise ValueError(f"an entry about somebody needs {FRESH_BYTES} fresh bytes")
            fresh[handles] = entry.fresh[:KEY_BYTES]
    keys = _keys_of(Marks(connection, secret), connection, fresh) if fresh else {}
    rows: list[tuple[int, int | None, bytes]] = []
    for index, entry, handles in whom:
        if not handles:
            rows.append((index, None, pack(entry)))
            continue
        number, cipher = keys[handles]
        nonce = entry.fresh[KEY_BYTES:]
        if len(nonce) != NONCE_BYTES:
            raise ValueError(f"an entry about somebody needs {FRESH_BYTES} fresh bytes")
        rows.append((index, number, nonce + cipher.encrypt(nonce, pack(entry), _place(index))))
    insert_many(connection, "entry_personal", rows)


def read_personal(index: int, number: int | None, body: bytes | None, key: bytes | None) -> Any:
    """Openings and parts of subject and content, from a row and its key; None where destroyed."""
    if body is None or (number is not None and key is None):
        return DESTROYED
    if key is not None:
        nonce = body[:NONCE_BYTES]
        try:
            body = AESGCM(key).decrypt(nonce, body[NONCE_BYTES:], _place(index))
        except (InvalidTag, ValueError):
            return _BROKEN
    content_at = 68 + int.from_bytes(body[64:68], "big")
    return (body[:32], body[32:64]), (body[68:content_at], body[content_at:])


def indices_of(connection: apsw.Connection, handle: Handle) -> tuple[EntryIndex, ...]:
    """The entries under every key that a handle leads to, in order."""
    mark = Marks(connection).mark(handle)
    return tuple(
        sorted({EntryIndex(index) for (index,) in connection.execute(_INDICES_OF, (mark,))})
    )


def destroy(connection: apsw.Connection, handles: Iterable[Handle]) -> tuple[EntryIndex, ...]:
    """Destroy every key that one of the handles leads to, and what is under it; the entries' indices.

    What the journal says of the record goes in the same job.
    For use inside a write job; `Database.purge_journal` afterwards takes the bytes off the disk.
    """
    marks = Marks(connection)
    numbers = {
        number
        for handle in handles
        for (number,) in connection.execute(_KEYS_OF, (marks.mark(handle),))
    }
    closed: list[EntryIndex] = []
    for number in sorted(numbers):
        closed += [
            EntryIndex(index)
            for (index,) in connection.execute(
                "DELETE FROM entry_personal WHERE key = ? RETURNING index_", (number,)
            )
        ]
        connection.execute("DELETE FROM person_key WHERE number = ?", (number,))
    blank_lines(connection, closed)
    return tuple(sorted(closed))


def _keys_of(
    marks: Marks, connection: apsw.Connection, fresh: Mapping[tuple[Handle, ...], bytes]
) -> dict[tuple[Handle, ...], tuple[int, AESGCM]]:
    """Number and cipher of the key of each of these handles, made of `fresh` where there is none.

    One query for all of them, and its answer in one row: see `comity.store.sqlite.many_rows`.
    """
    of_all = {handles: marks.of_all(handles) for handles in fresh}
    asked = msgspec.json.encode([of.hex() for of in of_all.values()]).decode()
    kept, last = connection.execute(_KEPT, (asked,)).get
    held = {of: (number, key) for number, of, key in msgspec.json.decode(kept)}
    keys: dict[tuple[Handle, ...], tuple[int, AESGCM]] = {}
    added: list[tuple[int, bytes, bytes]] = []
    marked: list[tuple[bytes, int]] = []
    for handles, of in of_all.items():
        found = held.get(of.hex().upper())
        if found is not None:
            keys[handles] = (found[0], AESGCM(bytes.fromhex(found[1])))
            continue
        last += 1
        keys[handles] = (last, AESGCM(fresh[handles]))
        added.append((last, of, fresh[handles]))
        marked += ((marks.mark(handle), last) for handle in handles)
    insert_many(connection, "person_key", added)
    insert_many(connection, "person_mark", marked)
    return keys


def _place(index: int) -> bytes:
    return index.to_bytes(8, "big")
