"""The paper itself: bytes that are sealed elsewhere, known here by digest, type and length.

Source: ISO 32000-1 7.5.2, 7.5.5 (a PDF begins with %PDF- and ends with %%EOF); the magic
numbers of JPEG, PNG and TIFF. Invariants: what is kept here cannot give the paper back; a
file that is not whole, or not of the type it claims, is refused with the reason. Does not:
parse a file, render it, or look for words in it: a parser of hostile files is no part of a
jail's door.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

BYTES_MAX: Final = 20_000_000
_HEADER_WITHIN: Final = 1_024
"""Readers of PDF accept as many bytes before the header and after the end; so do we."""
_MAGIC: Final = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)
_PDF_WITHIN: Final = 1_024


class PaperFile(msgspec.Struct, frozen=True):
    """A file that can be sealed: SHA-256 in hex, media type, length in bytes."""

    digest: str
    media_type: str
    byte_count: int


class Unreadable(msgspec.Struct, frozen=True):
    """A file that is refused: why, and what to do."""

    reason: str
    remedy: str


def look_at(data: bytes, media_type: str) -> PaperFile | Unreadable:
    """Whether a file can be kept as what it claims to be."""
    kind = media_type.partition(";")[0].strip().lower()
    if not data:
        return Unreadable("the file is empty", "scan the paper again")
    if len(data) > BYTES_MAX:
        return Unreadable(
            f"the file has {len(data):,} bytes, more than {BYTES_MAX:,}",
            "scan it at 200 dots per inch, or in parts",
        )
    match kind:
        case "application/pdf":
            fault = _pdf(data)
        case "image/png":
            whole = data.startswith(b"\x89PNG\r\n\x1a\n") and data.rstrip(b"\0")[-8:-4] == b"IEND"
            fault = None if whole else "it is no whole PNG image"
        case "image/jpeg":
            whole = data.startswith(b"\xff\xd8\xff") and data.rstrip(b"\0").endswith(b"\xff\xd9")
            fault = None if whole else "it is no whole JPEG image"
        case "image/tiff":
            whole = data[:4] in (b"II*\0", b"MM\0*") and len(data) > len(b"II*\0----")
            fault = None if whole else "it is no TIFF image"
        case _:
            return Unreadable(
                f"`{media_type}` is no type of file we keep a paper in",
                "send a PDF, or an image as PNG, JPEG or TIFF",
            )
    if fault is not None:
        return Unreadable(fault, "open it once to see whether it can be read, and scan it again")
    return PaperFile(hashlib.sha256(data).hexdigest(), kind, len(data))


def _pdf(data: bytes) -> str | None:
    if b"%PDF-" not in data[:_HEADER_WITHIN]:
        return "it has no PDF header"
    if b"%%EOF" not in data[-_HEADER_WITHIN:]:
        return "the PDF ends before its end: a part of it is missing"
    return None


def media_type_of(data: bytes) -> str:
    """What a file is by its first bytes, whatever it is called."""
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return "application/pdf"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "unknown")
