"""Keys and signed notes: what is read, what is refused, and who is believed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.ledger.key import (
    KeyKind,
    KeyMalformed,
    SigningKey,
    VerifierKey,
    parse_signing_key,
    parse_verifier_key,
)
from comity.ledger.note import (
    SIGNATURES_MAX,
    Note,
    NoteMalformed,
    NoteRejected,
    NoteVerifier,
    Signature,
    parse_note,
    parse_signature,
    sign_text,
    verify_note,
)
from tests.ledger.tlog import seed

CITY = SigningKey("city.example/log", KeyKind.NOTE, seed("city"))
COURT = SigningKey("court.example", KeyKind.NOTE, seed("court"))
TEXT = "first line\n\n— not.example a+signature=\nlast line\n"
NOTE = Note(TEXT, (sign_text(TEXT, CITY),))

names = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="+"),
    min_size=1,
    max_size=20,
)
texts = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters=[*map(chr, range(32))]))
).map(lambda lines: "".join(f"{line}\n" for line in lines) or "\n")
signatures = st.builds(
    Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)
)


def trusted(*keys: SigningKey) -> list[NoteVerifier]:
    return [NoteVerifier(key.verifier) for key in keys]


@given(texts, st.lists(signatures, min_size=1, max_size=4))
def test_notes_go_round(text: str, lines: list[Signature]) -> None:
    note = Note(text, tuple(lines))
    assert parse_note(note.to_bytes()) == note


@given(st.binary(max_size=80))
def test_what_parses_prints_the_same(junk: bytes) -> None:
    for raw in (junk, NOTE.to_bytes() + junk, junk + NOTE.to_bytes()):
        try:
            note = parse_note(raw)
        except NoteMalformed:
            continue
        assert note.to_bytes() == raw


@given(names, st.sampled_from(list(KeyKind)), st.binary(min_size=32, max_size=32))
@settings(max_examples=30)
def test_keys_go_round(name: str, kind: KeyKind, secret: bytes) -> None:
    key = SigningKey(name, kind, secret)
    assert parse_verifier_key(str(key.verifier)) == key.verifier
    assert parse_signing_key(key.reveal()) == key
    assert repr(secret) not in repr(key)


def test_the_last_empty_line_separates() -> None:
    note = parse_note(NOTE.to_bytes())
    assert note.text == TEXT
    assert [found.key for found in verify_note(note, trusted(CITY))] == [CITY.verifier]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        "text\n— city.example/log AAAAAAA=\n".encode(),
        NOTE.to_bytes()[:-1],
        NOTE.to_bytes() + b"\n",
        NOTE.to_bytes() + b"trailing line\n",
        NOTE.to_bytes().replace(b"first", b"\x01irst"),
        NOTE.to_bytes().replace(b"first", b"\tirst"),
        NOTE.to_bytes().replace(b"first", b"\xffirst"),
        NOTE.to_bytes().replace(b"\n", b"\r\n"),
        b"text\n\n- city.example/log AAAAAAA=\n",
        "text\n\n– city.example/log AAAAAAA=\n".encode(),
        "text\n\n—city.example/log AAAAAAA=\n".encode(),
        "text\n\n—  AAAAAAA=\n".encode(),
        "text\n\n— city.example/log\n".encode(),
        "text\n\n— city.example/log AAAAAAA\n".encode(),
        "text\n\n— city.example/log AAAAAA==\n".encode(),
        "text\n\n— city.example/log AAAAAAB=\n".encode(),
        "text\n\n— city.example/log AAAA\n".encode(),
        "text\n\n— city.example/log  AAAAAAA=\n".encode(),
        "text\n\n— city.example/log AAAAAAA= \n".encode(),
        "text\n\n— city+log AAAAAAA=\n".encode(),
        "text\n\n— city\u00a0log AAAAAAA=\n".encode(),
        "text\n\n— city\u2003log AAAAAAA=\n".encode(),
    ],
)
def test_malformed_notes(raw: bytes) -> None:
    with pytest.raises(NoteMalformed):
        parse_note(raw)


@pytest.mark.parametrize("count", [1, 16, SIGNATURES_MAX])
def test_many_signatures_are_read(count: int) -> None:
    strangers = [Signature(f"n{number}", b"none", b"?") for number in range(count - 1)]
    note = Note(TEXT, (*strangers, *NOTE.signatures))
    assert len(verify_note(parse_note(note.to_bytes()), trusted(CITY))) == 1


def test_too_many_signatures_are_not() -> None:
    note = Note(TEXT, NOTE.signatures * (SIGNATURES_MAX + 1))
    with pytest.raises(NoteMalformed):
        parse_note(note.to_bytes())


def test_an_unknown_key_is_ignored() -> None:
    note = NOTE.signed_also([Signature("stranger.example", b"1234", b"nonsense")])
    assert len(verify_note(note, trusted(CITY))) == 1


def test_a_known_name_with_another_id_is_unknown() -> None:
    note = NOTE.signed_also([Signature(CITY.name, b"1234", b"nonsense")])
    assert len(verify_note(note, trusted(CITY))) == 1


def test_a_known_id_under_another_name_is_unknown() -> None:
    other = Signature("other.example", CITY.verifier.key_id, b"nonsense")
    assert len(verify_note(NOTE.signed_also([other]), trusted(CITY))) == 1


def test_a_known_key_that_fails_rejects_the_note() -> None:
    broken = Signature(COURT.name, COURT.verifier.key_id, b"nonsense")
    with pytest.raises(NoteRejected, match=COURT.name):
        verify_note(NOTE.signed_also([broken]), trusted(CITY, COURT))


def test_a_second_line_of_a_known_key_counts_too() -> None:
    broken = Signature(CITY.name, CITY.verifier.key_id, bytes(64))
    for lines in ((*NOTE.signatures, broken), (broken, *NOTE.signatures)):
        with pytest.raises(NoteRejected):
            verify_note(Note(TEXT, lines), trusted(CITY))


def test_a_note_no_known_key_signed_is_rejected() -> None:
    with pytest.raises(NoteRejected):
        verify_note(NOTE, trusted(COURT))
    with pytest.raises(NoteRejected):
        verify_note(NOTE, [])


def test_two_verifiers_nobody_could_tell_apart_are_refused() -> None:
    with pytest.raises(NoteRejected):
        verify_note(NOTE, trusted(CITY, CITY))


def test_every_bit_of_text_and_signature_counts() -> None:
    raw = NOTE.to_bytes()
    for at in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[at] ^= 1 << bit
            with pytest.raises((NoteMalformed, NoteRejected)):
                verify_note(parse_note(bytes(changed)), trusted(CITY))


@pytest.mark.parametrize("text", ["", "no newline", "a\tb\n", "a\rb\n", "\ud800\n"])
def test_a_text_no_note_can_carry_is_not_signed(text: str) -> None:
    with pytest.raises(NoteMalformed):
        sign_text(text, CITY)


def test_a_witness_key_does_not_sign_plain_notes() -> None:
    with pytest.raises(NoteMalformed):
        sign_text(TEXT, SigningKey("w", KeyKind.COSIGNATURE, seed("w")))


GOOD_KEY = str(CITY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        GOOD_KEY.replace("city", "town"),
        GOOD_KEY.replace(GOOD_KEY.split("+")[1], GOOD_KEY.split("+")[1].upper() + "A"),
        GOOD_KEY + "=",
        GOOD_KEY[:-1],
        GOOD_KEY + "\n",
        " " + GOOD_KEY,
        "+" + GOOD_KEY,
        f"{CITY.name}+00000000+{GOOD_KEY.split('+', 2)[2]}",
        "name+00000000+",
        "name+00000000+Ag==",
    ],
)
def test_malformed_keys(text: str) -> None:
    with pytest.raises(KeyMalformed):
        parse_verifier_key(text)


def test_a_malformed_signing_key_is_not_repeated() -> None:
    text = CITY.reveal()
    for broken in (text[12:], text + "A", text.replace("city", "town"), text[:-3] + "---"):
        with pytest.raises(KeyMalformed) as caught:
            parse_signing_key(broken)
        assert text[-40:-8] not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2028b", "a\nb", "\x1f", "\ud800"])
def test_names_no_note_can_carry(name: str) -> None:
    with pytest.raises(KeyMalformed):
        VerifierKey(name, KeyKind.NOTE, bytes(32))


@pytest.mark.parametrize("length", [0, 31, 33, 1312])
def test_keys_of_another_length(length: int) -> None:
    with pytest.raises(KeyMalformed):
        VerifierKey("a", KeyKind.NOTE, bytes(length))


def test_a_signature_line_is_read_alone() -> None:
    line = NOTE.signatures[0].line()
    assert parse_signature(line[:-1]) == NOTE.signatures[0]
    with pytest.raises(NoteMalformed):
        parse_signature(line)
