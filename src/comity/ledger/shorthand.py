"""Shorthand: the texts of a receipt, short enough that it stays below 2.5 KB.

Source: docs/receipts.md, which has a reader in a few lines of Python. A text is written as itself,
but for what is lowercase hex and for what stands in the sample or was written before. Canonical
JSON holds no byte below 0x20, so these are free to mean:

    00              the text ends
    01 + 16 bytes   32 digits of lowercase hex
    02 + 32 bytes   64 digits of lowercase hex
    1p pp nn        nn + 4 bytes again, from place ppp of the sample with what followed it

Invariants: every text has one shorthand, the one `shorten` writes (hex first, then the longest
copy of the earliest place, then the byte itself), and every other is refused; a copy comes from
below place 4096, so three bytes become 259 at most and the work is linear in what is read. The
sample is frozen: another one is another version of `extra`. Does not: know what the texts mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from comity.errors import IntegrityFault

SAMPLE: Final = (
    '{"at":"2018-","bail_conditions":"","bail_set":"0.00","category":"preliminary arraignment'
    '","court":"Court","sequence":"1"},{"at":"preliminary hearing"}]},"existence":{"record_id":"'
    '},"history":{"convictions":[{"convicted_at":"2019-","custody":{"custody":{"level":"'
    '","since":"","status":"in custody","status_code":"released","holds":[{"issuer":"'
    '","lifted_at":"","placed_at":"","process_kind":"detainer"},"release":{"release":{'
    '"eligible_at":"","reason":"","released_at":"","arrest":{"arrest":{"agency_ori":"'
    '","arrested_at":"","juvenile":false,"tracking_number":"birthplace"contact"whereabouts"'
    ',"identity":{"identity":{"age_band":"25-34","birth_date":"19","fbi_id":"","given_name":"'
    '","middle_name":"","race_code":"","sex_code":"","state_id":"","sur_name":""}}}}'
    '{"disclosed":{"charges":{"charges":[{"description":"","disposed_at":"","disposition":"'
    '","filed_at":"20","grade":"M1","sequence":"2","status":"filed","statute":"18 \u00a7 '
    '","violent":true},{"description":"'
    '{"approved":false,"basis":null,"data_classes":["identity","charges","court","custody",'
    '"release","parties"],"key_id":"ed25519/","officer":"","on_behalf_of":{"officer":"'
    '"on_behalf_of":null,"ori":"","purpose":"criminal investigation","query":"name"}'
    'civil immigration enforcement"fugitive apprehension"criminal prosecution"custody and'
    ' corrections"firearms check"audit"detainer"administrative warrant"'
    'judicial warrant"court order"subpoena","query":"identifier"list"subscription"}'
    '{"at":"T00:00.000Z","clauses":[{"clause":"","digest":"","instrument":"@1","title":"'
    '"}],"kind":"refusal","law":"hold for approval"withhold","outcome":"refuse","permitted":[],'
    '"reason":null,"rulings":[{"act":"place hold"notify release"enumerate'
    '"}],"kind":"disclosure","law":"","outcome":"permit reduced","permitted":["existence",'
    '"identity","charges","court"],"reason":"no clause permits","rulings":[{"act":"see existence'
    '","clauses":["#","faults":[],"outcome":"permit"},{"act":"see identity","clauses":["'
    '"],"faults":[],"outcome":"permit"},{"act":"see charges","clauses":["'
    '"],"faults":[],"outcome":"permit"},{"act":"see court","clauses":["'
    '"],"faults":[],"outcome":"permit"},{"act":"see arrest","clauses":["'
    '"],"faults":[],"outcome":"permit"}]}'
    '{"act":"see custody","clauses":[],"faults":[],"outcome":"refuse"},{"act":"see release"'
    ',"clauses":[],"faults":[],"outcome":"refuse"},{"act":"see parties","clauses":["'
    '"],"faults":[],"outcome":"refuse"}]}'
).encode()
"""Words of entries, so that even the first text has something to copy from."""

PLACES: Final = 1 << 12
COPY_MIN: Final = 4
COPY_MAX: Final = COPY_MIN + 255
TEXT_BYTES_MAX: Final = 4 << 20
"""All texts of a receipt together: more than the largest message about a record."""

_END: Final = 0x00
_HEX: Final = {0x01: 16, 0x02: 32}
_COPY: Final = 0x10
_HEX_RUN = re.compile(rb"[0-9a-f]{64}|[0-9a-f]{32}")


class ShorthandMalformed(IntegrityFault):
    """Bytes are not the shorthand of any text, or a text has none."""


def shorten(texts: Sequence[bytes]) -> bytes:
    """The shorthand of these texts. Raises ShorthandMalformed for a text with control bytes."""
    if any(min(text, default=0x20) < 0x20 for text in texts):
        raise ShorthandMalformed("a text with a control byte has no shorthand")
    return b"".join(_pieces(texts))


def expand(raw: bytes, count: int) -> list[bytes]:
    """So many texts, from the one shorthand they have. Raises ShorthandMalformed."""
    texts = _read(raw, count)
    at = 0
    for piece in _pieces(texts):
        # Stops at the first difference: a hostile file costs no more than its own length.
        if raw[at : at + len(piece)] != piece:
            raise ShorthandMalformed(f"byte {at} is not the shorthand that is written")
        at += len(piece)
    return texts


def _read(raw: bytes, count: int) -> list[bytes]:
    made, texts, begun, at = bytearray(SAMPLE), list[bytes](), len(SAMPLE), 0
    while at < len(raw) and len(texts) < count:
        byte = raw[at]
        at += 1
        if byte >= 0x20:
            made.append(byte)
        elif byte == _END:
            texts.append(bytes(made[begun:]))
            begun = len(made)
        elif byte in _HEX:
            made += raw[at : at + _HEX[byte]].hex().encode("ascii")
            at += _HEX[byte]
        elif byte >= _COPY and at + 2 <= len(raw):
            place = (byte - _COPY) << 8 | raw[at]
            made += made[place : place + COPY_MIN + raw[at + 1]]
            at += 2
        else:
            raise ShorthandMalformed(f"byte {at - 1} is no shorthand")
        if len(made) - len(SAMPLE) > TEXT_BYTES_MAX:
            raise ShorthandMalformed(f"its texts are longer than {TEXT_BYTES_MAX:,} bytes")
    if at != len(raw) or len(texts) != count:
        raise ShorthandMalformed(f"it does not end with its text {count}")
    return texts


def _pieces(texts: Sequence[bytes]) -> Iterator[bytes]:
    """The shorthand, a piece at a time."""
    made = SAMPLE
    for text in texts:
        at = 0
        while at < len(text):
            run = _HEX_RUN.match(text, at)
            if run:
                digits = run[0]
                mark = 0x02 if len(digits) == 64 else 0x01
                yield bytes([mark]) + bytes.fromhex(digits.decode("ascii"))
                said = digits
            else:
                place, length = _longest(made, text, at)
                if length:
                    yield bytes([_COPY | place >> 8, place & 0xFF, length - COPY_MIN])
                said = text[at : at + (length or 1)]
                if not length:
                    yield said
            at += len(said)
            # What stands behind the last place is never copied from, so it need not be kept.
            if len(made) < PLACES + COPY_MAX:
                made += said
        yield bytes([_END])


def _longest(made: bytes, text: bytes, at: int) -> tuple[int, int]:
    """Place and length of the longest copy there is, the earliest of several; length 0 for none."""
    best, length = 0, 0
    most = min(COPY_MAX, len(text) - at)
    place = (
        made.find(text[at : at + COPY_MIN], 0, PLACES + COPY_MIN - 1) if most >= COPY_MIN else -1
    )
    while place >= 0:
        best, length = place, max(length, COPY_MIN)
        while length < most and made.startswith(
            text[at + length : at + length + 1], place + length
        ):
            length += 1
        if length == most:
            break
        # A later place is better only if it holds more than this one.
        longer = text[at : at + length + 1]
        place = made.find(longer, place + 1, PLACES + length)
    return best, length
