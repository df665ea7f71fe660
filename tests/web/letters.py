"""Every kind of letter, for tests of how letters are rendered."""

from __future__ import annotations

from comity.custody.agency_answer import agency_answer
from comity.custody.document import Document
from comity.custody.file_record import file_record
from comity.custody.matter import Matter
from comity.custody.person_notice import Copy, person_notice
from comity.instant import Instant
from comity.web.letter_texts import answer_texts, notice_for, record_texts
from tests.custody.letter_samples import AT, CODE, hostile, matter, owed_tasks

KINDS = ("answer", "notice-en", "notice-es", "copy", "record", "hostile-answer", "hostile-notice")


def letter(kind: str) -> Document:
    """One of `KINDS`."""
    of = matter()
    made = {
        "answer": lambda: agency_answer(of, answer_texts()),
        "notice-en": lambda: _notice(of, "en"),
        "notice-es": lambda: _notice(of, "es"),
        "copy": lambda: person_notice(
            of, notice_for("en").phrases, None, attached=False, copy=Copy("R. Roe")
        ),
        "record": lambda: file_record(
            of, record_texts(), owed_tasks(of, "fr"), (), [_notice(of, "en")], Instant(AT + 1)
        ),
        "hostile-answer": lambda: agency_answer(hostile(of), answer_texts()),
        "hostile-notice": lambda: _notice(hostile(of), "es"),
    }
    return made[kind]()


def _notice(of: Matter, language: str) -> Document:
    return person_notice(of, notice_for(language).phrases, CODE, attached=True)
