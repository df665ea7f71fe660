"""The templates of letters that travel with Comity, by kind and language.

Source: `letter_files/*.toml`. Invariants: a template that is not whole is refused, by name; a
language that there is no template for falls back to English, and that is said, because somebody
then has to interpret (`comity.custody.duty.TaskKind.INTERPRETER`). Does not: translate.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from comity.custody.document import LetterFaulty
from comity.custody.phrases import (
    AnswerPhrases,
    NoticePhrases,
    RecordPhrases,
    Words,
    checked,
)

NOTICE_LANGUAGES: Final = ("en", "es")
FALLBACK: Final = "en"


class ChosenNotice(msgspec.Struct, frozen=True):
    """The template for a person, and whether an interpreter or translation is needed."""

    phrases: NoticePhrases
    needs_interpreter: bool


def notice_for(language: str) -> ChosenNotice:
    """The notice in the language that a person understands, by BCP 47: `es-MX` is `es`."""
    wanted = language.strip().lower().partition("-")[0]
    if wanted in NOTICE_LANGUAGES:
        return ChosenNotice(_notice(wanted), False)
    return ChosenNotice(_notice(FALLBACK), True)


@cache
def answer_texts() -> AnswerPhrases:
    """The answer to an agency."""
    return _read(AnswerPhrases, "agency-answer.en")


@cache
def record_texts() -> RecordPhrases:
    """The record for the file."""
    return _read(RecordPhrases, "file-record.en")


def letter_file(name: str) -> bytes:
    """A file of letters as it was installed. Raises LetterFaulty where it is not there."""
    try:
        return files("comity.web").joinpath("letter_files", name).read_bytes()
    except OSError as fault:
        raise LetterFaulty(
            f"`{name}` is not installed",
            where="letter_files",
            remedy="install comity again",
        ) from fault


@cache
def _notice(language: str) -> NoticePhrases:
    return _read(NoticePhrases, f"person-notice.{language}")


def _read(kind: type[Words], name: str) -> Words:
    path = f"{name}.toml"
    try:
        raw = tomllib.loads(letter_file(path).decode("utf-8"))
    except ValueError as fault:
        raise LetterFaulty(str(fault), where=path, remedy="mend the template") from fault
    return checked(kind, raw, path)
