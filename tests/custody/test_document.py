"""Letters as trees: values are shown as they are, phrases are filled once, digests are stable."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.custody.document import LetterFaulty, Run, plain, said, shown, slots_of, value


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Zoë Ngũgĩ", "Zoë Ngũgĩ"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\x00b", "a[U+0000]b"),
        ("a\ud800b", "a[U+D800]b"),
        ("a\u2066b\u200f", "a[U+2066]b[U+200F]"),
        ("\ufeffa\ue000", "[U+FEFF]a[U+E000]"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (" two\nlines\t and\u2028more ", "two lines and more"),
    ],
)
def test_what_does_not_show_is_written_out(raw: str, expected: str) -> None:
    assert shown(raw) == expected


@given(st.text(st.characters(codec=None)))
def test_a_shown_value_has_nothing_hidden_and_is_shown_once(raw: str) -> None:
    found = shown(raw)
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    left = [one for one in found if unicodedata.category(one) in hidden]
    assert set(left) <= {"\u200c", "\u200d"}
    assert shown(found) == found
    found.encode("utf-8")


@given(st.text())
def test_a_value_with_braces_is_not_filled(raw: str) -> None:
    given_value = f"{{b}} {raw} {{a}}"
    assert plain(said("x {a} y", {"a": given_value, "b": "never"})) == f"x {shown(given_value)} y"


def test_runs_say_what_came_from_outside() -> None:
    assert said("Dear {name}!", {"name": "Ana"}) == (
        Run("Dear "),
        Run("Ana", value=True),
        Run("!"),
    )
    assert said("{name}", {"name": value("Ana", "es")}) == (Run("Ana", True, "es"),)
    assert said("") == (Run(""),)
    assert slots_of("{a} {b_c} {D} {}") == {"a", "b_c"}


def test_a_slot_that_nothing_fills_is_a_fault() -> None:
    with pytest.raises(LetterFaulty, match=r"`\{name\}`"):
        said("Dear {name}", {"nam": "x"})
