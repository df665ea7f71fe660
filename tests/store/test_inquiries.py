"""What a held inquiry, an approval and a subscription leave: all of it with its entry, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from comity.instant import Instant
from comity.ledger.append import AlreadyUsed, GenerationMoved, Guard
from comity.ledger.entry import SealedEntry, seal
from comity.store.sqlite.append import bump_generation, generation
from comity.store.sqlite.database import Database
from comity.store.sqlite.inquiries import (
    REPEAT_MS,
    Answered,
    Held,
    Subscription,
    answered_inquiry,
    approve_inquiry,
    close_subscription,
    fetch_approved,
    forget,
    held_inquiry,
    hold_inquiry,
    inquiry_once,
    nonce_once,
    open_subscription,
    remember,
    subscription_of,
    subscriptions_of,
)
from comity.store.sqlite.registry import Made

ORI = "XXBUR0100"
T0 = Instant(1_500_000_000_000)
HELD = Held(ORI, "i-1", b"{}", "key", "nonce", T0)
STANDING = Subscription(ORI, "s-1", b"{}", "key", "nonce", T0, 7)
MADE = Made("clerk", T0, bytes)


def entry() -> SealedEntry:
    return seal(subject={}, content={}, request={}, decision={"kind": "t"}, randomness=bytes)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "comity.db", create=True) as database:
        prepare(database)
        yield database


def prepare(database: Database) -> None:
    """An inquiry held, one approved, and a subscription."""
    for job in (
        partial(hold_inquiry, sealed=(entry(),), guard=Guard(), body_digest="d", held=HELD),
        partial(
            hold_inquiry,
            sealed=(entry(),),
            guard=Guard(),
            body_digest="d",
            held=Held(ORI, "i-2", b"{}", "key", "nonce", T0),
        ),
        partial(approve_inquiry, ori=ORI, inquiry_id="i-2", approve=True, made=MADE),
        partial(
            open_subscription,
            sealed=entry(),
            guard=Guard(),
            body_digest="d",
            subscription=STANDING,
        ),
    ):
        database.write(job).result(10)


JOBS: list[tuple[str, Callable[[apsw.Connection], Any]]] = [
    (
        "hold",
        partial(
            hold_inquiry,
            sealed=(entry(), entry()),
            guard=Guard(once=(inquiry_once(ORI, "i-9"),)),
            body_digest="d",
            held=Held(ORI, "i-9", b"{}", "key", "nonce", T0),
        ),
    ),
    ("approve", partial(approve_inquiry, ori=ORI, inquiry_id="i-1", approve=True, made=MADE)),
    ("deny", partial(approve_inquiry, ori=ORI, inquiry_id="i-1", approve=False, made=MADE)),
    (
        "fetch",
        partial(
            fetch_approved,
            sealed=(entry(),),
            guard=Guard(once=(nonce_once("key", "n", T0),)),
            held=Held(ORI, "i-2", b"{}", "key", "nonce", T0),
            at=T0,
        ),
    ),
    (
        "subscribe",
        partial(
            open_subscription,
            sealed=entry(),
            guard=Guard(once=(inquiry_once(ORI, "s-9"),)),
            body_digest="d",
            subscription=Subscription(ORI, "s-9", b"{}", "key", "nonce", T0, 0),
        ),
    ),
    (
        "close",
        partial(
            close_subscription,
            sealed=entry(),
            guard=Guard(),
            ori=ORI,
            inquiry_id="s-1",
            at=T0,
            reason="the term ended",
        ),
    ),
]


def dump(connection: apsw.Connection) -> dict[str, list[Any]]:
    tables = ("inquiry", "inquiry_held", "subscription", "entries", "entry_personal", "once")
    return {
        table: list(connection.execute(f"SELECT * FROM {table}"))  # noqa: S608 - names of ours
        for table in tables
    }


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_a_write_that_fails_is_lost_whole(
    database: Database, name: str, job: Callable[[apsw.Connection], Any]
) -> None:
    before = dump(database.reader())

    def fail_at_the_end(connection: apsw.Connection) -> None:
        job(connection)
        raise RuntimeError(name)

    with pytest.raises(RuntimeError):
        database.write(fail_at_the_end).result(10)
    assert dump(database.reader()) == before


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_a_write_whose_answer_is_lost_is_kept_whole(
    tmp_path: Path, name: str, job: Callable[[apsw.Connection], Any]
) -> None:
    with Database.open(tmp_path / "comity.db", create=True) as database:
        prepare(database)
        before = dump(database.reader())
        database.write(job)  # nobody waits for the future
    with Database.open(tmp_path / "comity.db") as database:
        after = dump(database.reader())
    changed = {table for table, rows in after.items() if rows != before[table]}
    assert "entries" in changed, name
    assert changed & {"inquiry_held", "subscription"}, name


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_a_guard_that_does_not_hold_keeps_everything_out(
    database: Database, name: str, job: partial[Any]
) -> None:
    if "guard" not in job.keywords:
        return  # an approval is the custodian's own act and has no guard
    stale = generation(database.reader())
    database.write(bump_generation).result(10)
    before = dump(database.reader())
    guarded = partial(job.func, **(job.keywords | {"guard": Guard(stale)}))
    with pytest.raises(GenerationMoved):
        database.write(guarded).result(10)
    assert dump(database.reader()) == before, name


def test_an_inquiry_id_counts_once_for_its_agency(database: Database) -> None:
    job = JOBS[0][1]
    database.write(job).result(10)
    before = dump(database.reader())
    with pytest.raises(AlreadyUsed):
        database.write(job).result(10)
    assert dump(database.reader()) == before


def test_a_subscription_closes_once(database: Database) -> None:
    job = JOBS[-1][1]
    assert database.write(job).result(10) is not None
    before = dump(database.reader())
    assert database.write(job).result(10) is None
    assert dump(database.reader()) == before
    kept = subscription_of(database.reader(), ORI, "s-1")
    assert kept is not None
    assert (kept.closed_at, kept.closed_reason, kept.event_after) == (T0, "the term ended", 7)
    assert subscriptions_of(database.reader(), ORI) == (kept,)
    assert subscriptions_of(database.reader(), "XXOTH0200") == ()


def test_what_outlives_its_use_is_forgotten(database: Database) -> None:
    database.write(lambda c: remember(c, [Answered(ORI, "a-1", "digest", 0, 1, T0)])).result(10)
    database.write(JOBS[3][1]).result(10)
    database.write(lambda c: forget(c, Instant(T0 + REPEAT_MS))).result(10)
    kept = answered_inquiry(database.reader(), ORI, "a-1")
    assert kept is not None
    assert kept.body_digest == "digest"
    assert held_inquiry(database.reader(), ORI, "i-2") is not None
    database.write(lambda c: forget(c, Instant(T0 + REPEAT_MS + 1))).result(10)
    kept = answered_inquiry(database.reader(), ORI, "a-1")
    assert kept is not None
    assert kept.body_digest is None
    assert held_inquiry(database.reader(), ORI, "i-2") is None
    assert held_inquiry(database.reader(), ORI, "i-1") is not None
