"""What Python would read and the formats do not allow."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.wire import WireMalformed, print_base64, read_base64, read_decimal, read_hash


@pytest.mark.parametrize(
    "text",
    ["", "00", "01", "+1", "-1", " 1", "1 ", "1_000", "1\n", "１", "٣", "0x1", "1e3", "1.0",
     str(2**63), str(2**64), "9" * 19, "9" * 400],
)  # fmt: skip
def test_not_a_decimal(text: str) -> None:
    with pytest.raises(WireMalformed):
        read_decimal(text)


@given(st.integers(0, 2**63 - 1))
def test_decimals_go_round(number: int) -> None:
    assert read_decimal(str(number)) == number


@pytest.mark.parametrize(
    "text",
    ["A", "AA", "AAA", "AA=", "AA==AA==", "AAAA=", "AA==\n", " AA==", "A-==", "A_==", "AB==",
     "AAB=", "AAAA AAAA", "ÀAAA", "=AAA", "===="],
)  # fmt: skip
def test_not_base64(text: str) -> None:
    with pytest.raises(WireMalformed):
        read_base64(text)


@given(st.binary(max_size=100))
def test_base64_goes_round(raw: bytes) -> None:
    assert read_base64(print_base64(raw)) == raw


@given(st.text(max_size=12))
def test_whatever_is_read_is_what_would_be_written(text: str) -> None:
    try:
        raw = read_base64(text)
    except WireMalformed:
        return
    assert base64.b64encode(raw).decode() == text


def test_a_hash_has_32_bytes() -> None:
    assert read_hash(print_base64(bytes(32))) == bytes(32)
    for length in (0, 31, 33):
        with pytest.raises(WireMalformed):
            read_hash(print_base64(bytes(length)))
