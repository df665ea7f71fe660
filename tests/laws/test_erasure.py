"""Erasure, over any history: nothing of the expunged opens, everything else does, no root moves.

Each example is a fresh database, a random history of persons, their records, and inquiries that
show, refuse or find nobody, and then expungements of a random set of persons, all of whose records
go. The oracle keeps its own books: which opening was drawn for whom.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from comity.disclosure.inquiry import ByIdentifier, ByName, Query
from comity.ledger.entry import SealedEntry
from comity.records.record import Identity
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, entries_between, size
from comity.store.sqlite.tree import frontier
from tests.ledger.samples import UNHURRIED
from tests.store.planted import Planted, identity_event

PERSONS = 4
RECORDS_EACH = 2
HOW = ("shown", "refused", "nobody by name", "nobody by state id", "nobody by number")


class Drawn(NamedTuple):
    """An entry and whom it is about, by the test's own books."""

    place: int
    person: int
    sealed: SealedEntry


def who(person: int) -> Identity:
    return Identity(
        sur_name=f"Sur{'abcd'[person]}",
        given_name="Oda",
        birth_date=f"199{person}-01-01",
        state_id=f"S{person}",
    )


def number(person: int, record: int) -> str:
    return f"R-{person}{record}"


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = naive_root(leaves[:split]), naive_root(leaves[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


def root_by_hand(database: Database, count: int) -> bytes:
    rows = database.reader().execute(
        "SELECT commitment FROM entries ORDER BY index_ LIMIT ?", (count,)
    )
    return naive_root([hashlib.sha256(b"\0" + commitment).digest() for (commitment,) in rows])


def played(planted: Planted, history: Sequence[tuple[int, int, str]]) -> list[Drawn]:
    for person in range(PERSONS):
        for record in range(RECORDS_EACH):
            one = identity_event(record, who(person), number(person, record), f"p-{person}")
            planted.take(one)
    drawn: list[Drawn] = []
    for person, record, how in history:
        name = number(person, record)
        identity = who(person)
        queries: dict[str, Query] = {
            "nobody by name": ByName(identity.sur_name or "", "oda", identity.birth_date),
            "nobody by state id": ByIdentifier(state_id=identity.state_id),
        }
        query = queries.get(how, ByIdentifier(record_id=name))
        found = (name,) if how in ("shown", "refused") else ()
        party = "stranger" if how == "refused" else "us-atf"
        for sealed in planted.sealed(query, *found, party=party):
            (receipt,) = planted.write(lambda c, one=sealed: append_entries(c, (one,)))
            drawn.append(Drawn(receipt.index, person, sealed))
    return drawn


histories = st.lists(
    st.tuples(st.integers(0, PERSONS - 1), st.integers(0, RECORDS_EACH - 1), st.sampled_from(HOW)),
    min_size=1,
    max_size=12,
)
persons = st.sets(st.integers(0, PERSONS - 1))


@UNHURRIED
@given(histories, persons)
def test_no_opening_of_the_expunged_opens_and_all_others_do(
    history: list[tuple[int, int, str]], expunged: set[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "comity.db"
        with Database.open(path, create=True) as database:
            planted = Planted(database)
            drawn = played(planted, history)
            for person in sorted(expunged):
                planted.expunge(*(number(person, record) for record in range(RECORDS_EACH)))
            stored = {int(one.index): one for one in entries_between(database.reader(), 0, 1_000)}
            for index, person, sealed in drawn:
                kept = stored[index]
                gone = person in expunged
                assert kept.commitment == sealed.commitment
                assert kept.openings[2:] == sealed.openings[2:]
                assert kept.openings[:2] == ((None, None) if gone else sealed.openings[:2])
                assert kept.parts[:2] == ((None, None) if gone else sealed.parts[:2])
            assert check_ledger(database.reader()) == ()
        held = b"".join(file.read_bytes() for file in Path(folder).iterdir())
        for _, _, sealed in drawn:
            for opening in sealed.openings[:2]:
                assert opening not in held, "an opening stands nowhere in clear"
        for person in expunged:
            assert (who(person).sur_name or "").casefold().encode() not in held
            assert not any(one.fresh[:32] in held for _, of, one in drawn if of == person)


@UNHURRIED
@given(histories, st.permutations(range(PERSONS)))
def test_no_expungement_moves_a_root(history: list[tuple[int, int, str]], order: list[int]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Database.open(Path(folder) / "comity.db", create=True) as database,
    ):
        planted = Planted(database)
        played(planted, history)
        roots: list[tuple[int, bytes]] = []
        for person in order:
            tree = frontier(database.reader())
            assert tree.size == size(database.reader())
            roots.append((tree.size, tree.root()))
            planted.expunge(number(person, 0))
        for count, root in roots:
            assert root_by_hand(database, count) == root
        tree = frontier(database.reader())
        assert root_by_hand(database, tree.size) == tree.root()
