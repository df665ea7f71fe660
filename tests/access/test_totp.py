"""Codes of a second factor, against the vectors of RFC 6238 and RFC 4226, and against pyotp."""

from __future__ import annotations

import base64

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.access.totp import STEP_MS, code, enrolment_uri, spelled, step_matched, step_of
from comity.instant import Instant

SECRET = b"12345678901234567890"

# RFC 6238, appendix B, mode SHA1: seconds since 1970 and the code of eight digits.
OF_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
# RFC 4226, appendix D: the codes of counters 0 to 9.
OF_4226 = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split()  # noqa: SIM905


@pytest.mark.parametrize(("seconds", "said"), OF_6238)
def test_the_vectors_of_rfc_6238(seconds: int, said: str) -> None:
    assert code(SECRET, step_of(Instant(seconds * 1000)), digits=8) == said


def test_the_vectors_of_rfc_4226() -> None:
    assert [code(SECRET, counter) for counter in range(10)] == OF_4226


@given(st.binary(min_size=20, max_size=20), st.integers(0, 4_000_000_000))
def test_pyotp_says_the_same(secret: bytes, seconds: int) -> None:
    theirs = pyotp.TOTP(base64.b32encode(secret).decode()).at(seconds)
    assert code(secret, step_of(Instant(seconds * 1000))) == theirs


def test_an_app_reads_the_address() -> None:
    uri = enrolment_uri(SECRET, "ann.b", "san josé")
    read = pyotp.parse_uri(uri)
    assert isinstance(read, pyotp.TOTP)
    assert base64.b32decode(read.secret) == SECRET
    assert read.name == "ann.b"
    assert read.issuer == "Comity san josé"
    assert base64.b32decode(spelled(SECRET).replace(" ", "")) == SECRET


AT = Instant(1_700_000_010_000)
NOW = step_of(AT)


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_step_early_or_late_counts(drift: int) -> None:
    assert step_matched(SECRET, code(SECRET, NOW + drift), AT, None) == NOW + drift


@pytest.mark.parametrize("drift", [-2, 2, 40])
def test_further_off_does_not(drift: int) -> None:
    assert step_matched(SECRET, code(SECRET, NOW + drift), AT, None) is None


def test_neither_a_used_code_nor_an_older_one_counts_again() -> None:
    now, before = code(SECRET, NOW), code(SECRET, NOW - 1)
    assert step_matched(SECRET, now, AT, NOW) is None
    assert step_matched(SECRET, before, AT, NOW) is None
    later = Instant(AT + STEP_MS)
    assert step_matched(SECRET, code(SECRET, NOW + 1), later, NOW) == NOW + 1


@pytest.mark.parametrize(
    "given_", ["", "12345", "1234567", "１２３４５６", "-12345", "12 34 5", "abcdef"]
)
def test_what_is_no_code(given_: str) -> None:
    assert step_matched(SECRET, given_, AT, None) is None


def test_an_app_shows_it_in_two_groups() -> None:
    said = code(SECRET, NOW)
    assert step_matched(SECRET, f"{said[:3]} {said[3:]}", AT, None) == NOW
