"""When somebody is locked out, when a session ends, and what an account may be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.access.account import Account, AccountInvalid, Role, check_account, check_handle
from comity.access.lockout import FAILURES_MAX, LOCK_MS, NONE
from comity.access.session import IDLE_MS, WHOLE_MS, Method, Session, State
from comity.disclosure.inquiry import Ori
from comity.instant import Instant

AT = Instant(1_700_000_000_000)


def test_the_fifth_failure_locks_and_the_fourth_does_not() -> None:
    tries = NONE
    for count in range(1, FAILURES_MAX + 1):
        tries = tries.failed(AT)
        assert tries.locked(AT) is (count == FAILURES_MAX)
    assert tries.locked(Instant(AT + LOCK_MS - 1))
    assert not tries.locked(Instant(AT + LOCK_MS))
    assert not tries.failed(Instant(AT + LOCK_MS)).locked(Instant(AT + LOCK_MS))


@given(st.lists(st.integers(0, 20 * 60_000), max_size=60))
def test_nobody_gets_more_than_five_tries_in_any_fifteen_minutes_once_locked(
    waits: list[int],
) -> None:
    """Whoever only fails, and does not even try while locked, is never let off a lock."""
    tries, at, since_lock = NONE, AT, 0
    for wait in waits:
        at = Instant(at + wait)
        if tries.locked(at):
            continue
        since_lock += 1
        tries = tries.failed(at)
        if tries.locked(at):
            assert since_lock == FAILURES_MAX
            since_lock = 0
        assert since_lock < FAILURES_MAX


def session(seen: int = 0) -> Session:
    return Session(b"d" * 32, "ann", Method.CODE, AT, Instant(AT + seen))


@pytest.mark.parametrize(
    ("seen", "later", "state"),
    [
        (0, 0, State.LIVE),
        (0, IDLE_MS - 1, State.LIVE),
        (0, IDLE_MS, State.LOCKED),
        (IDLE_MS, IDLE_MS * 2 - 1, State.LIVE),
        (WHOLE_MS - 1, WHOLE_MS - 1, State.LIVE),
        (WHOLE_MS - 1, WHOLE_MS, State.OVER),
        (0, -1, State.OVER),  # a clock that went back to before it began
    ],
)
def test_what_a_session_is(seen: int, later: int, state: State) -> None:
    assert session(seen).state(Instant(AT + later)) is state


BUREAU = Ori("XXBUR0100")


@pytest.mark.parametrize(
    "parts",
    [
        {"roles": frozenset()},
        {"roles": frozenset({Role.ANALYST})},
        {"roles": frozenset({Role.ANALYST, Role.RECORDS}), "ori": BUREAU, "officer": "a"},
        {"roles": frozenset({Role.RECORDS}), "ori": BUREAU, "officer": "a"},
        {"roles": frozenset({Role.ANALYST}), "ori": BUREAU},
    ],
    ids=["no role", "analyst of nobody", "both sides", "staff of an agency", "no officer"],
)
def test_nobody_stands_on_both_sides_of_the_counter(parts: dict[str, Any]) -> None:
    given_ = {"handle": "ann", "roles": frozenset({Role.LAW}), "since": AT, **parts}
    with pytest.raises(AccountInvalid):
        check_account(Account(**given_))


@pytest.mark.parametrize("handle", ["", "Ann", "a b", "-a", "a/b", "a" * 65, "ann\n", "ánn", "<b>"])
def test_what_is_no_handle(handle: str) -> None:
    with pytest.raises(AccountInvalid):
        check_handle(handle)
