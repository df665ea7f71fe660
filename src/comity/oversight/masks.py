"""Answers that a file keeps with its rows, as bits: what each clause said, by clause.

Source: docs/replay.md; decisions/0019-journal.md for the files of the journal. Two kinds of
files keep masks. A journal says for which law and lists clauses by id; its bits are taken only
where that law was made of texts of today, byte for byte, and only where one answer fits every
act of a clause. A judged history lists clauses by the digest of their text and by the acts they
were asked for, so that its bits are taken for the same rule wherever it stands. Invariant: a bit is used only for a clause of which
it is certain that it answered just this. Does not: write files.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import msgspec
import polars as pl

from comity.law.in_force import digest_of
from comity.law.instrument import Instrument
from comity.law.schema import INQUIRY_ACTS
from comity.oversight.answers import ERRS, NO, UNKNOWN, YES, Variant
from comity.oversight.history import HistoryUnusable

CLAUSES_KEY: Final = "comity.clauses"
LAW_KEY: Final = "comity.law"
JUDGED_KEY: Final = "comity.judged"
MASKS: Final = ("satisfied", "erring", "unknown")


SUBSETS_MAX: Final = 10
"""Texts of today whose every selection is looked for in the past."""


def laws_of(instruments: Sequence[Instrument]) -> frozenset[str]:
    """Digests of every law that was made of some of these texts, and of no others.

    So what was answered before one of them began, or after it ended, is known of the rest.
    """
    if len(instruments) > SUBSETS_MAX:
        return frozenset({digest_of(instruments)})
    return frozenset(
        digest_of(some)
        for size in range(len(instruments) + 1)
        for some in combinations(instruments, size)
    )


class JournalForm(msgspec.Struct, frozen=True):
    """What the bits of a journal's lines mean that were decided under one law."""

    law: str
    acts: tuple[str, ...]
    clauses: tuple[str, ...]

    def bits(self, variants: Iterable[Variant], laws: Container[str]) -> dict[str, int]:
        """The bit of each variant that these masks answer, where the law is one of those named."""
        if self.law not in laws:
            return {}
        place = {name: number for number, name in enumerate(self.clauses)}
        return {
            one.key: place[one.name]
            for one in variants
            if one.name in place and one.alone and not one.scope.startswith("act:")
        }


class JudgedForm(msgspec.Struct, frozen=True):
    """What the bits of a judged history mean: rules by digest, with the acts they were asked for."""

    law: str
    entries: tuple[str, ...]

    def bits(self, variants: Iterable[Variant]) -> dict[str, int]:
        """The bit of each variant that these masks answer."""
        place = {key: number for number, key in enumerate(self.entries)}
        return {one.key: place[one.key] for one in variants if one.key in place}


def journal_forms(text: str | None, file: str) -> dict[str, JournalForm]:
    """The forms of a journal's file, by the words of its column `clauses`.

    Raises HistoryUnusable.
    """
    if text is None:
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, JournalForm])
    except msgspec.MsgspecError as fault:
        raise _unclear(fault, file) from fault


def judged_form(text: str | None, file: str) -> JudgedForm:
    """The form of a judged history. Raises HistoryUnusable."""
    try:
        return msgspec.json.decode(text or "", type=JudgedForm)
    except msgspec.MsgspecError as fault:
        raise _unclear(fault, file) from fault


def _unclear(fault: msgspec.MsgspecError, file: str) -> HistoryUnusable:
    return HistoryUnusable(
        f"does not say what its masks mean: {fault}",
        where=file,
        remedy="write it again with this version",
    )


def codes_of_masks(table: pl.DataFrame, bits: Mapping[str, int]) -> dict[str, pl.Series]:
    """The codes of answers that the masks of a table hold, by variant."""
    kinds = table.select(MASKS).unique().with_row_index("triple")
    triples = [tuple(map(_number, row[1:])) for row in kinds.iter_rows()]
    place = table.select(MASKS).join(
        kinds, on=MASKS, how="left", nulls_equal=True, maintain_order="left"
    )["triple"]
    return {
        key: pl.Series("code", [_code(triple, bit) for triple in triples], dtype=pl.UInt8).gather(
            place
        )
        for key, bit in bits.items()
    }


def masks_of(codes: Sequence[pl.Series], words: pl.DataFrame) -> pl.DataFrame:
    """Columns of masks, of the codes of clauses in the order of their bits.

    `words` are the same codes packed, by which equal rows are found.
    """
    names = words.columns
    kinds = words.with_row_index("row").group_by(names).agg(pl.col("row").first())
    rows: list[Any] = kinds["row"].to_list()
    picked = [series.gather(rows).to_list() for series in codes]
    masks = {
        name: [
            _mask(number for number, series in enumerate(picked) if series[row] == code)
            for row in range(len(rows))
        ]
        for name, code in zip(MASKS, (YES, ERRS, UNKNOWN), strict=True)
    }
    found = kinds.drop("row").with_columns(
        [pl.Series(name, values, dtype=pl.Binary) for name, values in masks.items()]
    )
    return words.join(found, on=names, how="left", maintain_order="left").select(MASKS)


def _mask(numbers: Iterable[int]) -> bytes:
    bits = 0
    for number in numbers:
        bits |= 1 << number
    return bits.to_bytes(max(1, (bits.bit_length() + 7) // 8), "little")


def _number(mask: bytes | None) -> int:
    return int.from_bytes(mask or b"", "little")


def _code(triple: Sequence[int], bit: int) -> int:
    satisfied, erring, unknown = ((mask >> bit) & 1 for mask in triple)
    if unknown:
        return UNKNOWN
    return ERRS if erring else YES if satisfied else NO


def decided(forms: Mapping[str, JournalForm]) -> pl.Expr:
    """The acts that were asked for, as bits over INQUIRY_ACTS, whatever the file's own order."""
    found = pl.col("decided").cast(pl.UInt32)
    for key, form in forms.items():
        if form.acts == INQUIRY_ACTS[: len(form.acts)]:
            continue
        moved = pl.lit(0, pl.UInt32)
        for number, act in enumerate(form.acts):
            if act in INQUIRY_ACTS:
                bit = (pl.col("decided") // (1 << number)) % 2
                moved = moved + bit.cast(pl.UInt32) * (1 << INQUIRY_ACTS.index(act))
        found = pl.when(pl.col("clauses") == key).then(moved).otherwise(found)
    return found
