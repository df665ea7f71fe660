"""Lines of the journal as tests look at them, and the encodings of a Parquet file's columns.

The latter read from the file's own footer (Thrift compact protocol; parquet-format,
`parquet.thrift`), because Polars does not tell them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from comity.disclosure.journal import ABOUT, ASKED
from comity.store.sqlite.database import Database

RLE_DICTIONARY = 8
PLAIN_DICTIONARY = 2


def kept(database: Database) -> list[dict[str, Any]]:
    """Every line by column; what was known of the record is None once blanked."""
    rows = database.reader().execute(
        "SELECT index_, part, at, outcome, asked, about, ruled FROM journal ORDER BY 1, 2"
    )
    found = []
    for index, part, at, outcome, asked, about, ruled in rows:
        *values, behalf = msgspec.json.decode(asked)
        told = dict(zip(ABOUT, msgspec.json.decode(about), strict=True)) if about else None
        found.append(
            dict(zip(ASKED, values, strict=True))
            | {"index": index, "part": part, "at": at, "outcome": outcome, "behalf": behalf}
            | {"about": told, "ruled": msgspec.json.decode(ruled)}
        )
    return found


def encodings(file: Path) -> dict[str, set[int]]:
    """The encodings of each column's pages, over all row groups."""
    raw = file.read_bytes()
    assert raw[:4] == raw[-4:] == b"PAR1"
    size = int.from_bytes(raw[-8:-4], "little")
    footer = _Compact(raw[-8 - size : -8]).struct()
    found: dict[str, set[int]] = {}
    for group in footer[4]:
        for chunk in group[1]:
            column = chunk[3]
            name = ".".join(part.decode() for part in column[3])
            found.setdefault(name, set()).update(column[2])
    return found


class _Compact:
    """Thrift's compact protocol, as far as a footer needs it: fields by number."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def struct(self) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._zigzag()
            fields[number] = self._value(kind)
        return fields

    def _value(self, kind: int) -> Any:
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._zigzag()
        if kind == 7:
            return self._take(8)
        if kind == 8:
            return self._take(self._varint())
        if kind in (9, 10):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            inner = head & 15
            # In a list a truth value is a byte of its own.
            return [self._byte() if inner in (1, 2) else self._value(inner) for _ in range(count)]
        assert kind == 12, kind
        return self.struct()

    def _take(self, count: int) -> bytes:
        self._at += count
        return self._raw[self._at - count : self._at]

    def _byte(self) -> int:
        return self._take(1)[0]

    def _varint(self) -> int:
        found = shift = 0
        while True:
            byte = self._byte()
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return found

    def _zigzag(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)
