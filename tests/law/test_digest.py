"""The canonical form: one text, one digest; what is read is what is signed."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.law.digest import TextInvalid, canonical, digest

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("ab \n\r-#`é\u0301\u00a0"),
        st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")),
    )
)


@given(TEXTS)
def test_canonical_is_idempotent(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once
    assert digest(text) == digest(once)


@given(TEXTS)
def test_the_form_is_as_described(text: str) -> None:
    form = canonical(text)
    assert form.endswith("\n")
    assert not form.endswith("\n\n")
    assert "\r" not in form
    assert unicodedata.is_normalized("NFC", form)
    assert all(line == line.rstrip() for line in form.split("\n"))


@given(TEXTS)
def test_lines_keep_their_numbers(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    form = canonical(text).split("\n")
    for line, other in zip(lines, form, strict=False):
        assert unicodedata.normalize("NFC", line).rstrip() == other


@pytest.mark.parametrize(
    "text",
    ["a\nb", "a\r\nb\r\n", "a\rb", "\ufeffa\nb\n", "a  \nb\n\n\n", b"a\nb", b"\xef\xbb\xbfa\r\nb"],
)
def test_one_text_however_it_was_saved(text: str | bytes) -> None:
    assert canonical(text) == "a\nb\n"


def test_composed_and_decomposed_are_one() -> None:
    assert digest("Jos\u00e9") == digest("Jose\u0301")


def test_the_digest_is_sha256_over_the_domain_and_the_text() -> None:
    assert digest("a") == hashlib.sha256(b"comity.instrument.v1\0a\n").hexdigest()


@given(TEXTS, TEXTS)
def test_another_text_has_another_digest(one: str, other: str) -> None:
    assert (digest(one) == digest(other)) == (canonical(one) == canonical(other))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a\n\tb", 2, "a tab (U+0009)"),
        ("a\x00", 1, "a control character (U+0000)"),
        ("a\x1b[8mb", 1, "U+001B"),
        ("a\n\nb\u202ec", 3, "right-to-left override (U+202E)"),
        ("a\u200bb", 1, "zero width space (U+200B)"),
        ("a\u2028b", 1, "line separator (U+2028)"),
        ("a\ufeff", 1, "U+FEFF"),
        ("a\u0085b", 1, "U+0085"),
        (b"a\nb\xff", 2, "not UTF-8"),
    ],
)
def test_what_is_not_seen_is_refused(text: str | bytes, line: int, says: str) -> None:
    with pytest.raises(TextInvalid) as caught:
        canonical(text)
    assert caught.value.line == line
    assert says in caught.value.what
    assert caught.value.remedy
