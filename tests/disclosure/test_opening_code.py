"""A code reads back however it is typed, and no slip of the pen passes for another code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.disclosure.opening_code import (
    ALPHABET,
    CODE_BITS,
    CodeMistyped,
    OpeningCode,
    draw_code,
    read_code,
)
from tests.ledger.samples import UNHURRIED, seeded

CODES = st.builds(OpeningCode, st.integers(0, 2**CODE_BITS - 1))


@given(CODES)
@UNHURRIED
def test_round_trip_however_it_is_typed(code: OpeningCode) -> None:
    assert read_code(code.text) == code
    assert len(code.text) == 29
    typed = code.text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read_code(typed) == code
    assert read_code(code.text.replace("-", "").replace("1", "I")) == code


@given(CODES, st.integers(0, 23), st.integers(1, 31))
@UNHURRIED
def test_a_wrong_character_is_always_told(code: OpeningCode, place: int, by: int) -> None:
    signs = code.text.replace("-", "")
    wrong = ALPHABET[(ALPHABET.index(signs[place]) + by) % 32]
    with pytest.raises(CodeMistyped, match="do not fit"):
        read_code(signs[:place] + wrong + signs[place + 1 :])


@given(CODES, st.integers(0, 22))
@UNHURRIED
def test_a_swap_of_neighbours_is_always_told(code: OpeningCode, place: int) -> None:
    signs = code.text.replace("-", "")
    swapped = signs[:place] + signs[place + 1] + signs[place] + signs[place + 2 :]
    if swapped != signs:
        with pytest.raises(CodeMistyped):
            read_code(swapped)


@pytest.mark.parametrize("text", ["", "7M3Q", "U" * 24, "é" * 24, "0" * 25, "0 " * 40, "٣" * 24])
def test_what_is_no_code(text: str) -> None:
    with pytest.raises(CodeMistyped) as told:
        read_code(text)
    assert len(text) < 8 or text not in str(told.value)


def test_every_bit_of_the_dice_counts_and_nothing_of_it_is_shown() -> None:
    assert draw_code(lambda count: b"\xff" * count).number == 2**CODE_BITS - 1
    assert draw_code(lambda count: b"\x00" * count).number == 0
    first, second = draw_code(seeded(1)), draw_code(seeded(2))
    assert first != second
    assert str(first.number) not in repr(first)
    assert len({first.mark, first.stated, second.mark, second.stated}) == 4
    with pytest.raises(ValueError, match="not 14 bytes"):
        draw_code(lambda count: b"\0" * (count - 1))
