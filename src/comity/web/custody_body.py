"""From the bytes of a message to a paper with its facts and its document, or to a problem.

Source: docs/custody.md. Invariants: a field that is not known is refused by name, one that may
not be held is dropped; the document is a whole PDF, PNG, JPEG or TIFF, or nothing of the message
is kept; whether the paper names somebody here is not the sender's to say. Does not: decide.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any, Final

import msgspec

from comity.custody.classify import classify
from comity.custody.paper import Paper, PaperUnusable
from comity.custody.paper_facts import take_in
from comity.custody.sealed_paper import PaperFile, Unreadable, look_at
from comity.instant import Instant
from comity.web.problems import ProblemRaised

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)


class PaperMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A paper as an agency sends it. `facts`: docs/custody.md; `document`: base64 of the file."""

    message_id: str
    officer: str
    facts: dict[str, Any]
    document: str
    media_type: str


_DECODER: Final = msgspec.json.Decoder(PaperMessage)


class Received(msgspec.Struct, frozen=True):
    """A message that can be taken in."""

    message_id: str
    officer: str
    paper: Paper
    file: PaperFile
    document: bytes


def read_paper(body: bytes, at: Instant, zone: str) -> Received:
    """Read one message. Raises ProblemRaised: malformed, unusable or unreadable, with the field."""
    try:
        message = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise ProblemRaised(
            "malformed-inquiry",
            f"the body is no message with a paper: {fault}",
            remedy="/openapi.json has the schema",
        ) from fault
    for name in ("message_id", "officer"):
        if not _ID.fullmatch(getattr(message, name)):
            raise ProblemRaised(
                "unusable-inquiry",
                f"`{name}` is not 1 to 64 letters, digits and ._:-",
                where=name,
                remedy="correct it",
            )
    paper = _paper(message, at, zone)
    try:
        document = b64decode(message.document, validate=True)
    except (NotBase64, ValueError) as fault:
        raise _unreadable(f"the document is not base64: {fault}", "encode the file") from fault
    file = look_at(document, message.media_type)
    if isinstance(file, Unreadable):
        raise _unreadable(file.reason, file.remedy)
    return Received(message.message_id, message.officer, paper, file, document)


def _paper(message: PaperMessage, at: Instant, zone: str) -> Paper:
    try:
        paper = take_in(message.facts).paper
        classify(paper, at, zone)
    except PaperUnusable as fault:
        raise ProblemRaised(
            "unusable-inquiry",
            fault.what,
            where=f"facts.{fault.where}" if fault.where else "facts",
            remedy=fault.remedy,
        ) from fault
    return paper


def _unreadable(reason: str, remedy: str) -> ProblemRaised:
    return ProblemRaised("unreadable-paper", reason, where="document", remedy=remedy)
