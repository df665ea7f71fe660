"""Passwords: the hash is argon2's own, and what is too easy is not taken."""

from __future__ import annotations

import argon2
import pytest

from comity.access.password import (
    PasswordWeak,
    check_password,
    first_password,
    hash_password,
    password_holds,
)

WORDS = "correct horse battery staple"


def salt(count: int) -> bytes:
    return bytes(range(count))


def test_the_hash_is_argon2id_of_rfc_9106_and_another_library_call_agrees() -> None:
    kept = hash_password(WORDS, salt)
    found = argon2.extract_parameters(kept)
    assert found.type is argon2.Type.ID
    assert (found.time_cost, found.memory_cost, found.parallelism) == (3, 64 * 1024, 4)
    assert argon2.PasswordHasher().verify(kept, WORDS)
    assert password_holds(kept, WORDS)
    assert not password_holds(kept, WORDS + " ")


def test_two_keyboards_write_the_same_password() -> None:
    assert password_holds(
        hash_password("contrase\u00f1a de ma\u00f1ana", salt), "contrasen\u0303a de man\u0303ana"
    )


def test_nobody_has_no_password() -> None:
    assert not password_holds(None, "nobody has this password")
    assert not password_holds("not a hash", WORDS)


@pytest.mark.parametrize(
    "weak", ["short", "a" * 40, "x" * 129, "ann.bee ann.bee 1", "ababababababab"]
)
def test_what_is_too_easy_or_too_long(weak: str) -> None:
    with pytest.raises(PasswordWeak):
        check_password(weak, "ann.bee")


def test_words_are_taken() -> None:
    check_password(WORDS, "ann.bee")


def test_a_first_password_is_one_that_can_be_read_out() -> None:
    import os

    made = {first_password(os.urandom) for _ in range(50)}
    assert len(made) == 50
    for one in made:
        check_password(one, "ann")
        assert not set(one) & set("01lO ")
